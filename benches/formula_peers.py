"""Answers of the formula evaluator beside those of two independent JavaScript libraries, sformula and formulon.

    npm install --prefix DIR sformula@5.0.1 formulon@6.25.6
    python -m benches.formula_peers DIR [questions.jsonl …]

Prints, for each library, how many questions it answers, how many answers are the same, and the differences by the
features in which the languages differ; with --all each difference. Questions are lines as `freeseat formula --batch`
reads them; without files, those of fixtures/formulas. `benches.formula_corpus --questions` makes some of real formulas.
"""

from __future__ import annotations

import argparse
import json
import re
import select
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import datetime, time
from pathlib import Path
from typing import Any

from scanners.formula.batch import answer

ROOT = Path(__file__).parents[1]
KEYS = ("formula", "fields", "types", "blanks")
PEERS = ("sformula", "formulon")
PATIENCE = 3.0
"""Seconds after which a library is stopped; formulon's parser takes exponential time on nested parentheses."""


class Peer:
    """A library in a process of its own, which is started anew after a question that it does not come to an end of."""

    def __init__(self, name: str, modules: Path) -> None:
        self.name = name
        self._command = ["node", str(ROOT / "benches/formula_peers.mjs"), str(modules.resolve())]
        self._process: subprocess.Popen[str] | None = None

    def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """The library's answer: a `value`, or an `error` in its words."""
        process = self._process = self._process or subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert process.stdin  # noqa: S101 - pipes were asked for
        assert process.stdout  # noqa: S101
        process.stdin.write(json.dumps({"peer": self.name, "question": question}) + "\n")
        process.stdin.flush()
        ready, _, _ = select.select([process.stdout], [], [], PATIENCE)
        line = process.stdout.readline() if ready else ""
        if not line:
            self.close()
            return {"error": "no answer in time"}
        found: dict[str, Any] = json.loads(line)
        return found

    def close(self) -> None:
        """Ends the process."""
        if self._process:
            self._process.kill()
            self._process.communicate()
        self._process = None


def main() -> int:
    """Ask, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", type=Path, help="folder with node_modules")
    parser.add_argument("questions", type=Path, nargs="*", default=[ROOT / "fixtures/formulas/known.jsonl"])
    parser.add_argument("--all", action="store_true", help="print every difference")
    options = parser.parse_args()
    lines = [line for path in options.questions for line in path.read_text("utf-8").splitlines()]
    questions = [{key: row[key] for key in KEYS if key in row} for row in map(json.loads, lines)]
    ours = [json.loads(answer(json.dumps(question))) for question in questions]
    for name in PEERS:
        peer, stuck = Peer(name, options.modules), set[str]()
        theirs = []
        for question in questions:
            late = question["formula"] in stuck
            theirs.append({"error": "no answer in time"} if late else peer.ask(question))
            if theirs[-1].get("error") == "no answer in time":
                stuck.add(question["formula"])
        peer.close()
        compare(name, questions, ours, theirs, every=options.all)
    return 0


def compare(peer: str, questions: list[Any], ours: list[Any], theirs: list[Any], *, every: bool) -> None:
    """Prints one library's counts and differences."""
    rows = list(zip(questions, ours, theirs, strict=True))
    both = [row for row in rows if "value" in row[1] and "value" in row[2]]
    differ = [row for row in both if plain(row[1]["value"]) != plain(row[2]["value"])]
    faults = [row for row in rows if "error" in row[1] and "value" in row[2]]
    formulas = {row[0]["formula"] for row in rows}
    answered = {row[0]["formula"] for row in rows if "value" in row[2]}
    print(f"{peer}: {len(rows)} questions about {len(formulas)} formulas, of which it answers {len(answered)}")
    print(f"  {len(both)} values on both sides, {len(both) - len(differ)} the same, {len(differ)} differ")
    print(f"  {len(faults)} errors here, values there; {sum('unknown' in row[1] for row in rows)} unknown here")
    print(f"  errors there: {dict(Counter(kind(row[2]['error']) for row in rows if 'error' in row[2]).most_common(8))}")
    for name, group in (("differ", differ), ("error here", faults)):
        print(f"  {name}, by feature: {dict(Counter(feature(*row) for row in group).most_common())}")
    for question, own, other in (*differ, *faults) if every else ():
        mine = own.get("value", own.get("message"))
        text = " ".join(question["formula"].split())
        print(f"  [{feature(question, own, other)}] {text}  {question['fields']}: {mine!r} | {other}")


def kind(message: str) -> str:
    """An error without what is particular in it."""
    return re.sub(r"""["'`].*?["'`]|\d+""", "…", message.partition("\n")[0])[:50]


def _empty(question: Any, *kinds: str) -> bool:
    """Whether a field of one of these types is empty."""
    return any(value is None and question["types"].get(name) in kinds for name, value in question["fields"].items())


def _holds(question: Any, pattern: str) -> bool:
    return re.search(pattern, question["formula"], re.IGNORECASE) is not None


_NUMERIC = ("Number", "Currency", "Percent", "Double")

# What a question with a different answer holds, tried in this order; docs/decisions explains each.
FEATURES: dict[str, Callable[[Any, Any, Any], bool]] = {
    "division by zero": lambda _, own, __: "zero" in str(own.get("message")),
    "types or texts that do not fit": lambda _, own, __: "message" in own,
    "TEXT of nothing is NULL there": lambda _, __, other: "NULL" in str(other["value"]),
    "a percent": lambda q, _, __: any(
        q["types"].get(name) == "Percent" for name, value in q["fields"].items() if value
    ),
    "ISPICKVAL or INCLUDES": lambda q, _, __: _holds(q, "ISPICKVAL|INCLUDES"),
    "! binds loosely there": lambda q, _, __: _holds(q, r"![^=]"),
    "SUBSTITUTE with nothing": lambda q, _, __: _holds(q, r"\bSUBSTITUTE\b.*\bNULL\b"),
    "compared with NULL": lambda q, _, __: _holds(q, r"(=|<>)\s*NULL\b"),
    "RIGHT of a shorter text": lambda q, _, __: _holds(q, r"\bRIGHT\s*\("),
    "REGEX of nothing": lambda q, _, __: _holds(q, "REGEX") and _empty(q, "Text"),
    "ADDMONTHS at the end of a month": lambda q, _, __: _holds(q, "ADDMONTHS"),
    "ISNULL, ISBLANK": lambda q, _, __: _holds(q, r"\bIS(NULL|BLANK)\b"),
    "an empty number": lambda q, _, __: _empty(q, *_NUMERIC),
    "an empty date": lambda q, _, __: _empty(q, "Date", "DateTime"),
    "an empty text": lambda q, _, __: _empty(q, "Text", "Picklist"),
}


def feature(question: Any, own: Any, other: Any) -> str:
    """The first feature that a difference can be laid to."""
    return next((name for name, holds in FEATURES.items() if holds(question, own, other)), "other")


def plain(value: Any) -> object:
    """A value without what differs by representation only: empty texts, floats, forms of dates and times."""
    if value is None or value == "" or value is False:
        return None
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return round(float(value), 9)
    if isinstance(value, str):
        for form in (datetime.fromisoformat, lambda text: time.fromisoformat(text.removesuffix("Z"))):
            try:
                return form(value).replace(tzinfo=None).isoformat()
            except ValueError:
                continue
        # sformula gives a text as a field shows it, without blanks at its ends.
        return value.strip() or None
    return str(value)


if __name__ == "__main__":
    sys.exit(main())
