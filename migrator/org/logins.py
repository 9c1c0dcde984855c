"""Logins as somebody else than who runs freeseat, for gates; the org can only be read through them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager

from migrator.config import GateLogin
from migrator.org import auth, readonly, salesforce
from migrator.ports import Org


def connector(environ: Mapping[str, str]) -> Callable[[GateLogin, str, str], AbstractContextManager[Org]]:
    """A way in for a table of [[gates.login]], a username, and the instance URL where the table has none."""

    @contextlib.contextmanager
    def connect(table: GateLogin, username: str, url: str) -> Iterator[Org]:
        options = auth.Options(
            client_id=table.client_id,
            jwt_key_file=table.jwt_key_file,
            username=username if table.jwt_key_file else "",
            instance_url=table.instance_url or url,
        )
        secret = environ.get(table.secret_variable, "") if table.secret_variable else ""
        with salesforce.opened(options, {"SF_CLIENT_SECRET": secret}, readonly.refuse_writes) as org:
            yield org

    return connect
