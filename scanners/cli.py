"""The commands of this half. Each parses, calls, renders and exits; the work is elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

import click

from scanners.command_line import HELP, Command

if TYPE_CHECKING:
    from scanners.run import Request

F = TypeVar("F", bound=Callable[..., Any])

_FORMATS = ("terminal", "json", "sarif", "markdown", "csv", "html")
_FIX_FORMATS = ("terminal", "json", "markdown", "html")
_FAIL_ON = ("never", "high", "medium", "low", "any")


def _asked(command: F) -> F:
    """The options that say what is scanned and which question is asked, shared by the commands that scan."""
    options = (
        click.option(
            "--from",
            "before",
            multiple=True,
            metavar="PROFILE",
            help="A profile that users leave; may be repeated. Default: every profile that the project holds or names.",
        ),
        click.option(
            "--to",
            "after",
            metavar="PROFILE",
            default="",
            help="The profile they get. Default: Minimum Access - API Only Integrations.",
        ),
        click.option(
            "--all",
            "everything",
            is_flag=True,
            default=None,
            help="Also user interface, reports, tests and files that are not metadata.",
        ),
        click.option("--ref", metavar="REF", help="Scan a git commit, branch or tag instead of the files on disk."),
        click.option(
            "--data",
            multiple=True,
            type=click.Path(),
            metavar="FILE",
            help="What the org itself says: profiles, users, setting rows, permission set assignments, as "
            "`sf data query --json` prints them; may be repeated. The report names the queries.",
        ),
        click.option("--config", type=click.Path(), metavar="FILE", help="Default: freeseat.toml in PATH."),
        click.option(
            "--cache-dir", type=click.Path(file_okay=False), metavar="DIR", help="Default: .freeseat/cache in PATH."
        ),
        click.option("--no-cache", is_flag=True, help="Neither read nor write the cache."),
        click.option("--processes", type=click.IntRange(1, 64), metavar="N", help="Default: one for each processor."),
        click.option("--color/--no-color", default=None, help="Default: in a terminal, unless NO_COLOR is set."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command(cls=Command, context_settings=HELP)
@click.argument("path", default=".", type=click.Path())
@_asked
@click.option("--since", metavar="REF", help="Only findings that the change since REF adds (for pull requests).")
@click.option("--blame", is_flag=True, help="Say who last touched each finding's line, and when.")
@click.option(
    "-f",
    "--format",
    "format_name",
    type=click.Choice(_FORMATS),
    help="Default: by the suffix of --output, else terminal.",
)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False), help="Write the report to a file; its folder is created."
)
@click.option(
    "--fail-on",
    type=click.Choice(_FAIL_ON),
    default=None,
    help="Exit with 1 if a finding of this impact or "
    "worse changes behavior (any: whatever the verdict). Default: high.",
)
@click.option(
    "--baseline",
    type=click.Path(),
    metavar="FILE",
    help="Leave out the findings of an earlier run (its JSON report, or a file of --write-baseline).",
)
@click.option(
    "--write-baseline",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Write the ids of all findings to a file, for --baseline.",
)
def scan(path: str, **options: object) -> None:
    """Find every place in a Salesforce project that depends on a user's profile, and what a switch does to it.

    PATH is the folder of a retrieved project, in source or Metadata API format (default: the current one).

    \b
    Examples:
      freeseat scan
      freeseat scan force-app --from "API Only" --to "Minimum Access - API Only Integrations"
      freeseat scan --since origin/main --format sarif --output freeseat.sarif
      freeseat scan --all --output report.html

    \b
    Exit codes: 0 nothing that fails, 1 findings at or above --fail-on, 2 wrong usage,
    3 could not finish, 4 no metadata found.
    """
    from scanners import run

    sys.exit(run.main(_request(path, options)))


@click.command(cls=Command, context_settings=HELP)
@click.argument("finding_id", metavar="FINDING-ID")
@click.argument("path", default=".", type=click.Path())
@_asked
def explain(finding_id: str, path: str, **options: object) -> None:
    """Show one finding in full: its chain, both remainders, what they come to in every case, and what to do.

    FINDING-ID is the id, or its beginning, that `freeseat scan` shows; PATH and the options are those of that scan.

    \b
    Example:
      freeseat explain 6e1984 force-app --from "API Only"
    """
    from scanners import run

    sys.exit(run.explain(_request(path, options), finding_id))


@click.command(cls=Command, context_settings=HELP)
@click.argument("text", required=False)
@click.option(
    "--from",
    "before",
    multiple=True,
    metavar="PROFILE",
    help='A profile that users leave, or PROFILE=ID as in "API Only=00e30000001FeAR"; may be repeated.',
)
@click.option(
    "--to",
    "after",
    metavar="PROFILE",
    default="",
    help="The profile they get. Default, with --from: Minimum Access - API Only Integrations.",
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="The value of a field or global: a number, true, false, null, a date (2024-02-29), a date-time or a time; all "
    "else is text, and so is what stands in quotes. May be repeated.",
)
@click.option(
    "--type",
    "types",
    multiple=True,
    metavar="NAME=TYPE",
    help="The type of a field where its value does not show it: Text, Picklist, Number, Percent, Date, …",
)
@click.option(
    "--blanks",
    type=click.Choice(["zero", "blank"]),
    help="How empty numbers count. Default: blank for conditions, zero for formulas that give a value.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--batch",
    type=click.File("rb"),
    metavar="FILE",
    help="Answer the questions of a file (- for standard input), a JSON object a line, with one JSON line each.",
)
@click.option("--color/--no-color", default=None, help="Default: in a terminal, unless NO_COLOR is set.")
def formula(text: str | None, batch: BinaryIO | None, *, as_json: bool, **options: object) -> None:
    """Show what a formula comes to for users of one profile and of another, or what its value is.

    TEXT is the formula; - reads it from standard input. What --set does not tell stays open, and what is left of the
    formula is shown.

    \b
    Examples:
      freeseat formula 'AND(ISBLANK(Phone), $Profile.Name <> "API Only")' --from "API Only"
      freeseat formula 'IF($Profile.Name = "API Only", 0, Amount)' --from "API Only" --set Amount=12.5
      freeseat formula 'LEFT(Name, 3) & TEXT(Amount)' --set Name=Acme --set Amount=5
      freeseat formula --batch questions.jsonl

    A line of a batch is {"formula": …, "fields": {"Name": "Acme", "Amount": 5}, "types": {"Name": "Text"}}. The answer
    is {"value": …}, {"unknown": true, "why": …} or {"error": "parse" or "evaluate", "message": …, "position": …}. A
    batch never stops at a bad line.

    \b
    Exit codes: 0 a value, what is left of it, or no change; 1 the switch changes what it comes to;
    2 wrong usage, or the formula is in error; 3 could not finish.
    """
    from scanners import formula_command

    if batch is not None:
        if text is not None or any(value not in (None, "", ()) for value in (*options.values(), as_json or None)):
            raise click.UsageError("--batch takes its questions from the file alone: no TEXT, no other option.")
        sys.exit(formula_command.batch(batch))
    if text is None:
        raise click.UsageError("Missing argument TEXT: a formula, - for standard input, or --batch FILE.")
    given = sys.stdin.buffer.read() if text == "-" else text
    request = formula_command.Request(text=given, json=as_json, **options)  # type: ignore[arg-type]  # click has checked
    sys.exit(formula_command.main(request))


@click.command(cls=Command, context_settings=HELP)
@click.argument("path", default=".", type=click.Path())
@click.option("--from", "before", multiple=True, metavar="PROFILE", help="A profile that users leave; may be repeated.")
@click.option(
    "--to",
    "after",
    metavar="PROFILE",
    default="",
    help="The profile they get. Default: Minimum Access - API Only Integrations.",
)
@click.option(
    "--strategy",
    "strategies",
    multiple=True,
    metavar="[WHAT=]STRATEGY",
    help="custom-permission (default), extend, user or skip; for one finding, component or rule with WHAT=. May be "
    "repeated.",
)
@click.option("--only", multiple=True, metavar="WHAT", help="Only this finding, component or rule; may be repeated.")
@click.option(
    "--group/--no-group", default=None, help="One custom permission for all findings that test the same profiles."
)
@click.option("--permission-set", default="", metavar="NAME", help="The set that grants the custom permissions.")
@click.option("--tests/--no-tests", default=None, help="Also mend Apex tests that insert users by profile name.")
@click.option("-i", "--interactive", is_flag=True, help="Show each fix and ask: apply, skip, another strategy.")
@click.option("--branch", metavar="NAME", help="Make a new branch with one commit a fix. The work tree stays as it is.")
@click.option("--patch", type=click.Path(dir_okay=False), metavar="FILE", help="Write a patch for `git apply`.")
@click.option("--write", is_flag=True, help="Change the files in place, all of them or none.")
@click.option("--allow-dirty", is_flag=True, help="Go on although the work tree has changes that are not committed.")
@click.option(
    "--manifest",
    type=click.Path(file_okay=False),
    metavar="DIR",
    help="Write what changes as a folder to deploy: package.xml, destructiveChanges.xml, the files, and the way back.",
)
@click.option(
    "--proof", type=click.Path(dir_okay=False), metavar="FILE", help="Write the proofs, for `freeseat plan --fixes`."
)
@click.option("-f", "--format", "format_name", type=click.Choice(_FIX_FORMATS), help="Default: by suffix, or terminal.")
@click.option("-o", "--output", type=click.Path(dir_okay=False), metavar="FILE", help="Write the page to a file.")
@click.option("--ref", metavar="REF", help="Look at a git commit, branch or tag instead of the files on disk.")
@click.option(
    "--data", multiple=True, type=click.Path(), metavar="FILE", help="What the org itself says, as for `freeseat scan`."
)
@click.option("--config", type=click.Path(), metavar="FILE", help="Default: freeseat.toml in PATH.")
@click.option("--processes", type=click.IntRange(1, 64), metavar="N", help="Default: one for each processor.")
@click.option("--color/--no-color", default=None, help="Default: in a terminal, unless NO_COLOR is set.")
def fix(path: str, **options: Any) -> None:
    """Rewrite what a switch would break, so that nothing changes for anybody, and prove it.

    PATH is the folder of a retrieved project. Without --branch, --patch or --write nothing is changed: each fix is
    shown with its difference and its proof, and what stays open with the reason and what to do by hand.

    \b
    Examples:
      freeseat fix --from "API Only"
      freeseat fix --from "API Only" --output fixes.html --proof fixes.json
      freeseat fix --from "API Only" --branch freeseat/fixes
      freeseat fix -i --from "API Only"
      freeseat fix --only flow/decision --strategy extend --patch fixes.patch

    \b
    Exit codes: 0 everything is fixed, or there is nothing to fix; 1 something stays open, or refused;
    2 wrong usage, 3 could not finish, 4 no metadata found.
    """
    from scanners.fixes import running
    from scanners.fixes.choices import Asked

    names = ("format_name", "output", "proof", "branch", "patch", "write", "manifest", "allow_dirty", "color")
    output = running.Output(**{name: options.pop(name) for name in names})
    asked = Asked(**{name: options.pop(name) for name in ("strategies", "only", "group", "permission_set", "tests")})
    sys.exit(running.main(running.Request(path=path, asked=asked, output=output, **options)))


def _request(path: str, options: dict[str, object]) -> Request:
    from scanners.run import Request

    return Request(path=path, **options)  # type: ignore[arg-type]  # click has checked the types
