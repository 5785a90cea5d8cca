"""The words this runtime writes on everything it makes, and the names it gives.

Labels are the only memory: what carries this installation's owner and a sandbox's name
belongs to that sandbox, whoever made it and however far that got. No label holds a secret.
"""

from __future__ import annotations

import platform
from hashlib import sha256
from pathlib import Path

REPOSITORY = "civic-sandbox/blocks"

PREFIX = "org.civic-sandbox"
OWNER = f"{PREFIX}.owner"
SANDBOX = f"{PREFIX}.sandbox"
ROLE = f"{PREFIX}.role"
INSTANCE = f"{PREFIX}.instance"
SPEC = f"{PREFIX}.spec"
LAYOUT = f"{PREFIX}.layout"
CONTENT = f"{PREFIX}.content"
BASE = f"{PREFIX}.base"
KEPT_FOR = f"{PREFIX}.kept-for"
"""In place of the owner's on what is no sandbox's and outlives them: clusters made to be copied."""
HOME = f"{PREFIX}.home"
MACHINE = f"{PREFIX}.machine"
"""Where that home is, for an Engine serves others too."""
POPULATION = f"{PREFIX}.population"
DATABASES = f"{PREFIX}.databases"
STAGE = f"{PREFIX}.stage"
"""Marks the stage of a build that is thrown away."""


def owner_of(home: Path) -> str:
    """Name this installation by where it keeps its things: others' sandboxes are none of its business."""
    return sha256(str(home.resolve()).encode()).hexdigest()[:12]


def this_machine() -> str:
    """Name this machine as long as it is the same installation of a system."""
    try:
        told = Path("/etc/machine-id").read_text().strip()
    except OSError:
        told = ""
    return sha256(f"{told}\0{platform.node()}".encode()).hexdigest()[:12]


def resource_name(owner: str, sandbox: str, part: str) -> str:
    """Name a container, network or volume; unique on the Engine, and readable in `docker ps`."""
    return f"civic-{owner[:6]}-{sandbox}.{part}"
