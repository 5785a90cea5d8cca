"""What a pytest run of yours gets from this package: the fixtures `sandbox` and `scenario`, and their types.

`plugin` is loaded by every pytest in whose environment this is installed, and so imports nothing;
the names below are loaded when somebody asks for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.calls.messages import Answer as Answer
    from sandbox.testing.played import FailedStep as FailedStep
    from sandbox.testing.played import Played as Played
    from sandbox.testing.standing import Sandbox as Sandbox

_HOMES = {
    "Answer": "sandbox.calls.messages",
    "FailedStep": "sandbox.testing.played",
    "Played": "sandbox.testing.played",
    "Sandbox": "sandbox.testing.standing",
}


def __getattr__(name: str) -> Any:
    """Load a public name from where it lives."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
