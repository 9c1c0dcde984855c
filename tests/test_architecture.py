"""The rules that keep the parts apart, checked on the source itself."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = {
    path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__"): path
    for package in ("scanners", "migrator")
    for path in (ROOT / package).rglob("*.py")
}


def imports(path: Path) -> set[str]:
    """Every module that a file imports, wherever the import stands, except for types alone."""
    tree = ast.parse(path.read_text("utf-8"))
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in for_types:
            continue
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


IMPORTS = {name: imports(path) for name, path in MODULES.items()}


def importers(prefix: str) -> set[str]:
    """The modules that import something below a package."""
    return {
        name for name, used in IMPORTS.items() if any(one == prefix or one.startswith(f"{prefix}.") for one in used)
    }


def test_scanners_never_import_the_migrator() -> None:
    """The offline half stands alone."""
    assert {name for name in importers("migrator") if name.startswith("scanners")} == set()


def test_tree_sitter_is_imported_in_one_place() -> None:
    """Another grammar would be exchanged there."""
    assert importers("tree_sitter") | importers("tree_sitter_language_pack") == {"scanners.apex.syntax"}


def test_lark_is_imported_only_by_the_formula_parser() -> None:
    """The grammar has one home."""
    assert importers("lark") == {"scanners.formula.building", "scanners.formula.parser"}


def test_git_is_imported_only_where_history_is_read_and_written() -> None:
    """History is read in one place, and written in another."""
    assert importers("git") == {"scanners.project", "scanners.fixes.branching"}
    starters = {"scanners.project", "migrator.practice.starting", "migrator.org.auth", "migrator.gates.processes"}
    assert importers("subprocess") == starters | {"migrator.demo.folder", "migrator.demo.playing"}


def test_gates_do_not_know_each_other() -> None:
    """A kind of gate is one module; the registry alone names them."""
    kinds = {f"migrator.gates.{one}" for one in ("apex_tests", "command", "login_probe", "soak")}
    for name in kinds:
        assert not IMPORTS[name] & kinds, name
    assert importers("migrator.gates.apex_tests") == {"migrator.gates"}


def test_kinds_do_not_import_each_other() -> None:
    """A family is one module or one package, and knows no other."""
    for name, used in IMPORTS.items():
        if not name.startswith("scanners.kinds."):
            continue
        own = ".".join(name.split(".")[:3])
        others = {one for one in used if one.startswith("scanners.kinds.") and not one.startswith(own)}
        assert others == set(), name


def test_the_formula_package_knows_nothing_else() -> None:
    """The language is a unit of its own."""
    for name, used in IMPORTS.items():
        if f"{name}.".startswith("scanners.formula."):
            known = {one for one in used if one.startswith("scanners.")}
            assert {one for one in known if not f"{one}.".startswith("scanners.formula.")} == set()


@pytest.mark.parametrize(
    "name",
    [
        *("scanners.model", "scanners.facts", "scanners.apex.tree", "scanners.formula.nodes"),
        *("migrator.model", "migrator.plan", "migrator.ports", "migrator.safety", "migrator.money"),
    ],
)
def test_values_do_no_io(name: str) -> None:
    """Values travel; they neither read nor write."""
    forbidden = {"os", "pathlib", "subprocess", "io", "git", "sqlite3"}
    assert IMPORTS[name] & forbidden == set()


def test_only_the_outermost_modules_touch_disk() -> None:
    """Reading the tree is project's work, the cache and the configuration have their own files, run writes reports."""
    openers = {
        name
        for name, path in MODULES.items()
        if any(
            isinstance(node, ast.Call)
            and (
                (isinstance(node.func, ast.Name) and node.func.id == "open")
                or (isinstance(node.func, ast.Attribute) and node.func.attr in {"read_text", "write_text", "scandir"})
            )
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
        )
    }
    grammar_and_templates = {"scanners.formula.building", "scanners.reports.sealed"}
    assert openers - grammar_and_templates <= {
        "scanners.project",
        "scanners.cache",
        "scanners.config",
        "scanners.run",
        "scanners.fixes.running",
        "migrator.practice.starting",
        "migrator.practice.state",
        "migrator.config",
        "migrator.files",
        "migrator.locking",
        "migrator.org.auth",
    }


def test_the_practice_org_stands_alone() -> None:
    """Only the command, the rehearsal and the demo know it; its libraries have one home each."""
    outside = {name for name in importers("migrator.practice") if not name.startswith("migrator.practice")}
    outside -= {"migrator.demo.acts", "migrator.demo.running"}
    assert outside == {"migrator.cli", "migrator.rehearsal.choosing", "migrator.rehearsal.running"}
    assert importers("starlette") == {"migrator.practice.http.app"}
    assert importers("uvicorn") == {"migrator.practice.server"}
    assert importers("jwt") == {"migrator.practice.http.oauth", "migrator.org.auth"}


def test_a_live_org_has_one_door() -> None:
    """Tokens stay behind it: only the command's work and the rehearsal open it, and it alone speaks HTTP."""
    assert importers("simple_salesforce") == {"migrator.org.salesforce"}
    assert importers("requests") == {"migrator.org.posting", "migrator.org.salesforce"}
    outside = {name for name in importers("migrator.org") if not name.startswith("migrator.org")}
    commands = {"migrator.commands", "migrator.running", "migrator.switching", "migrator.probing.command"}
    assert outside == {*commands, "migrator.rehearsal.running"}


def test_experiments_do_not_know_how_they_are_sent() -> None:
    """They ask the `Org` protocol; the command alone opens a way in."""
    for name, used in IMPORTS.items():
        if name.startswith("migrator.probing") and name != "migrator.probing.command":
            assert not any(one.startswith(("migrator.org", "migrator.running")) for one in used), name


@pytest.mark.parametrize("package", ["migrator.access", "migrator.planning", "migrator.reports", "migrator.safety"])
def test_what_is_planned_asks_no_org(package: str) -> None:
    """Access, plans and pages are worked out of an inventory."""
    for name, used in IMPORTS.items():
        if name.startswith(package):
            assert not any(one.startswith(("migrator.org", "migrator.binding", "socket")) for one in used), name


def test_rules_of_the_platform_know_no_http() -> None:
    """What the platform refuses does not depend on how it was asked."""
    for name, used in IMPORTS.items():
        if name.startswith(("migrator.practice.platform", "migrator.practice.schema", "migrator.practice.soql")):
            assert not any(one.startswith("migrator.practice.http") for one in used), name


def test_no_file_outgrows_its_reader() -> None:
    """Above 400 lines a file needs a sentence of excuse; there is none yet."""
    long = {name: lines for name, path in MODULES.items() if (lines := len(path.read_text("utf-8").splitlines())) > 400}
    assert set(long) <= {"scanners.apex.syntax", "scanners.apex.machine"}, long


def test_nothing_starts_a_shell_or_unpickles_from_disk() -> None:
    """No shell anywhere; pickle only between a process and its own child."""
    for name, path in MODULES.items():
        text = path.read_text("utf-8")
        assert "shell=True" not in text, name
        assert "os.system" not in text, name
    assert importers("pickle") == {"scanners.parallel"}
