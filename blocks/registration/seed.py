"""Defines the services of `services/`. A population has no part in it: applications come from citizens."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.json import Json, Jsonb
from pydantic import ValidationError
from ruamel.yaml import YAML

from blockkit.seed import run_sql
from blocks.registration.definitions import Definition
from blocks.registration.services import check_policy

FOLDER = Path(__file__).parent


def load(connection: psycopg.Connection[Any], _: Path, *, role: str) -> None:
    """Create the schema and define the services; the caller commits."""
    run_sql(connection, FOLDER / "schema.sql", role=role)
    for file in sorted((FOLDER / "services").glob("*.yaml")):
        document = json.loads(json.dumps(YAML(typ="safe").load(file.read_text(encoding="utf-8"))))
        definition = _define(file.name, document)
        policy = definition.policy
        if policy is not None:
            check_policy(policy, definition.currency or "", definition.facts)
        connection.execute(
            "INSERT INTO services (slug, definition, policy, currency) VALUES (%s, %s, %s, %s)",
            [
                definition.service,
                Json(document),
                None if policy is None else Jsonb(policy.model_dump(mode="json")),
                definition.currency or "",
            ],
        )


def _define(name: str, document: Any) -> Definition:
    """Read a definition. Raises ValueError naming the file."""
    try:
        return Definition.model_validate(document)
    except ValidationError as error:
        fault = error.errors()[0]
        place = "/".join(str(part) for part in fault["loc"])
        raise ValueError(f"services/{name}: {place}: {fault['msg']}") from None
