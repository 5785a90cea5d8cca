"""The installation's signing key: made once, kept under `<home>/keys/`, never shown.

It refuses a key file that others than its owner can read: what it signed would prove nothing.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sandbox.errors import StateConflict
from sandbox.evidence.disk import say_what_the_disk_refused


def _spki(public: Ed25519PublicKey) -> bytes:
    return public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def fingerprint_of(public: Ed25519PublicKey) -> str:
    """SHA-256 of the key as `openssl pkey -pubin -outform DER` writes it, in hex."""
    return hashlib.sha256(_spki(public)).hexdigest()


def read_public_key(pem: bytes) -> Ed25519PublicKey:
    """Read a public key in PEM; ValueError when it is none, or not an Ed25519 one."""
    key = serialization.load_pem_public_key(pem)
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("the key is not an Ed25519 public key")
    return key


def signature_holds(public: Ed25519PublicKey, signature: bytes, content: bytes) -> bool:
    """Whether `signature` was made over `content` by the owner of `public`."""
    try:
        public.verify(signature, content)
    except InvalidSignature:
        return False
    return True


@dataclass(frozen=True, slots=True)
class InstallationKey:
    """Signs evidence and the register's head."""

    private: Ed25519PrivateKey

    @property
    def public(self) -> Ed25519PublicKey:
        """The half that anybody may have."""
        return self.private.public_key()

    @property
    def fingerprint(self) -> str:
        """How the key is named on pages and in envelopes."""
        return fingerprint_of(self.public)

    @property
    def public_pem(self) -> bytes:
        """The public half as openssl reads it."""
        return self.public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def sign(self, content: bytes) -> bytes:
        """Sign `content` (Ed25519, 64 bytes)."""
        return self.private.sign(content)


def open_key(home: Path) -> InstallationKey:
    """Read the installation's key, making it first when there is none.

    Any number of processes may call this at once; all get the same key.
    """
    path = home / "keys" / "installation.pem"
    with say_what_the_disk_refused("the installation's key", path.parent):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _create(path)
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise StateConflict(
            f"{path} can be read by others than its owner, so its signatures prove nothing",
            hint=f"chmod 600 {path}, or remove it to get a new key",
        )
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except ValueError as error:
        raise StateConflict(
            f"{path} is not a private key: {error}", hint="remove it to get a new key"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise StateConflict(f"{path} is not an Ed25519 key", hint="remove it to get a new key")
    return InstallationKey(key)


def _create(path: Path) -> None:
    """Write a new key beside its place and link it there: whoever links first has made the key."""
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")  # mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            return
    finally:
        Path(temporary).unlink()
