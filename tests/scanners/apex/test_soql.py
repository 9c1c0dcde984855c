"""Whether queries find a profile or its users: LIKE, and conditions joined by AND, OR and NOT."""

from __future__ import annotations

import pytest

from scanners.apex import soql
from scanners.apex.conditions import condition, shown
from scanners.apex.values import Sym, const, make
from scanners.model import Profile, Subject, Switch
from scanners.profiles import ProfileBook
from scanners.subjects import Attribute
from scanners.views import View
from scanners.world import World

ME = Profile("Acme_API 100%", "Acme_API 100%", license="Salesforce")
VIEW = View(World((), Switch((ME,), ME), ProfileBook([ME])), ME, Subject.LOOKED_UP_USER)


def asks(operator: str, *values: object, kind: str | None = "name", text: str = "x") -> Sym:
    """One comparison of a query."""
    attribute = Attribute(kind, Subject.LOOKED_UP_USER) if kind else None
    return Sym("row-test", tuple(Sym("const", data=one) for one in values), (operator, attribute, text), asks=True)


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("Acme%", True),
        ("acme%", True),
        ("%api 100%", True),
        ("Acme", False),
        ("Acme_API 100_", True),
        ("AcmeXAPI%", False),
        (r"Acme\_API 100\%", True),
        (r"Acme\_AP", False),
        ("%", True),
        ("(Acme|x).*", False),
    ],
)
def test_like(pattern: str, *, fits: bool) -> None:
    """`%` is any text, `_` one character, a backslash takes it back, and nothing else is special."""
    assert soql.likes(pattern, ME.label) is fits


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (asks("=", "acme_api 100%"), "always"),
        (asks("!=", "acme_api 100%"), "never"),
        (asks("in", "Other", "Acme_API 100%"), "always"),
        (asks("not in", "Other", "Third"), "always"),
        (asks("like", "Acme%"), "always"),
        (asks("=", None), "never"),
        (asks("=", "salesforce", kind="license"), "always"),
        (asks("=", "Salesforce", kind="access", text="PermissionsX = TRUE"), "PermissionsX = TRUE"),
        (asks(">", "A", text="Name > 'A'"), "Name > 'A'"),
        (asks("=", "00e30000001FeAQ", kind="id", text="Id = '00e30000001FeAQ'"), "Id = '00e30000001FeAQ'"),
        (asks("=", "not an id", kind="id"), "never"),
        (make("&&", (asks("=", "US", kind=None, text="Country = 'US'"), asks("like", "Acme%"))), "Country = 'US'"),
        (make("&&", (asks("=", "US", kind=None), asks("=", "Other"))), "never"),
        (make("||", (asks("=", "Other"), make("!", (asks("like", "%x"),)))), "always"),
        (const(value=True), "always"),
    ],
)
def test_meets(where: Sym, said: str) -> None:
    """What is asked of the profile is decided, what is asked besides stays."""
    assert shown(condition(soql.meets(where, VIEW))) == said
