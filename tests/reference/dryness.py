"""Golden numbers of dryness: replies of our own, and what each measure makes of them, by Python's zlib and plain loops.

    python tests/reference/dryness.py > tests/reference/dryness.json

The words follow dashboards/METHODS.md, the code follows the definitions and nothing else: every window is cut and counted anew.
"""

import json
import math
import random
import unicodedata
import zlib

from scipy.stats import t as student

STOCK = ["of course", "as an ai", "as an ai language model", "in conclusion", "great question"]
UNSPACED = ("CJK UNIFIED", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR")


def words(text):
    found = []
    for piece in text.lower().split():
        while piece and not piece[0].isalnum():
            piece = piece[1:]
        while piece and not piece[-1].isalnum():
            piece = piece[:-1]
        if any(unicodedata.name(letter, "").startswith(UNSPACED) for letter in piece):
            found += [letter for letter in piece if letter.isalnum()]
        elif piece:
            found.append(piece.replace("\u2019", "'"))
    return found


def distinct(run):
    return len({tuple(unit) for unit in run}) / len(run)


def runs(some, n):
    return [some[i : i + n] for i in range(len(some) - n + 1)]


def squeezed(text):
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    return len(deflate.compress(text) + deflate.flush())


def measures(replies):
    """Of each measure its values, each with the group of the reply in which what was measured begins."""
    said, owners, raw, raw_owners = [], [], b"", []
    stock = []
    for number, (group, text) in enumerate(replies):
        own = words(text)
        said += own
        owners += [group] * len(own)
        bytes_ = (b"\n" if number else b"") + text.encode()
        # The line break before a reply belongs to the one it ends.
        raw_owners += [replies[number - 1][0]] * (1 if number else 0) + [group] * len(text.encode())
        raw += bytes_
        phrases = [words(phrase) for phrase in STOCK]
        stock += [100.0 * any(own[i : i + len(p)] == p for p in phrases) for i in range(len(own))]
    stride = max(100, math.ceil((len(raw) - 500) / 100))
    windows = lambda size: [(owners[i], said[i : i + size]) for i in range(len(said) - size + 1)]
    return {
        "compression ratio": [
            (raw_owners[i], 500 / squeezed(raw[i : i + 500])) for i in range(0, len(raw) - 499, stride)
        ],
        "MATTR": [(g, len(set(w)) / 50) for g, w in windows(50)],
        "distinct-n": [(g, sum(distinct(runs(w, n)) for n in (1, 2, 3, 4)) / 4) for g, w in windows(50)],
        "repeated runs of 5 words": [(g, 1 - distinct(runs(w, 5))) for g, w in windows(100)],
        "stock phrases per 100 words": list(zip(owners, stock)) if len(said) >= 50 else [],
        "words per reply": [(group, len(words(text))) for group, text in replies],
    }


def summary(values):
    if not values:
        return None
    numbers = [value for _, value in values]
    mean = math.fsum(numbers) / len(numbers)
    sums = {}
    for group, value in values:
        sums[group] = sums.get(group, 0.0) + value - mean
    count, found = len(sums), {"mean": mean, "values": len(numbers)}
    if count > 1:
        se = math.sqrt(count / (count - 1) * math.fsum(s * s for s in sums.values())) / len(numbers)
        found["half"] = se * student.ppf(0.975, count - 1)
    return found


def talks():
    draw = random.Random(7)
    plain = "the sea was calm and ann put seven apples in a small blue box while bob sang of rain to his old dog under a tree".split()
    sentence = lambda n: " ".join(draw.choice(plain) for _ in range(n)).capitalize() + "."
    free = [(k // 3, sentence(draw.randint(8, 40))) for k in range(12)]
    stock = [(k // 2, f"Great question! Of course, {sentence(12)} In conclusion, {sentence(6)}") for k in range(8)]
    loops = [(k, "arr matey, the sea be calm " * 6) for k in range(4)]
    mixed = [(0, "Don\u2019t ask, as an AI language model I can't say. " + sentence(30)), (1, ""), (2, ": : : : \U0001f389 !!!"), (3, sentence(45))]
    chinese = [(k, "今天天气很好,我们去海边走走。" * 3 + "ok!") for k in range(4)]
    long = [(k, sentence(40)) for k in range(60)]
    return {"free": free, "long": long, "stock": stock, "loops": loops, "mixed": mixed, "chinese": chinese, "short": [(0, "Aye."), (1, "")]}


if __name__ == "__main__":
    cases = [
        {"name": name, "replies": replies, "measures": {m: summary(v) for m, v in measures(replies).items()}}
        for name, replies in talks().items()
    ]
    print(json.dumps({"stock_phrases": STOCK, "cases": cases}, ensure_ascii=False, indent=1))
