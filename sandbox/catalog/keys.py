"""The keys that Arazzo knows, object by object: since when, and why some of them are not run here.

The reasons are what a contributor reads who wrote something that is refused. What the published
JSON Schemas ask beyond keys (kinds of values, lists without repeats) stands with the readers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sandbox.catalog.cursor import Cursor

VERSION = re.compile(r"1\.(0\.\d+|1\.0)")
NAME = re.compile(r"[A-Za-z0-9_-]+")
OUTPUT_NAME = re.compile(r"[A-Za-z0-9._-]+")
COMPONENT = re.compile(r"\$components\.([A-Za-z]+)\.([A-Za-z0-9._-]+)")
SOURCE_REFERENCE = re.compile(r"\$sourceDescriptions\.([A-Za-z0-9_-]+)\.([A-Za-z0-9._-]+)")
OPERATION_PATH = re.compile(r"\{\$sourceDescriptions\.([A-Za-z0-9_-]+)\.url\}#(/.*)")


class Keys(NamedTuple):
    """Keys of one kind of object."""

    known: Sequence[str]
    refused: Mapping[str, str] = {}
    """Keys of the standard that are not run here, and what to do instead."""
    since_1_1: Sequence[str] = ()
    extensible: bool = True
    """Whether keys that begin with `x-` may stand there."""


def is_1_1(cursor: Cursor) -> bool:
    """Whether the document says that it is Arazzo 1.1."""
    return str(cursor.yaml.data.get("arazzo")).startswith("1.1")


def expect_keys(cursor: Cursor, keys: Keys) -> None:
    """Refuse keys that are unknown, not run here, or younger than the document says it is."""
    for key in cursor.mapping():
        if key in keys.since_1_1 and not is_1_1(cursor):
            raise cursor.at(key).error(
                f"{key!r} is of Arazzo 1.1, and this document is {cursor.yaml.data.get('arazzo')}",
                hint="write arazzo: 1.1.0",
            )
        if not keys.extensible and key.startswith("x-"):
            raise cursor.at(key).error(f"unknown key {key!r}", hint="a reference takes no extensions")
    cursor.expect_keys((*keys.known, *keys.since_1_1), keys.refused)


NO_ASYNC = "steps that send or receive messages are AsyncAPI; wait with the control 'awaitMessage'"
NO_XPATH = "nothing here answers in XML; use jsonpath or a JSON pointer"

DOCUMENT = Keys(
    ("arazzo", "info", "sourceDescriptions", "workflows", "components"),
    {"$self": "sources are found by their relative path"},
)
INFO = Keys(("title", "summary", "description", "version"))
SOURCE = Keys(("name", "url", "type"))
COMPONENTS = Keys(("inputs", "parameters", "successActions", "failureActions"))
WORKFLOW = Keys(
    (
        "workflowId",
        "summary",
        "description",
        "inputs",
        "dependsOn",
        "steps",
        "successActions",
        "failureActions",
        "outputs",
        "parameters",
    )
)
STEP = Keys(
    (
        "stepId",
        "description",
        "operationId",
        "operationPath",
        "workflowId",
        "parameters",
        "requestBody",
        "successCriteria",
        "onSuccess",
        "onFailure",
        "outputs",
    ),
    {"channelPath": NO_ASYNC, "action": NO_ASYNC, "correlationId": NO_ASYNC},
    ("timeout", "dependsOn"),
)
PARAMETER = Keys(("name", "in", "value"))
REFERENCE = Keys(("reference", "value"), extensible=False)
REFERENCE_OF_ACTION = Keys(
    ("reference",), {"value": "a value is for parameters; write the action out"}, extensible=False
)
BODY = Keys(("contentType", "payload", "replacements"))
REPLACEMENT = Keys(("target", "value"), since_1_1=("targetSelectorType",))
CRITERION = Keys(("condition", "context", "type"), {"version": "write 'type: jsonpath', which is RFC 9535"})
EXPRESSION_TYPE = Keys(("type", "version"))
SELECTOR = Keys(("context", "selector", "type"))
SUCCESS_ACTION = Keys(
    ("name", "type", "workflowId", "stepId", "criteria"),
    {
        "retryAfter": "only what failed is tried again: write it under onFailure",
        "retryLimit": "only what failed is tried again: write it under onFailure",
    },
    ("parameters",),
)
FAILURE_ACTION = Keys(
    ("name", "type", "workflowId", "stepId", "retryAfter", "retryLimit", "criteria"),
    since_1_1=("parameters",),
)
