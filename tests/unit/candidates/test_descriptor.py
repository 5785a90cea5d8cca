"""What a candidate's block.yaml may say, and what it can't."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.candidates.descriptor import NEVER, read_candidate
from sandbox.errors import ContentError

IMAGE = f"registry.example/vendor/payments@sha256:{'a' * 64}"
WHOLE = f"""\
name: Payments of a vendor
slug: payments
summary: Pays people.
image: {IMAGE}
port: 3000
readiness: /health
clock: real
settles: nowhere
environment: {{MODE: pilot}}
memory: 512
writable: [/var/cache/app]
start_timeout: 90
services:
  database: {{provided: postgresql}}
  cache: {{image: "sha256:{"b" * 64}", memory: 64, writable: [/data], environment: {{KEY: "{{password}}"}}}}
"""


def write(folder: Path, text: str) -> Path:
    (folder / "block.yaml").write_text(text)
    return folder


def refusal(folder: Path, text: str) -> ContentError:
    with pytest.raises(ContentError) as refused:
        read_candidate(write(folder, text))
    return refused.value


def test_everything_that_a_product_needs_can_be_said(tmp_path: Path) -> None:
    said = read_candidate(write(tmp_path, WHOLE))
    assert (said.port, said.readiness, said.start_timeout, said.memory) == (3000, "/health", 90, 512)
    assert said.services["cache"].writable == ("/data",)
    assert said.services["database"].memory_mib == 512


def test_a_command_is_the_products_own_and_no_parts(tmp_path: Path) -> None:
    own = WHOLE.replace(f"image: {IMAGE}", "command: [java, -jar, app.jar]")
    assert read_candidate(write(tmp_path, own)).command == ("java", "-jar", "app.jar")
    error = refusal(tmp_path, WHOLE.replace("{provided: postgresql}", "{provided: postgresql, command: [x]}"))
    assert "'command' can't be asked for" in str(error)


def test_a_folder_without_a_descriptor_is_said_to_lack_one(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match=r"needs a block\.yaml, and has none"):
        read_candidate(tmp_path)


@pytest.mark.parametrize("key", sorted(NEVER))
def test_what_would_loosen_isolation_is_refused_with_its_line(tmp_path: Path, key: str) -> None:
    error = refusal(tmp_path, f"{WHOLE}{key}: [x]\n")
    assert f"'{key}' can't be asked for" in str(error)
    assert error.line == WHOLE.count("\n") + 1
    assert error.hint


def test_a_part_can_not_loosen_it_either(tmp_path: Path) -> None:
    error = refusal(
        tmp_path, WHOLE.replace("{provided: postgresql}", "{provided: postgresql, privileged: true}")
    )
    assert "'privileged' can't be asked for" in str(error)
    assert error.line == 14


@pytest.mark.parametrize(
    "recipe",
    [
        "FROM x\nADD http://169.254.169.254/latest /x\n",
        "FROM x\n# a remark\n  add $URL /x\n",
        "FROM x\nA\\\nDD http://host/ /x\n",
        "FROM x\nONBUILD ADD http://host/ /x\n",
        "# escape=`\nFROM x\nA`\nDD http://host/ /x",
    ],
)
def test_a_recipe_that_would_have_the_engine_fetch_something_is_refused(tmp_path: Path, recipe: str) -> None:
    write(tmp_path, WHOLE.replace(f"image: {IMAGE}", "build: ."))
    (tmp_path / "Dockerfile").write_text(recipe)
    with pytest.raises(ContentError, match="ADD can't be used") as refused:
        read_candidate(tmp_path)
    assert refused.value.line in (2, 3)


def test_a_recipe_that_copies_is_taken(tmp_path: Path) -> None:
    write(tmp_path, WHOLE.replace(f"image: {IMAGE}", "build: ."))
    (tmp_path / "Dockerfile").write_text('FROM x\nCOPY . /x\nRUN echo ADD \\\n ADD\nCMD ["ADD"]\n')
    assert read_candidate(tmp_path).build == "."


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (IMAGE, "registry.example/vendor/payments:1.0", "'image' is"),
        (f"image: {IMAGE}", "build: .", "needs a Dockerfile beside it"),
        (f"image: {IMAGE}\n", "", "not both"),
        ("port: 3000", "port: 80", "'port' is"),
        ("{MODE: pilot}", "{SANDBOX_SECRET: mine}", "which the sandbox itself tells"),
        ("[/var/cache/app]", "[../etc]", "'writable.0' is"),
        ("[/var/cache/app]", "[/a/../etc]", "'writable.0' is"),
        ("start_timeout: 90", "start_timeout: 0", "'start_timeout' is"),
        ("memory: 512", "memory: 100000", "'memory' is"),
        ("  cache: {image", "  cache: {provided: postgresql, image", "not both"),
        ("settles: nowhere", "seed: {calls: ../seed.yaml}", "there is no file"),
        ("clock: real", "clok: real", "unknown key 'clok'"),
    ],
)
def test_a_wrong_value_is_named_with_its_line(tmp_path: Path, before: str, after: str, said: str) -> None:
    assert before in WHOLE
    error = refusal(tmp_path, WHOLE.replace(before, after))
    assert said in str(error)
    assert error.line is not None
