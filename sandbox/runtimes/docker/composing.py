"""A sandbox as services of a Compose file: image, confinement, networks, database as this runtime has them.

What Compose can't say is left out, and the export's README names it: the inner network is not
sealed towards its host, and subnets are the Engine's own choice.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.composer import Composed, Condition, Program
from sandbox.model.sandbox import SandboxSpec
from sandbox.runtime import InstanceSpec, Limits, Progress, Site
from sandbox.runtimes.docker import layout as parts
from sandbox.runtimes.docker.database import DATABASE_LIMITS, PASSWORD_FILE, serving
from sandbox.runtimes.docker.hardening import confinement
from sandbox.runtimes.docker.images import ensure_reference_image
from sandbox.runtimes.docker.layout import Layout, derive, site_of
from sandbox.settings import Settings

ADMINISTRATOR = "administrator"
_BRIDGE = "com.docker.network.bridge"
_SERVE = (
    f'umask 077 && printf %s "$$SUPERUSER_PASSWORD" > {PASSWORD_FILE} && unset SUPERUSER_PASSWORD'
    f" && exec {shlex.join(serving())}"
)
_RENAMED = {"nano_cpus": "cpus", "log_config": "logging", "restart_policy": "restart"}


class DockerComposer:
    """Writes down what this runtime would start."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def image(self, progress: Progress) -> str:
        """Name the reference image by its tag; built when it is not here. Raises ImageUnavailable."""
        return ensure_reference_image(self._settings, progress=progress).tag

    def site(self, spec: SandboxSpec, instances: Sequence[str], *, port: int, secret: str) -> Site:
        """Say where everything will be, with the public instance published on `port` of the loopback."""
        return site_of(Layout(public="", instances=tuple(instances), port=port, image=""), spec.name, secret)

    def first(self) -> Mapping[str, Condition]:
        """Say what must have happened before databases can be made."""
        return {ADMINISTRATOR: "service_completed_successfully"}

    def compose(
        self, site: Site, programs: Sequence[Program], *, image: str, public: str, hidden: frozenset[str]
    ) -> Composed:
        """Write down the programs, and the database server that they need."""
        superuser = derive(site.secret, "database-superuser")
        kept_out = hidden | {site.secret, superuser, site.database.password}
        services: dict[str, Any] = {
            parts.DATABASE: _database(image),
            ADMINISTRATOR: _administrator(image, site),
        }
        secrets: dict[str, dict[str, str]] = {
            parts.DATABASE: {"SUPERUSER_PASSWORD": superuser},
            ADMINISTRATOR: {
                "SUPERUSER_PASSWORD": superuser,
                "ADMINISTRATOR_PASSWORD": site.database.password,
            },
        }
        for program in programs:
            name, told = program.spec.name, program.spec.environment
            hides = {key: text for key, text in told.items() if any(secret in text for secret in kept_out)}
            secrets[name] = hides
            services[name] = _service(
                program, image, site, {key: text for key, text in told.items() if key not in hides}, public
            )
        for name, variables in secrets.items():
            services[name] |= {"env_file": [f"secrets/{name}.env"]} if variables else {}
        document = {"services": services, "networks": _networks(), "volumes": {"database": {}}}
        return Composed(document=document, secrets={name: told for name, told in secrets.items() if told})


def _service(
    program: Program, image: str, site: Site, environment: Mapping[str, str], public: str
) -> dict[str, Any]:
    spec = program.spec
    published = spec.name == public
    service = {
        "image": image,
        "command": _command(spec),
        "hostname": spec.name,
        "environment": {key: text.replace("$", "$$") for key, text in sorted(environment.items())},
        "networks": ["edge", "inner"] if published else ["inner"],
        **_confined(spec.limits),
    }
    if published:
        port = site.public_url.rpartition(":")[2]
        service["ports"] = [f"127.0.0.1:{port}:{parts.PORT}"]
    if spec.reads_data:
        service["volumes"] = [f"./population:{parts.DATA}:ro"]
    if program.after:
        service["depends_on"] = {name: {"condition": how} for name, how in sorted(program.after.items())}
    if program.readiness:
        service["healthcheck"] = _asks(f"{site.addresses[spec.name]}{program.readiness}")
    return service


def _command(spec: InstanceSpec) -> list[str]:
    assert spec.module is not None, "a Compose file holds reference blocks only"
    return ["python", "-m", spec.module, *spec.arguments]


def _asks(url: str) -> dict[str, Any]:
    """Look every few seconds; the standard library alone starts at once."""
    program = f"import urllib.request; urllib.request.urlopen('{url}', timeout=4)"
    return {
        "test": ["CMD", "python", "-I", "-S", "-c", program],
        "interval": "4s",
        "timeout": "10s",
        "retries": 60,
    }


def _database(image: str) -> dict[str, Any]:
    return {
        "image": image,
        "command": ["sh", "-c", _SERVE],
        "hostname": parts.DATABASE,
        "networks": ["inner"],
        "volumes": [f"database:{parts.DATABASE_FILES}"],
        **_confined(DATABASE_LIMITS),
    }


def _administrator(image: str, site: Site) -> dict[str, Any]:
    """Beside the server, on its own loopback: the superuser is refused from anywhere else."""
    confined = _confined(Limits())
    for name in ("dns", "dns_search", "dns_opt"):  # those of the server's network
        del confined[name]
    return {
        "image": image,
        "command": ["python", "-m", "sandbox.runtimes.administrator"],
        "environment": {"ADMINISTRATOR": site.database.user, "DATABASE_PORT": str(site.database.port)},
        "network_mode": f"service:{parts.DATABASE}",
        "depends_on": {parts.DATABASE: {"condition": "service_started"}},
        **confined,
    }


def _networks() -> dict[str, Any]:
    return {
        "inner": {"internal": True, "driver_opts": {f"{_BRIDGE}.inhibit_ipv4": "true"}},
        "edge": {"driver_opts": {f"{_BRIDGE}.enable_ip_masquerade": "false"}},
    }


def _confined(limits: Limits) -> dict[str, Any]:
    """Give `hardening.confinement` in Compose's words; what has no word there is no secret relaxation."""
    given = confinement(limits)
    log = given["log_config"]
    said = {
        **{name: value for name, value in given.items() if name not in _RENAMED},
        "cpus": limits.cpus,
        "logging": {"driver": str(log["Type"]), "options": dict(log["Config"])},
        "restart": given["restart_policy"]["Name"],
        "tmpfs": [f"{folder}:{options}" for folder, options in given["tmpfs"].items()],
    }
    return {name: said[name] for name in sorted(said)}
