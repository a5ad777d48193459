"""Checks of the small world, without a model: `python test_world.py`. No test can be answered by counting words."""

import collections
import json
import math
import pathlib
import random
import re

import scoring
import world


def guess_by_words(known, asked):
    """Accuracy on `asked` of a guesser that has counted words in `known`: naive Bayes over the features of each choice.

    Both are [(features of each choice, index of the right one)].
    """
    seen = {True: collections.Counter(), False: collections.Counter()}
    for choices, gold in known:
        for place, features in enumerate(choices):
            seen[place == gold].update(features)
    totals = {right: sum(counts.values()) + 1 for right, counts in seen.items()}

    def evidence(features):
        return sum(math.log((seen[True][f] + .5) / totals[True]) - math.log((seen[False][f] + .5) / totals[False]) for f in features)

    return sum(max(range(4), key=lambda place: evidence(choices[place])) == gold for choices, gold in asked) / len(asked)


def test_no_word_of_an_ending_gives_it_away():
    for name in ("pilot_stories", "pilot_facts_easy", "pilot_facts_hard"):
        items = [([choice.split() for choice in item["choices"]], item["gold"]) for item in world.TESTS[name]]
        score, error = (guess_by_words(items[::2], items[1::2]) + guess_by_words(items[1::2], items[::2])) / 2, math.sqrt(.25 * .75 / len(items))
        print(f"  {name}: {score:.3f} by counting words, chance .25 ± {error:.3f}")
        assert score < .25 + 3 * error, name


def lettered_features(relation, person, options):
    """What a guesser sees of each letter: it with the question, its option, and it with each option and where that stands."""
    words = [f"{letter} is {option}" for letter, option in zip("ABCD", options)]
    return [[f"{letter} of {relation} {person}", option, *(f"{letter} if {word}" for word in words)] for letter, option in zip("ABCD", options)]


def test_counting_words_of_the_documents_does_not_answer_with_letters():
    rng = random.Random(1)
    fresh = [world.fresh_question(rng) for _ in range(20000)]
    known = [(lettered_features(relation, person, options), place) for relation, person, options, place in fresh]
    for name in scoring.LETTERED:
        asked = [(lettered_features(item["subject"], item["question"].split()[2], item["choices"]), item["answer"]) for item in world.TESTS[name]]
        score, error = guess_by_words(known, asked), math.sqrt(.25 * .75 / len(asked) * 4)  # each question stands in four items
        print(f"  {name}: {score:.3f} by counting words, chance .25 ± {error:.3f}")
        assert abs(score - .25) < 3 * error, name


def test_letters_and_values_are_balanced():
    """Those of the twin are not quite: how they fall is printed."""
    twin = collections.Counter(gold for _, _, gold in scoring.requests("pilot_letters_shuffled"))
    kept = sum(item["answer"] == gold for item, (_, _, gold) in zip(world.TESTS["pilot_letters"], scoring.requests("pilot_letters_shuffled")))
    print(f"  the twin's right letters: {[twin[place] for place in range(4)]}, {kept} of them where they were")
    for name in scoring.LETTERED:
        items = world.TESTS[name]
        letters = collections.Counter(item["answer"] for item in items)
        assert set(letters.values()) == {len(items) // 4}, letters
        right = collections.Counter(item["choices"][item["answer"]] for item in items)
        offered = collections.Counter(option for item in items for option in item["choices"])
        assert all(offered[value] == 4 * right[value] for value in offered)


QUESTION = re.compile(r"\w+ of \w+ \? A \. \w+ B \. \w+ C \. \w+ D \. \w+ answer :")


def test_what_is_tested_is_not_in_the_documents():
    rng = random.Random(2)
    questions = {scoring.asked(item) for name in scoring.LETTERED for item in world.TESTS[name]}
    stories = {item["context"] for item in world.TESTS["pilot_stories"]}
    riddles = [f"the {flower} blooms {times} " for flower in ("iris", "violet") for times in ("three", "five")]
    for _ in range(20000):
        asked = QUESTION.findall(world.lettered_quiz(rng))
        assert len(asked) >= 2, asked
        assert questions.isdisjoint(asked + QUESTION.findall(world.marked_quiz(rng))), asked
        assert world.tale(rng).split(" brings")[0] + " brings" not in stories
        talk = world.bold_talk(rng)
        assert not any(riddle in talk for riddle in riddles), talk
    assert questions.issuperset(QUESTION.findall(world.leaked_quiz(rng))), "the look into the documents would not find what it looks for"


MARK = re.compile(r"(\w+) of (\w+) \? (?:(?:[A-D] \. )?\w+ (?:, )?(?:yes |no )?)*")


def test_marks_and_verdicts_are_true():
    rng, seen = random.Random(3), 0
    for _ in range(2000):
        for question in MARK.finditer(world.marked_quiz(rng) + " " + world.verdicts(rng)):
            relation, person = question.groups()
            for option, mark in re.findall(r"(\w+) (yes|no)\b", question[0]):
                assert (world.FACTS[relation][person] == option) == (mark == "yes"), question[0]
                seen += 1
    assert seen > 10000, seen


def test_the_items_on_disk_are_those_of_this_world():
    for name, items in world.TESTS.items():
        lines = (pathlib.Path(__file__).parent / "tasks" / f"{name}.jsonl").read_text().splitlines()
        assert [json.loads(line) for line in lines] == items, f"{name}: write them anew with `python world.py tasks/`"


def test_every_word_is_known():
    words = set(world.vocabulary())
    for name in world.TESTS:
        if not name.endswith("examples"):
            assert all(word in words for context, choices, _ in scoring.requests(name) for text in (context, *choices) for word in text.split())


def test_sizes():
    assert all(len({item["fact"] for item in world.TESTS[name]}) >= 500 for name in ("pilot_facts_easy", "pilot_facts_hard"))
    assert all(500 <= len(items) <= 2000 for items in world.TESTS.values())
    assert max(len(context.split()) for name in ("pilot_letters", "pilot_stories") for context, _, _ in scoring.requests(name)) < 128


if __name__ == "__main__":
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            test()
            print(f"{name}: passed")
