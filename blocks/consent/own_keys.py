"""A person's own signature: a JWS made with a key that only they hold, over a payload that this block writes.

The key travels in the signature's header and is named by its thumbprint (RFC 7638). Whose key it is, is known
by the access token with which it came; what is signed can be verified by anybody, without this block.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key

from blockkit.problems import Problem
from blockkit.records import Row
from blocks.consent.revisions import canonical, hash_of

METHOD = "jws-by-own-key"
ALGORITHMS = ["ES256", "Ed25519"]
MEMBERS = ("kty", "crv", "x", "y")
THUMBPRINT = "urn:ietf:params:oauth:jwk-thumbprint:sha-256:"
"""RFC 9278: how a key is named by its thumbprint."""


@dataclass(frozen=True, slots=True)
class OwnSignature:
    """A signature that was verified."""

    payload: str
    signature: str
    signed_by: str


def payload_for_revision(revision: Row, now: datetime) -> str:
    """Write what is to be signed under a revision that is kept."""
    return canonical(
        {
            "verificationPayloadHash": revision["serialized_hash"],
            "verificationMethod": METHOD,
            "verificationSignedAs": "individual",
            "timestamp": now.isoformat(),
            "objectType": "revision",
            "objectReference": str(revision["id"]),
        }
    )


def draft_snapshot(agreement_id: str, agreement_hash: str, individual: str, *, opt_in: bool) -> str:
    """Write what a draft says, in the one form that is hashed."""
    return canonical(
        {
            "dataAgreement": agreement_id,
            "dataAgreementRevisionHash": agreement_hash,
            "individual": individual,
            "optIn": opt_in,
        }
    )


def payload_for_draft(snapshot: str) -> str:
    """Write what is to be signed under a draft, which has no id yet."""
    return canonical(
        {
            "verificationPayloadHash": hash_of(snapshot),
            "verificationMethod": METHOD,
            "verificationSignedAs": "individual",
            "signedWithoutObjectReference": True,
            "objectType": "revision",
        }
    )


def verify(signature: str, payload: str) -> OwnSignature:
    """Verify a compact JWS over exactly this payload. Raises Problem 400."""
    try:
        header = jws.extract_compact(signature.encode()).protected
        key = _public_key(header.get("jwk"))
        verified = jws.deserialize_compact(signature, key, algorithms=ALGORITHMS)
    except (JoseError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise Problem(
            400, "signature-refused", f"the signature can't be verified: {str(error)[:200]}"
        ) from None
    if verified.payload != payload.encode():
        raise Problem(
            400, "signature-refused", "something else was signed than the payload that was given out"
        )
    return OwnSignature(payload, signature, THUMBPRINT + str(key.thumbprint()))


def _public_key(document: Any) -> Key:
    if not isinstance(document, Mapping):
        raise ValueError("the header holds no public key (jwk)")
    if "d" in document:
        raise ValueError("the header holds a private key; it is known to others by now")
    if document.get("kty") not in ("EC", "OKP") or not all(
        isinstance(document[name], str) for name in MEMBERS if name in document
    ):
        raise ValueError("the key in the header is neither EC nor OKP")
    return JWKRegistry.import_key({name: document[name] for name in MEMBERS if name in document})
