"""Where the base image comes from, and what is said when there is none."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from docker.errors import APIError, ImageNotFound

from sandbox.errors import ImageUnavailable
from sandbox.runtimes.docker.base import BOOTSTRAPPED, find_base
from sandbox.settings import Settings


@dataclass
class FakeImages:
    """An Engine's images, and those that its registry has."""

    here: set[str] = field(default_factory=set)
    registry: set[str] = field(default_factory=set)

    def get(self, name: str) -> SimpleNamespace:
        if name not in self.here:
            raise ImageNotFound(f"no {name}")
        return SimpleNamespace(id=f"sha256:{name}")

    def pull(self, repository: str, tag: str) -> SimpleNamespace:
        joint = "@" if tag.startswith("sha256:") else ":"
        name = f"{repository}{joint}{tag}"
        if name not in self.registry:
            raise APIError("refused", explanation="no such host")
        self.here.add(name)
        return self.get(name)


def find(images: FakeImages, settings: Settings, base: str | None = None, bootstrap: bool = False) -> str:
    engine = SimpleNamespace(images=images)
    return find_base(engine, settings, base=base, bootstrap=bootstrap, progress=lambda _: None).reference


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Settings:
    """No mmdebstrap is to be found."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return Settings(home=tmp_path, base_image="python:1")


def test_the_configured_base_is_taken_before_a_bootstrapped_one(settings):
    assert find(FakeImages(here={"python:1", BOOTSTRAPPED}), settings) == "python:1"
    assert find(FakeImages(here={BOOTSTRAPPED}), settings) == BOOTSTRAPPED


def test_what_was_bootstrapped_before_is_taken_before_a_registry_is_asked(settings):
    assert find(FakeImages(here={BOOTSTRAPPED}, registry={"python:1"}), settings) == BOOTSTRAPPED


def test_a_missing_base_is_fetched_by_tag_or_by_digest(settings):
    digest = "python@sha256:00"
    images = FakeImages(registry={"python:1", digest, "registry.example:5000/python:2"})
    assert find(images, settings) == "python:1"
    assert find(images, settings, base=digest) == digest
    assert find(images, settings, base="registry.example:5000/python:2") == "registry.example:5000/python:2"


@pytest.mark.parametrize("base", ["python", "registry.example:5000/python"])
def test_a_moving_name_is_refused(settings, base):
    with pytest.raises(ImageUnavailable, match="names no tag and no digest"):
        find(FakeImages(registry={f"{base}:latest"}), settings, base=base)


def test_without_registry_and_without_the_tool_the_command_is_named(settings):
    with pytest.raises(ImageUnavailable) as caught:
        find(FakeImages(), settings)
    assert "python:1" in str(caught.value)
    assert "sandbox images build --bootstrap" in caught.value.hint


def test_bootstrapping_without_the_tool_names_its_package(settings):
    with pytest.raises(ImageUnavailable) as caught:
        find(FakeImages(), settings, bootstrap=True)
    assert "apt-get install mmdebstrap" in caught.value.hint
