"""How a reader repeats one call: a curl command that names a variable wherever a secret stood."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit

from sandbox.model.run import Call

LONGEST_BODY = 20_000
_NOT_REPEATED = {"content-length", "host", "connection", "accept-encoding", "user-agent", "accept"}


def show_request(call: Call, body: str) -> str:
    """Write the request as it went, but for what the connection adds."""
    lines = [f"{call.method} {_place(call)}", *(f"{name}: {value}" for name, value in _headers(call).items())]
    return "\n".join([*lines, "", body]).rstrip()


def write_curl(call: Call, base: str, variables: Mapping[str, str]) -> str:
    """Write the command; `variables` are headers' names, in small letters, and the variable each came from.

    The address is `$PRODUCT_URL`: the one of the measurement may be gone. A body that is no text is left
    out and said to be.
    """
    place = _place(call).removeprefix(urlsplit(base).path.rstrip("/"))
    parts = [f'curl -i -X {shlex.quote(call.method)} "$PRODUCT_URL"{shlex.quote(place)}']
    for name, value in _headers(call).items():
        variable = variables.get(name.lower())
        if variable:
            parts.append(f'-H "{name}: ${variable}"')
        elif value:
            parts.append(f"-H {shlex.quote(f'{name}: {value}')}")
        else:
            parts.append(f"-H {shlex.quote(f'{name};')}")  # how curl sends a header without a value
    body = call.request.body
    if body is not None:
        text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
        parts.append(
            f"--data-binary {shlex.quote(text)}" if len(text) <= LONGEST_BODY else "--data-binary @body"
        )
    return " \\\n  ".join(parts)


def _headers(call: Call) -> dict[str, str]:
    return {name: value for name, value in call.request.headers.items() if name.lower() not in _NOT_REPEATED}


def _place(call: Call) -> str:
    parts = urlsplit(call.url)
    return urlunsplit(("", "", parts.path, parts.query, ""))
