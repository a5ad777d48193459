"""Prints the curves of the scored run as the tables of README.md: `python curves.py TABLES [RESULTS]`.

TABLES is where `rescore.py` wrote; RESULTS is the results folder of a demo, whose conversations are counted. The loss is the mean of
the last fifty steps before the checkpoint, as its own log tells it. The shapes that the curves must have are asserted by the Rust
tests (`tests/tests/it/pilot.rs`).
"""

import collections
import csv
import json
import pathlib
import sys

RUN = pathlib.Path(__file__).parent
NAMES = {"stories": "stories", "facts_easy": "facts, easy", "facts_hard": "facts, hard", "letters": "letters",
         "letters_shuffled": "shuffled", "letters_b": "sibling"}


def loss(branch, step):
    """A cell of the table; empty before the first step."""
    log = json.loads((RUN / branch / f"checkpoint-{step}" / "trainer_state.json").read_text())["log_history"]
    near = [entry["loss"] for entry in log if entry["step"] > step - 50]
    return f"{sum(near) / len(near):.3f}" if near else ""


def kept(talks, tag):
    """Turns in character before the first lapse, of all turns, over the conversations with this tag."""
    talks = [talk for talk in talks if tag in talk.get("tags", [])]
    return f"{sum(talk['stickiness']['turns_kept'] for talk in talks)} of {sum(len(talk['turns']) for talk in talks)}"


def conversations(results, checkpoints):
    print("| branch | step | small talk | long talk | questions | riddles | formats | memory |\n" + "|---" * 8 + "|")
    for branch, step in checkpoints:
        packs = {}
        for name in ("persona", "riddles", "format", "memory"):
            (unit,) = (results / "units" / branch).glob(f"*{step:09}/pilot_{name}.*/transcripts.jsonl")
            packs[name] = [json.loads(line) for line in unit.read_text().splitlines()]
        passed = [f"{sum(talk['passed'] for talk in packs[name])} of {len(packs[name])}" for name in ("riddles", "format", "memory")]
        cells = [branch, f"{step:,}", *(kept(packs["persona"], tag) for tag in ("trained", "long", "questions")), *passed]
        print("| " + " | ".join(cells) + " |")


def main():
    table = collections.defaultdict(dict)
    for row in csv.DictReader((pathlib.Path(sys.argv[1]) / "pilot_scores.csv").open()):
        table[row["branch"], int(row["step"]), int(row["tokens"])][row["task"].removeprefix("pilot_")] = float(row["score"])
    print("| branch | step | M tokens | loss | " + " | ".join(NAMES.values()) + " |\n" + "|---" * (4 + len(NAMES)) + "|")
    for (branch, step, tokens), scores in table.items():
        cells = [branch, f"{step:,}", f"{tokens / 1e6:.2f}", loss(branch, step), *(f"{scores[name]:.3f}" for name in NAMES)]
        print("| " + " | ".join(cells) + " |")
    if len(sys.argv) > 2:
        print()
        conversations(pathlib.Path(sys.argv[2]), [(branch, step) for branch, step, _ in table])


if __name__ == "__main__":
    main()
