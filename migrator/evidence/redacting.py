"""Nothing that looks like a secret leaves on an evidence page, whatever a gate's program or an org's message held.

The journal holds none by design; this is the second lock. Hashes stay those of the entries as they are.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from migrator.journal import Entry

HIDDEN = "[hidden: looks like a secret]"

_SECRETS = re.compile(
    r"""
    00D\w{12,15}![\w.%-]{8,}                                             # access token of an org
  | \bforce://[^\s"'<>]+                                                 # sfdx auth URL
  | \b5Aep861[\w.!-]{10,}                                                # refresh token
  | \beyJ[\w-]{6,}\.[\w-]{6,}\.[\w-]*                                    # JWT
  | -----BEGIN\ [A-Z ]*PRIVATE\ KEY-----.*?(?:-----END\ [A-Z ]*PRIVATE\ KEY-----|\Z)
  | (?<=://)[^\s/:@"']+:[^\s/@"']+(?=@)                                  # user:password@host
  | \b(?P<scheme>Bearer|Basic)\ +[\w.~+/=!-]{8,}
  | (?P<name>\b[\w-]*(?:password|passwd|secret|access_?token|refresh_?token|api_?key|private_?key)["']?\s*[=:]\s*)
    (?:"[^"\n]+"|'[^'\n]+'|[^\s"'&,;<>]+)
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII | re.DOTALL,
)


def entry(one: Entry) -> Entry:
    """The entry without what looks like a secret; its hash is still that of the whole."""
    return replace(one, body={name: _value(value) for name, value in one.body.items()})


def text(words: str) -> str:
    """A text without what looks like a secret."""
    return _SECRETS.sub(_hidden, words)


def _hidden(match: re.Match[str]) -> str:
    if match["name"]:
        return f"{match['name']}{HIDDEN}"
    return f"{match['scheme']} {HIDDEN}" if match["scheme"] else HIDDEN


def _value(value: Any) -> Any:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, dict):
        return {name: _value(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_value(inner) for inner in value]
    return value
