"""Usernames without a sandbox's suffix, so that one plan names the same user in sandbox and production."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class Stems:
    """How this org's usernames are shortened; `suffix` is `.uat` and the like, empty in production."""

    suffix: str = ""

    @classmethod
    def of(cls, usernames: Iterable[str], *, sandbox: bool) -> Stems:
        """A copy appends the sandbox's name to every username; the ending that most of them share is it."""
        if not sandbox:
            return cls()
        endings = Counter(name.rpartition(".")[2].lower() for name in usernames if name.count(".") > 1)
        common = endings.most_common(1)
        return cls(f".{common[0][0]}" if common and common[0][1] * 2 > endings.total() else "")

    def stem(self, username: str) -> str:
        """The username as production has it."""
        cut = self.suffix and username.lower().endswith(self.suffix)
        return username[: -len(self.suffix)] if cut else username

    def fits(self, username: str, pattern: str) -> bool:
        """Whether a name or pattern (`svc.*`) means this user: the whole username, its stem, or the part before @."""
        wanted = pattern.strip().lower()
        stem = self.stem(username).lower()
        names = (username.lower(), stem) if "@" in wanted else (stem.partition("@")[0], stem)
        return any(fnmatchcase(name, wanted) for name in names)
