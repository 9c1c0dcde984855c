"""From a tree, a switch and wishes to fixes: find, draft, prove together, scan the result, say what stays open."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from scanners import engine
from scanners.errors import UsageError
from scanners.facts import ProfileFile
from scanners.fixes import apex, apps, filters, flow_values, flows, formulas, hands, lists, pinned
from scanners.fixes.edited import clash
from scanners.fixes.model import Fix, Fixes, Open, Strategy
from scanners.fixes.packaging import api_version
from scanners.fixes.people import labels, people
from scanners.fixes.permissions import Ledger, taken_names
from scanners.fixes.rewriting import Unfixable
from scanners.fixes.state import State, key, whole
from scanners.metadata import component_of
from scanners.model import Impact, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from scanners.fixes.draft import Draft
    from scanners.fixes.model import Claim, Edit, Wishes
    from scanners.fixes.people import People
    from scanners.model import Component, Finding
    from scanners.options import Options
    from scanners.project import Tree

    Drafts = Callable[[Iterable[Finding], People, Ledger], Iterator[tuple[tuple[Finding, ...], Draft | str]]]

_STAGES: tuple[tuple[Drafts, ...], ...] = (
    (lists.drafts, formulas.fields, flow_values.values),
    (formulas.drafts, flows.drafts, apex.drafts, filters.drafts, apps.drafts, pinned.drafts),
    (apex.values,),
)
"""Families in the order in which they are mended: what carries a profile on comes before those who read it."""


def fixes(tree: Tree, options: Options, wishes: Wishes) -> Fixes:
    """The fixes of all findings that change, each proved, and the findings that stay open, each with its reason.

    The same tree, options and wishes give the same value. Raises `UsageError` where nobody said who moves, and
    `NoMetadata`.
    """
    if not options.before:
        raise UsageError("say which profile the users leave: --from, or `from` in freeseat.toml")
    work = _Work(tree, options, wishes)
    found = [work.fix(draft, proof) for draft, proof in work.proved()]
    return Fixes(
        switch=work.judged.switch,
        commit=tree.commit,
        fixes=tuple(sorted(found, key=lambda fix: (fix.edits[:1], fix.title, fix.id))),
        open=tuple(sorted(work.open.values(), key=lambda one: (one.place, one.rule, one.finding))),
    )


class _Work:
    """One run: what was found, what was drafted, what stays open."""

    def __init__(self, tree: Tree, options: Options, wishes: Wishes) -> None:
        self.tree, self.options, self.wishes = tree, options, wishes
        self.examined = engine.examine(tree, options)
        self.judged = engine.judge(self.examined)
        self.world = self.examined.world
        self.who = people(self.world, self.judged.switch)
        version = api_version(tree.raw, [file.path for file in self.world.of(ProfileFile)] or [""])
        self.ledger = Ledger(self.world, wishes, taken_names(self.world, wishes), float(version), tree.raw)
        self.open: dict[str, Open] = {}
        self.back: list[Finding] = []
        self._last: State | None = None

    def proved(self) -> list[tuple[Draft, tuple[Claim, ...]]]:
        """The drafts of which everything holds when all of them are made together, with what was compared."""
        drafts: list[Draft] = []
        wanted = [one for one in self.judged.all if _wanted(one) or self._unsettled(one)]
        waiting = {one.id: one for one in wanted if not one.in_test or self.wishes.tests}
        for one in [one for one in waiting.values() if self.wishes.of(one.id) == Strategy.USER]:
            self._leave([waiting.pop(one.id)], "left to be done by hand, as wished")
        for stage in _STAGES:
            drafts = self._kept(drafts, self._drafted(stage, waiting))
            waiting.update({one.id: one for one in self.back})
            self.back.clear()
            self._adopt(drafts, waiting)
            drafts = [draft for draft in drafts if draft.findings]
        for one in waiting.values():
            self._leave([one], hands.reason(one))
        state = self._state(drafts)
        return [(draft, state.proof(draft)) for draft in drafts]

    def _kept(self, known: list[Draft], new: list[Draft]) -> list[Draft]:
        """Those of the drafts of which everything holds when all of them are made together."""
        drafts = list(known)
        taken: defaultdict[str, set[Edit]] = defaultdict(set)
        for draft in [*known, *new]:
            edits, _ = whole(draft, self.ledger)
            if draft in new and any(clash(edit, taken[edit.path]) for edit in edits):
                self._fail(draft, "another fix changes the same place in another way")
                continue
            for edit in edits:
                taken[edit.path].add(edit)
            drafts += [draft] if draft in new else []
        while drafts:
            kept = [draft for draft in drafts if self._holds(draft, drafts)]
            if len(kept) == len(drafts):
                left = self._still_found(drafts)
                kept = [draft for draft in drafts if draft not in left]
                for draft in left:
                    self._fail(draft, "a scan of the edited files still finds that it changes")
            if len(kept) == len(drafts):
                break
            drafts = kept
        return drafts

    def _holds(self, draft: Draft, drafts: Sequence[Draft]) -> bool:
        """Whether everything holds that is claimed of a draft; what does not is said."""
        try:
            said = self._state(drafts).proof(draft)
        except Unfixable as error:
            self._fail(draft, str(error))
            return False
        failed = tuple(one for one in said if not one.holds)
        if failed:
            self._fail(draft, f"not proved: {failed[0].when} ({failed[0].profile})", failed)
        elif not said:
            self._fail(draft, "there is nothing to compare it by")
        return bool(said) and not failed

    def _state(self, drafts: Sequence[Draft]) -> State:
        """The tree with these drafts made; the last one is remembered."""
        if self._last is None or self._last.key != key(drafts):
            self._last = State(self.examined, drafts, self.who, self.ledger)
        return self._last

    def _adopt(self, drafts: list[Draft], waiting: dict[str, Finding]) -> None:
        """Findings that the drafts settle elsewhere belong to the draft that their chain leads to."""
        for one in self._settled(drafts, [one for one in waiting.values() if one.verdict == Verdict.CHANGES]):
            places = {(link.path, link.line) for link in one.locations}
            paths = {link.path for link in one.locations}
            near = [n for n, draft in enumerate(drafts) if _touches(draft, places)]
            near += [n for n, draft in enumerate(drafts) if paths & {edit.path for edit in draft.edits}]
            if near:
                draft = drafts[near[0]]
                drafts[near[0]] = replace(draft, findings=(*draft.findings, one))
                waiting.pop(one.id)

    def fix(self, draft: Draft, proof: tuple[Claim, ...]) -> Fix:
        """A draft that is proved, as it is shown and applied."""
        first = draft.findings[0]
        edits, files = whole(draft, self.ledger)
        names = [name for name, _ in draft.permissions] + [name for name, _ in draft.granted]
        added = tuple(sorted({one.component for one in files}, key=str))
        ids = tuple(one.id for one in draft.findings)
        digest = hashlib.blake2b(f"{draft.strategy} {' '.join(ids)}".encode(), digest_size=5).hexdigest()
        return Fix(
            id=digest,
            title=draft.title or self._title(draft, tuple(dict.fromkeys(names))),
            why=first.message,
            strategy=draft.strategy,
            findings=ids,
            edits=tuple(sorted(set(edits))),
            files=files,
            changed=tuple(sorted({*draft.changed, *self._holders(edits)}, key=str)),
            added=added,
            proof=proof,
            warnings=(*draft.warnings, *self._warnings(draft)),
        )

    def _title(self, draft: Draft, names: tuple[str, ...]) -> str:
        if draft.strategy == Strategy.EXTEND:
            return f"{draft.what}: {self.who.after.label} beside {labels(self.who.before)}"
        return f"{draft.what}: {'tests' if draft.edits else 'needs'} {', '.join(names)}"

    def _drafted(self, stage: tuple[Drafts, ...], waiting: dict[str, Finding]) -> list[Draft]:
        """A draft for each place of which one is known; the others are left open."""
        found: list[Draft] = []
        for family in stage:
            for group, draft in family(list(waiting.values()), self.who, self.ledger):
                for one in group:
                    waiting.pop(one.id, None)
                if isinstance(draft, str):
                    self._leave(group, draft)
                elif draft.edits or draft.granted or draft.files:
                    found.append(draft)
        return found

    def _still_found(self, drafts: Sequence[Draft]) -> list[Draft]:
        """The drafts of places that a scan of the edited tree still says of that they change."""
        left: set[int] = set()
        for old in self.who.before:
            now = _changing(self._state(drafts).found(old), old.label)
            was = _changing(self.judged.all, old.label)
            fixed = _changing([one for draft in drafts for one in draft.findings], old.label)
            wrong = {place for place in fixed if now[place] > was[place] - fixed[place]}
            left |= {n for n, draft in enumerate(drafts) if any(_place(one) in wrong for one in draft.findings)}
        return [draft for n, draft in enumerate(drafts) if n in left]

    def _unsettled(self, finding: Finding) -> bool:
        return finding.accepted is None and apps.unsettled(finding, self.who, self.ledger)

    def _settled(self, drafts: Sequence[Draft], findings: Iterable[Finding]) -> list[Finding]:
        """Those of the findings that a scan of the edited tree no longer calls a change, for anybody who moves."""
        if not drafts:
            return []
        found = [one for old in self.who.before for one in self._state(drafts).found(old)]
        still = {one.id for one in found if one.verdict == Verdict.CHANGES}
        return [one for one in findings if one.id not in still]

    def _holders(self, edits: Iterable[Edit]) -> Iterator[Component]:
        """Profiles and permission sets among what is edited."""
        for edit in edits:
            component = component_of(edit.path)
            if component.type in ("Profile", "PermissionSet"):
                yield component

    def _warnings(self, draft: Draft) -> Iterator[str]:
        if draft.strategy == Strategy.EXTEND:
            yield f"every user of {self.who.after.label} is then treated as those who moved are"
        held = {file.profile.label for file in self.world.of(ProfileFile)}
        moved = {one for _, profiles in draft.permissions for one in profiles}
        missing = [one for one in self.who.before if one in moved and one.label not in held]
        if missing:
            yield f"{labels(missing)} is not in the repository, so the profile's own name stays in the condition"

    def _fail(self, draft: Draft, reason: str, failed: tuple[Claim, ...] = ()) -> None:
        """A draft that does not hold: its findings stay open, or wait for another."""
        if draft.optional:
            self.back += draft.findings
        else:
            self._leave(draft.findings, reason, failed)

    def _leave(self, findings: Iterable[Finding], reason: str, failed: tuple[Claim, ...] = ()) -> None:
        for one in findings:
            place = one.location
            self.open[one.id] = Open(
                one.id, one.rule, one.component, f"{place.path}:{place.line}", reason, hands.advice(one), failed
            )


def _wanted(finding: Finding) -> bool:
    """Whether a finding asks for a fix: it changes, or is a set that those who move can certainly not hold."""
    certain = finding.rule == pinned.RULE and finding.impact == Impact.HIGH
    return finding.accepted is None and (finding.verdict == Verdict.CHANGES or certain)


def _changing(findings: Iterable[Finding], label: str) -> Counter[tuple[str, str, str]]:
    """How many findings of each place change for the users of a profile."""
    return Counter(
        _place(one)
        for one in findings
        if any(effect.profile == label and effect.verdict == Verdict.CHANGES for effect in one.effects)
    )


def _touches(draft: Draft, places: set[tuple[str, int]]) -> bool:
    """Whether a draft is for a finding at one of these places."""
    return any((link.path, link.line) in places for one in draft.findings for link in one.locations)


def _place(finding: Finding) -> tuple[str, str, str]:
    return finding.rule, str(finding.component), finding.location.path
