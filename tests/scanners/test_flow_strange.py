"""Large and strange flows: an answer in time, or a word that there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.trees import HEAD, NAMESPACE, scan, write

if TYPE_CHECKING:
    from pathlib import Path

    from scanners.model import Effect, Report

MAIN = "force-app/main/default/flows"


def to(target: str, tag: str = "connector") -> str:
    """A connector."""
    return f"<{tag}><targetReference>{target}</targetReference></{tag}>"


def condition(left: str, right: str) -> str:
    """A condition on a text."""
    return (
        f"<conditions><leftValueReference>{left}</leftValueReference><operator>EqualTo</operator>"
        f"<rightValue><stringValue>{right}</stringValue></rightValue></conditions>"
    )


PROFILE = condition("$Profile.Name", "API Only")


def decision(name: str, tested: str, yes: str, other: str = "", logic: str = "and") -> str:
    """A decision with one outcome."""
    rule = f"<rules><name>Yes</name><conditionLogic>{logic}</conditionLogic>{tested}{to(yes)}</rules>"
    return f"<decisions><name>{name}</name>{to(other, 'defaultConnector') if other else ''}{rule}</decisions>"


def update(name: str, then: str = "") -> str:
    """An element that updates a record."""
    return f"<recordUpdates><name>{name}</name>{to(then) if then else ''}<object>Account</object></recordUpdates>"


def report(folder: Path, body: str, **others: str) -> Report:
    """The report on a flow that begins at its element D0."""
    flows = {"F": body, **others}
    files = {
        f"{MAIN}/{name}.flow-meta.xml": f"{HEAD}<Flow {NAMESPACE}>{inner}<start>{to('D0')}</start>"
        "<processType>AutoLaunchedFlow</processType><status>Active</status></Flow>"
        for name, inner in flows.items()
    }
    return scan(write(folder, files), "API Only")


def only(found: Report) -> Effect:
    """The one effect of the one finding."""
    (finding,) = found.findings
    (effect,) = finding.effects
    return effect


def other_test(number: int) -> str:
    """A condition that has nothing to do with profiles, another one for each number."""
    return condition(f"$Record.Field_{number}__c", "x")


def test_three_thousand_decisions_whose_ways_meet(tmp_path: Path) -> None:
    """Ten thousand elements and connectors in a row: the one that tests the profile is judged as if it stood alone."""
    body = "".join(
        decision(f"D{n}", PROFILE if n == 5 else other_test(n), f"U{n}", f"D{n + 1}") + update(f"U{n}", f"D{n + 1}")
        for n in range(3000)
    )
    effect = only(report(tmp_path, body))
    assert effect.before == "always; takes Yes; reaches U5 (record update of Account)"
    assert effect.after == "never; takes the default outcome; skips U5 (record update of Account)"
    assert effect.verdict == "changes"


def test_a_thousand_decisions_inside_each_other(tmp_path: Path) -> None:
    """Too deep to be followed: the verdict is the condition's own, and the text says so."""
    body = "".join(decision(f"D{n}", PROFILE if n == 5 else other_test(n), f"D{n + 1}") for n in range(1000))
    effect = only(report(tmp_path, body + update("D1000")))
    assert (effect.verdict, "too many ways" in effect.before, "too many ways" in effect.after) == (
        "changes",
        True,
        True,
    )


def test_every_decision_tests_the_profile(tmp_path: Path) -> None:
    """More outcomes that differ than are tried alone, and more deeds than are named: the others are counted."""
    body = "".join(decision(f"D{n}", PROFILE, f"U{n}", f"D{n + 1}") + update(f"U{n}", f"D{n + 1}") for n in range(150))
    found = report(tmp_path, body)
    assert {str(finding.verdict) for finding in found.findings} == {"changes"}
    assert len(found.findings) == 150
    assert found.findings[0].effects[0].before.endswith("; and 90 others")


def test_ways_back_everywhere(tmp_path: Path) -> None:
    """Cycles of all sizes through decisions end."""
    body = "".join(
        decision(f"D{n}", PROFILE if n % 7 == 3 else other_test(n % 9), f"U{n}", f"D{n + 1}")
        + update(f"U{n}", f"D{(n * 7) % 60}")
        for n in range(60)
    )
    found = report(tmp_path, body)
    assert len(found.findings) == 9
    assert all(finding.effects for finding in found.findings)


def test_a_decision_that_leads_to_itself(tmp_path: Path) -> None:
    """Nothing is reached either way."""
    assert only(report(tmp_path, decision("D0", PROFILE, "D0", "D0"))).verdict == "same"


def test_formulas_that_double(tmp_path: Path) -> None:
    """Forty formulas, each made of the one before it twice: what grows too large stays a name and is open."""
    formulas = "".join(
        f"<formulas><name>F{n}</name><expression>{{!F{n - 1}}} &amp; {{!F{n - 1}}}</expression></formulas>"
        for n in range(1, 40)
    )
    first = "<formulas><name>F0</name><expression>{!$Profile.Name}</expression></formulas>"
    body = first + formulas + decision("D0", condition("F11", "x"), "U") + update("U")
    effect = only(report(tmp_path, body))
    assert (effect.verdict, effect.decided_by.startswith("what F")) == ("depends", True)


@pytest.mark.parametrize("text", ["{!F0} = 'API Only'", "IF({!F1}, 'a', 'b')", "{!Missing} = 1"])
def test_formulas_that_refer_to_themselves(text: str, tmp_path: Path) -> None:
    """Formulas in a circle, or about resources that are not there, are names."""
    body = f"<formulas><name>F0</name><expression>{text}</expression></formulas>"
    body += "<formulas><name>F1</name><expression>{!F0} = $Profile.Name</expression></formulas>"
    found = report(tmp_path, body + decision("D0", PROFILE, "U") + update("U"))
    assert "changes" in {str(finding.verdict) for finding in found.findings}


def test_flows_that_call_each_other(tmp_path: Path) -> None:
    """Flows that hand the profile on in a circle are followed to a limited depth; both are judged."""

    def calls(name: str) -> str:
        value = "<value><elementReference>who</elementReference></value>"
        given = f"<inputAssignments><name>who</name>{value}</inputAssignments>"
        tests = decision("D0", condition("who", "API Only"), "U", "Call") + update("U", "Call")
        variable = "<variables><name>who</name><dataType>String</dataType><isInput>true</isInput></variables>"
        call = f"<subflows><name>Call</name><flowName>{name}</flowName>{given}</subflows>"
        return tests + variable + call

    first = (
        "<subflows><name>D0</name><flowName>F</flowName><inputAssignments><name>who</name><value><elementReference>"
        "$Profile.Name</elementReference></value></inputAssignments></subflows>"
    )
    found = report(tmp_path, calls("G"), G=calls("F"), Entry=first)
    words = {finding.component.name: str(finding.verdict) for finding in found.findings}
    assert words == {"F.D0/Yes": "changes", "G.D0/Yes": "changes"}


@pytest.mark.parametrize("logic", ["1 AND", "3", "1 OR (2", "and or", "(" * 300 + "1" + ")" * 300])
def test_logic_that_makes_no_sense(logic: str, tmp_path: Path) -> None:
    """Nothing is claimed of it but that both sides are the same."""
    body = decision("D0", PROFILE + other_test(1), "U", logic=logic) + update("U")
    assert only(report(tmp_path, body)).verdict == "same"


def test_a_flow_without_its_elements(tmp_path: Path) -> None:
    """Connectors to nothing, outcomes without names or conditions."""
    body = decision("D0", PROFILE, "Gone", "Lost") + "<decisions><rules/></decisions><loops><name>L</name></loops>"
    effect = only(report(tmp_path, body))
    assert (effect.verdict, effect.after) == ("same", "never; reaches nothing")
