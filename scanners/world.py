"""Everything the files of a tree say, together: what a profile, a label, a field or a setting stands for."""

from __future__ import annotations

from collections import defaultdict
from copy import copy
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from scanners.document import Document
from scanners.facts import (
    FieldFormula,
    KnownId,
    LabelTranslation,
    LabelValue,
    MetadataValue,
    PermissionSetFile,
    ProfileFile,
    SettingDefinition,
    Use,
)
from scanners.formula.comparisons import PRESENCE, Comparison, comparisons
from scanners.formula.parser import FormulaError, parse
from scanners.metadata import component_of
from scanners.model import Location, Skipped, Source, Subject
from scanners.orgdata import OrgData
from scanners.profiles import ProfileBook
from scanners.subjects import Attribute, attribute_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from scanners.facts import Fact
    from scanners.formula.nodes import Name
    from scanners.model import Switch
    from scanners.xml import Text

F = TypeVar("F")

_USER_PREFIXES = {
    "$user": Subject.RUNNING_USER,
    "owner": Subject.OWNER,
    "createdby": Subject.CREATED_BY,
    "lastmodifiedby": Subject.LAST_MODIFIED_BY,
}


class Laundered(NamedTuple):
    """A formula field that carries a profile fact on, or answers a question about one (`kind` is then `answer`)."""

    object: str
    field: str
    attribute: Attribute
    links: tuple[Location, ...]
    of_user: bool = False
    """Whether the field sits on User and speaks of that user's own profile."""


class Meaning(NamedTuple):
    """What a name in a formula or filter speaks of, and through which places it is known."""

    attribute: Attribute
    links: tuple[Location, ...] = ()


Tests = tuple[list[tuple[Comparison, list[Meaning]]], list[tuple["Name", Meaning]]]
"""The comparisons that involve a profile, with what their names mean; and facts that reach the value untested."""


def tests(text: str, meaning: Callable[[str], Meaning | None]) -> Tests:
    """The profile tests of a formula whose names mean what `meaning` says; raises FormulaError."""
    compared, loose = comparisons(parse(text))
    found = []
    for comparison in compared:
        meanings = [known for name in comparison.names if (known := meaning(name.name))]
        if meanings and comparison.operator not in PRESENCE:
            found.append((comparison, meanings))
    return found, [(name, known) for name in loose if (known := meaning(name.name))]


class Lessons(NamedTuple):
    """What judging teaches besides findings; see the fields of `World` of these names."""

    skipped: tuple[Skipped, ...]
    learned: tuple[Use, ...]
    compared_labels: dict[str, tuple[Location, ...]]
    compared_columns: frozenset[str]
    inputs: dict[tuple[str, str, str], Meaning]
    callers: dict[str, frozenset[str]]


class World:
    """Facts by type, and the names they define; built once per round, read by every judge."""

    def __init__(  # noqa: PLR0913 - what a run knows before it reads
        self,
        facts: Iterable[Fact],
        switch: Switch,
        book: ProfileBook,
        files: dict[str, str] | None = None,
        read: Callable[[str], bytes] | None = None,
        *,
        everything: bool = True,
        data: OrgData | None = None,
    ) -> None:
        self.switch = switch
        self.data = data or OrgData()
        self.everything = everything
        self.files = files or {}
        """Path → suffix of every file that may be read."""
        self._read = read
        self.book = book
        self.skipped: list[Skipped] = []
        self.learned: list[Use] = []
        self.compared_labels: defaultdict[str, list[Location]] = defaultdict(list)
        self.compared_columns: set[str] = set()
        self.inputs: dict[tuple[str, str, str], Meaning] = {}
        """What is handed to a flow or a plug-in: (`flow` or `apex`, its name, the parameter), all in lower case."""
        self.callers: defaultdict[str, set[str]] = defaultdict(set)
        """The files of the flows that hand a profile to a flow, by its name in lower case."""
        self.holders: dict[str, frozenset[str]] = {}
        """Whose users hold a permission set, where that is known: labels of profiles by its name in lower case."""
        self.settings_stay = False
        """Whether a setting of which no data is given is taken to say the same of everybody (decision 0006)."""
        self._names: dict[str, set[str]] = {}
        self._documents: dict[str, Document] = {}
        self._facts: defaultdict[type, list[Fact]] = defaultdict(list)
        for fact in facts:
            self._facts[type(fact)].append(fact)
        self.labels = {label.name.lower(): label for label in self.of(LabelValue)}
        self.settings = {setting.name.lower(): setting for setting in self.of(SettingDefinition)}
        self.records: defaultdict[tuple[str, str], dict[str, MetadataValue]] = defaultdict(dict)
        for value in self.of(MetadataValue):
            self.records[value.type.lower(), value.record.lower()][value.field.lower()] = value
        self.permissions: defaultdict[str, list[ProfileFile]] = defaultdict(list)
        for file in self.of(ProfileFile):
            for permission, _ in file.permissions:
                self.permissions[permission.lower()].append(file)
        self.granting_sets: defaultdict[str, list[PermissionSetFile]] = defaultdict(list)
        for permission_set in self.of(PermissionSetFile):
            for permission in permission_set.permissions:
                self.granting_sets[permission.lower()].append(permission_set)
        for known in self.of(KnownId):
            if self.book.resolve(known.id) is None:
                self.book.identify(known.id, known.label)
        self.fields: defaultdict[str, list[Laundered]] = defaultdict(list)
        self.formulas = {(one.object.lower(), one.field.lower()): one for one in self.of(FieldFormula)}
        self._launder()

    def of(self, kind: type[F]) -> list[F]:
        """All facts of a type, in the order of their files."""
        return self._facts[kind]  # type: ignore[return-value]  # grouped by type in __init__

    def document(self, path: str) -> Document:
        """A file of the tree, read again; raises what the tree raises."""
        data = self.bytes_of(path)
        return Document(Source(path, component_of(path), data), data.lower(), ())

    def holds(self, kind: str, name: str) -> bool:
        """Whether the tree has a `flow` or an `apex` class of that name."""
        suffix = "flow" if kind == "flow" else "cls"
        if suffix not in self._names:
            paths = [path for path, one in self.files.items() if one == suffix]
            stems = [component_of(path).name.lower() for path in paths]
            self._names[suffix] = {*stems, *(stem.rpartition("-")[0] for stem in stems)}
        return name.lower() in self._names[suffix]

    def bytes_of(self, path: str) -> bytes:
        """A file's content, read again."""
        if self._read is None:
            raise KeyError(path)
        return self._read(path)

    def uses(self, kind: str) -> list[Use]:
        """The places that read a permission, a setting or the user type."""
        return [use for use in (*self.of(Use), *self.learned) if use.kind == kind]

    def needles(self) -> frozenset[bytes]:
        """Names (lower case) that carry a profile without saying so; files that hold one must be read."""
        return frozenset(field.encode() for field in self.fields)

    def with_holders(self, holders: Mapping[str, Iterable[str]]) -> World:
        """The same world, told who holds these permission sets: users of the profiles of these labels, nobody else.

        Settings are taken to say the same of everybody there: it is for comparing one world with another.
        """
        other = copy(self)
        other.settings_stay = True
        other.holders = self.holders | {name.lower(): frozenset(labels) for name, labels in holders.items()}
        return other

    def apart(self) -> World:
        """The same world with nothing learned in this round, for a judge that may run on another process."""
        other = copy(self)
        other.skipped, other.learned = [], []
        other.compared_labels, other.compared_columns = defaultdict(list), set()
        other.inputs, other.callers = dict(self.inputs), defaultdict(set, self.callers)
        return other

    def lessons(self) -> Lessons:
        """What was learned in this round."""
        return Lessons(
            tuple(self.skipped),
            tuple(self.learned),
            {name: tuple(places) for name, places in self.compared_labels.items()},
            frozenset(self.compared_columns),
            self.inputs,
            {name: frozenset(paths) for name, paths in self.callers.items()},
        )

    def take(self, lessons: Lessons) -> None:
        """Learn what a judge has learned apart; what is known already stays."""
        self.skipped += lessons.skipped
        self.learned += lessons.learned
        for name, places in lessons.compared_labels.items():
            self.compared_labels[name] += places
        self.compared_columns |= lessons.compared_columns
        self.inputs = lessons.inputs | self.inputs
        for name, paths in lessons.callers.items():
            self.callers[name] |= paths

    def forget(self) -> None:
        """Drop what the last round of judging learned, but not who is handed a profile."""
        self.skipped.clear()
        self.learned.clear()
        self.compared_labels.clear()
        self.compared_columns.clear()

    def skip(self, path: str, reason: str) -> None:
        """Note a file or a region that could not be judged."""
        self.skipped.append(Skipped(path, reason))

    def meaning(self, name: str, host: str) -> Meaning | None:
        """What a dotted name on an object `host` says about a user's profile, directly or through formula fields."""
        direct = attribute_of(name, host)
        if direct:
            return Meaning(direct)
        head, _, last = name.lower().replace(":", ".").rpartition(".")
        for field in self.fields.get(last, ()):
            prefix = head.removesuffix(".user").rpartition(".")[2]
            if field.of_user and prefix in _USER_PREFIXES:
                return Meaning(Attribute(field.attribute.kind, _USER_PREFIXES[prefix]), field.links)
            if field.of_user and (head.endswith("user") or (not head and host.lower() in ("", "user"))):
                return Meaning(Attribute(field.attribute.kind, _whose(head, host)), field.links)
            if not field.of_user and (head or not host or field.object.lower() == host.lower()):
                return Meaning(field.attribute, field.links)
        return None

    def constant(self, name: str) -> tuple[str, Location] | None:
        """The text behind `$Label.X` or `$CustomMetadata.T__mdt.R.F__c`, and where it stands."""
        parts = name.lower().split(".")
        if parts[0] == "$label" and parts[-1] in self.labels:
            label = self.labels[parts[-1]]
            return label.text, self.place(label, f"label {label.name} = {_short(label.text)}")
        if parts[0] == "$custommetadata" and len(parts) == 4:
            found = self.columns(parts[1], parts[2], parts[3])
            return found[0] if found else None
        return None

    def place(self, value: LabelValue | LabelTranslation | MetadataValue, note: str = "") -> Location:
        """Where the text of a label or of a custom metadata field stands; its file is parsed only now."""
        match value:
            case LabelValue():
                tag, key, name, inner = "labels", "fullName", value.name, "value"
            case LabelTranslation():
                tag, key, name, inner = "customLabels", "name", value.name, "label"
            case MetadataValue():
                tag, key, name, inner = "values", "field", value.field, "value"
        if value.path not in self._documents:
            self._documents[value.path] = self.document(value.path)
        document = self._documents[value.path]
        holders = [element for element in document.root.all(tag) if element.get(key) == name] or [document.root]
        return document.location(holders[0].find(inner) or holders[0], note)

    def note_compared(self, link: Location, place: Location) -> None:
        """A profile is compared at `place` with the constant behind a link: a label or a custom metadata column."""
        kind, _, rest = link.note.partition(" ")
        if kind == "label":
            self.compared_labels[rest.partition(" ")[0].lower()].append(place)
        elif link.note.startswith("custom metadata "):
            type_name, _, column = link.note.removeprefix("custom metadata ").partition(" ")[0].partition(".")
            self.compared_columns.add(f"{type_name.removesuffix('__mdt')}.{column.rpartition('.')[2]}".lower())

    def columns(self, type_name: str, record: str, field: str) -> list[tuple[str, Location]]:
        """The texts of a column of custom metadata: of one record, or with `*` of all records of the type."""
        wanted, field = type_name.lower().removesuffix("__mdt"), field.lower()
        found = []
        for (kind, name), values in self.records.items():
            if kind.removesuffix("__mdt") == wanted and record.lower() in ("*", name) and field in values:
                value = values[field]
                note = f"custom metadata {value.type}.{value.record}.{value.field} = {_short(value.text)}"
                found.append((value.text, self.place(value, note)))
        return found

    def knows_records(self, type_name: str) -> bool:
        """Whether the project holds a record of this type of custom metadata."""
        wanted = type_name.lower().removesuffix("__mdt")
        return any(kind.removesuffix("__mdt") == wanted for kind, _ in self.records)

    def tests(self, text: str, host: str) -> Tests:
        """The profile tests of a formula on an object; raises FormulaError."""
        return tests(text, lambda name: self.meaning(name, host))

    def _launder(self) -> None:
        """Follow formula fields to formula fields until nothing new is learned."""
        waiting = list(self.of(FieldFormula))
        learned = True
        while learned and waiting:
            learned = False
            for formula in list(waiting):
                found = self._carries(formula)
                if found:
                    self.fields[formula.field.lower()].append(found)
                    waiting.remove(formula)
                    learned = True

    def _carries(self, formula: FieldFormula) -> Laundered | None:
        try:
            tests, loose = self.tests(formula.text.value, formula.object)
        except FormulaError:
            return None  # reported where the field itself is judged
        if not tests and not loose:
            return None
        meaning = loose[0][1] if loose else tests[0][1][0]
        attribute = meaning.attribute if loose else Attribute("answer", meaning.attribute.subject)
        of_user = formula.object.lower() == "user" and attribute.subject == Subject.EDITED_USER
        note = f"formula field {formula.object}.{formula.field} = {_short(formula.text.value)}"
        return Laundered(
            formula.object,
            formula.field,
            attribute,
            (_whole(formula.text, formula.path, note), *meaning.links),
            of_user,
        )


def _whose(head: str, host: str) -> Subject:
    """Whose field on User is read through a path: `User.X__c` is the user of the rule, as `User.Profile` is."""
    if head == "user":
        return Subject.RUNNING_USER
    return Subject.EDITED_USER if host.lower() == "user" and not head else Subject.LOOKED_UP_USER


def _whole(text: Text, path: str, note: str) -> Location:
    return Location(path, *text.span(0, len(text.value.rstrip())), note)


def _short(text: str, limit: int = 60) -> str:
    line = " ".join(text.split())
    return f'"{line}"' if len(line) <= limit else f'"{line[: limit - 1]}…"'
