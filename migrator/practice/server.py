"""The org on the network: loopback only, in this thread or in one of its own."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import uvicorn

from migrator.practice import client
from migrator.practice.http.app import App
from migrator.practice.org import Org

HOST = "127.0.0.1"
_PATIENCE = 10.0


class PortTaken(Exception):  # noqa: N818 - named for what happened
    """Another program listens on the port."""


@dataclass(frozen=True, slots=True)
class Running:
    """An org that answers."""

    org: Org
    url: str

    def token(self, username: str = "") -> str:
        """A new access token, of the administrator unless a user is named."""
        answer = client.ask(self.url, "POST", "sessions", {"username": username} if username else {})
        return str(answer["access_token"])


class Servers:
    """Orgs that are served side by side, each on a port of its own, until one is told to stop."""

    def __init__(self, orgs: list[Org], ports: list[int]) -> None:
        self._sockets = [_listen(port) for port in ports]
        self.running = []
        self._servers = []
        for org, sock in zip(orgs, self._sockets, strict=True):
            org.url = f"http://{HOST}:{sock.getsockname()[1]}"
            org.memory["stop"] = self.stop
            config = uvicorn.Config(
                App(org),
                http="h11",
                ws="none",
                loop="asyncio",
                lifespan="off",
                access_log=False,
                date_header=False,  # the org tells its own time
                log_level="error",
                timeout_graceful_shutdown=1,
                h11_max_incomplete_event_size=1024 * 1024,
            )
            self._servers.append(uvicorn.Server(config))
            self.running.append(Running(org, org.url))

    def run(self) -> None:
        """Serve until stopped; the orgs' files are given back then."""
        threads = [
            threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
            for server, sock in zip(self._servers, self._sockets, strict=True)
        ]
        for thread in threads:
            thread.start()
        try:
            while any(thread.is_alive() for thread in threads):
                threads[0].join(0.2)
        finally:
            self.stop()
            for thread in threads:
                thread.join(_PATIENCE)
            for one in self.running:
                one.org.store.close()

    def close(self) -> None:
        """Give ports and files back without having served."""
        for sock in self._sockets:
            sock.close()
        for one in self.running:
            one.org.store.close()

    def stop(self) -> None:
        """Ask every server to end."""
        for server in self._servers:
            server.should_exit = True


@contextlib.contextmanager
def serving(org: Org) -> Iterator[Running]:
    """An org served from a thread for as long as the block lasts."""
    servers = Servers([org], [0])
    thread = threading.Thread(target=servers.run, daemon=True)
    thread.start()
    running = servers.running[0]
    wait_for(running.url)
    try:
        yield running
    finally:
        servers.stop()
        thread.join(_PATIENCE)


def wait_for(url: str) -> None:
    """Return once somebody accepts connections; raises TimeoutError."""
    host, _, port = url.removeprefix("http://").partition(":")
    end = time.monotonic() + _PATIENCE
    while True:
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
            return
        if time.monotonic() > end:
            raise TimeoutError(f"{url} does not answer")
        time.sleep(0.01)


def _listen(port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # so that asyncio sets TCP_NODELAY
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((HOST, port))
    except OSError:
        sock.close()
        raise PortTaken(f"port {port} is taken; choose another, or --port 0 for any that is free") from None
    sock.listen(128)
    return sock
