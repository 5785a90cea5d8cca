"""Which function does which job."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from sandbox.jobs.queue import Work
from sandbox.store.jobs import Job
from sandbox.tasks.runs import play_run
from sandbox.tasks.sandboxes import remove_sandbox, reset_sandbox, restore_state, save_state, start_sandbox
from sandbox.tasks.work import Bench, Doing, do_job

DOINGS: Mapping[Job, Doing] = {
    Job.START: start_sandbox,
    Job.RESET: reset_sandbox,
    Job.REMOVE: remove_sandbox,
    Job.SAVE: save_state,
    Job.RESTORE: restore_state,
    Job.PLAY: play_run,
}


def make_work(bench: Bench) -> Work:
    """Give what does any job, by its id."""
    return partial(do_job, bench, DOINGS)
