"""A report as plain JSON values and back, for the cache alone: names are left out, order tells."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from scanners import model as m

_FORM = 2
"""Changes when the shape of a kept report does."""


def encode(report: m.Report) -> dict[str, Any]:
    """The report as JSON values."""
    return {"form": _FORM, "report": _plain(report)}


def decode(data: dict[str, Any]) -> m.Report | None:
    """The report, or None when the data is not one that this version wrote."""
    if data.get("form") != _FORM:
        return None
    try:
        return _report(data["report"])
    except (KeyError, TypeError, ValueError, IndexError):
        return None


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return [_plain(getattr(value, field.name)) for field in fields(value)]
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return value.value if isinstance(value, Enum) else value


def _report(v: list[Any]) -> m.Report:
    version, source, switch, rules, findings, skipped, spots, notes = v
    return m.Report(
        version,
        m.Origin(*source),
        m.Switch(tuple(m.Profile(*one) for one in switch[0]), m.Profile(*switch[1]), switch[2]),
        tuple(m.Rule(one[0], one[1], m.Impact(one[2]), one[3], m.Consequence(one[4]), *one[5:]) for one in rules),
        tuple(_finding(one) for one in findings),
        tuple(m.Skipped(*one) for one in skipped),
        tuple(m.BlindSpot(*one) for one in spots),
        tuple(notes),
    )


def _finding(v: list[Any]) -> m.Finding:
    names = [field.name for field in fields(m.Finding)]
    values = dict(zip(names, v, strict=True))
    values["component"] = m.Component(*values["component"])
    values["locations"] = tuple(m.Location(*one) for one in values["locations"])
    values["impact"] = m.Impact(values["impact"])
    values["role"] = m.Role(values["role"])
    values["subject"] = m.Subject(values["subject"])
    values["profiles"] = tuple(values["profiles"])
    values["consequence"] = m.Consequence(values["consequence"])
    values["confidence"] = m.Confidence(values["confidence"])
    values["effects"] = tuple(m.Effect(one[0], m.Verdict(one[1]), *one[2:]) for one in values["effects"])
    values["blame"] = m.Blame(*values["blame"]) if values["blame"] else None
    values["accepted"] = m.Accepted(*values["accepted"]) if values["accepted"] else None
    return m.Finding(**values)
