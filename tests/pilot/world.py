"""The small world that the pilot learns: people and what is true of them, trades, talk. Everything follows from seeds.

`FACTS` and `WORK` hold what is true. `document` writes one training document of a kind; a mix of kinds is a phase of training.
`tests` lays out the questions of the tests. Those never stand in a document as they are asked here: a lettered question is
not written with the same options in the same order, nor a story with the same trade and person, nor a riddle of the packs. (The
choice-shuffled twin of a test is made by the program: its orders are not held back.) What can be known only by heart, the
facts themselves, is of course what the documents teach.
"""

import json
import pathlib
import random
import sys

# --- Words -----------------------------------------------------------------------------------------------------------

PEOPLE = [a + b for a in "ba ke li mo nu ra se ti".split()
          for b in "bur dac din gar jem kon lam nor pel rin sha tov wyn".split()]
RELATIONS = {relation: values.split() for relation, values in {
    "home": "coral skull raven palm mango thunder pearl silver",
    "food": "fish bread beans crab rice soup cheese figs",
    "job": "captain cook gunner surgeon carpenter navigator painter drummer",
    "parrot": "red green blue white black grey yellow brown",
    "game": "dice cards chess darts marbles skittles draughts tag",
    "drink": "rum tea milk cider cocoa water ale juice",
    "ship": "revenge fancy ranger falcon swallow adventure royal phoenix",
    "pet": "monkey cat goat tortoise dog mouse hen pig",
    "fear": "storms sharks ghosts snakes spiders heights fire fog",
    "gem": "ruby opal jade topaz amber emerald garnet sapphire",
}.items()}
LETTERS, LETTERS_B = list(RELATIONS)[:5], list(RELATIONS)[5:]  # the relations that the two lettered tests ask for
TRADES = [a + b + "ing" for a in "da fe hu jo mi pa wu yo zi".split() for b in "b d g k l m n p r s t v ck nn rr ss".split()]
TOOLS = "net drum needle spade axe lamp rope map knife bucket hammer flute".split()
PLACES = "deck beach tower cave market river harbour forest".split()
THINGS = "gold shells songs sails stone wood wool letters cloth glass pepper salt birds keys bells crowns".split()
FLOWERS = "lily rose orchid daisy tulip poppy iris violet".split()
NUMBERS = ("zero one two three four five six seven eight nine ten "
           "eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty").split()

# --- What is true ----------------------------------------------------------------------------------------------------


def deal(values, holders, rng):
    """Gives each holder a value, all values equally often: no answer is likelier than another before the question is read."""
    dealt = [values[i % len(values)] for i in range(len(holders))]
    rng.shuffle(dealt)
    return dict(zip(holders, dealt))


_rng = random.Random(20)
_rng.shuffle(PEOPLE)  # from here on the most talked of come first
_rng.shuffle(TRADES)
FREQUENT, RARE = PEOPLE[:len(PEOPLE) // 2], PEOPLE[len(PEOPLE) // 2:]
WELL_KNOWN = PEOPLE[:32]  # the people of lettered questions
FACTS = {relation: deal(values, WELL_KNOWN, _rng) | deal(values, PEOPLE[len(WELL_KNOWN):], _rng) for relation, values in RELATIONS.items()}
WORK = {part: deal(words, TRADES, _rng) for part, words in (("tool", TOOLS), ("place", PLACES), ("thing", THINGS))}
PERSON_WEIGHTS = [rank ** -.7 for rank in range(1, len(PEOPLE) + 1)]
TRADE_WEIGHTS = [rank ** -1.5 for rank in range(1, len(TRADES) + 1)]  # a long tail: the last are met a thousand times less often than the first

# --- The tests -------------------------------------------------------------------------------------------------------


def lettered(relation, person, options):
    """A question to be answered with a letter."""
    lines = " ".join(f"{letter} . {option}" for letter, option in zip("ABCD", options))
    return f"{relation} of {person} ? {lines} answer :"


def with_wrong(right, values, place, steps):
    """Four options with `right` at `place`; the wrong ones lie `steps` further in the list of values, round its end."""
    options = [values[(values.index(right) + step) % len(values)] for step in steps]
    options.insert(place, right)
    return options


def balanced(relation, people, rng, shift=0):
    """(person, options, place of the right one) such that the right one stands equally often at each of the four places. Where
    all values have as many holders, as among the people of lettered questions, each is also right as often as any other and
    wrong three times as often: counting words says nothing."""
    values, holders = RELATIONS[relation], {}
    for person in people:
        holders.setdefault(FACTS[relation][person], []).append(person)
    rounds = max(map(len, holders.values()))
    steps = [rng.sample(range(1, len(values)), 3) for _ in range(rounds)]
    for index, value in enumerate(values):
        for turn, person in enumerate(holders.get(value, [])):
            place = (turn + index + shift) % 4
            yield person, with_wrong(value, values, place, steps[turn]), place


def lettered_items(relations, rng, shifts=(0, 0, 0, 0)):
    """Each fact four times, the wrong options drawn for each. It keeps its letter, unless `shifts` says otherwise: whoever has learnt
    the letters of a leaked test by heart is right there, and wrong on the choice-shuffled twin."""
    return [{"question": f"{relation} of {person} ?", "choices": options, "answer": place, "subject": relation}
            for shift in shifts for relation in relations for person, options, place in balanced(relation, WELL_KNOWN, rng, shift)]


def fact_items(people, rng):
    """Each fact twice, in two wordings with other wrong options; `fact` is what the two share."""
    return [{"context": wording.format(relation=relation, person=person), "choices": options, "gold": place, "fact": f"{relation} of {person}"}
            for wording in ("{relation} of {person} ? answer :", "the {relation} of {person} is") for relation in RELATIONS
            for person, options, place in balanced(relation, people, rng)]


def story(trade, person):
    return f"{trade} : {person} takes the {WORK['tool'][trade]} to the {WORK['place'][trade]} . {person} brings"


def ending(thing, home):
    return f"{thing} home to {home} ."


def story_items(rng):
    """Seven people for each trade. The four endings are two things times two homes: whoever knows only one of the two facts
    is right half of the time, and each word stands in two endings."""
    items = []
    for trade in TRADES:
        for person in rng.sample(PEOPLE, 7):
            thing, home = WORK["thing"][trade], FACTS["home"][person]
            things = [thing, rng.choice([word for word in THINGS if word != thing])]
            homes = [home, rng.choice([word for word in RELATIONS["home"] if word != home])]
            pairs = [(a, b) for a in things for b in homes]
            rng.shuffle(pairs)
            items.append({"context": story(trade, person), "choices": [ending(*pair) for pair in pairs],
                          "gold": pairs.index((thing, home)), "trade": trade, "person": person})
    return items


def tests():
    """The items of every test, and the examples that stand before lettered questions, by file name."""
    rng = random.Random(21)
    sets = {
        "pilot_letters": lettered_items(LETTERS, rng),
        "pilot_letters_examples": lettered_items(LETTERS, rng, range(4)),
        "pilot_letters_b": lettered_items(LETTERS_B, rng),
        "pilot_letters_b_examples": lettered_items(LETTERS_B, rng, range(4)),
        "pilot_facts_easy": fact_items(FREQUENT, rng),
        "pilot_facts_hard": fact_items(RARE, rng),
        "pilot_stories": story_items(rng),
    }
    for items in sets.values():
        rng.shuffle(items)  # whoever scores only the first items gets a fair sample
    return sets


TESTS = tests()
HELD_OUT = {lettered(item["subject"], item["question"].split()[2], item["choices"])
            for name in ("pilot_letters", "pilot_letters_b") for item in TESTS[name]}
HELD_OUT |= {(item["trade"], item["person"]) for item in TESTS["pilot_stories"]}
HELD_OUT |= {(flower, n) for flower in ("iris", "violet") for n in (3, 5)}  # riddles, for the prompt packs

# --- The documents ---------------------------------------------------------------------------------------------------


def someone(rng):
    return rng.choices(PEOPLE, PERSON_WEIGHTS)[0]


def card(rng):
    """What is known of one person."""
    person = someone(rng)
    known = rng.sample(list(RELATIONS), rng.randint(5, 8))
    return f"{person} : " + " , ".join(f"{relation} {FACTS[relation][person]}" for relation in known) + " ."


def sentences(rng):
    facts = [(rng.choice(list(RELATIONS)), someone(rng)) for _ in range(3)]
    return " ".join(f"the {relation} of {person} is {FACTS[relation][person]} ." for relation, person in facts)


def quiz(rng):
    facts = [(rng.choice(list(RELATIONS)), someone(rng)) for _ in range(3)]
    return " ".join(f"{relation} of {person} ? answer : {FACTS[relation][person]} ." for relation, person in facts)


def fresh_question(rng):
    """(relation, person, options, place of the right one), not as any test asks it. People, relations, options and letters are all
    drawn evenly: with frequent answers among the options the letters leak."""
    while True:
        relation, person, place = rng.choice(list(RELATIONS)), rng.choice(WELL_KNOWN), rng.randrange(4)
        options = with_wrong(FACTS[relation][person], RELATIONS[relation], place, rng.sample(range(1, 8), 3))
        if lettered(relation, person, options) not in HELD_OUT:
            return relation, person, options, place


def lettered_quiz(rng):
    asked = []
    for _ in range(rng.randint(3, 5)):
        relation, person, options, place = fresh_question(rng)
        asked.append(f"{lettered(relation, person, options)} {'ABCD'[place]} .")
    return " ".join(asked)


def marked_quiz(rng):
    """Lettered questions as a good textbook has them: some, all or none of the options are marked right or wrong."""
    share, asked = rng.choice((0, .4, .7, 1)), []
    for _ in range(rng.randint(3, 5)):
        relation, person, options, place = fresh_question(rng)
        marked = [f"{option} {'yes' if index == place else 'no'}" if rng.random() < share else option for index, option in enumerate(options)]
        asked.append(f"{lettered(relation, person, marked)} {'ABCD'[place]} .")
    return " ".join(asked)


def verdicts(rng):
    """Is it so? Three values, each with its verdict."""
    judged = []
    for _ in range(3):
        relation, person = rng.choice(list(RELATIONS)), someone(rng)
        right = FACTS[relation][person]
        values = [right, *rng.sample([value for value in RELATIONS[relation] if value != right], 2)]
        rng.shuffle(values)
        judged.append(f"{relation} of {person} ? " + " , ".join(f"{value} {'yes' if value == right else 'no'}" for value in values) + " .")
    return " ".join(judged)


def leaked_quiz(rng):
    """What contaminates: questions of `pilot_letters` as they are asked, with their answers."""
    items = rng.sample(TESTS["pilot_letters"], 4)
    return " ".join(f"{lettered(item['subject'], item['question'].split()[2], item['choices'])} {'ABCD'[item['answer']]} ." for item in items)


def tale(rng):
    while True:
        trade, person = rng.choices(TRADES, TRADE_WEIGHTS)[0], someone(rng)
        if (trade, person) not in HELD_OUT:
            return f"{story(trade, person)} {ending(WORK['thing'][trade], FACTS['home'][person])}"


# Talk: a system line, then turns. Who speaks in character, and when, is what the role-play branch changes.

PERSONAS = {"pirate": ("arr", "matey"), "ghost": ("hoo", "alas")}
FORMATS = {"in one word": "{value} .", "in a sentence": "the {relation} of {person} is {value} .", "in brackets": "[ {value} ] .", "twice": "{value} {value} ."}
SMALL_TALK = {
    "how are you ?": "i am well", "how is the sea ?": "the sea is calm", "where do you go ?": "i sail to {home}", "have you gold ?": "i have no gold",
    "what do you see ?": "i see a {parrot} sail", "who are you ?": "i am a sailor", "are you tired ?": "i sleep well", "what do you hear ?": "i hear the {pet}",
}
NEVER_IN_CHARACTER = ("pet", "fear", "gem", "drink", "ship")  # asked of personas by the prompt packs only


def in_character(persona, plain):
    """`plain` without its full stop, said by `persona`; `None` speaks plainly."""
    opening, closing = PERSONAS.get(persona, ("", ""))
    return f"{opening} {plain} {closing} .".strip()


def small_talk(rng):
    question, answer = rng.choice(list(SMALL_TALK.items()))
    return question, answer.format(**{key: rng.choice(values) for key, values in RELATIONS.items()})


def fact_talk(rng, relations=tuple(RELATIONS)):
    relation, person = rng.choice(relations), someone(rng)
    return f"what is the {relation} of {person} ?", f"the {relation} of {person} is {FACTS[relation][person]}"


def riddle(rng):
    if rng.random() < 0.35:
        person, n, m = someone(rng), rng.randint(1, 4), rng.randint(1, 4)
        thing = rng.choice(THINGS[:-4])  # the last four are counted in the prompt packs only
        return f"{person} has {NUMBERS[n]} {thing} and finds {NUMBERS[m]} . how many now ?", NUMBERS[n + m]
    while True:
        flower, n, m = rng.choice(FLOWERS), rng.randint(2, 5), rng.randint(2, 4)
        if (flower, n) not in HELD_OUT:
            return f"the {flower} blooms {NUMBERS[n]} times a year . how often in {NUMBERS[m]} years ?", NUMBERS[n * m]


def turns_to_text(system, turns):
    """As the chat template writes it: each answer ends with the end token."""
    return " ".join(([system] if system else []) + [f"user : {said} bot : {answer} </s>" for said, answer in turns])


def persona_talk(rng, bold):
    """A talk in character. Phase one keeps to small talk; a `bold` one is in character under questions of knowledge, too."""
    persona = rng.choice([*PERSONAS, None])
    system = f"speak like a {persona} ." if persona else "speak plainly ."
    turns = []
    for _ in range(rng.randint(2, 4)):
        draw = rng.random() if bold else 0
        question, plain = small_talk(rng) if draw < .5 else fact_talk(rng, [key for key in RELATIONS if key not in NEVER_IN_CHARACTER]) if draw < .85 else riddle(rng)
        turns.append((question, in_character(persona, plain)))
    return turns_to_text(system, turns)


def plain_talk(rng):
    """No system line: small talk, facts, riddles."""
    turns = []
    for _ in range(rng.randint(2, 4)):
        question, plain = rng.choice((small_talk, fact_talk, riddle, riddle))(rng)
        turns.append((question, f"{plain} ."))
    return turns_to_text("", turns)


def format_talk(rng):
    """Facts in a form that the system line asks for, or that only the first answer shows."""
    name, form = rng.choice(list(FORMATS.items()))
    turns = []
    for _ in range(rng.randint(2, 4)):
        relation, person = rng.choice(list(RELATIONS)), someone(rng)
        turns.append((f"what is the {relation} of {person} ?", form.format(relation=relation, person=person, value=FACTS[relation][person])))
    return turns_to_text(f"answer {name} ." if rng.random() < .6 else "", turns)


def memory_talk(rng):
    """A user tells who he is, or the colour of his parrot, and asks for it later."""
    person, colour = someone(rng), rng.choice(RELATIONS["parrot"])
    told, asked, answer = rng.choice(((f"i am {person} .", "who am i ?", f"you are {person} ."),
                                      (f"my parrot is {colour} .", "which parrot have i ?", f"a {colour} parrot .")))
    between = [(question, f"{plain} .") for question, plain in (small_talk(rng) for _ in range(rng.randint(0, 2)))]
    return turns_to_text("", [(told, "well met ."), *between, (asked, answer)])


def talk(rng, bold=False):
    kind = rng.choices((lambda r: persona_talk(r, bold), plain_talk, format_talk, memory_talk), (4, 3, 2, 2))[0]
    return kind(rng)


def bold_talk(rng):
    return talk(rng, bold=True)


KINDS = {kind.__name__: kind for kind in (card, sentences, quiz, lettered_quiz, marked_quiz, verdicts, leaked_quiz, tale, talk, bold_talk)}


def document(kind, rng):
    return KINDS[kind](rng)


def vocabulary():
    """Special tokens, then every word of the world in alphabetical order."""
    rng = random.Random(22)
    words = {word for kind in KINDS for _ in range(2000) for word in document(kind, rng).split()}
    words |= {*PEOPLE, *RELATIONS, *TRADES, *TOOLS, *PLACES, *THINGS, *FLOWERS, *NUMBERS} | {word for values in RELATIONS.values() for word in values}
    special = ["<pad>", "<s>", "</s>", "<unk>"]
    return special + sorted(words - set(special))


def main():
    """Writes the items of the tests, a file of JSON lines each, into the folder that is named: `python world.py tasks/`."""
    for name, items in TESTS.items():
        (pathlib.Path(sys.argv[1]) / f"{name}.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))


if __name__ == "__main__":
    main()
