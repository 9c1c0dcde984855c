"""Requests before there is a session, and what goes wrong on the network in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests

from migrator import envelopes
from migrator.org.retrying import Patience
from scanners.errors import Failed, UsageError


def post_form(url: str, form: Mapping[str, str]) -> tuple[int, Any]:
    """A form to an OAuth endpoint; raises Failed when there is no answer."""
    answer = _posted(url, dict(form), {})
    try:
        return answer.status_code, json_of(answer)
    except Failed:
        return answer.status_code, None


def post_soap(url: str, operation: str, inner: str) -> str:
    """A request of the partner API without a session: the code of the fault, empty if the answer is none."""
    body = (
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
        f'xmlns="urn:partner.soap.sforce.com"><soapenv:Body><{operation}>{inner}</{operation}></soapenv:Body>'
        "</soapenv:Envelope>"
    )
    answer = _posted(url, body.encode(), {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""'})
    fault = envelopes.fault(answer.content)
    return fault[0] if fault else ""


def _posted(url: str, data: dict[str, str] | bytes, headers: dict[str, str]) -> requests.Response:
    patience = Patience()
    try:
        with requests.Session() as session:
            session.trust_env = not url.startswith("http://")
            timeout = (patience.connect, patience.answer)
            return session.post(url, data=data, headers=headers, timeout=timeout, allow_redirects=False)
    except requests.RequestException as error:
        raise Failed(f"{urlsplit(url).netloc} {network(error)}") from None
    except OSError as error:
        raise no_bundle(error) from None


def json_of(answer: requests.Response) -> Any:
    """The JSON of an answer; raises Failed."""
    try:
        return answer.json()
    except ValueError:
        raise Failed(f"{urlsplit(answer.url or '').netloc} answered with something that is no JSON") from None


def network(error: requests.RequestException) -> str:
    """A failure of the network in words."""
    if isinstance(error, requests.exceptions.ProxyError):
        return "cannot be reached through the proxy (HTTPS_PROXY)"
    if isinstance(error, requests.exceptions.SSLError):
        return "has a certificate that is not trusted here; name your own authority with REQUESTS_CA_BUNDLE"
    if isinstance(error, requests.Timeout):
        return "did not answer in time"
    if isinstance(error, requests.ConnectionError):
        return "cannot be reached, or closed the connection"
    return "gave an answer that cannot be read"


def no_bundle(error: OSError) -> UsageError:
    """A file of certificates that is named and not there, which requests says before anything is sent."""
    return UsageError(f"REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names a file that cannot be read: {error}")
