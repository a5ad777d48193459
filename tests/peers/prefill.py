"""Tokens per second that transformers reads in plain prefill: batches of sequences of 512 random tokens, no head, f32. Prints one JSON line.

    python prefill.py --model DIR [--sequences 4] [--rounds 3] [--threads 2]
"""
import argparse
import json
import statistics
import time

import torch
from transformers import AutoModel

LENGTH = 512

parser = argparse.ArgumentParser()
parser.add_argument("--model", required=True)
parser.add_argument("--sequences", type=int, default=4)
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--threads", type=int, default=2)
arguments = parser.parse_args()

torch.set_num_threads(arguments.threads)
model = AutoModel.from_pretrained(arguments.model, dtype=torch.float32).eval()
torch.manual_seed(0)
tokens = torch.randint(3, model.config.vocab_size, (arguments.sequences, LENGTH))
seconds = []
with torch.inference_mode():
    model(tokens[:1, :64], use_cache=False)  # not counted: the first call sets threads and buffers up
    for _ in range(arguments.rounds):
        started = time.perf_counter()
        model(tokens, use_cache=False)
        seconds.append(time.perf_counter() - started)
print(json.dumps({"tokens_per_second": tokens.numel() / statistics.median(seconds), "seconds": seconds}))
