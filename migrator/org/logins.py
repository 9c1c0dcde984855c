"""Logins as somebody else than who runs freeseat, for gates; the org can only be read through them."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from xml.sax.saxutils import escape

from migrator.config import GateLogin
from migrator.org import auth, posting, readonly, salesforce
from migrator.ports import Org


def connector(environ: Mapping[str, str]) -> Callable[[GateLogin, str, str], AbstractContextManager[Org]]:
    """A way in for a table of [[gates.login]], a username, and the instance URL where the table has none."""

    @contextlib.contextmanager
    def connect(table: GateLogin, username: str, url: str) -> Iterator[Org]:
        with salesforce.opened(_options(table, username, url), _secret(environ, table), readonly.refuse_writes) as org:
            yield org

    return connect


def once(environ: Mapping[str, str], table: GateLogin, url: str) -> Callable[[str], AbstractContextManager[Org]]:
    """A way in by username whose one session is not followed by another when it ends."""

    @contextlib.contextmanager
    def connect(username: str) -> Iterator[Org]:
        login = auth.choose(_options(table, username, url), _secret(environ, table), salesforce.post_form)
        with salesforce.connected(replace(login, again=False), readonly.refuse_writes) as org:
            yield org

    return connect


def _options(table: GateLogin, username: str, url: str) -> auth.Options:
    return auth.Options(
        client_id=table.client_id,
        jwt_key_file=table.jwt_key_file,
        username=username if table.jwt_key_file else "",
        instance_url=table.instance_url or url,
    )


def _secret(environ: Mapping[str, str], table: GateLogin) -> dict[str, str]:
    return {"SF_CLIENT_SECRET": environ.get(table.secret_variable, "") if table.secret_variable else ""}


def soap_code(url: str, username: str) -> str:
    """The code that a SOAP login with a password that nobody has is refused with; empty if there is no such answer."""
    inner = f"<username>{escape(username)}</username><password>{secrets.token_hex(16)}</password>"
    return posting.post_soap(f"{url}/services/Soap/u/{salesforce.VERSION}", "login", inner)
