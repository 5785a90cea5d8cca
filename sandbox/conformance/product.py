"""The product that is measured: at an address that somebody gave, or our own block, started for this.

Refuses what is plainly no product of the kind: nobody at the address, or a web page. What it started it
ends, also after Ctrl-C.
"""

from __future__ import annotations

import ctypes
import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from sandbox.calls.direct import DirectClient
from sandbox.errors import BlockUnreachable, StartFailed, UsageError
from sandbox.model.block import BlockDescriptor
from sandbox.model.operation import Interface, OperationDoc

_LISTENING = re.compile(r"running on (http://127\.0\.0\.1:\d+)")
START_SECONDS = 60.0
END_SECONDS = 30.0
_NOT_HANDED_ON = ("SANDBOX_", "DATABASE_URL", "MEDIATOR_URL", "ISSUER_URL", "PORT")


def check_address(url: str) -> str:
    """Take an address as it can be called. Raises UsageError."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise UsageError(f"--url {url!r} is no address", hint="write http://host:port or https://host/path")
    if parts.username or parts.password:
        raise UsageError(
            "--url holds a user or a password, which would be written into the report",
            hint="give it as a header: --header Authorization=NAME_OF_A_VARIABLE",
        )
    if parts.query or parts.fragment:
        raise UsageError(f"--url {url!r} has a query or a fragment", hint="paths are put behind it")
    return url.rstrip("/")


def meet(client: DirectClient, interface: Interface) -> None:
    """Call the product once. Raises BlockUnreachable, or UsageError when a web page answers."""
    doc = _something_to_read(interface)
    path = doc.path if doc else f"/{secrets.token_hex(8)}"
    answer = client.send(
        "GET", client.address + path, [("accept", "application/json"), *client.headers.items()], None
    )
    kind = next((value for name, value in answer.headers if name.lower() == "content-type"), "")
    if answer.status < 400 and kind.lower().startswith("text/html"):
        raise UsageError(
            f"{client.address} answers with a web page, wanted: {interface.title}, which answers with data",
            hint="give the address under which the contract's paths lie, not the one of its web site",
        )


def keep_generators_files(folder: Path) -> None:
    """Have Hypothesis keep its tables of characters there, and not in whatever folder somebody works in."""
    from hypothesis.configuration import set_hypothesis_home_dir

    set_hypothesis_home_dir(folder / "hypothesis")


@contextmanager
def started(descriptor: BlockDescriptor, content: Path, home: Path) -> Iterator[str]:
    """Start the reference block alone with an empty database of its own; give its address, and end it."""
    if descriptor.module is None:
        raise UsageError(
            f"{descriptor.slug} is a product of an image, which is not started here",
            hint="start it, and give its address with --url",
        )
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="conformance-", dir=home) as folder:
        log = Path(folder) / "log"
        with log.open("wb") as written:
            process = subprocess.Popen(
                [sys.executable, "-m", descriptor.module, "serve", "--port", "0"],
                cwd=content,
                env=_environment(os.environ),
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=written,
                # Ctrl-C is for us to hear: we end the block in order, once.
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )
        try:
            yield _wait_for_address(process, log, descriptor.slug)
        finally:
            _end(process)


def _end_with_parent() -> None:
    """Ask the kernel to end the block when we are killed and can't: prctl(PR_SET_PDEATHSIG, SIGTERM)."""
    ctypes.CDLL(None).prctl(1, int(signal.SIGTERM))


def _environment(given: Mapping[str, str]) -> dict[str, str]:
    """What the block needs to run, and nothing that would make it part of a sandbox."""
    return {name: value for name, value in given.items() if not name.startswith(_NOT_HANDED_ON)}


def _wait_for_address(process: subprocess.Popen[bytes], log: Path, slug: str) -> str:
    deadline = time.monotonic() + START_SECONDS
    while True:
        text = log.read_text("utf-8", errors="replace")
        found = _LISTENING.search(text)
        if found is not None:
            return found[1]
        if process.poll() is not None or time.monotonic() > deadline:
            how = "ended" if process.poll() is not None else f"was not ready after {START_SECONDS:g} s"
            raise StartFailed(f"{slug} {how} before it could be measured", log_tail=text[-4000:])
        time.sleep(0.05)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _something_to_read(interface: Interface) -> OperationDoc | None:
    """An operation that can be called as it stands, and answers with data."""
    for doc in interface.docs.values():
        needs = [one for one in doc.parameters if one.required]
        kinds = {kind for status, bodies in doc.answers.items() if status[0] == "2" for kind in bodies}
        if doc.method == "GET" and not needs and "{" not in doc.path and kinds == {"application/json"}:
            return doc
    return None


def still_there(client: DirectClient) -> bool:
    """Whether anything answers at the product's address."""
    try:
        client.send("GET", client.address + "/", list(client.headers.items()), None)
    except BlockUnreachable:
        return False
    return True
