"""Elements know where they stand; what is not the XML that Salesforce writes is refused."""

from __future__ import annotations

from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanners import xml
from scanners.document import Document
from scanners.model import Component, Source

ENTITIES = {'"': "&quot;", "'": "&apos;", "é": "&#233;", "€": "&#x20AC;"}


def text_of(data: str, *path: str) -> xml.Text:
    """The text under a path of a document, with its places."""
    raw = data.encode()
    element = xml.parse(raw).find(*path)
    assert element is not None
    return xml.Lines(raw).text(element)


def found_at(data: str, line: int, column: int) -> str:
    """What a file shows from a place on, as an editor counts: lines and columns from 1."""
    return data.split("\n")[line - 1][column - 1 :]


# ---- places


def test_places_in_plain_text() -> None:
    """Lines and columns count from 1; the end column lies behind the last character."""
    text = text_of("<A>\n  <f>ab = cd</f>\n</A>", "f")
    assert text.value == "ab = cd"
    assert text.position(0) == (2, 6)
    assert text.span(5, 7) == (2, 11, 2, 13)


def test_places_behind_entities() -> None:
    """An entity is one character of the text and several of the file."""
    data = "<A><f>a &lt;&gt; &quot;b&quot; &amp;&amp; c</f></A>"
    text = text_of(data, "f")
    assert text.value == 'a <> "b" && c'
    for word in ("a", "b", "c"):
        assert found_at(data, *text.position(text.value.index(word))).startswith(word)
    assert found_at(data, *text.position(text.value.index("<"))).startswith("&lt;")


def test_places_on_further_lines() -> None:
    """Each line of a text begins at column 1, however far the tag was indented."""
    data = "<A>\n    <f>AND(\n  one,\n\ttwo)</f></A>"
    text = text_of(data, "f")
    assert text.position(text.value.index("one")) == (3, 3)
    assert text.position(text.value.index("two")) == (4, 2)


def test_places_with_carriage_returns() -> None:
    """CRLF is one line end, and is gone from the text; no column is shifted by it."""
    data = "<A>\r\n  <f>one\r\n  two &amp; three\r\n</f>\r\n</A>"
    text = text_of(data, "f")
    assert text.value == "one\n  two & three\n"
    assert text.position(text.value.index("two")) == (3, 3)
    assert text.position(text.value.index("three")) == (3, 13)


def test_columns_count_characters() -> None:
    """Not bytes: a name with an umlaut, or with an emoji, moves nothing."""
    data = "<A><g>größer €😀</g><f>é €😀 x</f></A>"
    text = text_of(data, "f")
    assert found_at(data, *text.position(text.value.index("x"))).startswith("x<")


def test_places_around_comments() -> None:
    """A comment inside a text is not part of it, and what follows stands where it stands."""
    data = "<A><f>one <!-- not\nthis --> two</f></A>"
    text = text_of(data, "f")
    assert text.value == "one  two"
    assert text.position(text.value.index("two")) == (2, 10)


def test_places_in_cdata() -> None:
    """A CDATA section is text as it stands."""
    data = "<A><f>a <![CDATA[<b> && \n c]]> d</f></A>"
    text = text_of(data, "f")
    assert text.value == "a <b> && \n c d"
    for word in ("<b>", "d"):
        assert found_at(data, *text.position(text.value.index(word))).startswith(word)
    assert text.position(text.value.index("c")) == (2, 2)


def test_place_of_an_empty_element() -> None:
    """Without text the element itself is the place."""
    assert text_of("<A>\n  <f/>\n</A>", "f").position(0) == (2, 3)


@given(st.lists(st.text(st.sampled_from("ab<>&\"'é€😀 \n\t"), max_size=8), max_size=5), st.booleans())
def test_every_character_is_found_again(parts: list[str], crlf: bool) -> None:
    """For each character of a text, the file shows that character, or its entity, at the place told."""
    value = "".join(parts)
    data = f"<A>\n <f>{escape(value, ENTITIES)}</f>\n</A>"
    if crlf:
        data = data.replace("\n", "\r\n")
    text = text_of(data, "f")
    # Blank pieces before the first character are left out.
    assert value.endswith(text.value)
    assert not value.removesuffix(text.value).strip()
    for offset, character in enumerate(text.value):
        if character == "\n":
            continue
        line, column = text.position(offset)
        shown = found_at(data, line, column)
        assert shown.startswith(escape(character, ENTITIES)), (offset, character, shown)


# ---- elements


def test_find_all_and_get() -> None:
    """Paths of tags, the first or all of them, in file order; own text only."""
    root = xml.parse(b"<A><b><c> 1 </c></b><b><c>2</c><c>3</c></b><d>x<e>y</e>z</d><c>4</c></A>")
    assert root.get("b", "c") == "1"
    assert [element.value for element in root.all("b", "c")] == [" 1 ", "2", "3"]
    assert root.find("b", "nothing") is None
    assert root.get("nothing", default="?") == "?"
    assert root.get("d") == "xz"
    assert [element.tag for element in root.walk()] == ["A", "b", "c", "b", "c", "c", "d", "e", "c"]


def test_blank_text_between_children_is_no_text() -> None:
    """The indentation of children is not the text of their parent."""
    root = xml.parse(b"<A>\n  <b>1</b>\n  <b>2</b>\n</A>")
    assert root.value == ""
    assert [element.value for element in root.children] == ["1", "2"]


def test_attributes_are_kept() -> None:
    """Custom metadata says with an attribute which type a value has."""
    root = xml.parse(b'<A xmlns:x="u"><v x:type="s">1</v><v/></A>')
    assert [element.attributes for element in root.children] == [{"x:type": "s"}, None]


@pytest.mark.parametrize(
    ("data", "tag", "shown"),
    [
        ("<A>\n <b><c>1</c></b>\n</A>", "b", "<b><c>1</c></b>"),
        ("<A>\n <b>\n </b>\n</A>", "b", "<b>"),
        ("<A>\n <b/>\n</A>", "b", "<b/>"),
        ("<A>\n <b></b>\n</A>", "b", "<b></b>"),
        ("<A>\n <b>text </b>\n</A>", "b", "text"),
        ("<A>\n <é>text</é>\n <bb>größer</bb></A>", "bb", "größer"),
    ],
)
def test_location_covers_the_element(data: str, tag: str, shown: str) -> None:
    """A location spans an element's text if it has one, else its tags, never more."""
    document = Document(Source("x.object", Component("CustomObject", "x"), data.encode()), data.lower().encode(), ())
    element = document.root.find(tag)
    assert element is not None
    place = document.location(element)
    lines = data.split("\n")
    if place.line == place.end_line:
        assert lines[place.line - 1][place.column - 1 : place.end_column - 1] == shown
    else:
        assert lines[place.line - 1][place.column - 1 :] == shown
        assert lines[place.end_line - 1][: place.end_column - 1].strip() == f"</{tag}>"


# ---- regions

REGIONS = """<?xml version="1.0" encoding="UTF-8"?>
<CustomObject xmlns="http://soap.sforce.com/2006/04/metadata">
    <description>größer</description>
    <validationRules>
        <fullName>One</fullName>
        <errorConditionFormula>$Profile.Name = &quot;é&quot; &amp;&amp;
  x</errorConditionFormula>
    </validationRules>
    <validationRules><fullName>Two</fullName></validationRules>
    <validationRulesOther><fullName>Not me</fullName></validationRulesOther>
    <validationRules>
        <fullName>Three</fullName>
        <errorConditionFormula>$Profile.Id = &apos;a&apos;</errorConditionFormula>
    </validationRules>
</CustomObject>
"""


def _document(data: str) -> Document:
    source = Source("src/objects/Account.object", Component("CustomObject", "Account"), data.encode())
    return Document(source, data.lower().encode(), ())


def _rules(document: Document, *needles: bytes) -> list[tuple[str, str, tuple[int, int]]]:
    found = []
    for name, element in document.children("validationRules", *needles, alone="ValidationRule"):
        formula = element.find("errorConditionFormula") or element
        text = document.text(formula)
        found.append((name, text.value.strip(), text.position(max(len(text.value) - 1, 0))))
    return found


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_regions_equal_the_whole(line_end: str) -> None:
    """Elements cut out of a file say the same, at the same places, as those of the whole parse."""
    data = REGIONS.replace("\n", line_end)
    cut = _rules(_document(data))
    whole = _rules(_document(data.replace("?>", "?><!-- whole -->", 1)))
    assert cut == whole
    assert [name for name, _, _ in cut] == ["Account.One", "Account.Two", "Account.Three"]
    assert cut[0][2] == (7, 3)


def test_regions_without_a_needle_are_passed_over() -> None:
    """Only rules that speak of a profile are parsed."""
    assert [name for name, _, _ in _rules(_document(REGIONS), b"$profile.id")] == ["Account.Three"]


def test_regions_in_comments_and_cdata_do_not_count() -> None:
    """A rule that is commented out, or quoted in a text, is no rule."""
    hidden = "<validationRules><fullName>Gone</fullName></validationRules>"
    for wrap in (f"<!-- {hidden} -->", f"<description><![CDATA[{hidden}]]></description>"):
        data = REGIONS.replace("    <description>größer</description>", wrap)
        assert [name for name, _, _ in _rules(_document(data))] == ["Account.One", "Account.Two", "Account.Three"]


def test_a_file_with_one_component_gives_it_whole() -> None:
    """Source format keeps each rule in a file of its own."""
    data = "<ValidationRule><fullName>One</fullName></ValidationRule>"
    source = Source(
        "Account/validationRules/One.validationRule", Component("ValidationRule", "Account.One"), data.encode()
    )
    document = Document(source, data.encode(), ())
    assert [name for name, _ in document.children("validationRules", alone="ValidationRule")] == ["Account.One"]
    assert list(document.children("validationRules", b"profile", alone="ValidationRule")) == []


def test_malformed_files_are_refused_although_regions_look_fine() -> None:
    """A file that Salesforce would not take is not judged by its better half."""
    document = _document(REGIONS.replace("</CustomObject>", ""))
    with pytest.raises(xml.Malformed, match="line 16"):
        _rules(document)


def test_blocks_stop_at_the_end() -> None:
    """An element that is not closed gives nothing; others are found, in order, each once."""
    data = b"<a>1</a><a>2</a><ab>3</ab><a>4"
    assert [data[start:end] for start, end in xml.blocks(data, "a")] == [b"<a>1</a>", b"<a>2</a>"]
    assert list(xml.blocks(b"", "a")) == []


# ---- what is refused


@pytest.mark.parametrize(
    "data",
    [
        b'<!DOCTYPE A [<!ENTITY e SYSTEM "file:///etc/passwd">]><A>&e;</A>',
        b'<!DOCTYPE A SYSTEM "http://127.0.0.1:9/x.dtd"><A/>',
        b'<!DOCTYPE A [<!ENTITY a "1234567890"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><A>&b;</A>',
        b'<?xml version="1.0"?>\n<!DOCTYPE A [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]><A/>',
        b"<!DOCTYPE A><A/>",
    ],
    ids=["external entity", "external type", "growing entity", "parameter entity", "bare type"],
)
def test_document_types_are_refused_unread(data: bytes) -> None:
    """Salesforce writes none, so nothing is fetched and nothing grows."""
    for read in (xml.parse, xml.check):
        with pytest.raises(xml.Malformed, match="refused unread"):
            read(data)


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (b"", "line 1, column 1"),
        (b"<A", "line 1"),
        (b"<A><b>", "line 1, column 7"),
        (b"<A>\n  <b></c>\n</A>", "line 2, column 8"),
        (b"<A>\n</A><B/>", "line 2, column 5"),
        (b"<A>&nothing;</A>", "line 1, column 4"),
        (b"<A>\x00</A>", "line 1, column 4"),
        (b"<A>\xff</A>", "line 1"),
        (b"plain words", "line 1, column 1"),
        (b"<A b=1/>", "line 1, column 6"),
    ],
)
def test_malformed_files_are_refused_with_a_place(data: bytes, where: str) -> None:
    """Truncated, torn, binary: the error says where reading stopped."""
    for read in (xml.parse, xml.check):
        with pytest.raises(xml.Malformed, match=where):
            read(data)


def test_unknown_encodings_are_refused() -> None:
    """A declaration that nobody knows is an error in words, not a crash."""
    with pytest.raises(xml.Malformed, match="encoding"):
        xml.parse(b'<?xml version="1.0" encoding="klingon"?><A/>')


def test_depth_is_no_concern() -> None:
    """A hundred thousand elements inside each other are read, walked and let go without a stack overflow."""
    depth = 100_000
    root = xml.parse(b"<a>" * depth + b"x" + b"</a>" * depth)
    assert sum(1 for _ in root.walk()) == depth
    assert root.find(*["a"] * (depth - 1)) is not None


def test_places_in_a_long_file() -> None:
    """Lines are counted on from the last place; twenty thousand steps later they are still right."""
    count = 20_000
    data = b"<A>\n" + b"".join(b"<f>x &amp;\n y</f>\n" for _ in range(count)) + b"</A>"
    root, lines = xml.parse(data), xml.Lines(data)
    last = [lines.text(element).position(5) for element in root.children][-1]
    assert last == (count * 2 + 1, 2)


def test_lines_may_be_asked_in_any_order() -> None:
    """Going back is slower, not wrong."""
    data = "aé\n€b\nc".encode()
    lines = xml.Lines(data)
    places = [(data.index(b"c"), (3, 1)), (0, (1, 1)), (data.index(b"b"), (2, 2)), (1, (1, 2)), (len(data), (3, 2))]
    assert [lines.at(offset) for offset, _ in places] == [place for _, place in places]


def test_plain_text_has_a_place() -> None:
    """A text that stands in no file begins at line 1, column 1."""
    assert xml.Text.plain("abc").span(1, 3) == (1, 2, 1, 4)
