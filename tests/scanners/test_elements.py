"""Shapes that many metadata families share."""

from __future__ import annotations

from scanners.document import Document
from scanners.elements import criteria, name_list, names
from scanners.facts import FilterItem
from scanners.model import Component, Location, Source

DATA = """<R>
    <i>
        <field>Profile</field>
        <operation>notEqual</operation>
        <value> Acme API </value>
        <sortOrder>1</sortOrder>
        <table>User</table>
    </i>
    <i>
        <column>USERS.PROFILE</column>
        <operator>contains</operator>
        <value>Acme</value>
    </i>
    <i>
        <field>Name</field>
        <operation>equals</operation>
        <valueField>$Profile.Name</valueField>
    </i>
    <i/>
    <p>Acme API</p>
    <p> </p>
    <p>
        admin
    </p>
    <l>Acme API, Acme Batch,,</l>
</R>
"""


def document() -> Document:
    """The text above as a file."""
    return Document(Source("x.rule", Component("Rule", "x"), DATA.encode()), DATA.lower().encode(), ())


def test_a_filter_item_with_its_table() -> None:
    """The table qualifies the field, and the place spans the item whatever stands first in it."""
    found = document()
    first, *_ = criteria(found, found.root.all("i"), prefix="table")
    place = Location("x.rule", 3, 16, 7, 20)
    assert first == FilterItem("User.Profile", "notEqual", "Acme API", "", place)


def test_a_filter_item_of_a_report() -> None:
    """Reports say `column` and `operator` where others say `field` and `operation`."""
    found = document()
    items = criteria(found, list(found.root.all("i"))[1:2], field="column")
    assert items == (FilterItem("USERS.PROFILE", "contains", "Acme", "", Location("x.rule", 10, 17, 12, 20)),)


def test_a_filter_item_against_another_field() -> None:
    """Instead of a value a field may stand there; an empty item is none."""
    found = document()
    items = criteria(found, list(found.root.all("i"))[2:])
    assert items == (FilterItem("Name", "equals", "", "$Profile.Name", Location("x.rule", 15, 16, 17, 34)),)


def test_names_with_their_places() -> None:
    """One name an element, stripped; blank ones are left out."""
    found = document()
    listed = names(found, found.root.all("p"))
    assert [name for name, _ in listed] == ["Acme API", "admin"]
    assert listed[0][1] == Location("x.rule", 20, 8, 20, 16)


def test_a_list_of_names_in_one_element() -> None:
    """Commas part them; each stands at the element, which may be missing."""
    found = document()
    element = found.root.find("l")
    assert [name for name, _ in name_list(found, element)] == ["Acme API", "Acme Batch"]
    assert name_list(found, None) == ()
