"""Talks greedily with a few committed checkpoints through transformers: what the program's own talks are held against.

    python talks.py TABLES

Writes TABLES/pilot_talks.jsonl: a talk a line, with the ids of every prompt and answer, and the smallest margin between the best
two tokens of an answer (where it is small, another machine may say something else).
"""

import json
import pathlib
import sys

import torch
from transformers import PreTrainedTokenizerFast, Zamba2ForCausalLM
from transformers.utils import logging

RUN = pathlib.Path(__file__).parent
CHECKPOINTS = ["trunk/checkpoint-0", "trunk/checkpoint-150", "trunk/checkpoint-600", "trunk/checkpoint-1400", "anneal-roleplay/checkpoint-1650", "anneal/checkpoint-2300"]
SYSTEMS = ["speak like a pirate .", "speak plainly ."]
QUESTIONS = ["how is the sea ?", "have you gold ?", "where do you go ?", "what do you hear ?"]
MOST, STOP, ENDS = 16, "user", (1, 2)


def answer(model, tokenizer, prompt):
    """Ids of the answer, and its smallest margin."""
    ids, margin = list(prompt), float("inf")
    while len(ids) < len(prompt) + MOST:
        with torch.no_grad():
            best = model(torch.tensor([ids]), use_cache=False).logits[0, -1].topk(2)
        margin = min(margin, (best.values[0] - best.values[1]).item())
        if best.indices[0].item() in ENDS:
            break
        ids.append(best.indices[0].item())
        if tokenizer.decode(ids[-1:]).strip() == STOP:
            break
    return ids[len(prompt):], margin


def talk(model, tokenizer, system):
    messages, turns = [{"role": "system", "content": system}], []
    for question in QUESTIONS:
        messages.append({"role": "user", "content": question})
        prompt = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=True)["input_ids"]
        ids, margin = answer(model, tokenizer, prompt)
        said = tokenizer.decode(ids).strip().removesuffix(STOP).strip()
        messages.append({"role": "assistant", "content": said})
        turns.append({"user": question, "prompt_ids": prompt, "answer_ids": ids, "answer": said, "smallest_margin": round(margin, 5)})
    return turns


def main():
    logging.set_verbosity_error()
    with open(pathlib.Path(sys.argv[1]) / "pilot_talks.jsonl", "w") as out:
        for place in CHECKPOINTS:
            tokenizer = PreTrainedTokenizerFast.from_pretrained(RUN / place)
            model = Zamba2ForCausalLM.from_pretrained(RUN / place, dtype=torch.float32).eval()
            for system in SYSTEMS:
                turns = talk(model, tokenizer, system)
                out.write(json.dumps({"checkpoint": place, "system": system, "stop": STOP, "max_tokens": MOST, "turns": turns}) + "\n")


main()
