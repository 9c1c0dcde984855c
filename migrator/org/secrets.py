"""What holds a secret of an org, and how it is kept out of other programs and of what is shown."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from urllib.parse import quote

_SECRET = re.compile(r"token|secret|password|passwd|private_?key|jwt|sfdx_auth_url|sfdxurl", re.IGNORECASE)
_SALESFORCE = re.compile(r"(?:SF|SFDX|SALESFORCE|FREESEAT)_", re.IGNORECASE)
_TOKEN = re.compile(r"00D\w{12,15}![\w.]+", re.ASCII)
"""How an access token of any org looks (org id, `!`, the rest)."""

HIDDEN = "[access token]"


def without(environ: Mapping[str, str], keep: Collection[str], secret: str) -> dict[str, str]:
    """An environment without Salesforce's secrets by name, and without what holds an access token, by value."""
    kept = {one.upper() for one in keep}
    return {
        name: value
        for name, value in environ.items()
        if name.upper() in kept
        or not (
            (_SALESFORCE.match(name) and _SECRET.search(name)) or _TOKEN.search(value) or (secret and secret in value)
        )
    }


def scrubbed(text: str, secret: str) -> str:
    """A text without a secret, also as it stands in an address, and without anything that looks like a token."""
    for one in (secret, quote(secret, safe="")) if secret else ():
        text = text.replace(one, HIDDEN)
    return _TOKEN.sub(HIDDEN, text)
