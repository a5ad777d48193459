"""How long `plan` and `status` take, and how much memory, on a run of a thousand checkpoints and sixty tasks that is all scored.

    python tests/peers/bookkeeping.py FOLDER [--spyglass target/release/spyglass] [--checkpoints 1000] [--tasks 60]

Needs no packages. The checkpoints are links to one of the pilot's, the units copies of its units: only the bookkeeping is real.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import time

PILOT = pathlib.Path(__file__).resolve().parent.parent / "pilot"


def make(folder, checkpoints, tasks):
    one = PILOT / "trunk" / "checkpoint-150"
    (folder / "tasks").mkdir(parents=True)
    items = (PILOT / "tasks" / "pilot_letters.jsonl").read_text().splitlines()[:3]
    definition = (PILOT / "tasks" / "pilot_letters.yaml").read_text()
    for file in [*PILOT.glob("tasks/*.jsonl"), *PILOT.glob("tasks/_*.yaml")]:
        shutil.copy(file, folder / "tasks")
    (folder / "tasks" / "pilot_letters.jsonl").write_text("\n".join(items) + "\n")
    names = [f"book_{number:02}" for number in range(tasks)]
    for name in names:
        (folder / "tasks" / f"{name}.yaml").write_text(re.sub(r"(?m)^task: .*$", f"task: {name}", definition))
    for step in range(1, checkpoints + 1):
        copy = folder / "trunk" / f"checkpoint-{step}"
        copy.mkdir(parents=True)
        for file in one.iterdir():
            if file.name != "trainer_state.json":
                os.link(file, copy / file.name) if file.stat().st_dev == folder.stat().st_dev else shutil.copy(file, copy)
    (folder / "run.yaml").write_text(
        f"checkpoints: [{{path: trunk, tokens_per_step: 1000}}]\ntasks: [{', '.join(names)}]\ntask_folders: tasks\ndata: tasks\nmisplaced: keep\n")


def measured(words, folder):
    """Seconds and peak memory in MB of a program; what it printed."""
    started = time.time()
    child = subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    text = child.stdout.read()
    _, _, usage = os.wait4(child.pid, 0)
    return time.time() - started, usage.ru_maxrss / 1024, text


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--spyglass", default="target/release/spyglass", type=pathlib.Path)
    parser.add_argument("--checkpoints", type=int, default=1000)
    parser.add_argument("--tasks", type=int, default=60)
    arguments = parser.parse_args()
    folder, spyglass = arguments.folder.resolve(), str(arguments.spyglass.resolve())
    make(folder, arguments.checkpoints, arguments.tasks)
    subprocess.run([spyglass, "work", "run.yaml", "--only", "trunk/1/*"], cwd=folder, check=True, stderr=subprocess.DEVNULL)
    units = folder / "results" / "units" / "trunk"
    for step in range(2, arguments.checkpoints + 1):
        shutil.copytree(units / "step-000000001", units / f"step-{step:09}")
    # hashes the weights of all, and finds nothing left to do
    seconds, memory, _ = measured([spyglass, "work", "run.yaml"], folder)
    print(f"work, nothing left: {seconds:.1f} s, {memory:.0f} MB")
    for command in (["plan", "run.yaml"], ["status", "run.yaml"]):
        seconds, memory, text = min(measured([spyglass, *command], folder) for _ in range(3))
        print(f"{command[0]}: {seconds:.2f} s, {memory:.0f} MB; {text.splitlines()[0]}")


if __name__ == "__main__":
    main()
