"""Every error the package raises on purpose, as one tree.

* SandboxError                  exit 70: our bug, when nothing more precise fits
  + ContentError                what a contributor wrote on disk is wrong (exit 2)
  + UsageError                  what was asked can't be asked so (exit 2)
  + RequestRefused              well-formed, but not allowed or not now (exit 3)
    - NotFound
    - StateConflict
  + RuntimeFailure              the runtime could not do what was asked (exit 4)
    - RuntimeUnavailable
    - ImageUnavailable
    - StartFailed
  + BlockUnreachable            a call got no HTTP answer at all (exit 5)

A step whose expectation is not met is not an error: it is a result with outcome
"failed". Errors are for what could not be told.

Messages are lower case and name the thing, what was found and what was wanted.
"""

from __future__ import annotations

from typing import ClassVar


class SandboxError(Exception):
    """Base of every error raised on purpose by this package.

    Attributes:
        reason: Stable kebab-case label for machine-readable output and tests.
        status: HTTP status the control plane answers with.
        exit_code: Exit code the command line ends with.
        hint: One sentence telling the reader what to do next, if we know.
    """

    reason: ClassVar[str] = "sandbox-error"
    status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 70

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class ContentError(SandboxError):
    """A file on disk (descriptor, scenario, pack) is invalid."""

    reason = "invalid-content"
    status = 422
    exit_code = 2

    def __init__(self, message: str, *, path: str, line: int | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.path = path
        self.line = line

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        return f"{place}: {super().__str__()}"


class UsageError(SandboxError):
    """A value given on the command line or in a request can't be used."""

    reason = "invalid-usage"
    status = 422
    exit_code = 2


class RequestRefused(SandboxError):
    """Well-formed, but not allowed, or not now."""

    reason = "refused"
    status = 409
    exit_code = 3


class NotFound(RequestRefused):
    """The named thing does not exist."""

    reason = "not-found"
    status = 404


class StateConflict(RequestRefused):
    """The named thing exists and is in another state than the command needs."""

    reason = "state-conflict"
    status = 409


class RuntimeFailure(SandboxError):
    """The runtime could not do what was asked; `log_tail` holds the newest lines it left."""

    reason = "runtime-failure"
    status = 502
    exit_code = 4

    def __init__(self, message: str, *, hint: str = "", log_tail: str = "") -> None:
        super().__init__(message, hint=hint)
        self.log_tail = log_tail


class RuntimeUnavailable(RuntimeFailure):
    """The runtime itself (Docker Engine, embedded PostgreSQL) can't be reached or used."""

    reason = "runtime-unavailable"


class ImageUnavailable(RuntimeFailure):
    """An image is neither here nor can it be made here."""

    reason = "image-unavailable"


class StartFailed(RuntimeFailure):
    """An instance did not become ready."""

    reason = "start-failed"


class BlockUnreachable(SandboxError):
    """A call to a block got no HTTP answer at all."""

    reason = "block-unreachable"
    status = 502
    exit_code = 5
