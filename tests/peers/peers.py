"""Runs spyglass and its peer (lm-evaluation-harness with transformers) in turn on the same model, items and machine, and prints the
table of goals. README.md beside this file says how.

Every measurement lands in a JSON file (`--results`) as soon as it is made; `--only` makes some of them, the table shows all in the file.
"""
import argparse
import dataclasses
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable

HERE = pathlib.Path(__file__).resolve().parent
STATES = 256 << 20  # bytes asked for in the measurement of memory


@dataclasses.dataclass
class Items:
    """Some items of a task, scored by both. `ours` and `peer` name the task in their own ways."""

    model: str
    ours: str
    peer: list[str]
    shots: int
    limit: int
    precision: str = "f32"  # of ours; the peer computes in f32


ITEMS = {
    "hellaswag-0": Items("small", "hellaswag", ["--task", "hellaswag"], 0, 32),
    "hellaswag-0-int8": Items("small", "hellaswag", ["--task", "hellaswag"], 0, 32, "int8"),
    "hellaswag-0-1.2b": Items("1.2b", "hellaswag", ["--task", "hellaswag"], 0, 3),
    "mmlu-5": Items("small", "mmlu_abstract_algebra", ["--task", "mmlu", "--subjects", "1"], 5, 100),  # the whole subject
    "hellaswag-10": Items("small", "hellaswag", ["--task", "hellaswag"], 10, 4),
    "arc-25": Items("small", "arc_challenge", ["--task", "arc_challenge"], 25, 4),
}
PREFILLS = {"prefill": ("small", 4, 3), "prefill-1.2b": ("1.2b", 1, 1)}  # model, sequences, rounds
BENCHES = {"bench": ("small", 4, 3, "512,2048"), "bench-1.2b": ("1.2b", 1, 2, "512")}  # model, sequences, rounds, contexts


@dataclasses.dataclass
class Goal:
    """A line of the table: what, at least (or at most), hoped for, and the value out of the results."""

    what: str
    at_least: float
    hoped_for: float
    unit: str
    value: Callable[[dict], float]
    less_is_better: bool = False

    def line(self, results: dict) -> str:
        try:
            value = self.value(results)
        except KeyError:
            return f"| {self.what} | {self.show(self.at_least)} | {self.show(self.hoped_for)} | not measured | |"
        reached = lambda goal: value <= goal if self.less_is_better else value >= goal
        verdict = "met, as hoped for" if reached(self.hoped_for) else "met" if reached(self.at_least) else "missed"
        return f"| {self.what} | {self.show(self.at_least)} | {self.show(self.hoped_for)} | {self.show(value)} | {verdict} |"

    def show(self, value: float) -> str:
        return f"{100 * value:.0f} %" if self.unit == "%" else f"{value:.3g}{self.unit}"


def ratio(name: str) -> Callable[[dict], float]:
    return lambda results: results[name]["ours"]["rate"] / results[name]["peer"]["rate"]


def speed(name: str, precision: int = 0) -> Callable[[dict], dict]:
    return lambda results: results[name]["speeds"][precision]


def bf16_gain(name: str) -> Callable[[dict], float]:
    tokens = lambda results, at: speed(name, at)(results)["prefill"]["tokens_per_second"]
    return lambda results: tokens(results, 1) / tokens(results, 0)


def start(results: dict) -> float:
    start_up = results["bench-1.2b"]["start_up"]
    if start_up is None:  # a model without a tokenizer has no first token of a text
        raise KeyError("start_up")
    return start_up["first_token_seconds"] / start_up["read_seconds"]


def memory(name: str) -> Callable[[dict], float]:
    return lambda results: results[name]["peak_bytes"] / (1.15 * results[name]["weight_bytes"] + STATES)


GOALS = [
    Goal("prefill, sequences of 512 tokens, tokens/s, 0.13 B", 4, 6, " ×", ratio("prefill")),
    Goal("prefill, sequences of 512 tokens, tokens/s, 1.2 B", 4, 6, " ×", ratio("prefill-1.2b")),
    Goal("HellaSwag 0-shot, items/s, 0.13 B", 15, 20, " ×", ratio("hellaswag-0")),
    Goal("HellaSwag 0-shot, items/s, 0.13 B, int8", 25, 35, " ×", ratio("hellaswag-0-int8")),
    Goal("HellaSwag 0-shot, items/s, 1.2 B", 8, 12, " ×", ratio("hellaswag-0-1.2b")),
    Goal("MMLU 5-shot, items/s, 0.13 B", 20, 30, " ×", ratio("mmlu-5")),
    Goal("HellaSwag 10-shot, items/s, 0.13 B", 10, 16, " ×", ratio("hellaswag-10")),
    Goal("ARC-C 25-shot, items/s, 0.13 B", 10, 16, " ×", ratio("arc-25")),
    Goal("share of the f32 FMA peak in prefill, 0.13 B", 0.70, 0.85, "%", lambda r: speed("bench")(r)["prefill"]["share_of_peak"]),
    Goal("share of the f32 FMA peak in prefill, 1.2 B", 0.70, 0.85, "%", lambda r: speed("bench-1.2b")(r)["prefill"]["share_of_peak"]),
    Goal("bf16 against our own f32, prefill, 0.13 B", 1, 1.8, " ×", bf16_gain("bench")),
    Goal("bf16 against our own f32, prefill, 1.2 B", 1, 1.8, " ×", bf16_gain("bench-1.2b")),
    Goal("decode, one stream, share of bandwidth, 1.2 B", 0.55, 0.75, "%",
         lambda r: speed("bench-1.2b")(r)["contexts"][0]["share_of_bandwidth"]),
    Goal("start to first token, times reading the file, 1.2 B (at most)", 2, 1.5, " ×", start, less_is_better=True),
    Goal("peak memory of (weights + 15 % + states asked for), 0.13 B (at most)", 1, 0.95, "%", memory("memory"), less_is_better=True),
    Goal("peak memory of (weights + 15 % + states asked for), 1.2 B (at most)", 1, 1, "%", memory("memory-1.2b"), less_is_better=True),
]


def last_line(command: list, env: dict | None = None) -> dict:
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
    if done.returncode != 0:
        sys.exit(f"{command[0]} {command[1]} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def score(a: argparse.Namespace, model: str, task: str, shots: int, limit: int, more: list[str]) -> tuple[dict, int]:
    """Scores with spyglass: the unit's record, and the most bytes the program had in memory."""
    with tempfile.TemporaryDirectory() as scratch:
        command = [a.spyglass, "score", "--model", a.models / model, "--tasks", task, "--shots", shots, "--limit", limit,
                   "--data", a.own_data, "--out", scratch, "--threads", a.threads, *more]
        with tempfile.TemporaryFile() as log:
            child = subprocess.Popen([str(part) for part in command], stdout=log, stderr=log)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            log.seek(0)
            text = log.read().decode()
        if child.returncode != 0:
            sys.exit(f"spyglass ended with {child.returncode}:\n{text[-2000:]}")
        (unit,) = pathlib.Path(scratch).rglob("unit.json")
        return json.loads(unit.read_text()), usage.ru_maxrss * 1024


def items(a: argparse.Namespace, name: str) -> dict:
    at = ITEMS[name]
    records = [score(a, at.model, at.ours, at.shots, at.limit, ["--precision", at.precision])[0] for _ in range(a.rounds)]
    peer = last_line([sys.executable, a.peer, "--model", a.models / at.model, *at.peer, "--shots", at.shots, "--limit", at.limit,
                      "--threads", a.threads])
    record = records[0]
    ours = {"rate": at.limit / statistics.median(r["cost"]["seconds"] for r in records), "seconds": [r["cost"]["seconds"] for r in records],
            "tokens_computed": record["cost"]["tokens_computed"], "tokens_requested": record["cost"]["tokens_requested"],
            "metrics": {metric["name"]: metric["value"] for metric in record["metrics"]}}
    if record["items"] != peer["docs"]:
        sys.exit(f"{name}: spyglass scored {record['items']} items, the peer {peer['docs']}")
    return {"ours": ours, "peer": peer | {"rate": 1 / peer["seconds_per_doc"]}}


def prefill(a: argparse.Namespace, name: str) -> dict:
    model, sequences, rounds = PREFILLS[name]
    ours = last_line([a.spyglass, "bench", "--model", a.models / model, "--sequences", sequences, "--rounds", rounds, "--contexts", 1,
                      "--no-start", "--json", "--threads", a.threads])["speeds"][0]["prefill"]
    peer = last_line([sys.executable, HERE / "prefill.py", "--model", a.models / model, "--sequences", sequences, "--rounds", rounds,
                      "--threads", a.threads])
    return {"ours": ours | {"rate": ours["tokens_per_second"]}, "peer": peer | {"rate": peer["tokens_per_second"]}}


def bench(a: argparse.Namespace, name: str) -> dict:
    model, sequences, rounds, contexts = BENCHES[name]
    return last_line([a.spyglass, "bench", "--model", a.models / model, "--precision", "bf16", "--sequences", sequences, "--rounds", rounds,
                      "--contexts", contexts, "--json", "--threads", a.threads])


def peak(a: argparse.Namespace, name: str) -> dict:
    model = "1.2b" if name.endswith("1.2b") else "small"
    record, peak_bytes = score(a, model, "hellaswag", 0, 16 if model == "1.2b" else 64, ["--state-memory", str(STATES)])
    return {"peak_bytes": peak_bytes, "weight_bytes": (a.models / model / "model.safetensors").stat().st_size, "items": record["items"]}


MEASUREMENTS = (
    {name: prefill for name in PREFILLS} | {name: items for name in ITEMS} | {name: bench for name in BENCHES}
    | {"memory": peak, "memory-1.2b": peak}
)


def details(results: dict) -> list[str]:
    """The figures behind the ratios."""
    lines = ["| items | spyglass, items/s | peer, items/s | tokens asked for | tokens spyglass computed | accuracies, spyglass and peer |",
             "|---|--:|--:|--:|--:|---|"]
    for name in (name for name in ITEMS if name in results):
        ours, peer = results[name]["ours"], results[name]["peer"]
        both = ", ".join(f"{metric} {ours['metrics'][metric]:.3f} {peer[metric]:.3f}" for metric in ours["metrics"] if metric in peer)
        lines.append(f"| {name} | {ours['rate']:.2f} | {peer['rate']:.3f} | {ours['tokens_requested']} | {ours['tokens_computed']} | {both} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spyglass", type=pathlib.Path, default=HERE.parent.parent / "target" / "release" / "spyglass")
    parser.add_argument("--peer", type=pathlib.Path, required=True, help="peer.py; the data folder is `benchmarks` beside its folder")
    parser.add_argument("--models", type=pathlib.Path, required=True, help="folder with the models `small` and `1.2b`")
    parser.add_argument("--results", type=pathlib.Path, default=pathlib.Path("peers.json"))
    parser.add_argument("--only", nargs="*", default=list(MEASUREMENTS), choices=MEASUREMENTS, metavar="NAME",
                        help=f"of {', '.join(MEASUREMENTS)}; none: the table alone")
    parser.add_argument("--rounds", type=int, default=3, help="runs of ours, of which the median counts")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    a = parser.parse_args()
    results = json.loads(a.results.read_text()) if a.results.exists() else {}
    data = a.peer.resolve().parent.parent / "benchmarks"
    with tempfile.TemporaryDirectory() as scratch:
        a.own_data = pathlib.Path(scratch)
        for folder in (folder for folder in data.iterdir() if folder.is_dir()):
            (a.own_data / folder.name).mkdir()
            for file in folder.iterdir():
                (a.own_data / folder.name / file.name).symlink_to(file)
        train = a.own_data / "hellaswag" / "train.jsonl"
        if not train.exists():  # as the peer: without a train split the validation split is the pool of examples
            train.symlink_to(data / "hellaswag" / "validation.jsonl")
        for name in a.only:
            print(f"{name} ...", file=sys.stderr, flush=True)
            results[name] = MEASUREMENTS[name](a, name)
            a.results.write_text(json.dumps(results, indent=1) + "\n")
    lines = ["| what | at least | hoped for | measured | |", "|---|--:|--:|--:|---|", *(goal.line(results) for goal in GOALS), "", *details(results)]
    print("\n".join(lines))


if __name__ == "__main__":
    main()
