"""What stands between a client and an org in a company: TLS with an authority of one's own, a proxy, a poor line."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Serve = Callable[[socket.socket], None]


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1, and its key, as PEM files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An authority of one's own")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


@contextlib.contextmanager
def listening(serve: Serve) -> Iterator[int]:
    """A port whose connections are served, each by a thread of its own."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        ended = threading.Event()
        thread = threading.Thread(target=_accept, args=(server, serve, ended), daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            ended.set()
            thread.join()


def _accept(server: socket.socket, serve: Serve, ended: threading.Event) -> None:
    while not ended.is_set():
        with contextlib.suppress(TimeoutError):
            client, _ = server.accept()
            client.settimeout(5)
            threading.Thread(target=_guarded, args=(client, serve), daemon=True).start()


def _guarded(client: socket.socket, serve: Serve) -> None:
    with client, contextlib.suppress(OSError):
        serve(client)


def tls(paths: tuple[Path, Path], target: int) -> Serve:
    """Speaks TLS with the client and plain HTTP with a port behind it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*paths)

    def serve(client: socket.socket) -> None:
        with context.wrap_socket(client, server_side=True) as secure:
            _joined(secure, target)

    return serve


def proxy(seen: list[str], answer: str = "") -> Serve:
    """A proxy that makes tunnels, or answers each wish for one with a status line."""

    def serve(client: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(4096)
        line = head.partition(b"\r\n")[0].decode()
        seen.append(line)
        if answer:
            client.sendall(f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n".encode())
            return
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        _joined(client, int(line.split()[1].rpartition(":")[2]))

    return serve


def _joined(client: socket.socket, target: int) -> None:
    """Bytes both ways until one side ends."""
    with socket.create_connection(("127.0.0.1", target), timeout=5) as behind:
        back = threading.Thread(target=_copied, args=(behind, client), daemon=True)
        back.start()
        _copied(client, behind)
        back.join()


def _copied(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def spoken(*answers: bytes) -> Serve:
    """Gives each request the next of some answers as they are, the last one ever again, and closes."""
    waiting = list(answers)

    def serve(client: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(65536)
        client.sendall(waiting.pop(0) if len(waiting) > 1 else waiting[0])

    return serve


def answer(status: str, body: bytes = b"", length: int | None = None, *more: str) -> bytes:
    """An HTTP answer of JSON; `length` may say more than there is."""
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", "Connection: close", *more]
    lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
