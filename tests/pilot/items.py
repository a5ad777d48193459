"""Writes the items of the committed run's tests: `python items.py PROTOTYPE_LETTERS tasks/`.

The committed checkpoints learnt a world whose facts follow from one seed, in the order of the draws below. The items of
`pilot_letters` are those that leaked on the contaminated branch, so they are read as they were; all others are drawn here.
"""

import json
import pathlib
import random
import sys

WORLD = random.Random(7)
PEOPLE = [a + b for a in "ba ke li mo nu ra se ti vo za".split() for b in "din gar kon lam nor pel rin sha tov wyn".split()][::2][:48]
WORLD.shuffle(PEOPLE)  # the most talked of come first
VALUES = {relation: values.split() for relation, values in {
    "home": "tortuga nassau madagascar skull coral raven turtle palm mango thunder pearl silver",
    "food": "fish bread rum oranges beans crab rice soup",
    "parrot": "red green blue white black grey yellow brown",
    "ship": "revenge fancy whydah adventure ranger royal swallow falcon",
    "job": "captain cook gunner surgeon carpenter navigator",
}.items()}
TOOLS = "net drum needle spade axe lamp rope map knife bucket hammer flute".split()
PLACES = "deck beach tower cave market river harbour forest".split()
THINGS = "gold shells song sail stone wood water letter bird key bell crown cloth glass pepper salt".split()
TRADES = [a + b for a in "dar fen hul jor mir pas".split() for b in "ing ling ming ring".split()]
FACTS = {relation: {person: WORLD.choice(values) for person in PEOPLE} for relation, values in VALUES.items()}
WORK = {trade: dict(tool=WORLD.choice(TOOLS), place=WORLD.choice(PLACES), thing=WORLD.choice(THINGS)) for trade in TRADES}
QUESTIONS = {"home": "where is the home of {} ?", "food": "what does {} eat ?", "parrot": "what colour is the parrot of {} ?",
             "ship": "which ship does {} sail ?", "job": "what is the job of {} ?"}
SAYINGS = {"home": "{} comes from", "food": "{} eats", "parrot": "the parrot of {} is", "ship": "{} sails the", "job": "{} is the"}


def options(relation, person, rng):
    """Four options in any order and where the right one stands; wrong ones are drawn evenly."""
    right = FACTS[relation][person]
    drawn = rng.sample([value for value in VALUES[relation] if value != right], 3)
    place = rng.randrange(4)
    return [*drawn[:place], right, *drawn[place:]], place


def lettered(question, choices):
    return f"{question} " + " ".join(f"{letter} . {choice}" for letter, choice in zip("ABCD", choices)) + " answer :"


def lettered_items(copies, rng, taken):
    """Each fact `copies` times, none of it as in `taken`; three fresh examples before each question."""
    items = []
    for relation in VALUES:
        for person in PEOPLE * copies:
            question = f"question : {QUESTIONS[relation].format(person)}"
            choices, answer = options(relation, person, rng)
            while lettered(question, choices) in taken:
                choices, answer = options(relation, person, rng)
            taken.add(lettered(question, choices))
            shots = []
            for _ in range(3):
                other, whose = rng.choice(list(VALUES)), rng.choice(PEOPLE)
                listed, right = options(other, whose, rng)
                shots.append(f"{lettered(f'question : {QUESTIONS[other].format(whose)}', listed)} {'ABCD'[right]} .")
            items.append({"shots": " ".join(shots), "question": question, "choices": choices, "answer": answer, "subject": relation})
    return items


def leaked_items(file):
    """The leaked items, taken apart: a choice-shuffled twin needs the options in a list."""
    items = []
    for line in pathlib.Path(file).read_text().splitlines():
        item = json.loads(line)
        shots, last = item["context"].rsplit(" question : ", 1)
        question, listed = last.removesuffix(" answer :").split(" ? ")
        items.append({"shots": shots, "question": f"question : {question} ?", "choices": listed.split()[2::3], "answer": item["gold"], "subject": item["subject"]})
        assert f"{shots} {lettered(items[-1]['question'], items[-1]['choices'])}" == item["context"]
    return items


def fact_items(people, copies, rng):
    """Each fact in two wordings, `copies` times each with other wrong options."""
    items = []
    for relation in VALUES:
        for person in people:
            for context in (f"question : {QUESTIONS[relation].format(person)} answer :", SAYINGS[relation].format(person)):
                for _ in range(copies):
                    choices, gold = options(relation, person, rng)
                    items.append({"context": context, "choices": choices, "gold": gold, "fact": f"{relation} of {person}"})
    return items


def story_items(rng):
    """Each trade with 21 people; of the four endings two have another thing, and one another person."""
    items = []
    for trade, work in WORK.items():
        for person in rng.sample(PEOPLE, 21):
            other = rng.choice([one for one in PEOPLE if one != person])
            things = [work["thing"], *rng.sample([thing for thing in THINGS if thing != work["thing"]], 2)]
            endings = [f"{person} brings the {thing} back ." for thing in things] + [f"{other} brings the {work['thing']} back ."]
            right, gold = endings[0], rng.randrange(4)
            endings[0], endings[gold] = endings[gold], right
            context = f"{trade} : {person} takes the {work['tool']} . {person} goes to the {work['place']} ."
            items.append({"context": context, "choices": endings, "gold": gold, "trade": trade})
    return items


def main():
    rng, leaked, folder = random.Random(24), leaked_items(sys.argv[1]), pathlib.Path(sys.argv[2])
    taken = {lettered(item["question"], item["choices"]) for item in leaked}
    tests = {
        "pilot_letters": leaked,
        "pilot_letters_b": lettered_items(3, rng, taken),
        "pilot_facts_easy": fact_items(PEOPLE[:12], 6, rng),
        "pilot_facts_hard": fact_items(PEOPLE[12:], 2, rng),
        "pilot_stories": story_items(rng),
    }
    for name, items in tests.items():
        if name != "pilot_letters":
            rng.shuffle(items)  # whoever scores only the first items gets a fair sample
        if name == "pilot_letters_b":
            del items[500:]  # the demo shall be quick
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))


if __name__ == "__main__":
    main()
