"""Reset, checkpoints and restore: all blocks at once go to another state, in the order that mixes nothing.

Calls are held, databases change their names in one transaction, then the mediator's letter-box, the clock and
a new epoch follow, and calls go on. Whoever is killed on the way leaves the old state or the new one: what
was begun is noted with the names, and whoever comes next brings it to its end first. The mediator's message
log is never rolled back.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.calls.gate import Gate
from sandbox.controls.notes import Checkpoint, Notes, Unfinished
from sandbox.controls.shelf import Shelf
from sandbox.controls.timepiece import Timepiece
from sandbox.errors import NotFound, StateConflict

_LOG = logging.getLogger("sandbox.controls")
MOST_CHECKPOINTS = 20
"""Each is a copy of every database."""


@dataclass(slots=True)
class States:
    """One change at a time. What is next is made ready behind, and waited for if the next comes early."""

    shelf: Shelf
    notes: Notes
    timepiece: Timepiece
    open_gate: Callable[[], Gate]
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)
    _behind: threading.Thread | None = None

    def reset(self) -> str:
        """Put every block back to how it was seeded; returns the sandbox's date."""
        with self._one_at_a_time, self.open_gate() as gate:
            self._put_right(gate)
            self.shelf.prepare_spares()
            return self._change(gate, Unfinished(what="reset", checkpoint="", today=self.timepiece.start))

    def save(self, name: str) -> Checkpoint:
        """Keep the state of all blocks under a name, in the place of what had this name before."""
        with self._one_at_a_time, self.open_gate() as gate:
            self._put_right(gate)
            names = {each.name for each in self.notes.checkpoints()} | {name}
            if len(names) > MOST_CHECKPOINTS:
                raise StateConflict(
                    f"there are {MOST_CHECKPOINTS} checkpoints, each a copy of every database",
                    hint="remove one, or save under a name that is there",
                )
            identifier = secrets.token_hex(4)
            gate.hold()
            try:
                self.shelf.close()
                try:
                    self.shelf.keep(identifier)
                finally:
                    self.shelf.open_again()
                gate.save_state(identifier)
                self.notes.add_checkpoint(identifier, name, self.timepiece.today())
                gate.set_clock(self.timepiece.offset_seconds, self.timepiece.epoch, renew=True)
            finally:
                gate.release()
            self._go_on_behind(lambda: self._sweep(identifier))
            return self._find(name)

    def restore(self, name: str) -> str:
        """Bring back a state that was kept; returns the sandbox's date, which is that of the state."""
        with self._one_at_a_time, self.open_gate() as gate:
            self._put_right(gate)
            checkpoint = self._find(name)
            self.shelf.prepare(checkpoint.id)
            return self._change(
                gate, Unfinished(what="restore", checkpoint=checkpoint.id, today=checkpoint.today)
            )

    def remove(self, name: str) -> None:
        """Forget a checkpoint. Raises NotFound."""
        with self._one_at_a_time:
            self.finish()
            if not self.notes.remove_checkpoint(name):
                raise NotFound(f"there is no checkpoint {name!r}", hint=self._known())
            self._go_on_behind(lambda: self._sweep(""))

    def checkpoints(self) -> list[Checkpoint]:
        """List what is kept, the oldest first."""
        return self.notes.checkpoints()

    def take_up(self) -> None:
        """Go on where a killed predecessor was: its clock, and what it left half done."""
        if (setting := self.notes.clock()) is None:
            return  # nobody was here before
        self.timepiece.set_offset(*setting)
        with self._one_at_a_time, self.open_gate() as gate:
            self.shelf.open_again()
            self._put_right(gate)
            gate.release()

    def finish(self) -> None:
        """Wait until what is done behind is done."""
        if self._behind is not None:
            self._behind.join()

    def _change(self, gate: Gate, unfinished: Unfinished) -> str:
        gate.hold()
        try:
            try:
                self.shelf.close()
                self.shelf.exchange(unfinished)
            except BaseException:
                self.shelf.open_again()
                raise
            today = self._tell(gate, unfinished)
        finally:
            gate.release()
        self._go_on_behind(lambda: self._prepare_next(unfinished.checkpoint))
        return today

    def _tell(self, gate: Gate, unfinished: Unfinished) -> str:
        """Have the mediator and all clocks follow the databases; may be done twice."""
        if unfinished.what == "restore":
            gate.restore_state(unfinished.checkpoint)
        else:
            gate.forget()
        today = gate.set_clock(*self.timepiece.anew(unfinished.today))
        self.notes.finish()
        return today

    def _put_right(self, gate: Gate) -> None:
        """Bring to its end what a killed predecessor, or a mediator that went away, left half done."""
        self.finish()
        if (unfinished := self.notes.unfinished()) is not None:
            self._tell(gate, unfinished)

    def _prepare_next(self, checkpoint: str) -> None:
        """Make ready what comes next: a reset, or the same checkpoint once more."""
        self.shelf.prepare_spares()
        if checkpoint:
            self._sweep(checkpoint)

    def _sweep(self, ready: str) -> None:
        """Drop what nobody can bring back any more; `ready` is to be brought back at once."""
        kept = [each.id for each in self.notes.checkpoints()]
        self.shelf.drop_all_but(kept, ready)
        if ready:
            self.shelf.prepare(ready)
        with self.open_gate() as gate:
            gate.keep_states(kept)

    def _go_on_behind(self, work: Callable[[], None]) -> None:
        def try_it() -> None:
            try:
                work()
            except Exception:
                # Whoever comes next makes what is missing; this change is done.
                _LOG.exception("what follows a change of state could not be done")

        self._behind = threading.Thread(target=try_it, name="behind")
        self._behind.start()

    def _find(self, name: str) -> Checkpoint:
        for each in self.notes.checkpoints():
            if each.name == name:
                return each
        raise NotFound(f"there is no checkpoint {name!r}", hint=self._known())

    def _known(self) -> str:
        names = ", ".join(each.name for each in self.notes.checkpoints())
        return f"there are: {names}" if names else "nothing was saved yet"
