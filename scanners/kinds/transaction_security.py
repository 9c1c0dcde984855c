"""Transaction security policies: the test is in a class or a flow, the consequence is a blocked API call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.facts import Ready
from scanners.model import Confidence, Consequence, Finding, Impact, Role, Rule
from scanners.scanner import Scanner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanners.document import Document

POLICY = Rule(
    "transaction-security/policy",
    "Transaction security policy may exempt by profile",
    Impact.HIGH,
    "The policy watches API events. If its class or flow exempts a profile, the integration's calls are blocked after "
    "the switch. Read the class or flow that it names; their own findings stand beside this one.",
    Consequence.LOGIN,
)


def read(document: Document) -> Iterator[Ready]:
    """The policy, with the class or flow that decides."""
    root = document.root
    decides = root.find("apexClass") or root.find("flow")
    if decides is None:
        return
    active = root.get("active") == "true"
    yield Ready(
        Finding(
            rule=POLICY.id,
            component=document.component,
            locations=(document.location(decides),),
            message=f"Transaction security policy {document.component.name} on {root.get('eventName')} is decided by "
            f"{decides.tag} {decides.value.strip()}",
            impact=POLICY.impact if active else Impact.LOW,
            role=Role.GATE,
            confidence=Confidence.TEXTUAL,
            active=active,
            advice=POLICY.help,
        )
    )


SCANNER = Scanner(name="transaction-security", rules=(POLICY,), files=("transactionsecuritypolicy",), read=read)
