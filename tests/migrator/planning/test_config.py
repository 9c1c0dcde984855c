"""The tables of freeseat.toml: what they mean, and every mistake with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrator import config
from migrator.config import Price, priced
from migrator.money import estimate
from scanners import config as scan_config
from scanners.errors import UsageError

FULL = """
[scan]
from = ["API Only"]

[users]
include = ["svc.*"]
exclude = ["ada@acme.example"]
only = true

[defaults]
lead-creator = "erp.sync@acme.example"
replacement = "admin@acme.example"

[price]
currency = "EUR"
per = "month"
free-integration-seats = 3
[price.licenses]
Salesforce = 165
"Salesforce Integration" = 10.5

[plan]
target-profile = "Ours"
canary = "svc.one"
batch = 5
most-users = 10
inventory-age-hours = 2
packages = "keep"
unclear = true

[[stage]]
name = "uat"
org = "sandbox"
gates = ["command pytest -q"]

[[stage]]
name = "live"
org = "production"
users = ["svc.one"]

[[waive]]
refusal = "frozen"
user = "svc.two"
reason = "known"
owner = "Ada"
expires = 2099-01-01
"""


def test_everything_at_once(tmp_path: Path) -> None:
    """Each key arrives where it belongs; both halves read the same file."""
    path = tmp_path / "freeseat.toml"
    path.write_text(FULL)
    found = config.load(str(path))
    assert (found.users.include, found.users.only) == (("svc.*",), True)
    assert found.defaults.roles() == (("Default Lead Creator", "erp.sync@acme.example"),)
    assert found.price.licenses == {"Salesforce": 165.0, "Salesforce Integration": 10.5}
    assert (found.plan.canary, found.plan.most_users, found.plan.packages) == ("svc.one", 10, "keep")
    assert [one.name for one in found.stage] == ["uat", "live"]
    assert found.waive[0].expires.year == 2099
    assert scan_config.load(str(path)).before == ("API Only",)


def test_no_file_is_the_usual(tmp_path: Path) -> None:
    """Sandbox, then production."""
    found = config.load(str(tmp_path / "freeseat.toml"))
    assert [(one.name, one.org) for one in found.stage] == [("sandbox", "sandbox"), ("production", "production")]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[user]", "unknown key 'user'; known are: accept, defaults, fix, gates, plan"),
        ("[users]\ninclud = []", r"users\.includ is an unknown key; known are: exclude, include, only"),
        ("[users]\ninclude = 'svc'", r"users\.include must be a list"),
        ("[users]\ninclude = [3]", r"users\.include\[0\] must be a text"),
        ("users = 3", "users must be a table"),
        ("[plan]\nbatch = true", r"plan\.batch must be a whole number"),
        ("[plan]\nbatch = 2.5", r"plan\.batch must be a whole number"),
        ("[plan]\nbatch = 0", "are at least 1"),
        ("[plan]\npackages = 'maybe'", "it can be ask, keep or drop"),
        ("[price]\nper = 'week'", "it can be year or month"),
        ("[price.licenses]\nSalesforce = -1", "cannot be negative"),
        ("[price.licenses]\nSalesforce = 'much'", r"price\.licenses\.Salesforce must be a number"),
        ("[[stage]]\nname = 'a'", r"stage\[0\]\.org is missing"),
        ("[[stage]]\nname = 'a'\norg = 'moon'", "it can be sandbox or production"),
        ("[[stage]]\nname = 'a'\norg = 'production'", "no sandbox stage before production"),
        ("stage = []", "stage is empty"),
        ("[[stage]]\nname='a'\norg='sandbox'\ngates=['hope']", "gate 'hope' is unknown; known are: apex-tests"),
        ("[[stage]]\nname='a'\norg='sandbox'\n[[stage]]\nname='a'\norg='production'", "a name of its own"),
        ("[[waive]]\nrefusal = 'frozen'", r"waive\[0\]\.reason is missing"),
        ("[[waive]]\nrefusal='f'\nreason='r'\nowner='o'\nexpires='soon'", "no date such as 2027-01-31"),
        ("[[waive]]\nrefusal='f'\nreason=' '\nowner='o'\nexpires=2099-01-01", "needs a reason and an owner"),
        ("[users", "not valid TOML"),
        ("a = " + "[" * 5000, "not valid TOML"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, says: str) -> None:
    """One clear error, with the file and the key."""
    path = tmp_path / "freeseat.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=says) as caught:
        config.load(str(path))
    assert str(path) in str(caught.value)


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are said to be so."""
    path = tmp_path / "freeseat.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="cannot be read"):
        config.load(str(path))


@pytest.mark.parametrize(
    "given", ["Salesforce", "Salesforce=", "Salesforce=x", "=5", "Salesforce=-1", "Salesforce=nan"]
)
def test_prices_on_the_command_line(given: str) -> None:
    """LICENSE=NUMBER and nothing else."""
    with pytest.raises(UsageError, match="LICENSE=NUMBER"):
        priced(Price(), (given,))


def test_money() -> None:
    """Freed seats by their price, minus what is paid above the free Integration seats; by the year."""
    price = priced(Price(per="month"), ("Salesforce=100", "Salesforce Integration=10"))
    found = estimate(["Salesforce"] * 6, 1, price)
    assert found.saved == 6 * 1200 - 2 * 120
    assert estimate(["Salesforce"], 7, price).saved == 1200 - 120
    assert estimate(["Other"], 0, price).saved is None
    assert "no price of Other" in estimate(["Other"], 0, price).assumptions[-1]
    assert estimate([], 0, price).saved == 0
