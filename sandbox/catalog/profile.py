"""The part of Arazzo that scenarios may use: known keys, and why the others are refused.

The profile is what other Arazzo runners play the same way; the reasons are what a
contributor reads who wrote something outside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

VERSION = re.compile(r"1\.(0\.\d+|1\.0)")
NAME = re.compile(r"[A-Za-z0-9_-]+")
OUTPUT_NAME = re.compile(r"[A-Za-z0-9._-]+")
COMPONENT = re.compile(r"\$components\.([A-Za-z]+)\.([A-Za-z0-9._-]+)")
SOURCE_REFERENCE = re.compile(r"\$sourceDescriptions\.([A-Za-z0-9_-]+)\.([A-Za-z0-9._-]+)")


class Keys(NamedTuple):
    """Keys of one kind of object."""

    known: Sequence[str]
    refused: Mapping[str, str] = {}


NO_ASYNC = "steps that send or receive messages are AsyncAPI; wait with the control 'awaitMessage'"

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
        "steps",
        "successActions",
        "failureActions",
        "outputs",
        "parameters",
    ),
    {"dependsOn": "call the other workflow in a step, so that the reader sees it happen"},
)
STEP = Keys(
    (
        "stepId",
        "description",
        "operationId",
        "workflowId",
        "parameters",
        "requestBody",
        "successCriteria",
        "onSuccess",
        "onFailure",
        "outputs",
    ),
    {
        "operationPath": "name the operation: $sourceDescriptions.<source>.<operationId>",
        "channelPath": NO_ASYNC,
        "action": NO_ASYNC,
        "correlationId": NO_ASYNC,
        "timeout": "every call has the same limit of time; retry with 'retryAfter' and 'retryLimit'",
        "dependsOn": "steps run in the order in which they are written",
    },
)
PARAMETER = Keys(("name", "in", "value"))
REFERENCE = Keys(("reference", "value"))
BODY = Keys(("contentType", "payload", "replacements"))
REPLACEMENT = Keys(("target", "value"), {"targetSelectorType": "a target is a JSON pointer into the payload"})
CRITERION = Keys(("condition", "context", "type"))
SUCCESS_ACTION = Keys(
    ("name", "type", "stepId", "criteria"),
    {
        "workflowId": "no workflow is gone to; call it in a step",
        "parameters": "a goto takes nothing along; the next step reads outputs",
        "retryAfter": "only what failed is tried again: write it under onFailure",
        "retryLimit": "only what failed is tried again: write it under onFailure",
    },
)
FAILURE_ACTION = Keys(
    ("name", "type", "stepId", "retryAfter", "retryLimit", "criteria"),
    {
        "workflowId": "no workflow is gone to; call it in a step",
        "parameters": "a goto takes nothing along; the next step reads outputs",
    },
)
