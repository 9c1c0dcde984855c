"""Flows as graphs: ways out, order, loops, what is missing; and what elements do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scanners import logic, xml
from scanners.diagrams import ALWAYS, NEVER
from scanners.document import Document
from scanners.kinds.flow.doing import Doing, Weight
from scanners.kinds.flow.graph import START, Graph, graph_of
from scanners.kinds.flow.paths import Paths, Side
from scanners.kinds.flow.reading import Flow
from scanners.logic import FALSE, TRUE
from scanners.metadata import component_of
from scanners.model import Profile, Source, Switch
from scanners.profiles import ProfileBook
from scanners.world import World

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scanners.logic import Condition


def to(target: str, tag: str = "connector") -> str:
    """A connector."""
    return f"<{tag}><targetReference>{target}</targetReference></{tag}>"


def update(name: str, *more: str) -> str:
    """An element that updates a record."""
    return f"<recordUpdates><name>{name}</name>{''.join(more)}<object>Account</object></recordUpdates>"


def decision(name: str, *rules: tuple[str, str], default: str = "") -> str:
    """A decision with outcomes (name, target)."""
    outcomes = "".join(f"<rules><name>{rule}</name>{to(target) if target else ''}</rules>" for rule, target in rules)
    return f"<decisions><name>{name}</name>{outcomes}{to(default, 'defaultConnector') if default else ''}</decisions>"


def start(target: str, *more: str) -> str:
    """The start of a flow."""
    return f"<start>{to(target) if target else ''}{''.join(more)}</start>"


def graph(*elements: str) -> Graph:
    """The graph of a flow with these elements."""
    return graph_of(xml.parse(f"<Flow>{''.join(elements)}</Flow>".encode()))


def flow(*elements: str) -> Flow:
    """A flow that is read like one of a tree."""
    text = f"<Flow>{''.join(elements)}<status>Active</status></Flow>"
    path = "flows/F.flow"
    source = Source(path, component_of(path), text.encode())
    world = World((), Switch((), Profile("New", "New")), ProfileBook())
    return Flow(Document(source, source.data.lower(), ()), world, {})


def reached(of: Graph, rules: Mapping[str, Condition], *, later: bool = True) -> dict[str, int]:
    """What is reached under these conditions."""
    side = Side({key: rules.get(key, TRUE) for key in of.rules}, {}, tuple(of.rules))
    return Paths(of).reached(side, later=later)


DIAMOND = (
    start("D"),
    decision("D", ("Yes", "A"), default="B"),
    update("A", to("C")),
    update("B", to("C")),
    update("C"),
)


def test_order_and_exits() -> None:
    """Every element comes after all that lead to it; the default way knows the outcomes before it."""
    found = graph(*DIAMOND)
    assert found.order[0] == START
    assert found.order.index("d") < min(found.order.index("a"), found.order.index("b"))
    assert found.order[-1] == "c"
    default = found.exits["d"][-1]
    assert (default.label, default.target, default.before) == ("the default outcome", "b", ("d/yes",))
    assert found.downstream("d") == {"a", "b", "c"}
    assert found.upstream({"a"}) == {"a", "d", START}
    assert (found.missing, found.looped, found.entered) == ((), frozenset(), True)


@pytest.mark.parametrize(("yes", "expected"), [(TRUE, (ALWAYS, NEVER)), (FALSE, (NEVER, ALWAYS))])
def test_one_way_is_taken(yes: Condition, expected: tuple[int, int]) -> None:
    """A decided outcome shuts the other way; where the ways meet, all pass."""
    found = reached(graph(*DIAMOND), {"d/yes": yes})
    assert (found.get("a", NEVER), found.get("b", NEVER)) == expected
    assert found["c"] == ALWAYS


def test_the_first_outcome_wins() -> None:
    """The second outcome is taken only where the first is not, though both hold."""
    found = graph(start("D"), decision("D", ("One", "A"), ("Two", "B")), update("A"), update("B"))
    paths = Paths(found)
    conditions: dict[str, Condition] = {START: TRUE, "d/one": logic.unknown("x"), "d/two": TRUE}
    ways = paths.reached(Side(conditions, {}, tuple(conditions)), later=True)
    assert ways["b"] == paths.diagrams.opposite(ways["a"])


def test_loops_are_walked_and_told() -> None:
    """What a loop repeats comes before what follows it, and is known to repeat."""
    found = graph(
        start("Each"),
        f"<loops><name>Each</name>{to('Body', 'nextValueConnector')}{to('After', 'noMoreValuesConnector')}</loops>",
        update("Body", to("Each")),
        update("After"),
    )
    assert found.order == (START, "each", "body", "after")
    assert found.looped == {"each", "body"}
    assert reached(found, {})["after"] == ALWAYS


def test_cycles_end() -> None:
    """Elements that lead to each other and to themselves are reached, once and for all."""
    found = graph(start("A"), update("A", to("B")), update("B", to("A")), update("C", to("C")))
    assert reached(found, {}) == {START: ALWAYS, "a": ALWAYS, "b": ALWAYS}


def test_missing_targets_are_noted() -> None:
    """A connector to an element that is not there leads nowhere."""
    found = graph(start("A"), update("A", to("Gone")))
    assert found.missing == (("a", "gone"),)
    assert "a" not in found.exits or found.exits["a"] == ()


def test_names_ignore_case() -> None:
    """References find their elements whatever the case."""
    assert graph(start("first_one"), update("First_One")).order == (START, "first_one")


def test_old_flows_begin_by_reference() -> None:
    """Flows of old API versions name their first element, without conditions."""
    found = graph("<startElementReference>A</startElementReference>", update("A"))
    assert (found.entered, found.exits[START][0].rule) == (True, "")


def test_a_flow_without_a_beginning() -> None:
    """Without one nothing is known to be reached."""
    assert graph(update("A")).entered is False


def test_scheduled_paths_run_later() -> None:
    """They are followed only when asked for."""
    path = f"<scheduledPaths><name>Tomorrow</name>{to('A')}</scheduledPaths>"
    found = graph(start("B", path), update("A"), update("B"))
    assert set(reached(found, {}, later=False)) == {START, "b"}
    assert set(reached(found, {}, later=True)) == {START, "a", "b"}


def test_faults_and_events_are_no_certainty() -> None:
    """A fault path and a wait event are taken in some cases, whoever runs the flow."""
    event = f"<waitEvents><name>Signed</name>{to('B')}</waitEvents>"
    found = graph(
        start("A"), update("A", to("W"), to("F", "faultConnector")), f"<waits><name>W</name>{event}</waits>",
        update("B"), update("F"),
    )  # fmt: skip
    ways = reached(found, {})
    assert ways["b"] not in (NEVER, ALWAYS)
    assert ways["f"] not in (NEVER, ALWAYS, ways["b"])


def test_unknown_kinds_of_ways_may_be_taken() -> None:
    """A way out of a kind that is not known here is possible, not certain."""
    ways = f"<experimentPaths><name>One</name>{to('A')}</experimentPaths>"
    assert reached(graph(start("E"), f"<experiments><name>E</name>{ways}</experiments>", update("A")), {})["a"] > ALWAYS


def assignment(name: str, target: str, *more: str) -> str:
    """An assignment of a text."""
    item = f"<assignToReference>{target}</assignToReference><operator>Assign</operator>"
    value = "<value><stringValue>x</stringValue></value>"
    return (
        f"<assignments><name>{name}</name><assignmentItems>{item}{value}</assignmentItems>{''.join(more)}</assignments>"
    )


def test_what_elements_do() -> None:
    """Records, mails, errors and calls count; an assignment counts where something reads it or it leaves the flow."""
    found = flow(
        start("Set_Read"),
        assignment("Set_Read", "Read", to("Set_Unread")),
        assignment("Set_Unread", "Unread", to("Set_Output")),
        assignment("Set_Output", "Output", to("Set_Field")),
        assignment("Set_Field", "$Record.Name", to("Write")),
        "<recordCreates><name>Write</name><inputAssignments><field>Name</field><value><elementReference>Text"
        f"</elementReference></value></inputAssignments><object>Task</object>{to('Tell')}</recordCreates>",
        f"<actionCalls><name>Tell</name><actionType>emailAlert</actionType>{to('Run')}</actionCalls>",
        "<actionCalls><name>Run</name><actionType>apex</actionType></actionCalls>",
        "<customErrors><name>No</name></customErrors>",
        "<formulas><name>Text</name><expression>{!Read} &amp; 'x'</expression></formulas>",
        *(f"<variables><name>{name}</name></variables>" for name in ("Read", "Unread")),
        "<variables><name>Output</name><isOutput>true</isOutput></variables>",
    )
    deeds = Doing(found, graph_of(found.document.root)).deeds
    assert {deed.name: (deed.words, deed.weight) for deed in deeds.values()} == {
        "Set_Read": ("assignment", Weight.INNER),
        "Set_Output": ("assignment", Weight.VALUE),
        "Set_Field": ("field update", Weight.WRITE),
        "Write": ("record create of Task", Weight.WRITE),
        "Tell": ("mail", Weight.MAIL),
        "Run": ("Apex action", Weight.ACTION),
        "No": ("custom error", Weight.CUSTOM_ERROR),
    }


def test_what_only_a_dead_end_reads_is_not_felt() -> None:
    """A value that a decision reads counts only where the decision leads to something."""
    test = "<conditions><leftValueReference>V</leftValueReference></conditions>"
    body = (start("S"), assignment("S", "V", to("D")), "<variables><name>V</name></variables>")
    led = flow(*body, f"<decisions><name>D</name><rules><name>R</name>{test}{to('U')}</rules></decisions>", update("U"))
    dead = flow(*body, f"<decisions><name>D</name><rules><name>R</name>{test}</rules></decisions>", update("U"))
    assert "s" in Doing(led, graph_of(led.document.root)).deeds
    assert "s" not in Doing(dead, graph_of(dead.document.root)).deeds
