"""What the files of a tree say, one value per statement: the step between bytes and findings."""

from __future__ import annotations

from dataclasses import dataclass

from scanners.model import Component, Finding, Location, Profile, Subject
from scanners.xml import Text


@dataclass(frozen=True, slots=True)
class FormulaSite:
    """A formula that may test a user; `host` is the object its bare fields belong to, `what` names it in a sentence."""

    rule: str
    what: str
    component: Component
    path: str
    text: Text
    host: str = ""
    active: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class FilterItem:
    """One line of a filter: `field operator value`, or a comparison with another field."""

    field: str
    operator: str
    value: str
    value_field: str
    location: Location


@dataclass(frozen=True, slots=True)
class FilterSite:
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


@dataclass(frozen=True, slots=True)
class NameSite:
    """An element whose text names one or more profiles by construction (an access list, a policy, a default)."""

    rule: str
    what: str
    component: Component
    names: tuple[tuple[str, Location], ...]
    active: bool = True
    subject: Subject = Subject.RUNNING_USER
    note: str = ""
    """What the element decides, as the second half of a sentence: `may log in`, `gets the session policy`."""


@dataclass(frozen=True, slots=True)
class ProfileFile:
    """A profile of the repo with the parts that only a profile can hold."""

    profile: Profile
    path: str
    location: Location
    permissions: tuple[tuple[str, Location], ...] = ()
    ip_ranges: tuple[Location, ...] = ()
    login_hours: Location | None = None
    default_record_types: tuple[tuple[str, Location], ...] = ()


@dataclass(frozen=True, slots=True)
class PermissionSetFile:
    """A permission set: its name, the license it is pinned to (may be empty), its custom permissions."""

    name: str
    license: str
    location: Location
    permissions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LabelValue:
    """A custom label's text."""

    name: str
    text: Text
    path: str


@dataclass(frozen=True, slots=True)
class MetadataValue:
    """One field of one custom metadata record."""

    type: str
    record: str
    field: str
    text: Text
    path: str


@dataclass(frozen=True, slots=True)
class SettingDefinition:
    """A hierarchy custom setting's definition."""

    name: str
    location: Location


@dataclass(frozen=True, slots=True)
class FieldFormula:
    """A formula field: reading it is reading its formula."""

    object: str
    field: str
    text: Text
    path: str


@dataclass(frozen=True, slots=True)
class Use:
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


@dataclass(frozen=True, slots=True)
class ApexFile:
    """A class or trigger that may hold a dependency; it is parsed when its turn comes."""

    path: str


@dataclass(frozen=True, slots=True)
class FlowFile:
    """A flow that may hold a dependency; it is parsed when its turn comes."""

    path: str


@dataclass(frozen=True, slots=True)
class PageInput:
    """A Visualforce page hands a property of one of its controllers to a flow's variable."""

    flow: str
    parameter: str
    property: str
    controllers: tuple[str, ...]
    location: Location


@dataclass(frozen=True, slots=True)
class FlowVersion:
    """A flow definition's word on which numbered version runs; 0 when none does."""

    flow: str
    number: int


@dataclass(frozen=True, slots=True)
class HiddenCode:
    """A class of a managed package: its source cannot be read."""

    path: str


@dataclass(frozen=True, slots=True)
class KnownId:
    """The repo says somewhere which profile an id belongs to."""

    id: str
    label: str
    location: Location


@dataclass(frozen=True, slots=True)
class Ready:
    """A finding that needs nothing but its own file."""

    finding: Finding


Fact = (
    FormulaSite
    | FilterSite
    | NameSite
    | ProfileFile
    | PermissionSetFile
    | LabelValue
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
