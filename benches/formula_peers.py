"""Answers of the formula evaluator beside those of two independent JavaScript libraries, sformula and formulon.

    npm install --prefix DIR sformula@5.0.1 formulon@6.25.6
    python -m benches.formula_peers DIR [questions.jsonl …]

Prints, for each library, how many formulas it evaluates, how many answers are the same, and each difference. Questions
are lines as `freeseat formula --batch` reads them; without files, those of fixtures/formulas.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from scanners.formula.batch import answer

ROOT = Path(__file__).parents[1]
KEYS = ("formula", "fields", "types", "blanks")
PEERS = ("sformula", "formulon")


def main() -> int:
    """Ask, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", type=Path, help="folder with node_modules")
    parser.add_argument("questions", type=Path, nargs="*", default=[ROOT / "fixtures/formulas/known.jsonl"])
    options = parser.parse_args()
    lines = [line for path in options.questions for line in path.read_text("utf-8").splitlines()]
    questions = [{key: row[key] for key in KEYS if key in row} for row in map(json.loads, lines)]
    ours = [json.loads(answer(json.dumps(question))) for question in questions]
    run = subprocess.run(
        ["node", str(ROOT / "benches/formula_peers.mjs"), str(options.modules.resolve())],
        input=json.dumps(questions),
        capture_output=True,
        text=True,
        check=True,
    )
    theirs = [json.loads(line) for line in run.stdout.splitlines()]
    for peer in PEERS:
        compare(peer, questions, ours, [row[peer] for row in theirs])
    return 0


def compare(peer: str, questions: list[Any], ours: list[Any], theirs: list[Any]) -> None:
    """Prints one library's counts and differences."""
    rows = list(zip(questions, ours, theirs, strict=True))
    evaluated = [row for row in rows if "value" in row[2]]
    both = [row for row in evaluated if "value" in row[1]]
    differ = [row for row in both if plain(row[1]["value"]) != plain(row[2]["value"])]
    failed = [row for row in rows if "error" in row[2]]
    refused = sum("error" in row[1] for row in failed)
    print(
        f"{peer}: {len(rows)} formulas, {len(evaluated)} evaluated, {len(both) - len(differ)} of {len(both)} the same,"
    )
    print(f"  {len(failed)} errors, of which {refused} are ours as well")
    for question, own, other in differ:
        shown = f"{own['value']!r} here, {other['value']!r} there"
        print(f"  {question['formula']}  {question['fields']}: {shown}")
    for question, own, other in evaluated:
        if "error" in own:
            print(f"  {question['formula']}  {question['fields']}: an error here, {other['value']!r} there")


def plain(value: Any) -> object:
    """A value without what differs by representation only: empty texts, floats, forms of dates and times."""
    if value is None or value == "" or value is False:
        return None
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return round(float(value), 9)
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value).replace(tzinfo=None).isoformat()
        except ValueError:
            return value.removesuffix("Z")
    return str(value)


if __name__ == "__main__":
    sys.exit(main())
