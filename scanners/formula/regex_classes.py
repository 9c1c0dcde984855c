"""Which characters a class, an escape or a property of Java's regular expressions stands for."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Callable
from typing import NoReturn, Protocol

Test = Callable[[str], bool]

_SIMPLE = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "a": "\a", "e": "\x1b"}
_CODES = re.compile(r"x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|x\{([0-9A-Fa-f]{1,6})\}|0([0-3]?[0-7]{1,2})")
_WORD = frozenset(string.ascii_letters + string.digits + "_")
_SETS: dict[str, Test] = {
    "d": frozenset(string.digits).__contains__,
    "w": _WORD.__contains__,
    "s": frozenset(" \t\n\x0b\f\r").__contains__,
    "h": frozenset(" \t\u00a0\u1680\u180e\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))).__contains__,
    "v": frozenset("\n\x0b\f\r\u0085\u2028\u2029").__contains__,
}
_POSIX: dict[str, Test] = {
    "Lower": frozenset(string.ascii_lowercase).__contains__,
    "Upper": frozenset(string.ascii_uppercase).__contains__,
    "ASCII": str.isascii,
    "Alpha": frozenset(string.ascii_letters).__contains__,
    "Digit": frozenset(string.digits).__contains__,
    "Alnum": frozenset(string.ascii_letters + string.digits).__contains__,
    "Punct": frozenset(string.punctuation).__contains__,
    "Graph": frozenset(string.ascii_letters + string.digits + string.punctuation).__contains__,
    "Print": frozenset(string.ascii_letters + string.digits + string.punctuation + " ").__contains__,
    "Blank": frozenset(" \t").__contains__,
    "Cntrl": frozenset([*map(chr, range(32)), "\x7f"]).__contains__,
    "XDigit": frozenset(string.hexdigits).__contains__,
    "Space": frozenset(" \t\n\x0b\f\r").__contains__,
}
_CATEGORIES = "L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po S Sm Sc Sk So Z Zs Zl Zp Cc Cf"
_OF_ONE_CASE = frozenset({"Lower", "Upper", "Lu", "Ll", "Lt"})


class Untranslated(ValueError):  # noqa: N818 - not an error of the formula
    """A pattern that Java understands, or might, and this translation does not."""


class Reader(Protocol):
    """What goes through a pattern."""

    pattern: str
    at: int

    def next(self) -> str:
        """The next character, which must be there."""

    def more(self) -> bool:
        """Whether something is left."""

    def take(self, text: str) -> bool:
        """Whether a text is next; it is then behind."""

    def starts(self, text: str) -> bool:
        """Whether a text is next."""

    def refuse(self, what: str) -> NoReturn:
        """Raises: Java has no such pattern."""


def line_end(character: str) -> bool:
    """Whether a dot passes over the character only with the flag `s`."""
    return character in "\n\r\u0085\u2028\u2029"


def word(character: str) -> bool:
    r"""Whether `\w` stands for it."""
    return character in _WORD


def flipped(character: str) -> str:
    """The letter in its other case: with the flag `i` Java treats ASCII letters alike, and no others."""
    return character.swapcase() if character.isascii() else character


def escaped(reader: Reader, character: str) -> str | Test:
    """What a backslash and that character stand for: one character, or a set of them."""
    if character in _SIMPLE:
        return _SIMPLE[character]
    if (test := _SETS.get(character.lower())) is not None:
        return test if character.islower() else lambda one: not test(one)
    if character in "xu0":
        match = _CODES.match(reader.pattern, reader.at - 1)
        if match is None or (match[3] and int(match[3], 16) > 0x10FFFF):
            reader.refuse(f"\\{character} without its number")
        reader.at = match.end()
        digits = next(part for part in match.groups() if part is not None)
        return chr(int(digits, 8 if match[4] else 16))
    if character in "123456789GkRXNc":
        raise Untranslated(f"\\{character} in a regular expression")
    if character.isascii() and character.isalpha():
        reader.refuse(f"the unknown escape \\{character}")
    return character


def property_of(reader: Reader, *, wanted: bool, insensitive: bool) -> Test:
    r"""The characters of `\p{…}`: POSIX classes and general categories."""
    name = reader.next()
    if name == "{":
        end = reader.pattern.find("}", reader.at)
        if end < 0:
            reader.refuse("a property without its closing brace")
        name = reader.pattern[reader.at : end]
        reader.at = end + 1
    plain = name.removeprefix("Is")
    test = _POSIX.get(name)
    if test is None and plain in _CATEGORIES.split():
        test = _category(plain)
    if test is None or (insensitive and plain in _OF_ONE_CASE):
        raise Untranslated(f"\\p{{{name}}} in a regular expression")
    found = test
    return found if wanted else lambda one: not found(one)


def _category(name: str) -> Test:
    return lambda one: unicodedata.category(one).startswith(name)


def in_class(reader: Reader, *, insensitive: bool) -> Test:
    """The characters of `[…]`, whose bracket is behind; other classes within are read, `&&` as well."""
    negated = reader.take("^")
    operands: list[list[Test]] = [[]]
    classes = [0]
    while not (reader.starts("]") and any(operands)):
        if not reader.more():
            reader.refuse("a class without its closing bracket")
        if reader.take("&&"):
            operands.append([])
            classes.append(0)
        elif reader.take("["):
            if reader.pattern.count("[") > 40:
                raise Untranslated("that many classes in a regular expression")
            operands[-1].append(in_class(reader, insensitive=insensitive))
            classes[-1] += 1
        else:
            operands[-1].append(_item(reader, insensitive=insensitive))
    reader.next()
    mixed = any(count not in {0, len(operand)} for count, operand in zip(classes[1:], operands[1:], strict=True))
    if not all(operands) or mixed or (negated and (len(operands) > 1 or any(classes))):
        raise Untranslated("such an intersection in a regular expression")
    unions = [_any_of(operand, wanted=not negated) for operand in operands]
    return unions[0] if len(unions) == 1 else lambda one: all(test(one) for test in unions)


def _any_of(tests: list[Test], *, wanted: bool) -> Test:
    return lambda one: any(test(one) for test in tests) is wanted


def _item(reader: Reader, *, insensitive: bool) -> Test:
    """One character, range, escape or property within a class."""
    start = _member(reader, insensitive=insensitive)
    if not isinstance(start, str):
        if reader.starts("-") and not reader.starts("-]"):
            raise Untranslated("a range from a set in a regular expression")
        return start
    end: str | Test = start
    if reader.starts("-&&"):
        raise Untranslated("such an intersection in a regular expression")
    if reader.starts("-") and not reader.starts("-]") and not reader.starts("-["):
        reader.next()
        end = _member(reader, insensitive=insensitive)
        if not isinstance(end, str):
            raise Untranslated("a range to a set in a regular expression")
        if end < start:
            reader.refuse("a range that ends before it starts")
    low, high = start, str(end)
    if insensitive:
        return lambda one: low <= one <= high or low <= flipped(one) <= high
    return lambda one: low <= one <= high


def _member(reader: Reader, *, insensitive: bool) -> str | Test:
    character = reader.next()
    if character != "\\":
        return character
    character = reader.next()
    if character in "pP":
        return property_of(reader, wanted=character == "p", insensitive=insensitive)
    if character in "QEAZzbB":
        raise Untranslated(f"\\{character} within a class of a regular expression")
    return escaped(reader, character)
