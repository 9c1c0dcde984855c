"""The story, act by act."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrator import plan
from migrator.demo import folder as prepared
from migrator.demo.playing import Player, Wanted
from migrator.files import read_json, text_of, write
from migrator.practice import client
from migrator.practice.server import Running

_ACCEPTED = """
[[accept]]
finding = "{id}"
reason = "changed by its team in the same release"
owner = "Ada Winters"
expires = 2099-12-31
"""


@dataclass(frozen=True, slots=True)
class Pair:
    """A production org and a sandbox of it."""

    production: Running
    sandbox: Running


def play(player: Player, pair: Pair) -> None:
    """All acts; raises Failed where one does not end as the story says."""
    committed = prepared.commit(player.folder, "Acme's metadata as retrieved")
    for one in (pair.production, pair.sandbox):
        client.ask(one.url, "POST", "tests", {"seconds": 0})  # Apex tests that end at once
    _scan(player)
    _inventory(player, pair)
    _plan(player)
    _rehearse(player)
    _failing(player, pair)
    _mend(player)
    _again(player)
    _production(player, pair, committed=committed)
    _evidence(player)


def _scan(player: Player) -> None:
    player.act(
        "Scan the metadata",
        "Acme's integration users leave four profiles, named in acme/freeseat.toml. Which validation rules, flows, "
        "classes will notice? No org is asked: each place is evaluated before and after the switch.",
    )
    player.freeseat("scan", prepared.PROJECT, show=_between("changes  ", "the files alone|stay the same"), code=1)
    player.freeseat("scan", prepared.PROJECT, "--output", "scan.html", code=1)
    player.freeseat("scan", prepared.PROJECT, "--format", "json", "--output", "scan.json", code=1)


def _inventory(player: Player, pair: Pair) -> None:
    player.act(
        "Take an inventory of production",
        "A practice org stands in for it: real HTTP on this machine, the rules of licenses, forty users. With event "
        "logs of a month, which show what the integrations really use.",
    )
    player.typed("freeseat practice start --pair")
    player.connect("production", pair.production.url, pair.production.token())
    player.freeseat("inventory", "--event-logs", "30", "--output", "inventory.html")


def _plan(player: Player) -> None:
    player.act(
        "Make the plan",
        "Who moves, step by step with the way back, and permission sets that give back what the license lacks: only "
        "what the logs show in use. Production is blocked while findings are open.",
    )
    words = ("--used", "inventory", "--scan", "scan.json")
    player.freeseat("plan", *words, show=_between("users? move to", "Would save"), code=1)
    player.freeseat("plan", *words, "--format", "markdown", show=_matching(r"^- .*neither fixed"), most=9, code=1)


def _rehearse(player: Player) -> None:
    player.act("Rehearse it", "On a twin of the org, made of the inventory: forward, back, and forward again.")
    player.freeseat("rehearse", show=_between("Every user|Something|ended neither", "Seconds"))


def _failing(player: Player, pair: Pair) -> None:
    player.act(
        "The sandbox, and a gate that says no",
        "First without --execute, which writes nothing. Then for real, with the digest of the plan that was reviewed. "
        "After each batch gates decide: Apex tests, and Acme's own smoke test, which logs in as each user and writes "
        "what the interface writes.",
    )
    player.connect("the sandbox", pair.sandbox.url, pair.sandbox.token())
    player.freeseat("switch", "--stage", "sandbox", show=_between("would move", "Gates"))
    player.freeseat(*_execute(player, "sandbox"), show=_matching(f"{_RUN}|is refused: |NOT_FOUND"), most=40, code=1)
    player.say(
        "The warehouse books a settlement once a quarter. No log of the last month shows it, so the right to write "
        "invoices was not given back, and the org refuses the insert. Everybody is back as before, by itself; so far "
        "only a sandbox has noticed."
    )
    player.freeseat("verify", show=_matching("exactly as|changed since"))


def _mend(player: Player) -> None:
    player.act(
        "The mend",
        "Where it can be proved that nothing changes for anybody, a rule is rewritten: a custom permission takes the "
        "place of the profile's name. What is left is settled by a person, with reason, name and end. The log of the "
        "day on which the last quarter ended shows the missing right, so the plan is made again with it.",
    )
    fixed = ("--only", "validation-rule/profile-test", "--write", "--proof", "fixes.json")
    player.freeseat("fix", prepared.PROJECT, *fixed, show=_matching("fixes? for|claims|^  [A-Z].*: tests"), most=16)
    player.typed("git commit --all --message 'Rules test a permission'")
    prepared.commit(player.folder, "Rules test a permission")
    player.freeseat("scan", prepared.PROJECT, "--format", "json", "--output", "scan.json", code=1)
    accepted = _accept(player)
    player.typed(f"$EDITOR acme/freeseat.toml    # an [[accept]] for each of the {len(accepted)} that are left")
    prepared.commit(player.folder, "Findings accepted")
    player.freeseat("scan", prepared.PROJECT, "--format", "json", "--output", "scan.json")
    (player.folder / "plan.json").rename(player.folder / "first.json")
    used = ("--used", "inventory", "--used", prepared.LOG)
    player.freeseat("plan", *used, "--scan", "scan.json", "--fixes", "fixes.json", "--output", "plan.html")
    shown = _matching("^digest|warehouse.*(used|left out|risks)|^fixes")
    player.freeseat("plan", "diff", "first.json", "plan.json", show=shown, code=1)


def _accept(player: Player) -> list[str]:
    """Accept what the scan fails for; gives the ids."""
    report = read_json(str(player.folder / "scan.json"), "freeseat/scan/v1", "freeseat scan")
    failing = [
        str(one["id"])
        for one in report["findings"]
        if (one["impact"], one["verdict"]) == ("high", "changes") and not one["accepted"]
    ]
    settings = str(player.folder / prepared.PROJECT / "freeseat.toml")
    write(settings, text_of(settings) + "".join(_ACCEPTED.format(id=one) for one in failing))
    return failing


def _again(player: Player) -> None:
    player.act(
        "The sandbox again",
        "Another plan is another digest, and needs its own proof: every gate, and the rehearsed undo.",
    )
    player.freeseat(*_execute(player, "sandbox"), show=_matching("^\\S+ (gate|rehearsed undo|finished)"), most=20)


def _production(player: Player, pair: Pair, *, committed: bool) -> None:
    player.act(
        "Production",
        "It starts because the same plan and the same scan passed in the sandbox, the undo was rehearsed there, and "
        "nothing is open. The canary first: one user, its gates, and a soak that watches logins and errors.",
    )
    player.connect("production", pair.production.url, pair.production.token())
    waiver: tuple[str, ...] = ()
    if not committed:
        player.say(
            "There is no git here, so the scan is of no commit, which blocks production. Somebody answers for it."
        )
        waiver = ("--waive", "blocked", "--by", "Ada Winters", "--because", "demo without git", "--until", "2099-12-31")
    player.freeseat(*_execute(player, "production"), *waiver, show=_matching(_RUN), most=40)
    player.freeseat("verify", show=_matching("exactly as|changed since"))


def _evidence(player: Player) -> None:
    player.act(
        "The evidence page",
        "What the change board gets: digests, who ran what when, every step before and after, gates, the undo, and the "
        "sandbox run beside the production run.",
    )
    player.freeseat("evidence", "--output", "evidence.html", "--output", "evidence.json")
    player.freeseat("evidence", show=_between("moved", "The journal is whole"), most=20)


def _execute(player: Player, stage: str) -> tuple[str, ...]:
    digest = str(_planned(player)["digest"]).removeprefix("sha256:")[:12]
    return ("switch", "--stage", stage, "--execute", "--digest", digest)


def _planned(player: Player) -> dict[str, Any]:
    return read_json(str(Path(player.folder) / "plan.json"), plan.SCHEMA, "freeseat plan")


# ---- what of an output is shown

_RUN = r"^\S+ (gate|rolling back|finished|\S+ (moved|is back|is refused))"
"""What a run tells of users and gates, without the single steps."""


def _matching(pattern: str) -> Wanted:
    """The lines in which something is found."""
    return lambda line: re.search(pattern, line) is not None


def _between(first: str, last: str) -> Wanted:
    """The lines from the first that matches to the first that matches the end."""
    state = {"on": False, "over": False}

    def wanted(line: str) -> bool:
        if state["over"]:
            return False
        state["on"] = state["on"] or re.search(first, line) is not None
        state["over"] = state["on"] and re.search(last, line) is not None
        return state["on"]

    return wanted
