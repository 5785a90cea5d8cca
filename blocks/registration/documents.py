"""Documents that applicants bring: their type is read from the content, not from what the sender says.

A document belongs to whoever uploaded it. It can be linked to that person's applications, and is then
read by the officers of the service as well.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from blockkit.problems import Problem
from blockkit.records import Connection, Row
from blocks.registration.applications import EDITABLE, require_state
from blocks.registration.definitions import LARGEST_KILOBYTES
from blocks.registration.services import Service

LARGEST = LARGEST_KILOBYTES * 1024
SIGNATURES = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
}
DESCRIBED = "document, owner, kind, file_name, media_type, size, uploaded_on"
PLACE = "/documents/"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came."""

    file_name: str
    content: bytes


def keep(db: Connection, owner: str, kind: str, upload: Upload, today: date) -> Row:
    """Keep a document; the same file again is the document that is there. Raises Problem 400 or 413."""
    if not upload.content:
        raise Problem(400, "document-empty", "the file is empty")
    if len(upload.content) > LARGEST:
        raise Problem(413, "document-too-large", f"a document has at most {LARGEST_KILOBYTES} kilobytes")
    media_type = recognise(upload.content)
    if media_type is None:
        raise Problem(400, "document-type", "the file is no PDF, PNG, JPEG or plain text")
    name, digest = _plain_name(upload.file_name), hashlib.sha256(upload.content).hexdigest()
    db.execute(
        """INSERT INTO documents (document, owner, kind, file_name, media_type, size, digest, content,
                                   uploaded_on)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
            ON CONFLICT (owner, kind, digest, file_name) DO NOTHING""",
        [
            secrets.token_hex(16),
            owner,
            kind,
            name,
            media_type,
            len(upload.content),
            digest,
            upload.content,
            today,
        ],
    )
    row = db.execute(
        f"SELECT {DESCRIBED} FROM documents"  # noqa: S608  columns of ours
        " WHERE owner = %s AND kind = %s AND digest = %s AND file_name = %s",
        [owner, kind, digest, name],
    ).fetchone()
    assert row is not None
    return row


def recognise(content: bytes) -> str | None:
    """Tell a file's media type by its content; None for what nobody here can look at."""
    for signature, media_type in SIGNATURES.items():
        if content.startswith(signature):
            return media_type
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    return "text/plain" if all(each.isprintable() or each in "\r\n\t" for each in text) else None


def find(db: Connection, document: str, *, content: bool = False) -> Row:
    """Find a document. Raises Problem 404."""
    columns = f"{DESCRIBED}, content" if content else DESCRIBED
    row = db.execute(
        f"SELECT {columns} FROM documents WHERE document = %s",  # noqa: S608  columns of ours
        [document.removeprefix(PLACE)],
    ).fetchone()
    if row is None:
        raise Problem(404, "no-such-document", "there is no document of this id")
    return row


def link(db: Connection, service: Service, application: Row, document: Row, kind: str) -> None:
    """Add a document to an application; one of the same kind gives way.

    Raises Problem 403 for somebody else's, 400 when the service wants another type or size, 409 when the
    application is handed in.
    """
    require_state(application, *EDITABLE)
    if document["owner"] != application["individual_id"]:
        raise Problem(403, "not-your-own", "the document was uploaded by somebody else")
    wanted = next((each for each in service.definition.documents if each.id == kind), None)
    if wanted is not None:
        if document["media_type"] not in wanted.types:
            raise Problem(
                400, "document-type", f"{kind}: {document['media_type']}, wanted: {_or(wanted.types)}"
            )
        if document["size"] > wanted.largest_kilobytes * 1024:
            raise Problem(400, "document-too-large", f"{kind}: at most {wanted.largest_kilobytes} kilobytes")
        db.execute(
            "DELETE FROM application_documents WHERE application = %s AND kind = %s AND document <> %s",
            [application["number"], kind, document["document"]],
        )
    db.execute(
        "INSERT INTO application_documents VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        [application["number"], document["document"], kind],
    )


def list_linked(db: Connection, application: int) -> list[Row]:
    """List the documents of an application."""
    return db.execute(
        "SELECT d.document, d.owner, l.kind, d.file_name, d.media_type, d.size, d.uploaded_on"
        " FROM application_documents l JOIN documents d USING (document)"
        " WHERE l.application = %s ORDER BY l.kind, d.file_name",
        [application],
    ).fetchall()


def services_of(db: Connection, document: str) -> list[str]:
    """Name the services whose applications have this document."""
    rows = db.execute(
        "SELECT DISTINCT a.service FROM application_documents l JOIN applications a"
        " ON a.number = l.application WHERE l.document = %s AND a.state <> 'draft'",
        [document],
    )
    return [row["service"] for row in rows]


def locate(row: Row) -> str:
    """Give a document's address below this block."""
    return PLACE + str(row["document"])


def describe(row: Row) -> dict[str, Any]:
    """Tell a document, without its content."""
    return {
        "url": locate(row),
        "kind": row["kind"],
        "fileName": row["file_name"],
        "mediaType": row["media_type"],
        "size": row["size"],
        "uploadedOn": row["uploaded_on"].isoformat(),
    }


def _plain_name(name: str) -> str:
    """Keep of a file's name what can be shown and stored; no folders."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(each for each in last if each.isprintable())[:120] or "document"


def _or(words: Sequence[str]) -> str:
    return " or ".join(words)
