"""Feature licenses: which the new license refuses, and what a change of profile does about those."""

from __future__ import annotations

from migrator.probing.bench import Bench
from migrator.probing.values import Answer, CannotRun, Experiment, meant
from scanners.reports.text import one_line, shorten

_MARKETING = "UserPermissionsMarketingUser"
_NOT_ALLOWED = "FIELD_INTEGRITY_EXCEPTION"


def _tried(bench: Bench) -> dict[str, bool]:
    """Flag → whether the new license allows it; those for which another refusal came are left out."""
    bench.switched(psl=True)
    found = {}
    for flag in bench.flags:
        error = bench.patch(**{flag: True})
        if error is None:
            found[flag] = True
            bench.patch(**{flag: False})
        elif error.code == _NOT_ALLOWED:
            found[flag] = False
    return found


def refused(bench: Bench) -> Answer:
    """Tick each flag of a user with the new license."""
    found = _tried(bench)
    others = {allowed for flag, allowed in found.items() if flag != _MARKETING}
    saw = "; ".join(
        f"{what}: {', '.join(flag.removeprefix('UserPermissions') for flag, one in found.items() if one is allowed)}"
        for what, allowed in (("allowed", True), ("refused", False))
        if allowed in found.values()
    )
    if _MARKETING not in found or len(others) != 1:
        raise CannotRun(f"neither all nor none nor all but Marketing User: {saw or 'no flag could be tried'}")
    if others == {True}:
        if not found[_MARKETING]:
            raise CannotRun(f"none but Marketing User: {saw}")
        return Answer("none", saw)
    return Answer("all-but-marketing" if found[_MARKETING] else "all", saw)


def on_change(bench: Bench) -> Answer:
    """A flag that the old license allows and the new one refuses, ticked, then the new profile."""
    no = [flag for flag, allowed in _tried(bench).items() if not allowed]
    if not no:
        raise CannotRun("the new license refuses no feature license, so there is nothing to try with")
    bench.bare()
    flag = next((one for one in no if bench.patch(**{one: True}) is None), "")
    if not flag:
        raise CannotRun("no seat of a feature license that is refused is left to try with")
    name = flag.removeprefix("UserPermissions")
    error = bench.move()
    if error:
        return Answer("error", shorten(one_line(str(meant(error))), 300))
    stays = bool(bench.settled().fields[flag])
    return Answer("keep" if stays else "clear", f"{name} is {'on' if stays else 'off'} after the change of profile")


EXPERIMENTS = (
    Experiment(
        "refused-feature-licenses",
        "Which feature licenses does Salesforce Integration refuse?",
        "each feature license once, for the probe user with the new license",
        refused,
    ),
    Experiment(
        "feature-licenses-on-change",
        "What happens to feature licenses that the new license refuses when the profile changes?",
        "a feature license for the probe user with the old license, then the new profile",
        on_change,
    ),
)
