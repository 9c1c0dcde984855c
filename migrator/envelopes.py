"""Envelopes of the Metadata API (SOAP) as text: written with escapes, read without document types."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape

from scanners.xml import Element, Malformed, parse

SPACE = "http://soap.sforce.com/2006/04/metadata"


def envelope(token: str, operation: str, inner: str) -> str:
    """A request; `inner` is XML already."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope '
        f'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="{SPACE}"><soapenv:Header><SessionHeader>'
        f"<sessionId>{escape(token)}</sessionId></SessionHeader></soapenv:Header><soapenv:Body><{operation}>{inner}"
        f"</{operation}></soapenv:Body></soapenv:Envelope>"
    )


def fault(data: bytes) -> tuple[str, str] | None:
    """Code and message of a SOAP fault."""
    try:
        root = parse(data)
    except Malformed:
        return None
    for one in root.walk():
        if one.tag.rpartition(":")[2] == "Fault":
            code = one.get("faultcode").rpartition(":")[2]
            return code, one.get("faultstring").removeprefix(f"{code}: ")
    return None


def results(data: bytes) -> list[Element]:
    """The `result` elements, or the `records` inside them, of an answer."""
    try:
        root = parse(data)
    except Malformed:
        return []
    found = [one for one in root.walk() if one.tag.rpartition(":")[2] == "result"]
    records = [one for result in found for one in result.children if one.tag.rpartition(":")[2] == "records"]
    return records or found


def listed(*types: str) -> str:
    """The inside of a listMetadata request for up to three types (documented limit)."""
    return "".join(f"<queries><type>{escape(one)}</type></queries>" for one in types)


def named(kind: str, names: Iterable[str]) -> str:
    """The inside of a readMetadata request for up to ten components by full name (documented limit)."""
    return f"<type>{escape(kind)}</type>" + "".join(f"<fullNames>{escape(one)}</fullNames>" for one in names)
