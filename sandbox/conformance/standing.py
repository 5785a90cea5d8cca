"""A product that is started to be measured, and is gone afterwards: on an Engine, or on this machine.

On an Engine it stands as a candidate does in a sandbox, with the mediator as its only neighbour, and is
reached through that. On this machine its command is a child of ours, for who trusts its code: nothing
confines it. Either way it stands alone: no block beside it, no citizens, no person's token.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sandbox.calls.direct import DirectClient, Door
from sandbox.candidates.descriptor import FILE
from sandbox.candidates.verdicts import read_leaks, say_leaks
from sandbox.errors import BlockUnreachable, NotFound, StartFailed, UsageError
from sandbox.lifecycle.service import Running, Tools, Wish, bring_up, take_down
from sandbox.model.candidate import CandidateDescriptor

LOOPBACK = "127.0.0.1"
HANDED_ON = frozenset({"PATH", "HOME", "LANG", "LC_ALL", "TMPDIR"})
"""All that a command hears of the environment in which somebody typed."""
END_SECONDS = 5.0
POLL_SECONDS = 0.05
ANSWER_SECONDS = 2.0
LOG_TAIL = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A product that can be measured. `address` names it; `door` is where it is reached, if not there."""

    address: str
    secrets: frozenset[str] = frozenset()
    door: Door | None = None
    find_leak: Callable[[], str] | None = None
    """Says whose log holds a secret, empty for nobody's; None where its log is not ours to read."""


@contextmanager
def standing_on_engine(tools: Tools, wish: Wish) -> Iterator[Standing]:
    """Bring up the product of a wish beside a mediator, and take both down again, also after Ctrl-C."""
    (product,) = wish.candidates.values()
    running = bring_up(tools, wish)
    issued = running.secrets.all(running.instances)

    def find_leak() -> str:
        leaks = read_leaks(tools.runtime, running, issued)
        return say_leaks(running.spec.swaps, leaks) if leaks else ""

    try:
        yield Standing(
            address=f"http://{product.block}:{product.descriptor.port}",
            secrets=issued,
            door=_door(running, product.block),
            find_leak=find_leak,
        )
    finally:
        tools.report("taking the product down", 0, 1)
        with suppress(NotFound):
            take_down(tools, wish.spec.name)


def _door(running: Running, block: str) -> Door:
    return Door(
        url=f"{running.site.public_url}/_sandbox/products/{block}",
        token=running.secrets.token,
    )


def check_command(folder: Path, descriptor: CandidateDescriptor, block: str) -> None:
    """Refuse what can't be started on this machine. Raises UsageError before anything starts."""
    if descriptor.slug != block:
        raise UsageError(
            f"{folder / FILE} is about {descriptor.slug!r}, and {block!r} is to be measured",
            hint=f"sandbox conformance {descriptor.slug} --candidate {folder}",
        )
    if not descriptor.command:
        raise UsageError(
            f"{folder / FILE} names no command, and images don't run on 'local'",
            hint="leave --trust-code out, and it is started on docker; or add `command: [...]`",
        )
    if descriptor.services:
        raise UsageError(
            f"{folder / FILE} asks for services, which are not started on 'local'",
            hint="measure it on docker, or start all of it yourself and give its address with --url",
        )


@contextmanager
def standing_here(folder: Path, descriptor: CandidateDescriptor, home: Path) -> Iterator[Standing]:
    """Start a folder's command as a child, wait until it is ready, and end it with all that it started."""
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="conformance-", dir=home) as scratch, closing(_held()) as held:
        port = held.getsockname()[1]
        log = Path(scratch) / "log"
        process = _start(folder, descriptor, port, log)
        try:
            address = f"http://{LOOPBACK}:{port}"
            _wait_until_ready(process, address + descriptor.readiness, descriptor, log)
            yield Standing(address=address)
        finally:
            _end(process)


def _held() -> socket.socket:
    """Hold a port for it: who may share an address that is not listened on, as servers do, can have it."""
    held = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    held.bind((LOOPBACK, 0))
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return held


def _start(folder: Path, descriptor: CandidateDescriptor, port: int, log: Path) -> subprocess.Popen[bytes]:
    told = {"PORT": str(port), "SANDBOX_ID": "standalone"}
    kept = {name: value for name, value in os.environ.items() if name in HANDED_ON}
    with log.open("wb") as written:
        try:
            return subprocess.Popen(
                list(descriptor.command),
                cwd=folder,
                env={**kept, **descriptor.environment, **told},
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=written,
                # Ctrl-C is for us to hear: we end it and its children in order, once.
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )
        except OSError as error:
            raise StartFailed(
                f"{descriptor.command[0]!r} can't be started: {error.strerror}",
                hint=f"`command` in {folder / FILE} is run from that folder",
            ) from error


def _end_with_parent() -> None:
    """Ask the kernel to end it when we are killed and can't: prctl(PR_SET_PDEATHSIG, SIGTERM)."""
    ctypes.CDLL(None).prctl(1, int(signal.SIGTERM))


def _wait_until_ready(
    process: subprocess.Popen[bytes], url: str, descriptor: CandidateDescriptor, log: Path
) -> None:
    deadline = time.monotonic() + descriptor.start_timeout
    with DirectClient(url, timeout=ANSWER_SECONDS) as client:
        while True:
            said = _ask(client)
            if not said:
                return
            ended = process.poll()
            if ended is not None:
                how = f"ended with code {ended} before it was ready"
            elif time.monotonic() > deadline:
                how = f"was not ready after {descriptor.start_timeout} s: {said}"
            else:
                time.sleep(POLL_SECONDS)
                continue
            tail = log.read_text("utf-8", errors="replace")[-LOG_TAIL:]
            raise StartFailed(f"{descriptor.name} {how}", log_tail=tail)


def _ask(client: DirectClient) -> str:
    """Give why it is not ready; nothing when it is."""
    try:
        status = client.send("GET", client.address, (), None).status
    except BlockUnreachable as error:
        return str(error)
    return "" if status in (200, 204) else f"{client.address} answered {status}"


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it and whatever it started in its session."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(END_SECONDS)
