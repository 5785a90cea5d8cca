"""The kinds of things below `SANDBOX_HOME`, what is real in each, why it is kept and for how long.

One row for each folder that the product makes. A folder that is in no row is shown all the same, as
something nobody here knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind. `days` None means that nothing ends it but somebody's decision."""

    name: str
    folder: str
    real: str
    purpose: str
    retention: str
    days: timedelta | None = None
    erasable: bool = True
    """Whether `sandbox privacy erase` may delete it."""
    copied: bool = True
    """Whether `sandbox privacy export` hands it out; secrets and databases are not."""
    one_by_one: bool = True
    """Whether each entry of the folder is a thing of its own."""


def _stays(*, name: str, folder: str, real: str, purpose: str, retention: str) -> Kind:
    """A kind that is one whole, and that nobody copies out or erases by hand."""
    return Kind(
        name=name,
        folder=folder,
        real=real,
        purpose=purpose,
        retention=retention,
        erasable=False,
        copied=False,
        one_by_one=False,
    )


KINDS: tuple[Kind, ...] = (
    Kind(
        name="evidence",
        folder="runs",
        real="account of whoever started a run, what they typed, owner of the pilot, addresses in logs",
        purpose="to show who tried what, and what came of it",
        retention="until somebody erases it; the office's own schedule decides",
    ),
    Kind(
        name="comparison",
        folder="comparisons",
        real="names of products, and what was typed",
        purpose="to hold products against each other",
        retention="until somebody erases it",
    ),
    Kind(
        name="conformance",
        folder="conformance",
        real="names of products, and what they answered",
        purpose="to hold a product against its contract",
        retention="until somebody erases it",
    ),
    Kind(
        name="attack",
        folder="attacks",
        real="name of the machine whose isolation was tried",
        purpose="to let products in only where isolation was proven",
        retention="until the next attack replaces it, 90 days at most",
        days=timedelta(days=90),
    ),
    Kind(
        name="fault report",
        folder="reports",
        real="paths of this machine, in which accounts stand",
        purpose="to have a fault of ours mended",
        retention="30 days",
        days=timedelta(days=30),
    ),
    Kind(
        name="left-over",
        folder="tmp",
        real="what a command that was killed left",
        purpose="none: it was not meant to stay",
        retention="1 day",
        days=timedelta(days=1),
    ),
    Kind(
        name="sandbox",
        folder="sandboxes",
        real="addresses in logs, what people typed and uploaded by hand",
        purpose="to run a sandbox",
        retention="until `sandbox down`, or the end of its lease",
        erasable=False,
        copied=False,
    ),
    _stays(
        name="control plane",
        folder="control-plane",
        real="accounts, wishes and results of everybody who uses `sandbox serve`, names in its audit log",
        purpose="to serve many people",
        retention="as long as this installation serves",
    ),
    _stays(
        name="key",
        folder="keys",
        real="names this installation, and nobody else",
        purpose="to sign evidence and the register of runs",
        retention="as long as anything that it signed is to be verified",
    ),
    _stays(
        name="databases",
        folder="postgres",
        real="nothing but the server's own log; citizens are made up",
        purpose="to start sandboxes faster",
        retention="until `sandbox data clean`, within SANDBOX_CACHE_LIMIT",
    ),
    _stays(
        name="population",
        folder="populations",
        real="nothing: citizens are made up",
        purpose="to start sandboxes faster",
        retention="until `sandbox data clean`, within SANDBOX_CACHE_LIMIT",
    ),
    _stays(
        name="cache",
        folder="cache",
        real="nothing: content and images, as they were read",
        purpose="to start faster",
        retention="until somebody deletes the folder",
    ),
    _stays(
        name="note",
        folder="seeding",
        real="nothing: how far a product was told its citizens",
        purpose="to go on after a break",
        retention="until `sandbox down`",
    ),
    _stays(
        name="lock",
        folder="locks",
        real="nothing",
        purpose="to keep two commands apart",
        retention="until the next command",
    ),
)
REGISTER = Kind(
    name="register of runs",
    folder="runs",
    real="names that somebody gave to a pilot or to a sandbox",
    purpose="to show that no run was hidden",
    retention="as long as this installation: no line can be taken out of a chain, and an erased run adds one",
    erasable=False,
)
UNKNOWN = Kind(
    name="not ours",
    folder="",
    real="not known: nothing of this product is called so",
    purpose="not known",
    retention="not known",
    erasable=False,
    copied=False,
)
