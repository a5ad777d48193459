"""The tests of the pilot, asked in PyTorch: what lm-evaluation-harness would ask, and which answer is likeliest."""

import hashlib
import random

import torch

import world

BOS = 1
LETTERED = {"pilot_letters": "pilot_letters_examples", "pilot_letters_b": "pilot_letters_b_examples"}
SHOTS = 2


def asked(item):
    """A lettered item without its answer."""
    relation, _, person, _ = item["question"].split()
    return world.lettered(relation, person, item["choices"])


def shuffled(item, name, index):
    """The same item with its options in another order, drawn as the program draws it for `perturb: shuffle`."""
    seed = int(hashlib.sha256(f"shuffle\0{name}\0{index}".encode()).hexdigest()[:16], 16)
    draw, order = random.Random(seed), list(range(4))
    while order == sorted(order):
        order = draw.sample(range(4), 4)
    return {**item, "choices": [item["choices"][i] for i in order], "answer": order.index(item["answer"])}


def requests(name):
    """(context, choices, gold) of every item of a test; `_shuffled` after its name asks for the choice-shuffled twin."""
    base = name.removesuffix("_shuffled")
    items = world.TESTS[base]
    if base not in LETTERED:
        return [(item["context"], item["choices"], item["gold"]) for item in items]
    pool = [f"{asked(example)} {'ABCD'[example['answer']]} . " for example in world.TESTS[LETTERED[base]]]
    draw = random.Random(1234)  # as lm-evaluation-harness draws the shots
    asked_items = []
    for index, item in enumerate(items):
        if name != base:
            item = shuffled(item, base, index)
        asked_items.append(("".join(draw.sample(pool, SHOTS)) + asked(item), list("ABCD"), item["answer"]))
    return asked_items


@torch.no_grad()
def log_likelihoods(model, ids, questions, batch=256):
    """questions: [(context, choices, gold)]. Log-likelihood of each choice of each item, summed over its tokens, and the gold ones. Single-token choices share one forward."""
    rows, owners = [], []
    for index, (context, choices, _) in enumerate(questions):
        context = [BOS] + [ids[word] for word in context.split()]
        choices = [[ids[word] for word in choice.split()] for choice in choices]
        if all(len(choice) == 1 for choice in choices):
            rows.append((context + choices[0], len(context)))
            owners.append((index, [choice[0] for choice in choices]))
        else:
            rows += [(context + choice, len(context)) for choice in choices]
            owners += [(index, None)] * len(choices)
    sums = [[] for _ in questions]
    order = sorted(range(len(rows)), key=lambda i: len(rows[i][0]))
    found = {}
    for start in range(0, len(rows), batch):
        part = order[start:start + batch]
        longest = -(-max(len(rows[i][0]) for i in part) // 32) * 32
        table = torch.zeros(len(part), longest, dtype=torch.long)
        for row, i in enumerate(part):
            table[row, :len(rows[i][0])] = torch.tensor(rows[i][0])
        logits = model(table, use_cache=False).logits.float()
        for row, i in enumerate(part):
            tokens, begin = rows[i]
            logprobs = logits[row, begin - 1:len(tokens) - 1].log_softmax(-1)
            single = owners[i][1]
            found[i] = logprobs[0, single].tolist() if single else [sum(logprobs[range(len(tokens) - begin), tokens[begin:]].tolist())]
    for i, (index, _) in enumerate(owners):
        sums[index] += found[i]
    return sums, [gold for _, _, gold in questions]


def share_right(sums, golds):
    """Share of items whose likeliest choice is the right one; of equal ones the first counts."""
    return sum(max(range(4), key=choices.__getitem__) == gold for choices, gold in zip(sums, golds)) / len(golds)
