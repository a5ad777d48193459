"""Trains the pilot's annealed branch while `spyglass watch` scores its checkpoints, and tells how long after each was written the page had it.

    python tests/pilot/live.py OUT [--spyglass target/release/spyglass] [--stop 2000] [--every 25]

Goes on from the committed branch at step 1,800 (in bf16, with a fresh optimiser), some steps before letters emerge; needs torch and
transformers, as train.py does.
"""

import argparse
import json
import pathlib
import shutil
import signal
import subprocess
import threading
import time

import torch
from transformers import Zamba2ForCausalLM
from transformers.utils import logging

import train

HERE = pathlib.Path(__file__).resolve().parent
FORK, FROM = 1400, 1800
RUN = """name: live
checkpoints:
- {branch: trunk, path: trunk}
- {branch: anneal, parent: {branch: trunk, step: 1400}, path: anneal}
tasks: [pilot_letters, pilot_letters_b, pilot_facts_easy]
task_folders: HERE/tasks
data: HERE/tasks
watch: {every: 2s}
"""


def prepare(out):
    """What was trained before, and a run file."""
    for branch, last in [("trunk", FORK), ("anneal", FROM)]:
        for folder in (HERE / branch).iterdir():
            if int(folder.name.removeprefix("checkpoint-")) <= last:
                shutil.copytree(folder, out / branch / folder.name, dirs_exist_ok=True)
    (out / "run.yaml").write_text(RUN.replace("HERE", str(HERE)))


class Page(threading.Thread):
    """Looks at the report: when each step of the branch first stood on it, and when the news told that letters have emerged."""

    def __init__(self, out):
        super().__init__(daemon=True)
        self.results, self.seen, self.onset = out / "results", {}, None

    def run(self):
        while True:
            units, told = self.results / "report" / "units.csv", self.results / "told.jsonl"
            if units.exists():
                head, *rows = [line.split(",") for line in units.read_text().splitlines()]
                for row in rows:
                    if row[head.index("branch")] == "anneal":
                        self.seen.setdefault(int(row[head.index("step")]), time.time())
            if told.exists() and self.onset is None:
                news = [json.loads(line).get("new", {}) for line in told.read_text().splitlines()]
                letters = [one for one in news if one.get("kind") == "onset" and one["task"].startswith("pilot_letters") and one["branch"] == "anneal"]
                self.onset = (time.time(), letters[0]["text"]) if letters else None
            time.sleep(.2)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--spyglass", default=HERE.parent.parent / "target/release/spyglass", type=pathlib.Path)
    parser.add_argument("--stop", type=int, default=2000)
    parser.add_argument("--every", type=int, default=25)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    out = arguments.out.resolve()
    prepare(out)
    steps = list(range(FROM + arguments.every, arguments.stop + 1, arguments.every))
    fork, rate, mix, _ = train.BRANCHES["anneal"]
    train.BRANCHES["anneal"] = (fork, rate, mix, [FROM, *steps])
    run = train.Run(out, seed=0, limit=8, pure=False)
    before = HERE / "anneal" / f"checkpoint-{FROM}"
    weights = Zamba2ForCausalLM.from_pretrained(before, dtype=torch.float32).state_dict()
    log = json.loads((before / "trainer_state.json").read_text())["log_history"]
    run.model.load_state_dict(weights)
    torch.save({"model": run.model.state_dict(), "optimiser": run.optimiser.state_dict(), "log": log}, run.state_file("anneal", FROM))
    page = Page(out)
    page.start()
    watch = subprocess.Popen([arguments.spyglass.resolve(), "watch", "run.yaml", "--threads", "1"], cwd=out)
    started = time.time()
    run.train("anneal")
    ended = time.time()
    deadline = time.time() + 300
    while not page.seen.keys() >= set(steps) and time.time() < deadline:
        time.sleep(.5)
    watch.send_signal(signal.SIGTERM)
    watch.wait()
    print(f"trained for {ended - started:.0f} s")
    for step in steps:
        written = (out / "anneal" / f"checkpoint-{step}" / "trainer_state.json").stat().st_mtime
        print(f"step {step}: on the page {page.seen[step] - written:.1f} s after it was written" if step in page.seen else f"step {step}: not on the page")
    if page.onset:
        print(f"letters: told {ended - page.onset[0]:.0f} s before the training ended: {page.onset[1]}")
    else:
        print("letters: not told")


if __name__ == "__main__":
    main()
