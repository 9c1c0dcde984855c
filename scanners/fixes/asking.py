"""`freeseat fix -i`: each fix is shown with its difference and its proof, and a person says what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import click

from scanners.fixes.applying import Conflict, Read, changes, still_open
from scanners.fixes.choices import SKIP
from scanners.fixes.model import Fix, Fixes, Strategy
from scanners.fixes.reports import terminal
from scanners.reports.text import one_line, plural

Again = Callable[[dict[str, Strategy]], Fixes]
"""The fixes once more, with these strategies of findings."""

_KEYS = {
    "a": "apply it",
    "s": "skip it",
    "c": "change its strategy",
    "r": "apply it and all the rest",
    "q": "quit: nothing is written",
}


@dataclass(slots=True)
class Answers:
    """What was said so far: the fixes to apply, those skipped, and the strategies by finding."""

    applied: list[Fix] = field(default_factory=list)
    skipped: list[Fix] = field(default_factory=list)
    strategies: dict[str, Strategy] = field(default_factory=dict)
    quit: bool = False

    def as_saved(self) -> dict[str, str]:
        """Finding → word, as freeseat.toml keeps it."""
        said = {one: strategy.value for one, strategy in self.strategies.items()}
        return said | {one: SKIP for fix in self.skipped for one in fix.findings}


@dataclass(frozen=True, slots=True)
class Screen:
    """Where it is shown."""

    width: int
    color: bool


def ask(found: Fixes, read: Read, again: Again, screen: Screen) -> Answers:
    """Ask about each fix in turn; raises click.Abort when there is no more input."""
    said = Answers()
    waiting = list(found.fixes)
    total, rest = len(waiting), False
    while waiting and not said.quit:
        fix = waiting.pop(0)
        number = f"{total - len(waiting)} of {total}"
        if rest:
            said.applied.append(fix)
            continue
        word = _about(fix, number, read, screen)
        if word == "c":
            other = _change(fix, said, again)
            waiting.insert(0, other or fix)
        elif word == "s":
            said.skipped.append(fix)
        elif word == "q":
            said.quit = True
        else:
            said.applied.append(fix)
            rest = word == "r"
    return said


def _about(fix: Fix, number: str, read: Read, screen: Screen) -> str:
    try:
        click.echo(terminal.one(fix, changes((fix,), read), number, width=screen.width, color=screen.color), nl=False)
    except Conflict as error:
        click.echo(f"\n{error}\n")
        return "s"
    click.echo()
    while True:
        given = click.prompt(
            "Apply, skip, change the strategy, rest, quit? [a,s,c,r,q,?]", default="a", show_default=False
        )
        word = str(given).strip().lower()[:1]
        if word in _KEYS:
            return word
        click.echo("\n".join(f"  {key}  {says}" for key, says in _KEYS.items()))


def _change(fix: Fix, said: Answers, again: Again) -> Fix | None:
    """The fix for the same findings with another strategy; None where that gives none, which is said."""
    words = [one.value for one in Strategy if one is not fix.strategy]
    wanted = Strategy(click.prompt("Which strategy?", type=click.Choice(words), default=words[0]))
    asked = said.strategies | dict.fromkeys(fix.findings, wanted)
    made = again(asked)
    mine = set(fix.findings)
    other = next((one for one in made.fixes if mine & set(one.findings)), None)
    if other is not None and other.strategy is wanted:
        said.strategies = asked
        return other
    left = next((one for one in made.open if one.finding in mine), None)
    click.echo(f"\n{wanted.value} gives no fix here: {one_line(left.reason) if left else 'it was not proved'}.")
    return None


def answered(found: Fixes, said: Answers) -> Fixes:
    """The fixes that were applied; the findings of the others stay open."""
    done = {one for fix in said.applied for one in fix.findings}
    left = [
        one
        for fix in found.fixes
        for one in still_open(fix, "skipped by a person", "run `freeseat fix -i` again")
        if one.finding not in done
    ]
    return replace(found, fixes=tuple(said.applied), open=(*found.open, *left))


@dataclass(frozen=True, slots=True)
class Target:
    """What is done with the fixes: a branch's name, a patch's path, or in place."""

    branch: str = ""
    patch: str = ""
    write: bool = False


def where_to(*, git: bool) -> Target:
    """Ask what will be done with the fixes that are chosen."""
    words = {
        "b": "a new branch with a commit for each",
        "p": "a patch",
        "w": "change the files in place",
        "n": "nothing",
    }
    if not git:
        words.pop("b")
    click.echo("What will be done with the fixes that you choose?")
    click.echo("\n".join(f"  {key}  {says}" for key, says in words.items()))
    word = click.prompt(
        "", type=click.Choice(list(words)), default=next(iter(words)), prompt_suffix="> ", show_choices=False
    )
    if word == "b":
        return Target(branch=click.prompt("Name of the branch", default="freeseat/fixes"))
    if word == "p":
        return Target(patch=click.prompt("Name of the patch", default="fixes.patch"))
    return Target(write=word == "w")


def keep(path: str, number: int) -> bool:
    """Ask whether choices are kept for the next run."""
    return click.confirm(f"Keep {plural(number, 'choice')} in {path}?", default=False)
