"""One in-toto statement over all files of a bundle, in a DSSE envelope, signed with Ed25519.

Formats: https://github.com/in-toto/attestation (Statement v1) and
https://github.com/secure-systems-lab/dsse/blob/master/protocol.md. The JSON is laid out one
subject per line, so that `verify.sh` in the bundle needs openssl and sed and not this product.
It says who signed which bytes; whether the signer is to be believed is the reader's decision.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandbox.evidence.keys import InstallationKey, fingerprint_of, read_public_key, signature_holds

ENVELOPE = "statement.dsse.json"
PUBLIC_KEY = "key.pub.pem"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
PREDICATE_TYPE = "urn:civic-sandbox:run-evidence:1"


def _encode(payload_type: str, payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def write_statement(
    files: Mapping[str, bytes], predicate: Mapping[str, Any], digests: Mapping[str, str] | None = None
) -> bytes:
    """Lay out the statement; every subject is one line of its own. `digests` are of files written already."""
    known = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    subjects = ",\n".join(
        json.dumps({"name": name, "digest": {"sha256": digest}})
        for name, digest in sorted({**known, **(digests or {})}.items())
    )
    about = json.dumps(predicate, sort_keys=True)
    return (
        f'{{"_type": "https://in-toto.io/Statement/v1",\n"subject": [\n{subjects}\n],\n'
        f'"predicateType": {json.dumps(PREDICATE_TYPE)},\n"predicate": {about}}}\n'
    ).encode()


def digest_of(path: Path) -> str:
    """SHA-256 of a file of any size."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sign_statement(statement: bytes, key: InstallationKey) -> bytes:
    """Wrap and sign a statement."""
    signature = base64.b64encode(key.sign(_encode(PAYLOAD_TYPE, statement))).decode()
    payload = base64.b64encode(statement).decode()
    return (
        f'{{"payloadType": "{PAYLOAD_TYPE}",\n"payload": "{payload}",\n'
        f'"signatures": [{{"keyid": "{key.fingerprint}",\n"sig": "{signature}"}}]}}\n'
    ).encode()


def verify_bundle(folder: Path, *, fingerprint: str | None = None) -> list[str]:
    """Name everything that is wrong with a bundle on disk; an empty list means that it is as signed.

    Args:
        folder: The bundle.
        fingerprint: The signer's, as learnt from somewhere else than this bundle. Without it the
            answer only says that the bundle is whole, not who made it.
    """
    try:
        public = read_public_key((folder / PUBLIC_KEY).read_bytes())
        envelope = json.loads((folder / ENVELOPE).read_bytes())
        payload = base64.b64decode(envelope["payload"], validate=True)
        signature = base64.b64decode(envelope["signatures"][0]["sig"], validate=True)
        encoded = _encode(envelope["payloadType"], payload)
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, binascii.Error) as error:
        return [f"the signature can't be read: {type(error).__name__}: {error}"]
    problems = []
    if fingerprint is not None and fingerprint_of(public) != fingerprint:
        problems.append(f"signed by key {fingerprint_of(public)}, wanted {fingerprint}")
    if not signature_holds(public, signature, encoded):
        return [*problems, "the signature does not belong to this statement and key"]
    try:
        wanted = {item["name"]: item["digest"]["sha256"] for item in json.loads(payload)["subject"]}
    except (ValueError, KeyError, TypeError) as error:
        return [*problems, f"the statement can't be read: {type(error).__name__}: {error}"]
    present = {
        path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()
    }
    problems += [f"{name} is missing" for name in sorted(wanted.keys() - present.keys())]
    problems += [f"{name} was not signed" for name in sorted(present.keys() - wanted.keys() - {ENVELOPE})]
    problems += [
        f"{name} was changed"
        for name in sorted(wanted.keys() & present.keys())
        if digest_of(present[name]) != wanted[name]
    ]
    return problems
