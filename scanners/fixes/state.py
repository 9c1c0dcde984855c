"""A tree with several drafts made, read and judged again: once, however often it is asked about."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from scanners import engine
from scanners.fixes.edited import Edited
from scanners.fixes.model import NewFile
from scanners.fixes.permissions import merged
from scanners.fixes.proving import claims

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scanners.fixes.draft import Draft
    from scanners.fixes.model import Claim, Edit
    from scanners.fixes.people import People
    from scanners.fixes.permissions import Ledger
    from scanners.model import Finding, Profile


class State:
    """What some drafts make of an examined tree; raises `edited.Conflict` where they cannot all be made."""

    def __init__(self, before: engine.Examined, drafts: Sequence[Draft], who: People, ledger: Ledger) -> None:
        self.before, self.who, self.ledger = before, who, ledger
        self.key = key(drafts)
        wholes = [whole(draft, ledger) for draft in drafts]
        edits = [edit for some, _ in wholes for edit in some]
        added = merged(file for _, some in wholes for file in some)
        self.tree = Edited(before.tree, edits, added)
        own = {ledger.set_of(one) for one in who.before}
        sets = [one.component.name for one in added if one.component.type == "PermissionSet"]
        self._unassigned = {name.lower(): frozenset[str]() for name in sets if name not in own}
        """Copies of sets that nobody holds yet."""
        self._proofs: dict[object, tuple[Claim, ...]] = {}
        self._found: dict[str, tuple[Finding, ...]] = {}

    @cached_property
    def examined(self) -> engine.Examined:
        """The edited tree, read, with what the first judging taught of inputs."""
        after = engine.examine_again(self.before, self.tree, self.tree.changed)
        after.world.inputs.update(self.before.world.inputs)
        after.world.callers.update(self.before.world.callers)
        after.world.holders |= self._unassigned
        return after

    def proof(self, draft: Draft) -> tuple[Claim, ...]:
        """All that has to hold of a draft, with whether it does; raises `Unfixable`."""
        name = key([draft])
        if name not in self._proofs:
            said = [
                one
                for case in draft.cases(self.examined)
                for one in claims(case, self.who, self.ledger.set_of, draft.strategy)
            ]
            self._proofs[name] = tuple(dict.fromkeys(said))
        return self._proofs[name]

    def found(self, old: Profile) -> tuple[Finding, ...]:
        """What a scan of the edited tree says when the users of one profile move and hold their set."""
        if old.label not in self._found:
            options = replace(self.before.options, before=(old.label,), assigned=(self.ledger.set_of(old),))
            again = engine.examine_again(self.examined, self.tree, (), options)
            again.world.holders |= self._unassigned
            self._found[old.label] = engine.judge(again).all
        return self._found[old.label]


def key(drafts: Iterable[Draft]) -> object:
    """What tells the edits of some drafts from those of others."""
    return tuple((one.edits, one.permissions, one.granted, one.files, one.sets) for one in drafts)


def whole(draft: Draft, ledger: Ledger) -> tuple[list[Edit], tuple[NewFile, ...]]:
    """The edits and new files of a draft, with those that define and grant its permissions."""
    edits, files = list(draft.edits), list(draft.files)
    for name, profiles in draft.permissions:
        files.append(ledger.definition(name))
        for one in profiles:
            edits += ledger.granted_by_profile(name, one)
    needed = [(name, one) for name, profiles in draft.permissions for one in profiles]
    for name, one in [*needed, *draft.granted]:
        given = ledger.granted_by_set(name, one)
        if isinstance(given, NewFile):
            files.append(given)
        elif given is not None:
            edits.append(given)
    files += [made for one in draft.sets if (made := ledger.empty_set(one))]
    return edits, merged(files)
