"""HellaSwag 0-shot through llama.cpp: the shared beginning of an item once, its four endings as sequences of the same batch, as
llama.cpp's own perplexity program does it. Prints items/s of decoding alone (no reading of the model, no tokenising, no softmax).

    python beside_llama.py MODEL.gguf --tokenizer tokenizer.json --items validation.jsonl [--limit 40] [--rounds 3] [--threads 2]

Needs llama-cpp-python (built with its native instruction set), tokenizers, numpy.
"""
import argparse, json, re, statistics, time

import llama_cpp as llama
import numpy as np
from tokenizers import Tokenizer

SEQUENCES, TOKENS = 64, 2048  # of one batch, at most


def cleaned(text: str) -> str:
    return re.sub(r"\[.*?\]", "", text.strip().replace(" [title]", ". ")).replace("  ", " ")


def read(path: str, limit: int, tokenizer: Tokenizer) -> list[dict]:
    items = []
    for line in open(path).read().splitlines()[:limit]:
        doc = json.loads(line)
        context = cleaned(f"{doc['activity_label']}: {doc['ctx_a']} {doc['ctx_b'].capitalize()}")
        endings = [cleaned(ending) for ending in doc["endings"]]
        texts = [tokenizer.encode(f"{context} {ending}").ids for ending in endings]
        begins = len(tokenizer.encode(context).ids)
        shared = next((i for i in range(begins) if len({text[i] for text in texts}) > 1), begins)
        items.append({"texts": texts, "begins": begins, "shared": shared, "right": int(doc["label"]), "lengths": [len(e) for e in endings]})
    return items


def batches(items: list[dict]) -> list[list[dict]]:
    found, tokens = [[]], 0
    for item in items:
        needs = item["shared"] + sum(len(text) - item["shared"] for text in item["texts"])
        if tokens + needs > TOKENS or 4 * len(found[-1]) + 4 > SEQUENCES:
            found.append([])
            tokens = 0
        found[-1].append(item)
        tokens += needs
    return found


class Peer:
    def __init__(self, path: str, threads: int):
        llama.llama_backend_init()
        self.model = llama.llama_model_load_from_file(path.encode(), llama.llama_model_default_params())
        asked = llama.llama_context_default_params()
        asked.n_ctx, asked.n_batch, asked.n_ubatch, asked.n_seq_max, asked.kv_unified = 2 * TOKENS, TOKENS, 512, SEQUENCES, True
        asked.n_threads = asked.n_threads_batch = threads
        self.context = llama.llama_init_from_model(self.model, asked)
        self.vocab = llama.llama_vocab_n_tokens(llama.llama_model_get_vocab(self.model))
        self.tokens, self.seconds = 0, 0.0

    def score(self, items: list[dict]) -> None:
        """Adds `sums`, the four log-likelihoods, to each item."""
        llama.llama_memory_clear(llama.llama_get_memory(self.context), True)
        batch, at = llama.llama_batch_init(TOKENS, 0, 4), 0
        wanted = []  # item, ending, row of the logits, token

        def add(token: int, position: int, sequences: list[int], logits: bool) -> None:
            nonlocal at
            batch.token[at], batch.pos[at], batch.n_seq_id[at], batch.logits[at] = token, position, len(sequences), logits
            for i, sequence in enumerate(sequences):
                batch.seq_id[at][i] = sequence
            at += 1

        for number, item in enumerate(items):
            sequences = list(range(4 * number, 4 * number + 4))
            shared, texts = item["shared"], item["texts"]
            for position in range(shared):
                add(texts[0][position], position, sequences, position == shared - 1)
            last = at - 1
            for ending, text in enumerate(texts):
                row = last
                for position in range(shared, len(text)):
                    add(text[position], position, [sequences[ending]], position < len(text) - 1)
                    if position >= item["begins"]:
                        wanted.append((item, ending, row, text[position]))
                    row = at - 1
        batch.n_tokens = at
        start = time.perf_counter()
        if llama.llama_decode(self.context, batch) != 0:
            raise SystemExit("llama_decode failed")
        llama.llama_synchronize(self.context)
        self.seconds += time.perf_counter() - start
        self.tokens += at
        for item in items:
            item["sums"] = [0.0] * 4
        for item, ending, row, token in wanted:
            logits = np.ctypeslib.as_array(llama.llama_get_logits_ith(self.context, row), shape=(self.vocab,))
            most = logits.max()
            item["sums"][ending] += float(logits[token] - most) - float(np.log(np.exp(logits - most).sum(dtype=np.float64)))
        llama.llama_batch_free(batch)


def main() -> None:
    a = argparse.ArgumentParser()
    a.add_argument("model")
    a.add_argument("--tokenizer", required=True)
    a.add_argument("--items", required=True)
    a.add_argument("--limit", type=int, default=40)
    a.add_argument("--rounds", type=int, default=3)
    a.add_argument("--threads", type=int, default=2)
    a = a.parse_args()
    items, rates = read(a.items, a.limit, Tokenizer.from_file(a.tokenizer)), []
    for _ in range(a.rounds):
        peer = Peer(a.model, a.threads)
        for batch in batches(items):
            peer.score(batch)
        rates.append(len(items) / peer.seconds)
    acc = sum(int(np.argmax(item["sums"]) == item["right"]) for item in items)
    norm = sum(int(np.argmax(np.divide(item["sums"], item["lengths"])) == item["right"]) for item in items)
    print(f"{statistics.median(rates):.2f} items/s, {peer.tokens} tokens, acc {acc}/{len(items)}, acc_norm {norm}/{len(items)}")


main()
