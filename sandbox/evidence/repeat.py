"""How a reader repeats one call: the request as text and as a curl command, with no secret in either.

Header values that prove somebody are never shown, whatever the recording holds: the command names a
shell variable in their place.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit

from sandbox.evidence.wording import cut
from sandbox.model.run import Call

_PROVES = re.compile(r"authorization|cookie|secret|token|api[-_]?key|password|assertion", re.IGNORECASE)
_NOT_REPEATED = {"content-length", "host", "connection", "accept-encoding", "user-agent", "transfer-encoding"}


_LONGEST_HEADER = 300


def _variable_for(name: str) -> str:
    """The shell variable that stands for a header's value."""
    return "Bearer $USER_TOKEN" if name.lower() == "authorization" else "$SANDBOX_TOKEN"


def show_headers(headers: Mapping[str, str]) -> str:
    """Write headers one per line; those that prove somebody by the variable that stands for them."""
    return "\n".join(
        f"{name}: {_variable_for(name) if _PROVES.search(name) else cut(value, _LONGEST_HEADER)}"
        for name, value in headers.items()
        if name.lower() not in _NOT_REPEATED
    )


def place_of(call: Call) -> str:
    """The call's address behind the sandbox's own, which was this machine's and this run's alone."""
    parts = urlsplit(call.url)
    return urlunsplit(("", "", parts.path, parts.query, parts.fragment))


def write_curl(call: Call, *, longest_body: int) -> str:
    """Write the command; `$SANDBOX_TOKEN` proves the application, `$USER_TOKEN` the person.

    The address is `$SANDBOX_URL`: the sandbox of the recording is gone, and its port told nothing.

    A body over `longest_body` characters is read from a file that the reader takes out of the bundle.
    """
    parts = [f'curl -X {shlex.quote(call.method)} "$SANDBOX_URL"{shlex.quote(place_of(call))}']
    headers = {
        name: value for name, value in call.request.headers.items() if name.lower() not in _NOT_REPEATED
    }
    lower = {name.lower() for name in headers}
    if "information-mediator-secret" not in lower:
        headers["Information-Mediator-Secret"] = ""
    body = call.request.body
    if body is not None and "content-type" not in lower:
        headers["Content-Type"] = "application/json"
    for name, value in headers.items():
        if _PROVES.search(name):
            # Double quotes let the shell put the variable in; the name comes from a recording.
            safe = re.sub(r"[^A-Za-z0-9-]", "", name)
            parts.append(f'-H "{safe}: {_variable_for(name)}"')
        else:
            parts.append(f"-H {shlex.quote(f'{name}: {value}')}")
    if body is not None:
        text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False, default=str)
        fits = len(text) <= longest_body
        parts.append(f"--data-raw {shlex.quote(text)}" if fits else "--data-binary @request-body.json")
    return " \\\n  ".join(parts)
