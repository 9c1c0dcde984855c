"""How two plans differ, in words that a reviewer who knows the old one needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from migrator import files
from migrator.plan import SCHEMA, Move, Plan, Step, read


def show(old: str, new: str, say: Callable[[str], None]) -> int:
    """Print the differences of two files; 1 if there are any."""
    before, after = (read(files.read_json(path, SCHEMA, "freeseat plan"), path) for path in (old, new))
    lines = list(differences(before, after))
    for line in lines or [f"no difference: both have the digest {before.digest}"]:
        say(line)
    return 1 if lines else 0


def differences(old: Plan, new: Plan) -> Iterator[str]:
    """One line a difference; none for equal plans."""
    if old.digest == new.digest:
        return
    yield f"digest {old.digest[:19]}… → {new.digest[:19]}…"
    yield from _basis(old, new)
    yield from _users(old, new)
    yield from _stages(old, new)
    yield from _sets(old, new)
    yield from _mended(old, new)
    yield from _concerns(old, new)
    yield from _names("tests", set(old.tests), set(new.tests))
    yield from _names("notes", set(old.notes), set(new.notes))


def _basis(old: Plan, new: Plan) -> Iterator[str]:
    if old.switch.profile != new.switch.profile:
        yield f"target profile: {old.switch.profile} → {new.switch.profile}"
    if old.basis.inventory != new.basis.inventory:
        yield f"inventory: another one, of {old.basis.taken_at} → of {new.basis.taken_at}"
    elif old.basis.taken_at != new.basis.taken_at:
        yield f"inventory: the same content, taken again at {new.basis.taken_at}"
    if old.basis.scan != new.basis.scan:
        yield f"scan: another one, commit {old.basis.commit[:12] or 'none'} → {new.basis.commit[:12] or 'none'}"


def _users(old: Plan, new: Plan) -> Iterator[str]:
    before, after = {one.user: one for one in old.moves}, {one.user: one for one in new.moves}
    reasons = {one.subject: one.says for one in new.left_out if not one.waived}
    for name in sorted(set(before) - set(after)):
        why = f": {reasons[name]}" if name in reasons else ""
        yield f"user {name} no longer moves{why}"
    for name in sorted(set(after) - set(before)):
        yield f"user {name} moves now, from {after[name].profile}, in {len(after[name].steps)} steps"
    for name in sorted(set(before) & set(after)):
        yield from (f"user {name}: {words}" for words in _steps(before[name], after[name]))


def _steps(old: Move, new: Move) -> Iterator[str]:
    before, after = list(map(_words, old.steps)), list(map(_words, new.steps))
    yield from (f"no longer {one}" for one in before if one not in after)
    yield from (f"now also {one}" for one in after if one not in before)
    if sorted(before) == sorted(after) and before != after:
        yield "the same steps in another order"
    if old.criticality != new.criticality:
        yield f"criticality {old.criticality} → {new.criticality} ({', '.join(new.because) or 'nothing hangs on it'})"
    yield from _names("risks", set(old.risks), set(new.risks))
    yield from _names("rights that cannot come along", {one.what for one in old.lost}, {one.what for one in new.lost})


def _words(step: Step) -> str:
    return f"{step.kind.value} {step.target.name}: {step.before} → {step.after}"


def _stages(old: Plan, new: Plan) -> Iterator[str]:
    before, after = {one.name: one for one in old.stages}, {one.name: one for one in new.stages}
    yield from _names("stages", set(before), set(after))
    for name in sorted(set(before) & set(after)):
        one, two = before[name], after[name]
        if one.gates != two.gates:
            yield f"stage {name}: gates {_gates(one.gates)} → {_gates(two.gates)}"
        if bool(one.blocked) != bool(two.blocked):
            yield f"stage {name}: {'may not start any more' if two.blocked else 'may start now'}"
        batches = [[len(batch.users) for batch in stage.batches] for stage in (one, two)]
        if batches[0] != batches[1]:
            yield f"stage {name}: batches of {batches[0]} → {batches[1]} users"
        elif one.batches != two.batches:
            yield f"stage {name}: the same batches with other users or in another order"


def _gates(gates: tuple[object, ...]) -> str:
    return ", ".join(f"{one.kind} {one.argument}".strip() for one in gates) or "none"  # type: ignore[attr-defined]


def _sets(old: Plan, new: Plan) -> Iterator[str]:
    before, after = {one.name: one for one in old.deployments}, {one.name: one for one in new.deployments}
    yield from _names("permission sets to deploy", set(before), set(after))
    for name in sorted(set(before) & set(after)):
        if before[name].digest != after[name].digest:
            lines = set(before[name].xml.split("\n")), set(after[name].xml.split("\n"))
            new_lines, gone = len(lines[1] - lines[0]), len(lines[0] - lines[1])
            yield f"permission set {name}: other content, {new_lines} lines new, {gone} gone"


def _mended(old: Plan, new: Plan) -> Iterator[str]:
    one, two = old.mended, new.mended
    if one == two:
        return
    if one is None or two is None:
        yield (
            "fixes: none are deployed any more"
            if two is None
            else f"fixes: now deployed, {len(two.components)} components"
        )
        return
    yield from _names("fixes", set(one.titles), set(two.titles))
    yield from _names("fixed components", set(one.components), set(two.components))
    before, after = ({file.path: file for file in mended.files} for mended in (one, two))
    changed = sorted(path for path in before.keys() & after.keys() if before[path] != after[path])
    yield from (f"fixes: {path} has other content" for path in changed)
    if one.users != two.users:
        yield f"fixes: needed by {len(one.users)} users → by {len(two.users)}"


def _concerns(old: Plan, new: Plan) -> Iterator[str]:
    before, after = {one.id: one for one in old.concerns}, {one.id: one for one in new.concerns}
    for key in sorted(set(before) | set(after)):
        one, two = before.get(key), after.get(key)
        if one is None and two is not None:
            yield f"finding {key} is new: {two.component}, {two.impact}, {two.decision}"
        elif two is None and one is not None:
            yield f"finding {key} is gone: {one.component}"
        elif one and two and one.decision != two.decision:
            yield f"finding {key}: {one.decision} → {two.decision}"


def _names(what: str, old: set[str], new: set[str]) -> Iterator[str]:
    for one in sorted(new - old):
        yield f"{what}: now {one}"
    for one in sorted(old - new):
        yield f"{what}: no longer {one}"
