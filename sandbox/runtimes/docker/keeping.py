"""The Keeper of `docker`: loaded databases come to a sandbox with the cluster that its PostgreSQL begins as.

Preparing a sandbox does that (prepare.py); here it is said which came, and that more be kept. What
is listed and forgotten are whole clusters: databases of one can't be told apart on the disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from docker.errors import NotFound

from sandbox.runtime import KeptDatabase, Loaded
from sandbox.runtimes.docker import clusters, labels
from sandbox.runtimes.docker.engine import connect, said_by_engine
from sandbox.runtimes.docker.layout import Layout, Place
from sandbox.settings import Settings


class DockerKeeper:
    """Keeps, lists and removes clusters; connects to the Engine when it is first asked something."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @property
    def restores_late(self) -> bool:
        """No: a sandbox's server has what it began with."""
        return False

    def restore(self, sandbox: str, wanted: Sequence[Loaded]) -> Sequence[Loaded]:
        """Say which came with the sandbox's cluster."""
        layout = self._layout(sandbox)
        return [] if layout is None else [each for each in wanted if each.key in layout.restored]

    def keep(self, sandbox: str, loaded: Sequence[Loaded], data: Path) -> None:
        """Have the Engine make a cluster of them, after this command's end if need be."""
        with said_by_engine("keeping loaded databases"):
            layout = self._layout(sandbox)
            if layout is None or layout.restored:
                return
            shelf = self._shelf
            name = clusters.cluster_name(shelf.owner, layout.image, [each.key for each in loaded])
            clusters.begin(shelf, name, layout.image, loaded, data)

    def kept(self) -> Sequence[KeptDatabase]:
        """List the clusters that are whole; what killed commands left goes."""
        shelf = self._shelf
        with said_by_engine("listing kept databases"), clusters.locked(shelf):
            clusters.sweep(shelf)
            return [
                KeptDatabase(
                    key=name.rpartition("-")[2],
                    block=f"{each['Labels'][labels.DATABASES].count(',') + 1} blocks",
                    population=each["Labels"][labels.POPULATION],
                    stored_bytes=clusters.stored_bytes(shelf, name),
                    used=clusters.used(shelf, name, each["Created"]),
                )
                for each in shelf.listed()
                if each["State"] == "exited"
                for name in [each["Names"][0].removeprefix("/")]
            ]

    def forget(self, keys: Sequence[str]) -> None:
        """Remove them, unless a sandbox's PostgreSQL began as one and still runs."""
        shelf = self._shelf
        with said_by_engine("removing kept databases"), clusters.locked(shelf):
            for each in shelf.listed():
                name = each["Names"][0].removeprefix("/")
                if name.rpartition("-")[2] in keys:
                    clusters.remove(shelf, name)
            clusters.sweep(shelf)

    @cached_property
    def _shelf(self) -> clusters.Shelf:
        return clusters.Shelf(connect(), self._settings.home)

    def _layout(self, sandbox: str) -> Layout | None:
        place = Place(self._shelf.owner, sandbox)
        try:
            marker = self._shelf.client.api.inspect_volume(place.name("marker"))
        except NotFound:
            return None
        return Layout.from_json(marker["Labels"][labels.LAYOUT])
