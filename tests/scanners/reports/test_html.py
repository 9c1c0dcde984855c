"""The HTML report as text: self-contained, readable without a script, and closed to what the metadata holds."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

from scanners.model import Report
from scanners.reports.html_ import render
from tests.scanners.reports import samples


class Reader(HTMLParser):
    """Collects tags with their attributes, and the words outside script and style."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep it."""
        self.tags.append((tag, dict(attrs)))
        self._inside = tag

    def handle_data(self, data: str) -> None:
        """Keep it, unless it is code of ours."""
        if self._inside not in {"script", "style"}:
            self.words.append(data)

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - the name that the parser calls
        """Behind it, words count again."""
        self._inside = ""

    @property
    def text(self) -> str:
        """All words, with single blanks."""
        return " ".join(" ".join(self.words).split())


def test_the_page_names_nothing_outside_itself(acme: Report) -> None:
    """No source, no address, no import, no font; the only links go to places on the page."""
    text = render(acme)
    for _, attributes in Reader(text).tags:
        assert not attributes.keys() & {"src", "srcset", "action", "style", "background", "poster"}
        assert (attributes.get("href") or "#").startswith("#")
    assert not re.search(r"url\(|@import|@font-face|https?://|sourceMappingURL", text)


def test_every_link_on_the_page_has_its_target(acme: Report) -> None:
    """And no two elements share an id."""
    tags = Reader(render(acme)).tags
    ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {(attributes["href"] or "")[1:] for tag, attributes in tags if tag == "a"} <= set(ids)


def test_the_policy_allows_exactly_our_style_and_our_script(acme: Report) -> None:
    """The hashes are those of what really stands between the tags."""
    text = render(acme)
    policy = next(a["content"] for t, a in Reader(text).tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        (content,) = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_all_content_is_there_without_a_script(acme: Report) -> None:
    """Every sentence, place, remainder, note, query, blind spot and reason stands in the text itself."""
    words = Reader(render(acme)).text
    for finding in acme.findings:
        assert finding.message in words
        assert finding.component.name in words
        assert finding.advice in words
        assert finding.query in words
        for effect in finding.effects:
            assert effect.before in words
            assert effect.after in words
        for link in finding.chain:
            assert link.note in words
    for spot in acme.blind_spots:
        assert spot.what in words
        assert spot.how_to_find_out in words
    for skip in acme.skipped:
        assert f"{skip.path} {skip.reason}" in words.replace("  ", " ") or skip.reason in words
    assert "5 places change, 2 of them with high impact." in words
    assert "Accepted by Jonas Weber until 2027-06-30" in words
    assert "Acceptance by Priya Nair expired on 2026-01-31" in words


def test_equal_effects_of_many_profiles_share_a_row(acme: Report) -> None:
    """68 profiles are named once, behind their number."""
    text = render(acme)
    assert "68 profiles: Acme Region 01, Acme Region 02 and 66 more" in text
    assert text.count("<tr class=") == sum(
        len({(e.verdict, e.before, e.after, e.decided_by) for e in finding.effects}) or 1 for finding in acme.findings
    )


def test_nothing_found_shows_the_blind_spots(empty: Report) -> None:
    """And no filter for nothing."""
    text = render(empty)
    words = Reader(text).text
    assert "Nothing was found that depends on these profiles, as far as the files can tell." in words
    assert "Values of hierarchy custom settings" in words
    assert "<form" not in text
    assert "None was recorded." in Reader(render(replace(empty, blind_spots=()))).text


def test_hostile_metadata_adds_no_tag_and_no_attribute(acme: Report, hostile: Report) -> None:
    """The same kinds of tags and attributes as a friendly report, one script, one style."""
    known: dict[str, set[str]] = {}
    for tag, attributes in Reader(render(acme)).tags:
        known.setdefault(tag, set()).update(attributes)
    tags = Reader(render(hostile)).tags
    for tag, attributes in tags:
        assert attributes.keys() <= known[tag], tag
    assert [tag for tag, _ in tags].count("script") == 1
    assert [tag for tag, _ in tags].count("style") == 1
    text = Reader(render(hostile)).text
    assert "{{ 7 * 7 }}{% raw %}" in text
    assert "right<U+202E>to-left" in text


def test_ids_that_could_be_mistaken_are_replaced(acme: Report) -> None:
    """A finding's id is its fragment unless it is empty, holds blanks, or looks like one of the page's own."""
    findings = tuple(replace(samples.PHONE, id=name) for name in ("", "fs-search", "two words", "ok-1"))
    ids = [
        a["id"] for t, a in Reader(render(replace(acme, findings=findings))).tags if a.get("class") == "finding high"
    ]
    assert ids == ["finding-1", "finding-2", "finding-3", "ok-1"]


def test_5000_findings_are_elements_of_modest_size(large: Report) -> None:
    """No giant string for a script to parse, and some 3 kB a finding."""
    text = render(large)
    assert text.count('<details class="finding') == 5000
    assert len(text) < 5000 * 3200
    (script,) = re.findall("<script>(.*?)</script>", text, re.DOTALL)
    assert len(script) < 12_000
