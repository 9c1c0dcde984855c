"""One profile, many spellings (metadata-catalogue.md 0.3 and 1)."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanners.model import Profile
from scanners.profiles import ProfileBook, is_id, key, long_id, standard_label

ACME = Profile("Acme API", "Acme API", license="Salesforce", in_repo=True)
REMOTE = Profile("Acme (Remote) w/o R&D", "Acme (Remote) w/o R&D", in_repo=True)
ADMIN = Profile("System Administrator", "Admin", license="Salesforce", custom=False, in_repo=True)
# Ids and their long forms: a real pair, then what follows from the rule.
PAIRS = [
    ("00e1I000000qsyP", "00e1I000000qsyPQAQ"),
    ("00e30000001FeAQ", "00e30000001FeAQAA0"),
    ("00eAAAAAAAAAAAA", "00eAAAAAAAAAAAAY55"),
    ("00eaaaaaaaaaaaa", "00eaaaaaaaaaaaaAAA"),
    ("00e000000000000", "00e000000000000AAA"),
]
_SHORT = st.text(
    st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"), min_size=12, max_size=12
)


@pytest.mark.parametrize(("short", "long"), PAIRS)
def test_long_form_of_an_id(short: str, long: str) -> None:
    """Three characters at the end say which of the fifteen are upper case."""
    assert long_id(short) == long


@given(_SHORT)
def test_long_form_is_final(rest: str) -> None:
    """The long form of a long form is itself, keeps the short one, and tells letter case apart."""
    long = long_id(f"00e{rest}")
    assert long_id(long) == long
    assert long[:15] == f"00e{rest}"
    assert len(long) == 18
    assert is_id(long)
    assert (long_id(f"00e{rest.swapcase()}").lower() == long.lower()) == (rest == rest.swapcase())


@pytest.mark.parametrize("text", ["", "00e", "00e30000001FeA", "00e30000001FeAQA", "00e30000001FeAQAA0x", "x" * 40])
def test_other_texts_have_no_long_form(text: str) -> None:
    """Only fifteen characters are an id that can be made longer."""
    assert long_id(text) == text
    assert not is_id(text)


@pytest.mark.parametrize(
    "text", ["00E30000001FeAQ", "00530000001FeAQ", "00e30000001Fe-Q", "00e30000001FeAQ ", "00e3000000 FeAQ"]
)
def test_ids_of_other_things_are_not_meant(text: str) -> None:
    """A role's id begins with `00E`, a user's with `005`."""
    assert not is_id(text)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        # label and full name, any letter case
        ("Acme API", "Acme API"),
        ("acme api", "Acme API"),
        ("ACME API", "Acme API"),
        ("System Administrator", "System Administrator"),
        ("system administrator", "System Administrator"),
        ("Admin", "System Administrator"),
        ("admin", "System Administrator"),
        ("Standard", "Standard User"),
        ("StandardAul", "Standard Platform User"),
        ("ReadOnly", "Read Only"),
        ("MarketingProfile", "Marketing User"),
        # URL-encoded
        ("Acme %28Remote%29 w%2Fo R%26D", "Acme (Remote) w/o R&D"),
        ("Acme%20API", "Acme API"),
        ("acme%20api", "Acme API"),
        # old codes
        ("PT1", "System Administrator"),
        ("pt2", "Standard User"),
        ("PT8", "Standard Platform User"),
        # translated, with two capitalizations and two ways to write an accent
        ("Administrador del sistema", "System Administrator"),
        ("Administrador del Sistema", "System Administrator"),
        ("Systemadministrator", "System Administrator"),
        ("システム管理者", "System Administrator"),
        ("Administrateur système", "System Administrator"),
        (unicodedata.normalize("NFD", "Administrateur système"), "System Administrator"),
        ("Usuario estándar", "Standard User"),
        ("標準ユーザ", "Standard User"),
        # blanks around
        ("  Acme API ", "Acme API"),
    ],
)
def test_every_spelling_means_the_profile(text: str, label: str) -> None:
    """The same profile comes back, whatever the text."""
    book = ProfileBook([ACME, REMOTE, ADMIN])
    found = book.resolve(text)
    assert found is not None
    assert found.label == label
    assert book.named(text).label == label


@pytest.mark.parametrize(
    "text",
    ["", "Acme", "Acme API2", "API", "Administrator", "User", "Systemadministratorin", "PT77", "00e30000001FeAQ"],
)
def test_other_texts_mean_none(text: str) -> None:
    """A part of a name, or a name that nobody has, resolves to nothing."""
    assert ProfileBook([ACME, REMOTE, ADMIN]).resolve(text) is None


def test_labels_are_told_from_full_names() -> None:
    """A formula never sees `Admin`; the file of an app never sees `System Administrator`."""
    book = ProfileBook([ADMIN])
    by_label = book.by_label("System Administrator")
    assert by_label is not None
    assert by_label.full_name == "Admin"
    assert book.by_label("Admin") is None


def test_a_text_in_a_profile_position_is_a_profile() -> None:
    """What nobody declared is known by its text, decoded; an unknown id by its long form."""
    book = ProfileBook([ACME])
    assert book.named("Acme %28Old%29") == Profile("Acme (Old)", "Acme %28Old%29")
    assert book.named("00e1I000000qsyP").label == "00e1I000000qsyPQAQ"


def test_ids_are_learned() -> None:
    """Once the repo says whose an id is, both its forms mean the profile, and the profile stays one."""
    book = ProfileBook([ACME])
    book.identify("00e1I000000qsyP", "acme api")
    for text in ("00e1I000000qsyP", "00e1I000000qsyPQAQ"):
        found = book.resolve(text)
        assert found is not None
        assert found.label == "Acme API"
        assert found.license == "Salesforce"
    assert [profile.id for profile in book if profile.label == "Acme API"] == ["00e1I000000qsyPQAQ"]


def test_an_id_may_belong_to_a_profile_that_is_not_in_the_repo() -> None:
    """A script that holds id and name teaches both."""
    book = ProfileBook()
    book.identify("00e1I000000qsyPQAQ", "Acme Packaged")
    found = book.resolve("00e1I000000qsyP")
    assert found is not None
    assert found.label == "Acme Packaged"


@pytest.mark.parametrize("order", [1, -1])
def test_a_custom_profile_takes_the_label(order: int) -> None:
    """Formulas that name `Read Only` mean the custom profile; full name, code and translation the standard one."""
    own = Profile("Read Only", "Read Only", license="Salesforce", custom=True, in_repo=True)
    standard = Profile("Read Only", "ReadOnly", license="Salesforce", custom=False, in_repo=True)
    book = ProfileBook([own, standard][::order])
    assert book.by_label("read only") is own
    assert book.resolve("Read Only") is own
    assert book.resolve("ReadOnly") is standard
    assert book.resolve("PT3") is standard


def test_a_custom_profile_beats_the_table() -> None:
    """The table only fills in what the repo does not hold."""
    own = Profile("Standard User", "Standard User", custom=True, in_repo=True)
    book = ProfileBook([own])
    assert book.by_label("Standard User") is own
    full = book.resolve("Standard")
    assert full is not None
    assert not full.custom


def test_a_retrieved_standard_profile_replaces_the_table() -> None:
    """There is one System Administrator, and its license is that of the file."""
    own = Profile("System Administrator", "Admin", license="Salesforce Platform", custom=False, in_repo=True)
    book = ProfileBook([own])
    assert book.by_label("Systemadministrator") is own
    assert [one for one in book if one.full_name == "Admin"] == [own]


def test_an_unknown_code_has_no_label() -> None:
    """PT7 and PT9 have a label, though no known file name."""
    book = ProfileBook([Profile("Partner User", "Acme Partner", in_repo=True)])
    found = book.resolve("pt7")
    assert found is not None
    assert found.full_name == "Acme Partner"
    assert book.resolve("PT9") is None


@pytest.mark.parametrize(
    ("full_name", "label"),
    [
        ("Admin", "System Administrator"),
        ("admin", "System Administrator"),
        ("Force%2Ecom - Free User", "Force.com - Free User"),
        ("Minimum Access - API Only Integrations", "Minimum Access - API Only Integrations"),
        ("Acme API", None),
        ("System Administrator", None),
    ],
)
def test_standard_labels(full_name: str, label: str | None) -> None:
    """A file of a standard profile is named for its full name, not for its label."""
    assert standard_label(full_name) == label


@given(st.text())
def test_keys_are_stable(text: str) -> None:
    """A key has no letter case of its own and no blanks around it."""
    made = key(text)
    assert made == made.strip()
    if "%" not in made:
        assert key(made) == key(made.casefold())


@given(st.text(min_size=1).filter(lambda text: text.strip() and "%" not in text and not is_id(text)))
def test_a_profile_is_found_by_its_own_names(name: str) -> None:
    """Whatever a custom profile is called, both its names lead to it; what has the form of an id is one."""
    own = Profile(name, name, in_repo=True)
    assert ProfileBook([own]).resolve(name) is own
