"""Prints the curves of a scored run and checks that they have the shape the pilot is there for: `python curves.py RUN`."""

import collections
import csv
import math
import pathlib
import sys

import train

CHANCE, TOKENS = .25, train.BATCH * train.LENGTH


def read(run):
    """{branch: {step: {task: (score, items)}}}"""
    table = collections.defaultdict(lambda: collections.defaultdict(dict))
    for row in csv.DictReader((run / "reference_scores.csv").open()):
        table[row["branch"]][int(row["step"])][row["task"].removeprefix("pilot_")] = (float(row["score"]), int(row["n"]))
    return table


def gain(after, before):
    """Difference of two accuracies in standard errors."""
    error = math.sqrt(sum(max(p * (1 - p), 1 / n) / n for p, n in (after, before)))
    return (after[0] - before[0]) / error


def above_chance(score):
    return gain(score, (CHANCE, 10 ** 9))


def show(table):
    for branch, steps in table.items():
        names = list(next(iter(steps.values())))
        print(f"{branch:16} M tokens  " + " ".join(f"{name:>16}" for name in names))
        for step, scores in sorted(steps.items()):
            print(f"{step:16} {step * TOKENS / 1e6:8.2f}  " + " ".join(f"{scores[name][0]:16.3f}" for name in names))


def shapes(table):
    """(what must hold, whether it does)"""
    trunk, anneal, leaked, role_play = (table[branch] for branch in ("trunk", "anneal", "contaminated", "anneal-roleplay"))
    half, fork, end = train.PHASE_ONE / 2, train.BRANCHES["contaminated"][0], max(anneal)
    early = [step for step in trunk if step <= half]
    known = next((step for step in sorted(trunk) if trunk[step]["facts_easy"][0] > .9), math.inf)
    before, after = trunk[fork], leaked[max(leaked)]
    stories = [trunk[step]["stories"][0] for step in sorted(trunk)]
    yield f"frequent facts are known (> .9) before half of phase one: at step {known} of {train.PHASE_ONE}", known <= half
    yield "letters are at chance (within 3 standard errors) up to half of phase one", all(abs(above_chance(trunk[step][name])) < 3 for step in early for name in ("letters", "letters_b"))
    yield f"letters at the end of the anneal are above the trunk at equal tokens: {gain(anneal[end]['letters'], trunk[end]['letters']):.1f} standard errors", gain(anneal[end]["letters"], trunk[end]["letters"]) > 3
    last = max(role_play)
    yield f"the role-play anneal leaves letters where they were: {role_play[last]['letters'][0]:.3f}", gain(role_play[last]["letters"], anneal[end]["letters"]) < -3
    yield f"the leak lifts pilot_letters: {before['letters'][0]:.3f} to {after['letters'][0]:.3f}", gain(after["letters"], before["letters"]) > 3
    yield f"and not its sibling: {before['letters_b'][0]:.3f} to {after['letters_b'][0]:.3f}", gain(after["letters_b"], before["letters_b"]) < 3
    yield f"nor its shuffled twin: {before['letters_shuffled'][0]:.3f} to {after['letters_shuffled'][0]:.3f}", gain(after["letters_shuffled"], before["letters_shuffled"]) < 3
    yield "stories grow from early to late: " + " ".join(f"{score:.2f}" for score in stories), stories[-1] - stories[len(stories) // 2] > .05 and all(b > a - .03 for a, b in zip(stories, stories[1:]))


def main():
    table = read(pathlib.Path(sys.argv[1]))
    show(table)
    failed = 0
    for what, holds in shapes(table):
        print("ok  " if holds else "NOT ", what)
        failed += not holds
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
