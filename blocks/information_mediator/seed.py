"""Fills the mediator's database: its schema, and the wiring that was computed before anything started."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg

from blockkit.schema import run_sql
from blocks.information_mediator.wiring import Client, Operation, Right, Service, Topic, Wiring


def load(connection: psycopg.Connection[Any], data: Path, *, role: str) -> None:
    """Create the schema and store `wiring.json`, where there is one."""
    run_sql(connection, Path(__file__).with_name("schema.sql"), role=role)
    file = data / "wiring.json"
    if file.is_file():
        store_wiring(connection, Wiring.model_validate_json(file.read_bytes()))


def store_wiring(connection: psycopg.Connection[Any], wiring: Wiring) -> None:
    """Write a wiring into empty tables."""
    cursor = connection.cursor()
    applications = _applications(wiring)
    cursor.executemany(
        "INSERT INTO members VALUES (%s, %s, %s)",
        sorted({tuple(address.split("/")[:3]) for address in applications}),
    )
    cursor.executemany(
        "INSERT INTO applications VALUES (%s, %s, %s, %s, %s, %s, %s)",
        [
            (address, *address.split("/")[:3], entry.name, getattr(entry, "proof", None), entry.block)
            for address, entry in applications.items()
        ],
    )
    cursor.executemany(
        "INSERT INTO services VALUES (%s, %s, %s, %s)",
        [(each.application, each.block, each.name, list(each.public)) for each in wiring.services],
    )
    cursor.executemany(
        "INSERT INTO operations VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            (service.application, position, *_operation_row(operation))
            for service in wiring.services
            for position, operation in enumerate(service.operations)
        ],
    )
    cursor.executemany(
        "INSERT INTO rights VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [(position, *_right_row(right)) for position, right in enumerate(wiring.rights)],
    )
    cursor.executemany(
        "INSERT INTO topics VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [(position, *_topic_row(topic)) for position, topic in enumerate(wiring.topics)],
    )


def _applications(wiring: Wiring) -> dict[str, Service | Client]:
    """Give every application once; one that both offers and calls goes by its entry as a client."""
    offering: dict[str, Service | Client] = {each.application: each for each in wiring.services}
    return offering | {each.application: each for each in wiring.clients}


def _operation_row(operation: Operation) -> tuple[Any, ...]:
    return (
        operation.operation_id,
        operation.method.upper(),
        operation.path,
        operation.summary,
        list(operation.personal),
        list(operation.secret),
        operation.subject,
    )


def _topic_row(topic: Topic) -> tuple[Any, ...]:
    return (
        topic.client,
        topic.room,
        list(topic.event_types),
        list(topic.acts),
        topic.purpose,
        topic.legal_basis,
        topic.retention,
        topic.recipient,
    )


def _right_row(right: Right) -> tuple[Any, ...]:
    return (
        right.client,
        right.service,
        list(right.operations),
        right.purpose,
        right.legal_basis,
        right.retention,
        right.recipient,
        right.consent,
    )
