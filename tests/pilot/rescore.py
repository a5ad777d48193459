"""Scores the committed checkpoints as they lie on disk, bf16 weights computed in f32 by transformers: the tables that the program is held against.

    python rescore.py TABLES

Writes TABLES/pilot_scores.csv (accuracy of every checkpoint on every test) and TABLES/pilot_loglikelihoods.jsonl (all
log-likelihoods of a few checkpoints, in the order of the items), anew.
"""

import csv
import json
import pathlib
import sys

import torch
from transformers import Zamba2ForCausalLM
from transformers.utils import logging

import scoring

RUN = pathlib.Path(__file__).parent
NAMES = ["pilot_stories", "pilot_facts_easy", "pilot_facts_hard", "pilot_letters", "pilot_letters_b", "pilot_letters_shuffled"]
COLUMNS = ["task", "branch", "step", "tokens", "score", "n", "chance", "lr"]
IN_FULL = {("trunk", 800), ("anneal", 2300), ("contaminated", 1000)}  # branch and step of those few


def checkpoints():
    """(branch, step, folder), branch by branch in the order of their steps."""
    for branch in ("trunk", "anneal", "anneal-roleplay", "contaminated"):
        for step in sorted(int(folder.name.split("-")[1]) for folder in (RUN / branch).glob("checkpoint-*")):
            yield branch, step, RUN / branch / f"checkpoint-{step}"


def main():
    tables = pathlib.Path(sys.argv[1])
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    table, full = tables / "pilot_scores.csv", tables / "pilot_loglikelihoods.jsonl"
    tables.mkdir(parents=True, exist_ok=True)
    table.write_text(",".join(COLUMNS) + "\n")
    full.write_text("")
    tests = {name: scoring.requests(name) for name in NAMES}
    for branch, step, folder in checkpoints():
        model = Zamba2ForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        ids = json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"]
        state = json.loads((folder / "trainer_state.json").read_text())
        rate = state["log_history"][-1]["learning_rate"] if state["log_history"] else 0.
        rows, lines = [], []
        for name, asked in tests.items():
            sums, golds = scoring.log_likelihoods(model, ids, asked)
            score = scoring.share_right(sums, golds)
            rows.append([name, branch, step, state["num_input_tokens_seen"], f"{score:.6f}", len(golds), .25, f"{rate:.8f}"])
            if (branch, step) in IN_FULL:
                rounded = [[round(value, 4) for value in of_item] for of_item in sums]
                lines.append(json.dumps({"task": name, "branch": branch, "step": step, "log_likelihoods": rounded}, separators=(",", ":")))
        with full.open("a") as file:
            file.writelines(line + "\n" for line in lines)
        with table.open("a") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
        print(branch, step, {row[0].removeprefix("pilot_"): row[4][:5] for row in rows}, flush=True)


if __name__ == "__main__":
    main()
