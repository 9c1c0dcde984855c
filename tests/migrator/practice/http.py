"""The practice org over real HTTP."""

from __future__ import annotations

from typing import Any

import requests

from migrator.practice import client
from migrator.practice.platform.behaviors import BEHAVIORS
from migrator.practice.server import Running

BASE = "/services/data/v62.0/"
_LAST: dict[str, tuple[str, int]] = {}
"""By server: the token of the last first day, and how much had been written then."""


class Web:
    """Requests with the administrator's token; the org begins anew."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.url = running.url
        self.switch("DELETE", "faults")
        self.switch("POST", "clock", {"ahead": 0})
        self.token = self._first_day()
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {self.token}"

    def _first_day(self) -> str:
        """Put the org back unless nothing was written since; a token of the administrator."""
        db = self.running.org.store.db
        token, changes = _LAST.get(self.url, ("", -1))
        if changes != db.total_changes:
            now = self.switch("GET", "behaviors")
            other = {one.name: one.default for one in BEHAVIORS if now[one.name] != one.default}
            self.switch("POST", "behaviors", other)
            token = self.switch("POST", "reset")["access_token"]
        _LAST[self.url] = token, db.total_changes
        return token

    def close(self) -> None:
        """Let go of the connections."""
        self.session.close()

    def switch(self, method: str, name: str, body: Any = None) -> dict[str, Any]:
        """One of the org's own switches."""
        return client.ask(self.url, method, name, body)

    def send(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        """A request below the API version, or from the root if the path begins with a slash."""
        target = path if path.startswith("/") else BASE + path
        if isinstance(body, (bytes, str)):
            more["data"] = body
        elif body is not None:
            more["json"] = body
        return self.session.request(method, self.url + target, timeout=20, **more)

    def query(self, text: str, **more: Any) -> dict[str, Any]:
        """The answer of a query that must pass."""
        answer = self.send("GET", "query", params={"q": text}, **more)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def id(self, text: str) -> str:
        """The id of the first row of a query."""
        return str(self.query(text)["records"][0]["Id"])

    def user(self, stem: str) -> str:
        """A user's id."""
        return self.id(f"SELECT Id FROM User WHERE Username = '{stem}@acme.example'")

    def error(self, answer: requests.Response) -> tuple[int, str]:
        """Status and code of an error in Salesforce's shape; fails if it is none."""
        body = answer.json()
        assert isinstance(body, list), body
        assert all(isinstance(one["message"], str) for one in body)
        return answer.status_code, str(body[0]["errorCode"])
