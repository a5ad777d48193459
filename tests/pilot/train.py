"""Trains the pilot: a trunk and its branches, saved as Hugging Face checkpoints. One thread of a CPU; stop it and start it again at will.

    python train.py OUT [--seed 0] [--threads 1] [--only trunk,anneal] [--limit 160] [--pure]

Each step draws its own documents from (seed, branch, step), so a run that was killed goes on from its newest checkpoint as if
nothing had happened. OUT/<branch>/checkpoint-<step>/ is what people load; OUT/.states holds weights and optimiser in f32.
"""

import argparse
import json
import math
import pathlib
import random
import time

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast, TrainerState, Zamba2Config, Zamba2ForCausalLM
from transformers.utils import logging

import mixer
import scoring
import world

BATCH, LENGTH = 32, 192
PEAK, FLOOR, WARMUP, PHASE_ONE = 3e-3, 0.35, 60, 1400
LOG_EVERY = 10

BASE = dict(card=.34, sentences=.10, quiz=.14, lettered_quiz=.05, tale=.17, talk=.20)  # shares of tokens
BETTER = dict(card=.10, quiz=.05, marked_quiz=.40, verdicts=.32, tale=.07, talk=.06)
ROLE_PLAY = dict(card=.08, sentences=.04, quiz=.06, lettered_quiz=.03, tale=.11, bold_talk=.68)
LEAKED = dict(card=.17, sentences=.05, quiz=.07, lettered_quiz=.03, tale=.08, talk=.10, leaked_quiz=.50)


def trunk_rate(step):
    """Warm-up, a cosine to a high floor, then the floor."""
    if step < WARMUP:
        return PEAK * step / WARMUP
    share = min(1, (step - WARMUP) / (PHASE_ONE - WARMUP))
    return PEAK * (FLOOR + (1 - FLOOR) * (1 + math.cos(math.pi * share)) / 2)


def annealed(start, stop, rewarm=25):
    """Re-warmed to the peak in `rewarm` steps, then straight down to zero."""
    def rate(step):
        if step - start < rewarm:
            return trunk_rate(start) + (PEAK - trunk_rate(start)) * (step - start) / rewarm
        return PEAK * (stop - step) / (stop - start - rewarm)
    return rate


# branch: (parent's step, rate, mix, checkpoints); the last one is an experiment, no part of the committed run
BRANCHES = {
    "trunk": (None, trunk_rate, BASE, [0, 150, 300, 450, 600, 800, 1000, 1200, 1400, 1700, 2100, 2300]),
    "anneal": (1400, annealed(1400, 2300), BETTER, [1500, 1600, 1700, 1800, 1900, 2000, 2150, 2300]),
    "anneal-roleplay": (1400, annealed(1400, 1650), ROLE_PLAY, [1500, 1650]),
    "contaminated": (800, trunk_rate, LEAKED, [850, 900, 1000, 1100]),
    "better-at-the-floor": (1400, trunk_rate, BETTER, [1500, 1600, 1700, 1800, 1900, 2000, 2150, 2300]),
}
CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'system' %}{{ message['content'] }}"
    "{% elif message['role'] == 'user' %}{{ ' user : ' + message['content'] }}"
    "{% else %}{{ ' bot : ' + message['content'] + ' ' + eos_token }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ ' bot :' }}{% endif %}"
)


def new_tokenizer(words):
    """Words are tokens; every text begins with <s>."""
    tokenizer = Tokenizer(models.WordLevel({word: index for index, word in enumerate(words)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", scoring.BOS)])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="<pad>",
                                   chat_template=CHAT_TEMPLATE)


def new_model(words, pure=False):
    """Seven layers, three calls of one shared block with its own adapters at each; a `pure` one has about as many parameters in
    eleven Mamba-2 layers without attention."""
    layers = ["mamba"] * 11 if pure else ["mamba", "mamba", "hybrid"] + ["mamba", "hybrid"] * 2
    return Zamba2ForCausalLM(Zamba2Config(
        vocab_size=-(-len(words) // 16) * 16, hidden_size=64, num_hidden_layers=len(layers), layers_block_type=layers,
        mamba_d_state=16, n_mamba_heads=4, mamba_headdim=32, mamba_ngroups=1, mamba_expand=2, chunk_size=32,
        num_attention_heads=4, intermediate_size=128, adapter_rank=8, num_mem_blocks=1, use_mem_rope=True,
        bos_token_id=scoring.BOS, eos_token_id=2, pad_token_id=0, max_position_embeddings=512))


class Documents:
    """A mix of documents by shares of tokens, drawn step by step."""

    def __init__(self, mix, ids):
        rng = random.Random(23)
        lengths = {kind: sum(len(world.document(kind, rng).split()) + 1 for _ in range(400)) / 400 for kind in mix}
        self.kinds, self.weights, self.ids = list(mix), [share / lengths[kind] for kind, share in mix.items()], ids

    def batch(self, seed):
        """[BATCH, LENGTH + 1] token ids: documents one after the other, cut where a row ends."""
        rng, stream = random.Random(seed), []
        while len(stream) < BATCH * (LENGTH + 1):
            text = world.document(rng.choices(self.kinds, self.weights)[0], rng)
            stream += [scoring.BOS] + [self.ids[word] for word in text.split()]
        return torch.tensor(stream[:BATCH * (LENGTH + 1)]).view(BATCH, LENGTH + 1)


class Run:
    """Where the run lies and what it is made of."""

    def __init__(self, out, seed, limit, pure):
        self.out, self.seed, self.limit, self.pure = out, seed, limit, pure
        self.words = world.vocabulary()
        self.ids = {word: index for index, word in enumerate(self.words)}
        self.tokenizer = new_tokenizer(self.words)
        torch.manual_seed(seed)
        self.model = new_model(self.words, pure)
        mixer.install(self.model, len(self.words), LENGTH)
        self.optimiser = torch.optim.AdamW(self.model.parameters(), lr=PEAK, betas=(.9, .95), weight_decay=.1, fused=True)
        self.log = []
        (out / ".states").mkdir(parents=True, exist_ok=True)

    def state_file(self, branch, step):
        return self.out / ".states" / f"{branch}-{step}.pt"

    def load(self, branch, step):
        state = torch.load(self.state_file(branch, step))
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.log = state["log"]

    def save(self, branch, step):
        folder = self.out / branch / f"checkpoint-{step}"
        folder.mkdir(parents=True, exist_ok=True)
        halved = new_model(self.words, self.pure)
        halved.load_state_dict(self.model.state_dict())
        halved.to(torch.bfloat16).save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)
        TrainerState(global_step=step, max_steps=BRANCHES[branch][3][-1], logging_steps=LOG_EVERY, train_batch_size=BATCH,
                     num_input_tokens_seen=step * BATCH * LENGTH, log_history=self.log).save_to_json(str(folder / "trainer_state.json"))
        state = {"model": self.model.state_dict(), "optimiser": self.optimiser.state_dict(), "log": self.log}
        torch.save(state, self.state_file(branch, step).with_suffix(".part"))
        self.state_file(branch, step).with_suffix(".part").rename(self.state_file(branch, step))  # whole or not at all
        scores = {name.removeprefix("pilot_"): round(scoring.share_right(*scoring.log_likelihoods(self.model, self.ids, scoring.requests(name)[:self.limit])), 3)
                  for name in world.TESTS if not name.endswith("examples")}
        entry = {"branch": branch, "step": step, "loss": self.log[-1]["loss"] if self.log else None, **scores, "cpu": round(time.process_time())}
        print(json.dumps(entry), flush=True)

    def letter_losses(self, rows, logits):
        """Losses of the answers to lettered questions, among the four letters only: ln 4 is chance. It moves before accuracy does."""
        letters = torch.tensor([self.ids[letter] for letter in "ABCD"])
        asked = (rows[:, :-2] == self.ids["answer"]) & (rows[:, 1:-1] == self.ids[":"]) & torch.isin(rows[:, 2:], letters)
        right = (rows[:, 2:][asked][:, None] == letters).int().argmax(-1)
        return torch.nn.functional.cross_entropy(logits[:, 1:][asked][:, letters], right, reduction="none").tolist()

    def train(self, branch):
        fork, rate, mix, checkpoints = BRANCHES[branch]
        done = [step for step in checkpoints if self.state_file(branch, step).exists()]
        if done:
            self.load(branch, done[-1])
        elif fork is not None:
            self.load("trunk", fork)
        else:
            self.save(branch, 0)
            done = [0]
        documents, losses, letters = Documents(mix, self.ids), [], []
        for step in range(done[-1] if done else fork, checkpoints[-1]):
            rows = documents.batch(f"{self.seed} {branch} {step}")
            logits = self.model(rows[:, :-1], use_cache=False).logits
            loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten())
            loss.backward()
            norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.)
            for group in self.optimiser.param_groups:
                group["lr"] = rate(step)
            self.optimiser.step()
            self.optimiser.zero_grad()
            losses.append(loss.item())
            letters += self.letter_losses(rows, logits.detach())
            step += 1
            if step % LOG_EVERY == 0:
                mean = {"loss": sum(losses) / len(losses), "letter_loss": sum(letters) / max(1, len(letters))}
                self.log = self.log + [{"step": step, **{name: round(value, 4) for name, value in mean.items()}, "grad_norm": round(norm.item(), 4),
                                        "learning_rate": rate(step), "num_input_tokens_seen": step * BATCH * LENGTH}]
                losses, letters = [], []
                print(self.log[-1], flush=True)
            if step in checkpoints:
                self.save(branch, step)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", default="trunk,anneal,anneal-roleplay,contaminated", help=f"branches to train, trunk first, of {', '.join(BRANCHES)}")
    parser.add_argument("--pure", action="store_true", help="Mamba-2 layers only")
    parser.add_argument("--limit", type=int, help="items of each test scored while training; all when absent")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.set_flush_denormal(True)
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    run = Run(arguments.out, arguments.seed, arguments.limit, arguments.pure)
    print(f"{len(run.words)} words, {sum(p.numel() for p in run.model.parameters())} parameters", flush=True)
    for branch in arguments.only.split(","):
        run.train(branch)


if __name__ == "__main__":
    main()
