"""Prints the curves of the scored run as the table of README.md: `python curves.py TABLES` (what `rescore.py` wrote there).

The shapes that they must have are asserted by the Rust tests (`tests/tests/it/pilot.rs`).
"""

import collections
import csv
import pathlib
import sys

NAMES = {"stories": "stories", "facts_easy": "facts, easy", "facts_hard": "facts, hard", "letters": "letters",
         "letters_shuffled": "shuffled", "letters_b": "sibling"}


def main():
    table = collections.defaultdict(dict)
    for row in csv.DictReader((pathlib.Path(sys.argv[1]) / "pilot_scores.csv").open()):
        table[row["branch"], int(row["step"]), int(row["tokens"])][row["task"].removeprefix("pilot_")] = float(row["score"])
    print("| branch | step | M tokens | " + " | ".join(NAMES.values()) + " |\n" + "|---" * (3 + len(NAMES)) + "|")
    for (branch, step, tokens), scores in table.items():
        print(f"| {branch} | {step:,} | {tokens / 1e6:.2f} | " + " | ".join(f"{scores[name]:.3f}" for name in NAMES) + " |")


if __name__ == "__main__":
    main()
