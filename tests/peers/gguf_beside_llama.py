"""Log-likelihoods of the same tokens in the same GGUF file, by llama.cpp and by spyglass; and whether both cut texts into the same tokens.

    python gguf_beside_llama.py MODEL.gguf --program target/release/spyglass --texts README.md [--tokens 512] [--windows 6] [--wide]

Needs llama-cpp-python and numpy. llama.cpp rounds the inputs of quantised products to eight bits, which we do not: `--wide` has it read the
same numbers from a copy of the file whose tensors are expanded to f32 (needs `gguf`), so that only the order of sums differs.
"""
import argparse, json, os, subprocess, tempfile

import llama_cpp
import numpy as np


def wide(path: str, to: str) -> None:
    import gguf
    from gguf import quants

    reader = gguf.GGUFReader(path)
    architecture = bytes(reader.fields["general.architecture"].parts[-1]).decode()
    writer = gguf.GGUFWriter(to, architecture)
    for field in reader.fields.values():
        if field.name == "general.architecture" or field.name.startswith("GGUF."):
            continue
        kind = field.types[0]
        inner = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, field.contents(), kind, sub_type=inner)
    for tensor in reader.tensors:
        values = quants.dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
        writer.add_tensor(tensor.name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main() -> None:
    a = argparse.ArgumentParser()
    a.add_argument("model")
    a.add_argument("--program", required=True)
    a.add_argument("--texts", nargs="+", required=True)
    a.add_argument("--tokens", type=int, default=512)
    a.add_argument("--windows", type=int, default=6)
    a.add_argument("--wide", action="store_true")
    a.add_argument("--precision", default="f32")
    a = a.parse_args()
    theirs = a.model
    if a.wide:
        theirs = os.path.join(tempfile.mkdtemp(), "wide.gguf")
        wide(a.model, theirs)
    model = llama_cpp.Llama(theirs, n_ctx=a.tokens + 8, logits_all=True, verbose=False, n_threads=2)
    text = "\n".join(open(file, encoding="utf-8").read() for file in a.texts)
    ids = model.tokenize(text.encode(), add_bos=False, special=True)
    windows = [ids[at : at + a.tokens] for at in range(0, len(ids), a.tokens)][: a.windows]
    windows = [window for window in windows if len(window) > 1]
    scored = []  # of each window: llama.cpp's log-probabilities of its tokens, and its most probable ones
    for window in windows:
        model.reset()
        model.eval(window)
        logits = np.array(model.scores[: len(window) - 1], dtype=np.float64)
        most = logits.max(axis=1, keepdims=True)
        sums = most + np.log(np.exp(logits - most).sum(axis=1, keepdims=True))
        scored.append(((logits - sums)[np.arange(len(window) - 1), window[1:]], logits.argmax(axis=1)))
    requests = [{"context": window[:1], "continuation": window[1:]} for window in windows]
    for window, (_, best) in zip(windows, scored):
        requests += [{"context": window[: at + 1], "continuation": [int(token)]} for at, token in enumerate(best)]
    with tempfile.TemporaryDirectory() as folder:
        asked = os.path.join(folder, "requests.jsonl")
        with open(asked, "w", encoding="utf-8") as to:
            to.writelines(json.dumps(request) + "\n" for request in requests)
        answers = ask(a, asked)
        with open(asked, "w", encoding="utf-8") as to:
            pieces = [text[at : at + 1000] for at in range(0, min(len(text), 60_000), 1000)]
            to.writelines(json.dumps({"context": "x", "continuation": piece}) + "\n" for piece in pieces)
        cut = ask(a, asked)
    apart = np.concatenate([np.abs(own - answer["token_logprobs"]) for (own, _), answer in zip(scored, answers)])
    same = [answer["is_greedy"] for answer in answers[len(windows) :]]
    print(f"{len(apart)} tokens: mean |difference| {apart.mean():.2e}, largest {apart.max():.2e}")
    print(f"same most probable token: {100 * np.mean(same):.2f} %")
    theirs_of = lambda piece: model.tokenize(("x" + piece).encode(), add_bos=False, special=True)
    ours_of = lambda answer: answer["tokens"]
    ends = [theirs_of(piece)[-len(ours_of(answer)) :] == ours_of(answer) for piece, answer in zip(pieces, cut)]
    print(f"texts cut into the same tokens: {sum(ends)} of {len(ends)}")


def ask(a: argparse.Namespace, requests: str) -> list[dict]:
    command = [a.program, "logprobs", "--model", a.model, "--requests", requests, "--precision", a.precision]
    return [json.loads(line) for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()]


main()
