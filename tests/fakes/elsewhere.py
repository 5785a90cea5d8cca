"""A product that runs somewhere else: an HTTPS server on the loopback that asks who calls, and its papers.

Certificates are made anew each time; `Papers` writes what `--swap` names as files.
"""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, as files."""

    certificate: x509.Certificate
    private: ec.EllipticCurvePrivateKey
    cert: Path
    key: Path


class Authority:
    """Vouches for whoever it is asked to."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        self._folder = folder
        self.pair = self._make(name, None, until=datetime.now(UTC) + DAY)
        self.file = self.pair.cert

    def vouch(self, name: str, *, until: datetime | None = None) -> Pair:
        """Make a certificate for the loopback; one that has ended when `until` is past."""
        return self._make(name, self.pair, until=until or datetime.now(UTC) + DAY)

    def _make(self, name: str, issuer: Pair | None, *, until: datetime) -> Pair:
        private = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        names = [x509.IPAddress(ip_address("127.0.0.1")), x509.DNSName("localhost")]
        signer = issuer.private if issuer else private
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.certificate.subject if issuer else subject)
            .public_key(private.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(until - 30 * DAY)
            .not_valid_after(until)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
            )
            .sign(signer, SHA256())
        )
        cert, key = self._folder / f"{name}.pem", self._folder / f"{name}.key"
        cert.write_bytes(certificate.public_bytes(Encoding.PEM))
        key.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return Pair(certificate, private, cert, key)


@dataclass
class Elsewhere:
    """The product: what it was asked, and what it answers by path (`location`: 307)."""

    url: str = ""
    port: int = 0
    heard: list[dict[str, str]] = field(default_factory=list)
    answers: dict[str, object] = field(default_factory=dict)
    location: str = ""


@contextmanager
def running_elsewhere(shown: Pair | None, trusted: Path | None = None) -> Iterator[Elsewhere]:
    """Serve it on the loopback; with `trusted`, only who shows a certificate of its is answered."""
    product = Elsewhere()

    class Product(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            product.heard.append({"path": self.path, **{k.lower(): v for k, v in self.headers.items()}})
            body = json.dumps(product.answers.get(self.path, {})).encode()
            self.send_response(307 if product.location else 200)
            if product.location:
                self.send_header("Location", product.location)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815  the library's names

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Product)
    server.daemon_threads = True
    if shown is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(shown.cert, shown.key)
        if trusted is not None:
            context.load_verify_locations(trusted)
            context.verify_mode = ssl.CERT_REQUIRED
        # Each connection shakes hands in its own thread, at its first read: one that fails ends alone.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    product.port = server.server_port
    product.url = f"{'https' if shown else 'http'}://127.0.0.1:{product.port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield product
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
