"""One profile, many spellings: label, metadata full name, URL-encoded, lower-case, ids, PT codes, translations."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import unquote

from scanners.model import Profile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# `00e` is a profile, `00E` a role.
ID = re.compile(r"00e[A-Za-z0-9]{12}(?:[A-Za-z0-5]{3})?(?![A-Za-z0-9])")

# Full name, label, user license (metadata-catalogue.md 1: seen in public repositories).
_STANDARD = (
    ("Admin", "System Administrator", "Salesforce"),
    ("Standard", "Standard User", "Salesforce"),
    ("ReadOnly", "Read Only", "Salesforce"),
    ("SolutionManager", "Solution Manager", "Salesforce"),
    ("MarketingProfile", "Marketing User", "Salesforce"),
    ("ContractManager", "Contract Manager", "Salesforce"),
    ("StandardAul", "Standard Platform User", "Salesforce Platform"),
    ("Guest License User", "Guest License User", "Guest User License"),
    ("PlatformPortal", "Authenticated Website", "Authenticated Website"),
    ("HighVolumePortal", "High Volume Customer Portal", "High Volume Customer Portal"),
    ("Minimum Access - Salesforce", "Minimum Access - Salesforce", "Salesforce"),
    ("Minimum Access - API Only Integrations", "Minimum Access - API Only Integrations", "Salesforce Integration"),
    ("Salesforce API Only System Integrations", "Salesforce API Only System Integrations", "Salesforce Integration"),
    ("Chatter Free User", "Chatter Free User", "Chatter Free"),
    ("Chatter Moderator User", "Chatter Moderator User", "Chatter Free"),
    ("Chatter External User", "Chatter External User", "Chatter External"),
    ("Identity User", "Identity User", "Identity"),
    ("External Identity User", "External Identity User", "External Identity"),
    ("Analytics Cloud Integration User", "Analytics Cloud Integration User", "Analytics Cloud Integration User"),
    ("Analytics Cloud Security User", "Analytics Cloud Security User", "Analytics Cloud Integration User"),
    ("Sales Insights Integration User", "Sales Insights Integration User", "Sales Insights Integration User"),
    ("B2BMA Integration User", "B2BMA Integration User", "B2BMA Integration User"),
    ("SalesforceIQ Integration User", "SalesforceIQ Integration User", "SalesforceIQ Integration User"),
    ("CPQ Integration User", "CPQ Integration User", "CPQ Integration User"),
    ("Anypoint Integration", "Anypoint Integration", "Identity"),
    ("Customer Community User", "Customer Community User", "Customer Community"),
    ("Customer Community Login User", "Customer Community Login User", "Customer Community Login"),
    ("Customer Community Plus User", "Customer Community Plus User", "Customer Community Plus"),
    ("Customer Community Plus Login User", "Customer Community Plus Login User", "Customer Community Plus Login"),
    ("Partner Community User", "Partner Community User", "Partner Community"),
    ("Partner Community Login User", "Partner Community Login User", "Partner Community Login"),
    ("Work.com Only User", "Work.com Only User", "Work.com Only"),
    ("Force.com - Free User", "Force.com - Free User", "Force.com - Free"),
    ("Force.com - App Subscription User", "Force.com - App Subscription User", "Force.com - App Subscription"),
    ("Einstein Agent User", "Einstein Agent User", "Einstein Agent"),
)

# PT codes of old `$Profile.Name` values and of policy file names (metadata-catalogue.md 1, third-party source).
_CODES = {
    "pt1": "System Administrator",
    "pt2": "Standard User",
    "pt3": "Read Only",
    "pt4": "Solution Manager",
    "pt5": "Marketing User",
    "pt6": "Contract Manager",
    "pt7": "Partner User",
    "pt8": "Standard Platform User",
    "pt9": "Standard Platform One User",
}

# Labels of standard profiles in other languages (metadata-catalogue.md 1, seen in public code).
_TRANSLATIONS = {
    "Administrador del sistema": "System Administrator",
    "Administrador do sistema": "System Administrator",
    "Administrateur système": "System Administrator",
    "Systemadministrator": "System Administrator",
    "Systeembeheerder": "System Administrator",
    "システム管理者": "System Administrator",
    "Amministratore del sistema": "System Administrator",
    "Usuario estándar": "Standard User",
    "Utilisateur standard": "Standard User",
    "Standardbenutzer": "Standard User",
    "標準ユーザ": "Standard User",
    "Standaardgebruiker": "Standard User",
}


def long_id(short: str) -> str:
    """The 18-character form of a 15-character id; one of 18 gets its true end (metadata-catalogue.md 4.3, checked)."""
    if len(short) == 18:
        short = short[:15]  # a check that was typed wrong does not make it another profile
    if len(short) != 15:
        return short
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
    blocks = (short[at : at + 5] for at in (0, 5, 10))
    return short + "".join(alphabet[sum(1 << bit for bit, c in enumerate(block) if c.isupper())] for block in blocks)


def is_id(text: str) -> bool:
    """Whether the text is a profile id of 15 or 18 characters."""
    return len(text) in (15, 18) and ID.fullmatch(text) is not None


def key(text: str) -> str:
    """A name as compared without case: %XX decoded, NFC, lower case."""
    return unicodedata.normalize("NFC", unquote(text) if "%" in text else text).casefold().strip()


def is_standard_label(text: str) -> bool:
    """Whether a text is the label of a standard profile, in English or a known translation."""
    return key(text) in TRANSLATED or key(text) in _STANDARD_KEYS


def standard_label(full_name: str) -> str | None:
    """The English label of the standard profile with that metadata full name; None when there is no such profile."""
    return _STANDARD_LABELS.get(key(full_name))


class ProfileBook:
    """Every profile known to a run and the ways it is written."""

    def __init__(self, profiles: Iterable[Profile] = (), ids: Iterable[tuple[str, str]] = ()) -> None:
        self._by_name: dict[str, Profile] = {}
        self._by_id: dict[str, Profile] = {}
        own = list(profiles)
        # A custom profile that carries a standard label wins over the table (metadata-catalogue.md 1).
        known = {key(profile.full_name) for profile in own}
        for profile in [entry for entry in _TABLE.values() if key(entry.full_name) not in known] + own:
            self.add(profile)
        for profile_id, label in ids:
            self.identify(profile_id, label)

    def add(self, profile: Profile) -> None:
        """Learn a profile; its label and full name now mean it."""
        label, name = key(profile.label), key(profile.full_name)
        holder = self._by_name.get(label)
        if holder is None or profile.custom or not holder.custom:
            self._by_name[label] = profile
        if name not in self._by_name or key(self._by_name[name].full_name) == name:
            self._by_name[name] = profile
        if profile.id:
            self._by_id[long_id(profile.id)] = profile

    def identify(self, profile_id: str, label: str) -> None:
        """Learn that an id belongs to the profile with that label."""
        known = self._by_name.get(key(label)) or Profile(label, label)
        named = Profile(known.label, known.full_name, long_id(profile_id), known.license, known.custom, known.in_repo)
        self.add(named)

    def __iter__(self) -> Iterator[Profile]:
        return iter({id(profile): profile for profile in self._by_name.values()}.values())

    def by_label(self, text: str) -> Profile | None:
        """The profile with that label, in English or a known translation; letter case is ignored."""
        name = key(text)
        found = self._by_name.get(name)
        if found and key(found.label) == name:
            return found
        english = _LABELS.get(name)
        if english is None:
            return None
        # Codes and translations mean the standard profile, even where a custom one has taken its English label.
        standard = _TABLE.get(key(english))
        return self._by_name.get(key(standard.full_name if standard else english))

    def resolve(self, text: str) -> Profile | None:
        """The profile meant by any spelling: label, full name, translation, PT code or id."""
        if is_id(text):
            return self._by_id.get(long_id(text))
        return self.by_label(text) or self._by_name.get(key(text))

    def named(self, text: str) -> Profile:
        """The profile meant by a text that stands where a profile must stand; an unknown one is known by this text."""
        found = self.resolve(text)
        if found:
            return found
        if is_id(text):
            return Profile(long_id(text), "", long_id(text))
        return Profile(unquote(text) if "%" in text else text, text)


TRANSLATED = {key(foreign): english for foreign, english in _TRANSLATIONS.items()}
"""The English label by the label in another language, as compared."""
_TABLE = {key(label): Profile(label, name, license=lic, custom=False) for name, label, lic in _STANDARD}
_STANDARD_LABELS = {key(name): label for name, label, _ in _STANDARD}
_STANDARD_KEYS = {key(label) for _, label, _ in _STANDARD}
_LABELS = TRANSLATED | _CODES
