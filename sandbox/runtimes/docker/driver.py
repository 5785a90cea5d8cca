"""The Runtime of `docker`: every method of the port, in terms of the Engine.

Remembers nothing between calls: whatever it needs to know about a sandbox is read from
labels, so that any process of this installation can go on where another one stopped.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Iterator, Sequence
from contextlib import suppress
from threading import Lock

import docker
from docker.errors import APIError, NotFound
from docker.models.containers import Container

from sandbox import errors
from sandbox.model.sandbox import SandboxSpec
from sandbox.runtime import (
    Completed,
    Instance,
    InstanceSpec,
    Phase,
    Progress,
    Remains,
    RuntimeInfo,
    Site,
    SiteRequest,
    keep_silent,
)
from sandbox.runtimes.docker import containers, images, labels
from sandbox.runtimes.docker import layout as parts
from sandbox.runtimes.docker.clusters import Shelf
from sandbox.runtimes.docker.engine import reading, said_by_engine
from sandbox.runtimes.docker.layout import Layout, Place, site_of
from sandbox.runtimes.docker.prepare import claim_name, lay_out
from sandbox.runtimes.docker.sweep import sweep
from sandbox.settings import Settings

_TASK_LOG_LINES = 200


class DockerRuntime:
    """Sandboxes on one Docker Engine. Safe to call from several threads."""

    def __init__(self, client: docker.DockerClient, settings: Settings) -> None:
        self._client = client
        self._settings = settings
        self._owner = labels.owner_of(settings.home)
        self._networking = Lock()

    def info(self) -> RuntimeInfo:
        """Say what this Engine isolates and enforces."""
        with said_by_engine("asking the Docker Engine about itself"):
            about = self._client.info()
            version = self._client.version()
        options = " ".join(about.get("SecurityOptions") or [])
        notes = [f"API {version['ApiVersion']}, {about['OperatingSystem']}, {about['Architecture']}"]
        notes.append(_isolation(options, str(about.get("DefaultRuntime", ""))))
        notes.append("rootless Engine" if "rootless" in options else "the Engine runs as root")
        notes.append("user namespaces are on" if "userns" in options else "no user namespaces")
        if "runsc" in (about.get("Runtimes") or {}):
            notes.append("gVisor (runsc) is installed")
        notes.extend(f"the Engine warns: {warning}" for warning in about.get("Warnings") or [])
        limits = all(about.get(key) for key in ("MemoryLimit", "PidsLimit", "CpuCfsQuota"))
        return RuntimeInfo(
            name="docker",
            version=version["Version"],
            isolates_networks=True,
            enforces_limits=limits,
            notes=tuple(notes),
        )

    def list_sandboxes(self) -> Sequence[Remains]:
        """Name every sandbox of this installation that has a container, network or volume left."""
        chosen = {"label": f"{labels.OWNER}={self._owner}"}
        with said_by_engine("listing sandboxes"):
            api = self._client.api
            found = [
                *api.containers(all=True, filters=chosen),
                *api.networks(filters=chosen),
                *(api.volumes(filters=chosen)["Volumes"] or []),
            ]
            names = sorted({thing["Labels"][labels.SANDBOX] for thing in found})
            return [self._remains(self._place(name)) for name in names]

    def observe(self, sandbox: str) -> Sequence[Instance]:
        """List the instances of a sandbox by name; PostgreSQL and loaders are none."""
        chosen = self._place(sandbox).filter(parts.INSTANCE_ROLE)
        with said_by_engine(f"observing sandbox {sandbox!r}"):
            listed = self._client.api.containers(all=True, filters=chosen)
            seen = (containers.observed(self._client, container) for container in listed)
            return sorted(
                (instance for instance in seen if instance is not None), key=lambda instance: instance.name
            )

    def prepare(self, request: SiteRequest, *, progress: Progress = keep_silent) -> Site:
        """Lay out one sandbox; a preparation that fails or is interrupted leaves nothing behind."""
        place = self._place(request.spec.name)
        with said_by_engine(f"preparing sandbox {place.sandbox!r}"):
            image = images.ensure_reference_image(self._settings, progress=progress, client=self._client).id
            keeper = claim_name(self._client, place, request, image)
            try:
                return lay_out(
                    self._client,
                    place,
                    request,
                    space=self._settings.subnets,
                    image=image,
                    keeper=keeper,
                    shelf=Shelf(self._client, self._settings.home),
                    progress=progress,
                )
            except BaseException:
                sweep(self._client, place)
                raise

    def start(self, spec: InstanceSpec) -> Instance:
        """Start one instance; one that runs already is left alone, one that ended is made anew."""
        place = self._place(spec.sandbox)
        with said_by_engine(f"starting {spec.name!r} of sandbox {spec.sandbox!r}"):
            layout = self._layout(place)
            running = self._running(place, spec.name)
            if running is not None:
                return running
            self._make_network(place, layout, spec)
            container = containers.create(
                self._client, place, layout, spec, role=parts.INSTANCE_ROLE, name=place.name(spec.name)
            )
            try:
                if spec.name == layout.public:
                    with self._networking:
                        containers.attach_public(self._client, place, container, spec.name)
                containers.start(container, layout, place)
            except BaseException:
                self._remove(str(container.id))
                raise
        return Instance(
            sandbox=spec.sandbox,
            name=spec.name,
            phase=Phase.RUNNING,
            id=str(container.id),
            image=spec.image or layout.image,
        )

    def run_once(self, spec: InstanceSpec) -> Completed:
        """Run a program among the instances to its end, and remove its container."""
        place = self._place(spec.sandbox)
        name = place.name(f"{spec.name}-{secrets.token_hex(3)}")
        with said_by_engine(f"running {spec.name!r} in sandbox {spec.sandbox!r}"):
            layout = self._layout(place)
            self._make_network(place, layout, spec)
            container = containers.create(self._client, place, layout, spec, role=parts.TASK_ROLE, name=name)
            try:
                containers.start(container, layout, place)
                ended = container.wait(timeout=None)
                tail = container.logs(tail=_TASK_LOG_LINES).decode(errors="replace")
            finally:
                self._remove(str(container.id))
        return Completed(exit_code=ended["StatusCode"], log_tail=tail)

    def stop(self, sandbox: str, name: str, *, grace_seconds: float) -> None:
        """Stop and remove one instance, and a candidate's network with it."""
        place = self._place(sandbox)
        with said_by_engine(f"stopping {name!r} of sandbox {sandbox!r}"):
            container = self._container(place, name)
            if container is not None:
                with suppress(NotFound):
                    container.stop(timeout=math.ceil(grace_seconds))
                self._remove(str(container.id))
            containers.remove_candidate_network(self._client, place, name)

    def discard(self, sandbox: str) -> None:
        """Remove everything that carries the sandbox's label."""
        with said_by_engine(f"removing sandbox {sandbox!r}"):
            sweep(self._client, self._place(sandbox))

    def logs(self, sandbox: str, name: str, *, tail: int, follow: bool = False) -> Iterator[str]:
        """Yield what an instance, or `postgres`, wrote; nothing when there is no such instance."""
        with said_by_engine(f"reading the log of {name!r} of sandbox {sandbox!r}"):
            container = self._container(self._place(sandbox), name)
            if container is None:
                return
            unfinished = b""
            with reading(container.logs(stream=True, follow=follow, tail=tail)) as chunks:
                for chunk in chunks:
                    *lines, unfinished = (unfinished + chunk).split(b"\n")
                    for line in lines:
                        yield line.decode(errors="replace")
            if unfinished:
                yield unfinished.decode(errors="replace")

    def _make_network(self, place: Place, layout: Layout, spec: InstanceSpec) -> None:
        """Make a candidate's network, once, however many threads start what is on it."""
        home = containers.home_of(spec)
        if home:
            with self._networking:
                containers.make_candidate_network(self._client, place, layout, self._settings.subnets, home)

    def _place(self, sandbox: str) -> Place:
        return Place(self._owner, sandbox)

    def _container(self, place: Place, name: str) -> Container | None:
        try:
            return self._client.containers.get(place.name(name))
        except NotFound:
            return None

    def _running(self, place: Place, name: str) -> Instance | None:
        """Find the instance when it runs; remove what is left of it when it does not."""
        for instance in self.observe(place.sandbox):
            if instance.name != name:
                continue
            if instance.exit_code is None:
                return instance
            self._remove(instance.id)
        return None

    def _remove(self, container: str) -> None:
        try:
            self._client.api.remove_container(container, force=True, v=True)
        except APIError as error:
            # 409: another command is removing it this moment.
            if error.status_code not in (404, 409):
                raise

    def _layout(self, place: Place) -> Layout:
        found = self._find_layout(place)
        if found is None:
            raise errors.NotFound(
                f"there is no sandbox called {place.sandbox!r}", hint="list them with: sandbox ls"
            )
        return found

    def _find_layout(self, place: Place) -> Layout | None:
        try:
            marker = self._client.api.inspect_volume(place.name("marker"))
        except NotFound:
            return None
        return Layout.from_json(marker["Labels"][labels.LAYOUT])

    def _remains(self, place: Place) -> Remains:
        """Read what the keeper and the marker say; None for what they can't."""
        try:
            keeper = self._client.api.inspect_container(place.name("keeper"))
        except NotFound:
            return Remains(name=place.sandbox, spec=None, site=None)
        try:
            spec = SandboxSpec.model_validate_json(keeper["Config"]["Labels"][labels.SPEC])
        except ValueError:
            # Written by another version of this product: it can be removed, not adopted.
            return Remains(name=place.sandbox, spec=None, site=None)
        layout = self._find_layout(place)
        if layout is None:
            return Remains(name=place.sandbox, spec=spec, site=None)
        prefix = f"{parts.SECRET}="
        secret = next(
            entry.removeprefix(prefix) for entry in keeper["Config"]["Env"] if entry.startswith(prefix)
        )
        return Remains(name=place.sandbox, spec=spec, site=site_of(layout, place.sandbox, secret))


def _isolation(options: str, default_runtime: str) -> str:
    """Name the level that is reached: what stands between a block and the host, strongest first."""
    if default_runtime.startswith("runsc"):
        kernel = "a kernel of its own (gVisor)"
    elif "rootless" in options or "userns" in options:
        kernel = "a user namespace: root inside is nobody outside"
    else:
        kernel = "containers on the host's kernel, under the host's user ids"
    filters = [name for name in ("seccomp", "apparmor", "selinux") if f"name={name}" in options]
    return f"isolation by {kernel}, filtered by {' and '.join(filters) or 'nothing'}"
