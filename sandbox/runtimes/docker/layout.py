"""How one sandbox lies on an Engine: names, labels, and the site that follows from them.

Two things remember a sandbox. Its keeper, a container that is created first and never
started, has the wish in a label and the root secret in its environment, where no process
ever sees it. Its marker, a volume made last, has the layout in a label: where there is no
marker, the preparation was cut short. What can be derived is not written down.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sandbox.runtime import DatabaseSite, Site, prefix_of
from sandbox.runtimes.docker import labels

PORT = 8080
DATABASE_PORT = 5432
DATABASE = "postgres"
DATA = "/srv/data"
DATABASE_FILES = "/srv/postgres"
KEPT_FILES = "/srv/kept"
"""Where a sandbox's PostgreSQL finds the cluster that it begins as a copy of; it may only read there."""
PREPARED_DATABASE_FILES = "/opt/civic-sandbox/prepared/data"
"""In our image (compose/Dockerfile): what a new server begins with."""
WAYS = "/srv/ways"
OPEN_WAYS = f"{WAYS}/open"
"""Where the public instance finds a socket for each way out, by the block to which it leads."""
SECRET = "SANDBOX_ROOT_SECRET"  # noqa: S105  the variable's name

KEEPER_ROLE = "keeper"
DATABASE_ROLE = "database"
INSTANCE_ROLE = "instance"
TASK_ROLE = "task"
INNER_ROLE = "inner"
EDGE_ROLE = "edge"
CANDIDATE_ROLE = "candidate"
DATA_ROLE = "data"
MARKER_ROLE = "marker"
WAYS_ROLE = "ways"


@dataclass(frozen=True, slots=True)
class Place:
    """Names and labels of one sandbox of one installation."""

    owner: str
    sandbox: str

    def name(self, part: str) -> str:
        """Name a container, network or volume of the sandbox."""
        return labels.resource_name(self.owner, self.sandbox, part)

    def labels(self, role: str, instance: str = "", **more: str) -> dict[str, str]:
        """Label a thing as this sandbox's; `more` are further labels by their short names."""
        return {
            labels.OWNER: self.owner,
            labels.SANDBOX: self.sandbox,
            labels.ROLE: role,
            **({labels.INSTANCE: instance} if instance else {}),
            **{f"{labels.PREFIX}.{key}": value for key, value in more.items()},
        }

    def filter(self, role: str | None = None) -> dict[str, Sequence[str]]:
        """Select what is this sandbox's, of one role or of any."""
        wanted = [f"{labels.OWNER}={self.owner}", f"{labels.SANDBOX}={self.sandbox}"]
        return {"label": [*wanted, f"{labels.ROLE}={role}"] if role else wanted}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What was decided while preparing, and can't be derived afterwards. Holds no secret."""

    public: str
    instances: tuple[str, ...]
    port: int
    image: str
    """The reference image's hash: a sandbox keeps its image when the code on disk changes."""
    restored: tuple[str, ...] = ()
    """Keys of the loaded databases that its PostgreSQL began with."""

    def to_json(self) -> str:
        """Write it as a label's text."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Layout:
        """Read a label's text."""
        value = json.loads(text)
        return cls(
            public=value["public"],
            instances=tuple(value["instances"]),
            port=value["port"],
            image=value["image"],
            restored=tuple(value.get("restored", ())),
        )


def site_of(layout: Layout, sandbox: str, secret: str) -> Site:
    """Say where everything of a prepared sandbox is."""
    prefix = prefix_of(sandbox)
    return Site(
        addresses={name: f"http://{name}:{PORT}" for name in layout.instances},
        ports=dict.fromkeys(layout.instances, PORT),
        public_url=f"http://127.0.0.1:{layout.port}",
        database=DatabaseSite(
            host=DATABASE,
            port=DATABASE_PORT,
            user=f"{prefix}_admin",
            password=derive(secret, "database-administrator"),
            prefix=prefix,
        ),
        data=DATA,
        secret=secret,
        ways=OPEN_WAYS,
    )


def derive(secret: str, purpose: str) -> str:
    """Derive one of the sandbox's passwords from its root secret."""
    return hmac.new(secret.encode(), purpose.encode(), "sha256").hexdigest()
