"""Secret voucher numbers: drawn at random, sealed at rest, found again by a keyed digest, never logged.

Keys follow from the block's own secret, so a copy of the database alone shows no number. A sealed
number fits the 44 characters that the published contract gives it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from blockkit.problems import Problem
from blockkit.settings import BlockSettings

SMALLEST, LARGEST = 10**17, 10**18 - 1
"""Eighteen digits: what both the 16 characters of the contract and its 64-bit integer allow."""
SHOWN = 1_000_000
"""The published dialect asks for six digits beside the serial number: the last ones."""


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals numbers; whoever has it can read them."""

    sealing: AESGCM = field(repr=False)
    digesting: bytes = field(repr=False)

    @classmethod
    def of(cls, settings: BlockSettings) -> Vault:
        """Derive the keys. A block that runs alone has no secret, but a database that is its own."""
        material = (settings.secret or settings.database_url).encode()
        return cls(AESGCM(_derive(material, b"voucher-sealing")), _derive(material, b"voucher-digest"))

    def seal(self, serial: int, number: int) -> bytes:
        """Encrypt a voucher's number. The serial number is the nonce: it is unique, and sealed once."""
        nonce = serial.to_bytes(12, "big")
        return self.sealing.encrypt(nonce, number.to_bytes(8, "big"), nonce)

    def unseal(self, serial: int, sealed: bytes) -> int:
        """Decrypt a voucher's number. Raises Problem 503 when it was sealed under another secret."""
        nonce = serial.to_bytes(12, "big")
        try:
            return int.from_bytes(self.sealing.decrypt(nonce, sealed, nonce), "big")
        except InvalidTag:
            raise Problem(
                503, "number-sealed", "this number was sealed under another secret of the block"
            ) from None

    def digest(self, number: int) -> bytes:
        """Give what a number is found by."""
        return self.digest_of_hash(hashlib.sha256(str(number).encode()).hexdigest())

    def digest_of_hash(self, sha256: str) -> bytes:
        """Give what a number is found by, given its SHA-256: who pays a bill by voucher shows no more."""
        return hmac.new(self.digesting, sha256.lower().encode(), hashlib.sha256).digest()

    def keep(self, secret: str) -> str:
        """Give what may be kept of a secret, to know it again."""
        return hmac.new(self.digesting, b"kept " + secret.encode(), hashlib.sha256).hexdigest()


def draw_number() -> int:
    """Draw a number that nobody can guess."""
    return SMALLEST + secrets.randbelow(LARGEST - SMALLEST + 1)


def last_six(number: int) -> str:
    """Give the digits that the published dialect calls the secret number."""
    return f"{number % SHOWN:06}"


def _derive(material: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"civic-sandbox payments " + purpose).derive(material)
