"""Functions that write a value in another notation: ids, HTML, JavaScript, URLs, currencies.

Encodings and FORMATCURRENCY after the engine's own (github salesforce/formula-engine); ids after the documentation.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from scanners.formula.functions.json_ import json_path_value, json_value
from scanners.formula.functions.signature import Application, Function, Outside, Row, Special
from scanners.formula.values import Misfit, Outcome, Type, Unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

_HTML = {
    "<": "&lt;",
    ">": "&gt;",
    "&": "&amp;",
    '"': "&quot;",
    "'": "&#39;",
    "\u2028": "<br>",
    "\u2029": "<p>",
    "\u00a9": "&copy;",
}
_JAVASCRIPT = {
    "\\": "\\\\",
    "'": "\\'",
    "\n": "\\n",
    "\r": "\\r",
    '"': '\\"',
    "!--": "\\!--",
    "<": "\\u003C",
    ">": "\\u003E",
    "\u2028": "\\n",
    "\u2029": "\\u2029",
    "\0": "",
    "/*": "\\/\\*",
    "*/": "\\*\\/",
    "*": "\\*",
    "&#39;": "\\&#39;",
}
_SCRIPT_PARTS = re.compile("|".join(re.escape(part) for part in sorted(_JAVASCRIPT, key=len, reverse=True)))
_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?\Z")
_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"

# Digits after the point where they are not 2 (ISO 4217, as Java has them).
_SCALES = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_DECIMALS = {code: scale for scale, codes in _SCALES.items() for code in codes.split()}
_NO_MONEY = "XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX"


def _html(text: str | None) -> str:
    return "".join(_HTML.get(one) or (f"&#{ord(one)};" if one > "\uffff" else one) for one in text or "")


def _javascript(text: str | None) -> str:
    return _SCRIPT_PARTS.sub(lambda match: _JAVASCRIPT[match[0]], text or "")


def _url(text: str | None) -> Outcome:
    try:
        return quote_plus(text or "", safe="*-._").replace("~", "%7E")
    except UnicodeEncodeError:
        return Unknown("half a character in a URL")


def long_id(text: str | None) -> Outcome:
    """CASESAFEID: 15 characters get their three check characters; 18 stay.

    In each block of five, bit n is set where character n is upper case (metadata-catalogue.md 4.3, checked).
    """
    if text is None:
        return None
    if not _ID.match(text):
        return Unknown("CASESAFEID of what is not an id")
    if len(text) == 18:
        return text
    blocks = (text[start : start + 5] for start in (0, 5, 10))
    bits = (sum(1 << place for place, one in enumerate(block) if "A" <= one <= "Z") for block in blocks)
    return text + "".join(_SUFFIX[number] for number in bits)


def _currency(call: Application) -> Outcome:
    """FORMATCURRENCY: the code, a blank and the amount as the user's locale groups it; known here for US English."""
    if (stop := call.stopped(fails=True)) is not None:
        return stop
    code, amount = call.outcomes
    if amount is None:
        return ""
    if not isinstance(amount, Decimal) or not (code is None or isinstance(code, str)):
        raise Misfit("FORMATCURRENCY needs a currency code and an amount")
    if amount.copy_abs() >= 2**63:
        return call.fail("the amount is out of range")
    if call.setting.locale != "en_US" or (code or "") in _NO_MONEY.split():
        return Unknown("how the user's locale writes an amount")
    digits = Decimal(1).scaleb(-_DECIMALS.get(code or "", 2))
    ways = {amount.quantize(digits, way, Context(prec=60)) for way in (ROUND_HALF_UP, ROUND_HALF_EVEN)}
    if len(ways) > 1 or any(way == 0 and way.is_signed() for way in ways):
        return Unknown("how the user's locale rounds an amount")
    return f"{code or ''} {ways.pop():,f}"


_T = Type.TEXT

TABLE: Mapping[str, Row] = {
    "BR": Outside("is a line break that only the page shows", _T),
    "CASESAFEID": Function(long_id, (_T,), _T),
    "FORMAT": Outside("follows the user's locale", _T),
    "FORMATCURRENCY": Special(_currency, 2, 2, _T),
    "GETRECORDIDS": Outside("are the records a page shows"),
    "GETSESSIONID": Outside("is the user's session", _T),
    "HTMLENCODE": Function(_html, (_T,), _T),
    "HYPERLINK": Outside("is a link that only the page shows", _T),
    "IMAGE": Outside("is an image that only the page shows", _T),
    "IMAGEPROXYURL": Outside("is an address of the org", _T),
    "INCLUDE": Outside("is another page"),
    "JSENCODE": Function(_javascript, (_T,), _T),
    "JSINHTMLENCODE": Function(lambda text: _javascript(_html(text)), (_T,), _T),
    "JSONPATHVALUE": Function(json_path_value, (_T, _T), _T),
    "JSONVALUE": Function(json_value, (_T, _T), _T, fails=True),
    "JUNCTIONIDLIST": Outside("are records of the org", names=1),
    "LINKTO": Outside("is a link that only the page shows", _T),
    "PARENTGROUPVAL": Outside("is a value of a report", names=2),
    "PREDICT": Outside("is a prediction of the org", fails=True, names=1),
    "PREVGROUPVAL": Outside("is a value of a report", names=2),
    "REQUIRESCRIPT": Outside("is a script of a page", _T),
    "URLENCODE": Function(_url, (_T,), _T),
    "URLFOR": Outside("is an address of the org", _T),
    "VLOOKUP": Outside("is a record of the org", fails=True, names=2),
}
