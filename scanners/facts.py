"""What the files of a tree say, one value per statement: the step between bytes and findings.

Named tuples rather than dataclasses: there are many of them, they cross process borders, and each such class loads ten
times as fast.
"""

from __future__ import annotations

from typing import NamedTuple

from scanners.model import Component, Effect, Finding, Location, Profile, Subject
from scanners.xml import Text


class FormulaSite(NamedTuple):
    """A formula that may test a user; `host` is the object its bare fields belong to, `what` names it in a sentence."""

    rule: str
    what: str
    component: Component
    path: str
    text: Text
    host: str = ""
    active: bool = True
    note: str = ""
    gives_value: bool = False
    """Whether it gives a value to something rather than deciding whether something happens."""
    reader: str = ""
    """What reads the value where this scan cannot follow it: a script, a page, a mail; empty elsewhere."""


class FilterItem(NamedTuple):
    """One line of a filter: `field operator value`, or a comparison with another field."""

    field: str
    operator: str
    value: str
    value_field: str
    location: Location


class FilterSite(NamedTuple):
    """A filter that may test a user; `subject` is whose profile `User.…` fields mean there."""

    rule: str
    what: str
    component: Component
    path: str
    items: tuple[FilterItem, ...]
    logic: str = ""
    host: str = ""
    active: bool = True
    subject: Subject = Subject.RUNNING_USER
    note: str = ""
    exact: bool = False
    """Whether letter case counts, as in a script."""


class NameSite(NamedTuple):
    """An element whose text names one or more profiles by construction (an access list, a policy, a default)."""

    rule: str
    what: str
    component: Component
    names: tuple[tuple[str, Location], ...]
    active: bool = True
    subject: Subject = Subject.RUNNING_USER
    note: str = ""
    """What the element decides, as a sentence: `who is listed may log in through it`, `new users get it`."""
    sets: tuple[str, ...] = ()
    """Permission sets whose holders count as listed."""


class ProfileFile(NamedTuple):
    """A profile of the repo with the parts that only a profile can hold."""

    profile: Profile
    path: str
    location: Location
    permissions: tuple[tuple[str, Location], ...] = ()
    ip_ranges: tuple[Location, ...] = ()
    login_hours: Location | None = None
    login_flows: tuple[Location, ...] = ()
    default_record_types: tuple[tuple[str, Location], ...] = ()


class PermissionSetFile(NamedTuple):
    """A permission set: its name, the license it is pinned to (may be empty), its custom permissions."""

    name: str
    license: str
    location: Location
    permissions: tuple[str, ...] = ()


class LabelValue(NamedTuple):
    """A custom label's text."""

    name: str
    text: str
    path: str


class LabelTranslation(NamedTuple):
    """A custom label's text for users of another language; `language` is the translation file's name."""

    name: str
    language: str
    text: str
    path: str


class MetadataValue(NamedTuple):
    """One field of one custom metadata record."""

    type: str
    record: str
    field: str
    text: str
    path: str


class SettingDefinition(NamedTuple):
    """A hierarchy custom setting's definition."""

    name: str
    location: Location


class FieldFormula(NamedTuple):
    """A formula field: reading it is reading its formula."""

    object: str
    field: str
    text: Text
    path: str


class Use(NamedTuple):
    """A place that reads something a profile may decide without naming it.

    `kind` is `permission` (a custom permission), `setting` (a hierarchy custom setting) or `user-type`; `name` says
    which one, `what` is the place in a sentence.
    """

    kind: str
    name: str
    what: str
    component: Component
    location: Location
    active: bool = True
    in_test: bool = False
    subject: Subject = Subject.RUNNING_USER
    seen_only: bool = False
    """Whether it only decides what people see on a page."""
    effects: tuple[Effect, ...] = ()
    """What the switch does to the place as a whole, where it was evaluated."""
    field: str = ""
    """The setting's field that is read."""


class ApexFile(NamedTuple):
    """A class or trigger that may hold a dependency; it is parsed when its turn comes."""

    path: str
    test: bool = False


class FlowFile(NamedTuple):
    """A flow that may hold a dependency; it is parsed when its turn comes."""

    path: str


class PageInput(NamedTuple):
    """A Visualforce page hands a property of one of its controllers to a flow's variable."""

    flow: str
    parameter: str
    property: str
    controllers: tuple[str, ...]
    location: Location


class FlowVersion(NamedTuple):
    """A flow definition's word on which numbered version runs; 0 when none does."""

    flow: str
    number: int


class HiddenCode(NamedTuple):
    """A class of a managed package: its source cannot be read."""

    path: str


class KnownId(NamedTuple):
    """The repo says somewhere which profile an id belongs to."""

    id: str
    label: str
    location: Location


class Ready(NamedTuple):
    """A finding that needs nothing but its own file."""

    finding: Finding


Fact = (
    FormulaSite
    | FilterSite
    | NameSite
    | ProfileFile
    | PermissionSetFile
    | LabelValue
    | LabelTranslation
    | MetadataValue
    | SettingDefinition
    | FieldFormula
    | Use
    | ApexFile
    | FlowFile
    | FlowVersion
    | PageInput
    | HiddenCode
    | KnownId
    | Ready
)
