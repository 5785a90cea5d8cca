"""A cluster that is not whole is never begun as, and goes; one that a sandbox began as stays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import docker
import pytest

from sandbox.runtime import Loaded
from sandbox.runtimes.docker import labels
from sandbox.runtimes.docker.clusters import Shelf, begin, cluster_name, pinned
from sandbox.runtimes.docker.images import ImageRef
from sandbox.runtimes.docker.keeping import DockerKeeper
from sandbox.runtimes.docker.volumes import volume_mount
from sandbox.settings import Settings
from tests.fakes.kept_clusters import chosen, forget_clusters
from tests.fakes.waiting import eventually

pytestmark = pytest.mark.docker

CONSENT = Loaded(
    key="0123",
    database="sbx_one_consent__template",
    role="sbx_one_consent",
    block="consent",
    loader="blocks.consent.seed",
    population="p",
)


@pytest.fixture
def shelf(engine: docker.DockerClient, settings: Settings) -> Iterator[Shelf]:
    yield Shelf(engine, settings.home)
    forget_clusters(engine, settings.home)


def left(shelf: Shelf, settings: Settings) -> list[str]:
    volumes = shelf.client.volumes.list(filters=chosen(settings.home))
    return [*(each["Names"][0] for each in shelf.listed()), *(str(each.name) for each in volumes)]


def people(folder: Path) -> Path:
    (folder / "people").mkdir(exist_ok=True)
    return folder / "people"


def whole(shelf: Shelf, name: str) -> bool:
    with pinned(shelf, name) as is_whole:
        return is_whole


def test_whatever_ended_its_making_early_it_is_never_whole_and_goes(
    shelf: Shelf, reference: ImageRef, settings: Settings, tmp_path: Path
) -> None:
    name = cluster_name(shelf.owner, reference.id, ["0123"])
    containers = shelf.client.containers

    def created_and_never_started() -> None:
        marks = {labels.KEPT_FOR: shelf.owner}
        mount = volume_mount(name, "/srv/postgres", marks, read_only=False)
        containers.create(reference.id, ["true"], name=name, labels=marks, mounts=[mount])

    def killed_in_the_middle() -> None:
        begin(shelf, name, reference.id, [CONSENT], people(tmp_path))
        containers.get(name).kill()
        containers.get(name).wait()

    def a_loader_that_breaks() -> None:
        begin(shelf, name, reference.id, [replace(CONSENT, loader="blocks.nowhere.seed")], people(tmp_path))
        containers.get(name).wait()

    def a_volume_alone() -> None:
        shelf.client.volumes.create(name, labels={labels.KEPT_FOR: shelf.owner})

    for cut_short in (
        created_and_never_started,
        killed_in_the_middle,
        a_loader_that_breaks,
        a_volume_alone,
    ):
        cut_short()
        assert left(shelf, settings), cut_short.__name__
        assert not whole(shelf, name), cut_short.__name__
        assert list(DockerKeeper(settings).kept()) == []
        assert left(shelf, settings) == [], cut_short.__name__


def test_one_that_is_in_use_stays_until_it_is_not(
    shelf: Shelf, reference: ImageRef, settings: Settings, tmp_path: Path
) -> None:
    name, keeper = cluster_name(shelf.owner, reference.id, ["0123"]), DockerKeeper(settings)
    for _ in range(2):  # whoever comes second begins nothing
        begin(shelf, name, reference.id, [CONSENT], people(tmp_path))
    [kept] = eventually(keeper.kept)
    assert whole(shelf, name)
    mount = volume_mount(name, "/srv/kept", {}, read_only=True)
    user = shelf.client.containers.create(reference.id, ["true"], mounts=[mount], network_mode="none")
    keeper.forget([kept.key])
    assert [each.key for each in keeper.kept()] == [kept.key]
    assert whole(shelf, name)
    user.remove(force=True)
    keeper.forget([kept.key])
    assert left(shelf, settings) == []


def test_what_was_kept_for_a_home_that_is_gone_goes(
    shelf: Shelf, reference: ImageRef, settings: Settings, tmp_path: Path
) -> None:
    gone = Shelf(shelf.client, tmp_path / "gone")
    marks = {
        labels.KEPT_FOR: gone.owner,
        labels.HOME: str(gone.home),
        labels.MACHINE: labels.this_machine(),
    }
    shelf.client.containers.create(reference.id, ["true"], name=f"civic-gone-{gone.owner}", labels=marks)
    assert list(DockerKeeper(settings).kept()) == []
    assert gone.listed() == []
