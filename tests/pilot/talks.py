"""Holds the conversations of `prompts/` with a few checkpoints, greedily, through transformers and the chat template.

    python talks.py RUN

Writes RUN/reference_talks.jsonl: a line for each conversation with the ids of each prompt and reply, and the smallest margin
between the likeliest token and the next (below 1e-3 another machine may choose otherwise). Prints the talks.
"""

import itertools
import json
import pathlib
import sys

import jinja2
import torch
import yaml
from transformers import AutoTokenizer, Zamba2ForCausalLM
from transformers.utils import logging

import rescore
import world

ENDS = {1, 2}  # <s> and </s>


def conversations(folder):
    """(pack, prompt, variables, system, turns, longest reply, stop words) of every combination of variables."""
    fill = jinja2.Environment(undefined=jinja2.StrictUndefined)
    fill.filters["words"] = lambda number: world.NUMBERS[number]
    for file in sorted(folder.glob("*.yaml")):
        pack = yaml.safe_load(file.read_text())
        for prompt in pack["prompts"]:
            names = list(prompt.get("vars", {}))
            for values in itertools.product(*prompt.get("vars", {}).values()):
                variables = dict(zip(names, values))
                turns = [fill.from_string(turn["user"]).render(variables) for turn in prompt["turns"]]
                yield pack["pack"], prompt["id"], variables, prompt.get("system"), turns, pack["defaults"]["max_tokens"], pack["defaults"]["stop"]


@torch.no_grad()
def reply(model, tokenizer, ids, longest, stop):
    """Ids of the reply with the token that ended it, its text, and the smallest margin."""
    said, margin = [], float("inf")
    while len(said) < longest:
        best = model(torch.tensor([ids + said]), use_cache=False).logits[0, -1].topk(2)
        margin = min(margin, (best.values[0] - best.values[1]).item())
        said.append(best.indices[0].item())
        if said[-1] in ENDS or tokenizer.decode(said[-1:]).strip() in stop:
            return said, tokenizer.decode(said[:-1]), margin
    return said, tokenizer.decode(said), margin


def main():
    run = pathlib.Path(sys.argv[1])
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    with (run / "reference_talks.jsonl").open("w") as out:
        for branch, step, folder, last in rescore.checkpoints(run):
            if (branch, step) not in {("trunk", 300), ("trunk", 1300)} and not (last and branch.startswith("anneal")):
                continue
            model, tokenizer = Zamba2ForCausalLM.from_pretrained(folder, dtype=torch.float32).eval(), AutoTokenizer.from_pretrained(folder)
            for pack, prompt, variables, system, users, longest, stop in conversations(pathlib.Path(__file__).parent / "prompts"):
                talk = [{"role": "system", "content": system}] if system else []
                turns = []
                for user in users:
                    talk.append({"role": "user", "content": user})
                    ids = list(tokenizer.apply_chat_template(talk, add_generation_prompt=True, return_dict=True)["input_ids"])
                    said, text, margin = reply(model, tokenizer, ids, longest, stop)
                    talk.append({"role": "assistant", "content": text})
                    turns.append({"user": user, "prompt_ids": ids, "reply_ids": said, "reply": text, "smallest_margin": round(margin, 5)})
                out.write(json.dumps({"checkpoint": f"{branch}/checkpoint-{step}", "pack": pack, "prompt": prompt, "vars": variables, "system": system, "turns": turns}) + "\n")
                print(f"{branch} {step} | {prompt} {variables} | " + " / ".join(turn["reply"] for turn in turns), flush=True)


if __name__ == "__main__":
    main()
