"""A product at an address: `https://host/path,ca=FILE,cert=FILE,key=FILE`, or a folder that says the same.

Its one host must be on the installation's list (`SANDBOX_ALLOWED_HOSTS`), which is no option of a command:
who may call the outside is for whoever runs this installation to say. Before anything starts the product is
looked at once, so that a wrong authority or an expired certificate is said then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from sandbox.calls.outside import Papers, look_at
from sandbox.errors import BlockUnreachable, ContentError, RequestRefused, UsageError
from sandbox.model.candidate import Outside

PORTS = {"https": 443, "http": 80}
ALLOWED = "SANDBOX_ALLOWED_HOSTS"
PAPERS = ("ca", "cert", "key")


class HostNotAllowed(RequestRefused):
    """This installation lets nobody call that host."""

    reason = "host-not-allowed"


def split_ref(ref: str) -> tuple[str, Mapping[str, str]]:
    """Take `URL,ca=FILE,...` apart. Raises UsageError."""
    url, *rest = ref.split(",")
    papers: dict[str, str] = {}
    for part in rest:
        name, equals, value = part.partition("=")
        if name not in PAPERS or not equals or not value or name in papers:
            raise UsageError(
                f"{part!r} behind an address is not understood",
                hint="example: --swap payments=https://pay.example,ca=ca.pem,cert=client.pem,key=client.key",
            )
        papers[name] = value
    return url, papers


def find_outside(
    url: str, papers: Papers, readiness: str, allowed: Sequence[str], now: datetime | None = None
) -> Outside:
    """Check an address and its papers, look at the product once, and give how it is reached.

    Raises:
        UsageError: What is no address, or says more than where.
        HostNotAllowed: A host that is not on the list.
        ContentError: Papers that can't be read, are expired, or don't belong together.
        BlockUnreachable: Nobody there, or not the one who should be.
    """
    place = place_of(url)
    host, port = place.hostname or "", place.port or PORTS[place.scheme]
    _require_allowed(host, port, allowed)
    now = now or datetime.now(UTC)
    vouching = _read(papers.authority, now)
    shown = _read(papers.certificate, now)
    if (papers.certificate is None) != (papers.key is None):
        raise UsageError("a certificate is shown with its key", hint="give both, cert=FILE,key=FILE")
    if place.scheme == "http" and (vouching or shown):
        raise UsageError(f"{url} is not encrypted, and has no use for certificates", hint="write https://")
    address = url.rstrip("/")
    status = look_at(address + readiness, papers)
    if status >= 500:
        raise BlockUnreachable(f"{address}{readiness} answered {status}", hint="is the product ready?")
    return Outside(
        url=address,
        host=host,
        port=port,
        authority=vouching.text if vouching else "",
        authority_digest=vouching.digest if vouching else "",
        certificate=shown.text if shown else "",
        certificate_digest=shown.digest if shown else "",
        key=papers.key.read_text() if papers.key else "",
    )


def place_of(url: str) -> SplitResult:
    """Take an address that says where and no more. Raises UsageError."""
    try:
        place = urlsplit(url)
        usable = place.scheme in PORTS and bool(place.hostname) and place.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise UsageError(f"{url!r} is no address", hint="write https://host:port or https://host/path")
    if place.username or place.password:
        raise UsageError(
            "the address holds a user or a password, which would be written into the evidence",
            hint="show a certificate: --swap BLOCK=https://host,cert=FILE,key=FILE",
        )
    if place.query or place.fragment:
        raise UsageError(f"{url!r} has a query or a fragment", hint="paths are put behind it")
    if place.scheme == "http" and not _is_this_machine(place.hostname or ""):
        raise UsageError(f"{url} is not encrypted", hint="write https://; http is for this machine alone")
    return place


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _require_allowed(host: str, port: int, allowed: Sequence[str]) -> None:
    named = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    if named not in allowed and not (port == PORTS["https"] and host in allowed):
        raise HostNotAllowed(
            f"{named} is not among the hosts that this installation may call",
            hint=f"whoever runs it allows it with {ALLOWED}={named}",
        )


@dataclass(frozen=True, slots=True)
class _Certificates:
    """What stands in a file of certificates, and the fingerprint of the first."""

    text: str
    digest: str


def _read(path: Path | None, now: datetime) -> _Certificates | None:
    if path is None:
        return None
    try:
        found = x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else "it holds none"
        raise ContentError(f"no certificate can be read from it: {said}", path=str(path)) from error
    late = next((each for each in found if each.not_valid_after_utc < now), None)
    if late is not None:
        raise ContentError(
            f"the certificate of {late.subject.rfc4514_string()} expired on "
            f"{late.not_valid_after_utc:%Y-%m-%d}",
            path=str(path),
        )
    return _Certificates(
        "".join(each.public_bytes(Encoding.PEM).decode() for each in found),
        found[0].fingerprint(SHA256()).hex(),
    )


def relaxations_elsewhere(block: str, outside: Outside, *, seeded: bool) -> list[str]:
    """Say, one sentence each, what a product elsewhere escapes, and what can't be done with it."""
    place = f"{outside.host}:{outside.port}"
    told = "is told its citizens by calls alone" if seeded else "is told no citizens"
    found = [
        f"{block} runs outside this sandbox, at {outside.url}: what it is, keeps and sends on there is not "
        "seen, not limited and not removed, and everything that is said to it leaves the sandbox.",
        f"The information mediator may connect to {place} and to nothing else outside"
        + (
            ", through a relay that leads to that host alone."
            if outside.relayed
            else "; its network is open."
        ),
    ]
    if outside.url.startswith("https:"):
        vouching = (
            f"the authority with the fingerprint {outside.authority_digest}"
            if outside.authority
            else "one of the usual authorities"
        )
        shown = (
            f", and the mediator shows it the certificate with the fingerprint {outside.certificate_digest}"
            if outside.certificate
            else ", and the mediator shows it no certificate"
        )
        found.append(f"{block} is known by a certificate of {vouching}{shown}.")
    else:
        found.append(f"What is said to {block} is not encrypted.")
    found.append(
        f"{block} can't be reset, its clock can't be moved, nothing can be planted in it, and it {told}."
    )
    known = (
        "and it knows the mediator by that certificate alone"
        if outside.certificate
        else "and it can't tell the mediator from others"
    )
    found.append(
        f"{block} is told no secret of this sandbox and no address in it: it can call no other block and "
        f"send no message, it can't check people's access tokens, {known}."
    )
    return found
