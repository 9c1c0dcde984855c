"""Functions of texts, after the engine's own (github salesforce/formula-engine, executed; null is the empty text)."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import TYPE_CHECKING

from scanners.formula import utf16
from scanners.formula.decimals import INTERNAL, int32, plain, wrapped
from scanners.formula.functions.signature import Function, Row
from scanners.formula.functions.stamps import stamp_of
from scanners.formula.values import LONGEST, TEXTUAL, Fault, Outcome, Type, Unknown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime, time

_TOO_LONG = Unknown(f"a text of more than {LONGEST} characters", may_fail=True)


def _begins(text: str | None, start: str | None) -> bool | None:
    """TRUE for nothing to begin with, null for a blank text; exact in case."""
    if start is None:
        return True
    return text.startswith(start) if text else None


def _contains(text: str | None, part: str | None) -> bool | None:
    """TRUE for nothing to look for, null for a blank text; exact in case."""
    if part is None:
        return True
    return part in text if text else None


def _find(part: str | None, text: str | None, *start: Decimal | None) -> Decimal:
    if part is None or text is None:
        return Decimal(0)
    first = start[0] if start else Decimal(1)
    if first is None:
        raise Fault("FIND needs a position to start from")
    return Decimal(utf16.find(text, part, int32(first) - 1) + 1)


def _left(text: str | None, count: Decimal | None) -> str | None:
    if not text or count is None or count <= 0:
        return None
    size, wanted = utf16.length(text), int32(count)
    return text if wanted > size else _units(text, 0, wanted)


def _right(text: str | None, count: Decimal | None) -> str | None:
    if not text or count is None or count <= 0:
        return None
    size, wanted = utf16.length(text), int32(count)
    return text if wanted > size else _units(text, size - wanted, size)


def _units(text: str, start: int, end: int) -> str:
    """A part as Java cuts it: from and to must lie within the text, and the integers wrap at 32 bits before."""
    if not 0 <= wrapped(start) <= wrapped(end) <= utf16.length(text):
        raise Fault("the part asked for is out of range")
    return utf16.cut(text, start, end)


def _mid(text: str | None, start: Decimal | None, count: Decimal | None) -> str | None:
    if not text or start is None or count is None or count <= 0:
        return None
    size = utf16.length(text)
    if start > size:
        return None
    first, wanted = int32(max(Decimal(1), start)), int32(count)
    return _units(text, first - 1, size if wrapped(first + wanted) > size else first - 1 + wanted)


def _substr(text: str | None, start: Decimal | None, *count: Decimal | None) -> str | None:
    """Like Oracle's: a start below zero counts from the end."""
    wanted = count[0] if count else Decimal(1)
    if not text or start is None or wanted is None or wanted <= 0:
        return None
    size = utf16.length(text)
    if start.copy_abs() > size:
        return None
    first = size + int32(start) if start < 0 else max(int32(start), 1) - 1
    end = wrapped(first + int32(wanted)) if count else size
    return _units(text, min(first, size), min(max(end, 0), size))


def _padded(text: str | None, count: Decimal | None, filling: tuple[str | None, ...]) -> str | Unknown | None:
    """What LPAD and RPAD add, or the cut text when nothing is to be added, or null. A null filling reads "null"."""
    width = 0 if count is None else int32(count)
    if not text or width <= 0:
        return None
    missing = width - utf16.length(text)
    if missing > LONGEST:
        return _TOO_LONG
    unit = (filling[0] if filling[0] is not None else "null") if filling else " "
    if not unit and missing > 0:
        return Unknown("padding with nothing does not end", may_fail=True)
    return utf16.cut(unit * (missing // utf16.length(unit) + 1), 0, missing) if missing > 0 else ""


def _lpad(text: str | None, count: Decimal | None, *filling: str | None) -> Outcome:
    padding = _padded(text, count, filling)
    if not isinstance(padding, str) or text is None or count is None:
        return padding
    return padding + text if padding else utf16.cut(text, 0, int32(count))


def _rpad(text: str | None, count: Decimal | None, *filling: str | None) -> Outcome:
    padding = _padded(text, count, filling)
    if not isinstance(padding, str) or text is None or count is None:
        return padding
    return text + padding if padding else utf16.cut(text, 0, int32(count))


def _trim(text: str | None) -> str | None:
    """Without blanks at either end; other white space stays."""
    return (text or "").strip(" ") or None


def _substitute(text: str | None, old: str | None, new: str | None) -> Outcome:
    if text is None or old is None:
        return None
    if not text:
        return text
    if not old:
        raise Fault("SUBSTITUTE needs a text to look for")
    if len(text) + text.count(old) * len(new or "") > LONGEST:
        return _TOO_LONG
    return text.replace(old, new or "")


def _cased(text: str | None, language: tuple[str | None, ...], *, up: bool) -> Outcome:
    """UPPER and LOWER; in Turkish and Azeri the dot of an i stays with it."""
    if not text:
        return None
    code = re.split("[_-]", language[0] or "")[0] if language else ""
    if code in {"tr", "az"} and "\u0307" not in text:
        text = text.replace("i", "\u0130") if up else text.replace("\u0130", "i").replace("I", "\u0131")
    elif code.lower() in {"tr", "az", "lt"}:
        return Unknown(f"how letters change case in {code}")
    return text.upper() if up else text.lower()


def _initcap(text: str | None) -> Outcome:
    """Letters after anything but a letter or a digit become capital, the others small."""
    start, result = True, []
    for character in text or "":
        if character > "\uffff" or not (character.islower() or character.isupper()):
            result.append(character)
            start = character > "\uffff" or unicodedata.category(character) != "Nd"
            continue
        if start and character.islower():
            result.append(_one_capital(character))
        elif not start and character.isupper():
            result.append(character.lower()[0])
        else:
            result.append(character)
        start = False
    return "".join(result) or None


def _one_capital(character: str) -> str:
    """Java's capital of one character, which is one character: where the full mapping is longer, none or the title."""
    return next((one for one in (character.upper(), character.title()) if len(one) == 1), character)


def _chr(code: Decimal | None) -> str | None:
    """The character with that code; an exact 0 gives null, 0.0 does not (engine's source: equality with scale)."""
    if code is None or code.as_tuple()[1:] == ((0,), 0):
        return None
    number = int32(code)
    return chr(number) if 0 <= number <= 0x10FFFF else None


def _text(value: str | Decimal | date | datetime | time | None) -> Outcome:
    """Numbers without an exponent, dates and times in UTC. A text is a picklist value here and stays."""
    if isinstance(value, Decimal):
        return plain(value)
    return value if value is None or isinstance(value, str) else stamp_of(value)


def _value(text: str | None) -> Decimal | None:
    if text is None:
        return None
    number = _as_number(text)
    if number is None:
        raise Fault("VALUE needs a text that is a number")
    return number


def _as_number(text: str) -> Decimal | None:
    """What Java's BigDecimal reads; no blanks, no thousands separators."""
    if not re.fullmatch(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", text):
        return None
    try:
        return INTERNAL.create_decimal(text)
    except ArithmeticError:
        return None


def _regex(text: str | None, pattern: str | None) -> bool | Unknown:
    """REGEX; the matcher loads with the first one."""
    from scanners.formula.regex_match import fits  # noqa: PLC0415

    return fits(text, pattern)


def _like(text: str | None, pattern: str | None) -> bool | Unknown:
    """LIKE, the same."""
    from scanners.formula.regex_match import fits_like  # noqa: PLC0415

    return fits_like(text, pattern)


_T, _N = Type.TEXT, Type.NUMBER
_SHOWN = (Type.NUMBER, Type.DATE, Type.DATETIME, Type.TIME, *TEXTUAL)

TABLE: Mapping[str, Row] = {
    "ASCII": Function(lambda text: Decimal(ord(text[0])) if text else None, (_T,), _N),
    "BEGINS": Function(_begins, (_T, _T), Type.BOOLEAN),
    "CHR": Function(_chr, (_N,), _T),
    "CONTAINS": Function(_contains, (_T, _T), Type.BOOLEAN),
    "FIND": Function(_find, (_T, _T, _N), _N, least=2, fails=True),
    "INITCAP": Function(_initcap, (_T,), _T),
    "ISNUMBER": Function(lambda text: text is not None and _as_number(text) is not None, (_T,), Type.BOOLEAN),
    "LEFT": Function(_left, (_T, _N), _T, fails=True),
    "LEN": Function(lambda text: Decimal(utf16.length(text or "")), (_T,), _N),
    "LIKE": Function(_like, (_T, _T), Type.BOOLEAN, fails=True),
    "LOWER": Function(lambda text, *language: _cased(text, language, up=False), (_T, _T), _T, least=1),
    "LPAD": Function(_lpad, (_T, _N, _T), _T, least=2),
    "MID": Function(_mid, (_T, _N, _N), _T, fails=True),
    "REGEX": Function(_regex, (_T, _T), Type.BOOLEAN, fails=True),
    "REVERSE": Function(lambda text: text[::-1] if text else text, (_T,), _T),
    "RIGHT": Function(_right, (_T, _N), _T, fails=True),
    "RPAD": Function(_rpad, (_T, _N, _T), _T, least=2),
    "SUBSTITUTE": Function(_substitute, (_T, _T, _T), _T, fails=True),
    "SUBSTR": Function(_substr, (_T, _N, _N), _T, least=2, fails=True),
    "TEXT": Function(_text, (_SHOWN,), _T),
    "TRIM": Function(_trim, (_T,), _T),
    "UPPER": Function(lambda text, *language: _cased(text, language, up=True), (_T, _T), _T, least=1),
    "VALUE": Function(_value, (_T,), _N, fails=True),
}
