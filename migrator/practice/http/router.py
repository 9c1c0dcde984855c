"""A call below `/services/data/vNN.N/` to its resource."""

from __future__ import annotations

from urllib.parse import unquote

from migrator.practice.errors import SalesforceError
from migrator.practice.http import bulk, collection, composite, metadata_rest, rest, tooling
from migrator.practice.http.call import Call, Reply, Route

ROUTES: tuple[Route, ...] = (
    *composite.ROUTES,
    *collection.ROUTES,
    *tooling.ROUTES,
    *bulk.ROUTES,
    *metadata_rest.ROUTES,
    *rest.ROUTES,
)


def dispatch(call: Call, path: str) -> Reply:
    """The answer of the resource at `path`; raises `SalesforceError`."""
    allowed: list[str] = []
    for one in ROUTES:
        match = one.pattern.fullmatch(path)
        if match is None:
            continue
        handler = one.methods.get("GET" if call.method == "HEAD" else call.method)
        if handler is not None:
            return handler(call, **{name: unquote(value) for name, value in match.groupdict().items()})
        allowed += [*one.methods]
    if allowed:
        message = f"HTTP Method '{call.method[:20]}' not allowed. Allowed are {','.join(dict.fromkeys(allowed))}"
        raise SalesforceError("METHOD_NOT_ALLOWED", message, status=405)
    raise SalesforceError("NOT_FOUND", "The requested resource does not exist", status=404)
