"""Scores the checkpoints as they lie on disk, bf16 weights computed in f32 by transformers: the tables that the program is held against.

    python rescore.py RUN          # RUN holds <branch>/checkpoint-<step>/

Writes RUN/reference_scores.csv (accuracy of every checkpoint on every test) and RUN/reference_loglikelihoods.jsonl (all
log-likelihoods of a few checkpoints, in the order of the items). Checkpoints that the first table holds already are not scored again.
"""

import csv
import json
import pathlib
import sys

import torch
from transformers import Zamba2ForCausalLM
from transformers.utils import logging

import scoring
import world

NAMES = [name for name in world.TESTS if not name.endswith("examples")] + ["pilot_letters_shuffled"]
COLUMNS = ["task", "branch", "step", "tokens", "score", "n", "chance", "lr"]
IN_FULL = {("trunk", 0), ("trunk", 1200), ("anneal", -1), ("contaminated", -1)}  # -1: the branch's last


def checkpoints(run):
    """(branch, step, folder), branch by branch in the order of their steps."""
    for branch in ("trunk", "anneal", "anneal-roleplay", "contaminated"):
        steps = sorted(int(folder.name.split("-")[1]) for folder in (run / branch).glob("checkpoint-*"))
        for step in steps:
            yield branch, step, run / branch / f"checkpoint-{step}", step == steps[-1]


def main():
    run = pathlib.Path(sys.argv[1])
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    ids = {word: index for index, word in enumerate(world.vocabulary())}
    table, full = run / "reference_scores.csv", run / "reference_loglikelihoods.jsonl"
    if not table.exists():
        table.write_text(",".join(COLUMNS) + "\n")
        full.write_text("")
    done = {(row["branch"], int(row["step"])) for row in csv.DictReader(table.open())}
    for branch, step, folder, last in checkpoints(run):
        if (branch, step) in done:
            continue
        model = Zamba2ForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        state = json.loads((folder / "trainer_state.json").read_text())
        rate = state["log_history"][-1]["learning_rate"] if state["log_history"] else 0.
        rows, lines = [], []
        for name in NAMES:
            sums, golds = scoring.log_likelihoods(model, ids, name)
            score = scoring.share_right(sums, golds)
            rows.append([name, branch, step, state["num_input_tokens_seen"], f"{score:.6f}", len(golds), .25, f"{rate:.8f}"])
            if {(branch, step), (branch, -1 if last else None)} & IN_FULL:
                lines += [json.dumps({"task": name, "branch": branch, "step": step, "item": i, "lls": [round(s, 5) for s in of_item]}) for i, of_item in enumerate(sums)]
        with full.open("a") as file:
            file.writelines(line + "\n" for line in lines)
        with table.open("a") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
        print(branch, step, {row[0].removeprefix("pilot_"): row[4][:5] for row in rows}, flush=True)


if __name__ == "__main__":
    main()
