"""Hostile and broken trees: each trouble is named, nothing else is lost, nothing escapes the root."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from tests.trees import HEAD, NAMESPACE, TESTED, rule, rule_path, scan, write

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from scanners.model import Report

GOOD = rule_path("Good")


def _scan_beside_good(root: Path, files: Mapping[str, str | bytes]) -> tuple[Report, dict[str, str]]:
    """The report of a tree that holds one sound offender besides these files, and its skipped files by path."""
    report = scan(write(root, {GOOD: rule(TESTED), **files}))
    assert [f.location.path for f in report.findings if f.rule == "validation-rule/profile-test"].count(GOOD) == 1
    return report, {one.path: one.reason for one in report.skipped}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (rule(TESTED)[:-20], "malformed XML at line"),
        (rule(TESTED).replace("</active>", ""), "malformed XML at line"),
        ('<!DOCTYPE x [<!ENTITY e "v">]>' + rule("&e; $Profile.Name").removeprefix(HEAD), "entity"),
        ('<!DOCTYPE x SYSTEM "file:///etc/passwd"><ValidationRule>$Profile.Name</ValidationRule>', "document type"),
        (rule("$Profile.Name = &nothing;"), "malformed XML at line"),
        (rule(TESTED).replace("No</", "No\x00</"), "malformed XML at line"),
        (rule(TESTED).replace("UTF-8", "klingon"), "encoding"),
        (b"\xff\xfe" + "<ValidationRule>$Profile".encode("utf-16-le"), "malformed XML"),
    ],
    ids=["truncated", "unclosed", "entity", "external", "undefined", "nul", "unknown-encoding", "broken-utf16"],
)
def test_broken_xml_is_named(tmp_path: Path, content: str | bytes, says: str) -> None:
    """A file that is not the XML that Salesforce writes is skipped with a reason, and only that file."""
    bad = rule_path("Bad")
    _, skipped = _scan_beside_good(tmp_path, {bad: content})
    assert says in skipped[bad]


def test_entity_bomb_is_refused(tmp_path: Path) -> None:
    """Nested entities are not expanded, however small the file."""
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 9))
    bad = rule_path("Bomb")
    text = f'<!DOCTYPE b [<!ENTITY e0 "$Profile.Name">{entities}]><ValidationRule>&e8;</ValidationRule>'
    _, skipped = _scan_beside_good(tmp_path, {bad: text})
    assert "refused" in skipped[bad]


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + rule(TESTED).encode(),
        rule(TESTED).replace("\n", "\r\n").encode(),
        rule(TESTED).replace("UTF-8", "UTF-16").encode("utf-16"),
        rule(TESTED.replace("API Only", "Vertriebsk\u00fcche")).replace("UTF-8", "ISO-8859-1").encode("latin-1"),
    ],
    ids=["bom", "crlf", "utf-16", "latin-1"],
)
def test_other_encodings_are_read(tmp_path: Path, content: bytes) -> None:
    """Marks, line ends and declared encodings change neither finding nor line."""
    other = rule_path("Other")
    report, skipped = _scan_beside_good(tmp_path, {other: content})
    found = next(f for f in report.findings if f.location.path == other)
    assert (found.location.line, found.location.column) == (5, 28)
    assert other not in skipped


def test_apex_that_is_not_utf8_is_read(tmp_path: Path) -> None:
    """A class saved in another encoding keeps its findings."""
    test = "if (UserInfo.getProfileId() == '00e000000000001') { return; }"
    code = f"public class Old {{\n  void m() {{\n    // caf\xe9\n    {test}\n  }}\n}}\n"
    report, _ = _scan_beside_good(tmp_path, {"classes/Old.cls": code.encode("latin-1")})
    assert [(f.rule, f.location.line) for f in report.findings if f.location.path == "classes/Old.cls"] == [
        ("apex/profile-condition", 4)
    ]


def test_apex_with_errors_is_scanned_around_them(tmp_path: Path) -> None:
    """The region that does not parse is named; what stands before and after is found."""
    code = (
        "public class Torn {\n"
        "  void a() { if (UserInfo.getProfileId() == '00e000000000001') { return; } }\n"
        "  void b() { int x = = ; }\n"
        "  void c() { if (UserInfo.getProfileId() != '00e000000000001') { insert new Account(); } }\n"
        "}\n"
    )
    report, skipped = _scan_beside_good(tmp_path, {"classes/Torn.cls": code})
    assert [f.location.line for f in report.findings if f.location.path == "classes/Torn.cls"] == [2, 4]
    assert "line 3" in skipped["classes/Torn.cls"]


@pytest.mark.parametrize(
    "code",
    [
        "Boolean open = boolean.valueOf(text);",
        "List<Account> all = [SELECT Id FROM Account WHERE CreatedDate > 2024-06-21T17:11:10.000+0000 LIMIT 1];",
    ],
)
def test_apex_that_the_grammar_does_not_know_is_read(tmp_path: Path, code: str) -> None:
    """Small letters of a type, and a time with an offset, are no errors; positions stay as they are in the file."""
    lines = ["public class Known {", "    void run(String text) {", f"        {code}"]
    lines += ["        if (UserInfo.getProfileId() == '00e30000001FeAQ') { return; }", "    }", "}"]
    report = scan(write(tmp_path, {"classes/Known.cls": "\n".join(lines)}))
    assert report.skipped == ()
    assert [(one.location.line, one.location.column) for one in report.findings] == [(4, 13)]


def test_files_that_are_named_only_by_a_suffix_are_no_metadata(tmp_path: Path) -> None:
    """A tool's own `.settings` is neither read nor skipped."""
    files = {"config/.settings": "{}", "config/.page": "{!$Profile.Name}", "classes/One.cls": "public class One { }"}
    report = scan(write(tmp_path, files))
    assert (report.skipped, report.findings) == ((), ())


def test_oversized_file_is_skipped_unread(tmp_path: Path) -> None:
    """A 200 MB static resource costs nothing and is named."""
    big = tmp_path / "staticresources" / "Videos.resource"
    big.parent.mkdir()
    with big.open("wb") as file:
        file.truncate(200_000_000)
    _, skipped = _scan_beside_good(tmp_path, {})
    assert "too large (200 MB" in skipped["staticresources/Videos.resource"]


def test_links_are_not_followed(tmp_path: Path) -> None:
    """Loops end, links out of the root are refused, links inside do not count a file twice."""
    root = tmp_path / "root"
    outside = write(tmp_path / "outside", {rule_path("Secret"): rule(TESTED)})
    write(root, {GOOD: rule(TESTED)})
    (root / "loop").symlink_to(root, target_is_directory=True)
    (root / "out").symlink_to(outside, target_is_directory=True)
    (root / "out.validationRule-meta.xml").symlink_to(outside / rule_path("Secret"))
    (root / "twice.validationRule-meta.xml").symlink_to(root / GOOD)
    (root / "dead.validationRule-meta.xml").symlink_to(root / "nowhere")
    report = scan(root)
    reasons = {one.path: one.reason for one in report.skipped}
    assert [f.location.path for f in report.findings] == [GOOD]
    assert "out of the scanned folder" in reasons["out"]
    assert "out of the scanned folder" in reasons["out.validationRule-meta.xml"]
    assert GOOD in reasons["twice.validationRule-meta.xml"]
    assert "nowhere" in reasons["dead.validationRule-meta.xml"]
    assert "scanned in its own place" in reasons["loop"]


def test_folder_named_like_a_file_is_entered(tmp_path: Path) -> None:
    """A folder may end in `.cls`; what lies in it is found."""
    inner = "classes/Odd.cls/objects/Account/validationRules/R.validationRule-meta.xml"
    report, _ = _scan_beside_good(tmp_path, {inner: rule(TESTED)})
    assert inner in {f.location.path for f in report.findings}


def test_special_files_are_skipped(tmp_path: Path) -> None:
    """A pipe with a metadata name does not block the scan."""
    os.mkfifo(tmp_path / "Pipe.flow-meta.xml")
    _, skipped = _scan_beside_good(tmp_path, {})
    assert skipped["Pipe.flow-meta.xml"] == "not a regular file"


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_unreadable_file_is_named(tmp_path: Path) -> None:
    """A file without read permission is skipped with the system's reason."""
    bad = rule_path("Locked")
    write(tmp_path, {bad: rule(TESTED)})
    (tmp_path / bad).chmod(0)
    _, skipped = _scan_beside_good(tmp_path, {})
    assert "not readable" in skipped[bad]


def test_deep_formula_is_evaluated(tmp_path: Path) -> None:
    """Ten thousand parentheses around a test are no obstacle."""
    deep = rule_path("Deep")
    formula = "(" * 10_000 + TESTED + ")" * 10_000
    report, _ = _scan_beside_good(tmp_path, {deep: rule(formula)})
    assert [f.profiles for f in report.findings if f.location.path == deep] == [("API Only",)]


def test_deep_apex_is_named(tmp_path: Path) -> None:
    """Ten thousand parentheses in Apex neither crash the scan nor hide the next method."""
    condition = "UserInfo.getProfileId() == '00e000000000001'"
    nested = "!(" * 5_000 + condition + ")" * 5_000
    code = f"public class Deep {{\n  Boolean a() {{ return {nested}; }}\n  Boolean b() {{ return {condition}; }}\n}}\n"
    report, skipped = _scan_beside_good(tmp_path, {"classes/Deep.cls": code})
    assert 3 in {f.location.line for f in report.findings if f.location.path == "classes/Deep.cls"}
    assert "line 2" in skipped["classes/Deep.cls"]


def test_long_apex_chain_is_read(tmp_path: Path) -> None:
    """A text glued from ten thousand pieces is one value, not ten thousand levels."""
    text = " + ".join(["'x'"] * 10_000)
    test = "if (UserInfo.getProfileId() == '00e000000000001') return;"
    code = f"public class Long1 {{\n  void m() {{ String s = {text};\n    {test} }}\n}}\n"
    report, _ = _scan_beside_good(tmp_path, {"classes/Long1.cls": code})
    assert [f.location.line for f in report.findings if f.location.path == "classes/Long1.cls"] == [3]


def test_formula_error_is_named_with_its_place(tmp_path: Path) -> None:
    """A formula that is not one says where reading stopped, counted in the XML file."""
    bad = rule_path("Syntax")
    _, skipped = _scan_beside_good(tmp_path, {bad: rule("AND($Profile.Name = &quot;X&quot;,\n  )")})
    assert "line 6, column 3" in skipped[bad]
    assert "Account.Syntax" in skipped[bad]


def test_windows_paths_and_markup_in_names_are_only_text(tmp_path: Path) -> None:
    """Values from metadata never become paths."""
    app = (
        f"{HEAD}<ConnectedApp {NAMESPACE}>\n  <label>A</label>\n"
        "  <profileName>..\\..\\Windows\\System32</profileName>\n"
        "  <profileName>../../etc/&lt;b&gt;</profileName>\n</ConnectedApp>\n"
    )
    report, _ = _scan_beside_good(tmp_path, {"connectedApps/A.connectedApp": app})
    found = next(f for f in report.findings if f.rule == "connected-app/profile-access")
    assert found.profiles == ("..\\..\\Windows\\System32", "../../etc/<b>")


def test_names_that_are_not_utf8_are_shown(tmp_path: Path) -> None:
    """A file name in another encoding is read and printed with replacement characters."""
    folder = tmp_path / "objects" / "Account" / "validationRules"
    folder.mkdir(parents=True)
    with open(os.fsencode(folder) + b"/Caf\xe9.validationRule-meta.xml", "wb") as file:  # noqa: PTH123 - a byte path
        file.write(rule(TESTED).encode())
    report = scan(write(tmp_path, {GOOD: rule(TESTED)}))
    assert "objects/Account/validationRules/Caf\ufffd.validationRule-meta.xml" in {
        f.location.path for f in report.findings
    }


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("classes/Long.cls", "/* a */ // b\n" * 500 + "public class Long { Id own = UserInfo.getProfileId(); }"),
        ("pages/Open.page", "{! " * 200_000 + "$Profile.Name <!-- "),
        ("staticresources/open.js", "/* " * 300_000 + "ProfileId <!--"),
    ],
)
def test_comments_and_braces_without_an_end_take_no_longer(tmp_path: Path, name: str, content: str) -> None:
    """What is searched once an opening would take minutes here, or never end."""
    begun = time.monotonic()
    _scan_beside_good(tmp_path, {name: content})
    assert time.monotonic() - begun < 20
