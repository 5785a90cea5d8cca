"""The seeding program: reads its plan from the environment, ends with 0 or says which block failed."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping, Sequence

from sandbox.errors import SandboxError
from sandbox.log import log_to_stderr
from sandbox.seeding.load import seed_all
from sandbox.seeding.plan import ENVIRONMENT_NAME, SeedingPlan


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Seed all databases of the plan."""
    del arguments
    log = logging.getLogger("sandbox.seeding")
    plan = SeedingPlan.model_validate_json(environment[ENVIRONMENT_NAME])
    try:
        seed_all(plan, lambda block: log.info("seeded %s", block))
    except SandboxError as error:
        log.error("%s", error)
        return 1
    return 0


if __name__ == "__main__":
    log_to_stderr()
    sys.exit(main(sys.argv[1:], os.environ))
