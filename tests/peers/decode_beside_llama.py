"""Time of one further token after a context, of the same GGUF file, by llama.cpp and by spyglass in turns; the fastest round of each counts.

    python decode_beside_llama.py MODEL.gguf --program target/release/spyglass [--precision q4] [--context 512] [--tokens 64] [--rounds 3]

Needs llama-cpp-python. A file all of four bits comes from llama.cpp's own `llama_model_quantize` with `pure`.
"""
import argparse, json, subprocess, time

import llama_cpp


def ours(a: argparse.Namespace) -> float:
    command = [a.program, "bench", "--model", a.model, "--precision", a.precision, "--contexts", a.context, "--sequences", 1, "--rounds", 1,
               "--threads", a.threads, "--no-start", "--json"]
    told = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True, check=True).stdout
    return json.loads(told.strip().splitlines()[-1])["speeds"][-1]["contexts"][0]["per_token_seconds"]


def theirs(a: argparse.Namespace, model: llama_cpp.Llama) -> float:
    model.reset()
    model.eval([1 + at % 1000 for at in range(a.context)])
    began = time.perf_counter()
    for at in range(a.tokens):
        model.eval([1 + at])
    return (time.perf_counter() - began) / a.tokens


def main() -> None:
    a = argparse.ArgumentParser()
    a.add_argument("model")
    a.add_argument("--program", required=True)
    a.add_argument("--precision", default="q4")
    a.add_argument("--context", type=int, default=512)
    a.add_argument("--tokens", type=int, default=64)
    a.add_argument("--rounds", type=int, default=3)
    a.add_argument("--threads", type=int, default=2)
    a = a.parse_args()
    model = llama_cpp.Llama(a.model, n_ctx=a.context + a.tokens + 8, n_threads=a.threads, verbose=False)
    rounds = [(ours(a), theirs(a, model)) for _ in range(a.rounds)]
    own, other = (min(side) for side in zip(*rounds))
    print(json.dumps({"spyglass_ms": 1e3 * own, "llama_cpp_ms": 1e3 * other, "times": other / own, "rounds_ms": [[1e3 * x for x in r] for r in rounds]}))


if __name__ == "__main__":
    main()
