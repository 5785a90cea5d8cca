"""From `--swap` to a candidate, or to a refusal that says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.candidates.outside import HostNotAllowed
from sandbox.candidates.passes import NotProven
from sandbox.candidates.swaps import (
    SwapRefused,
    SwapWish,
    find_candidates,
    read_swaps,
    refuse_images_in_the_catalogue,
    remember,
)
from sandbox.errors import ContentError, ImageUnavailable, SandboxError, UsageError
from sandbox.model.block import BlockDescriptor
from sandbox.model.candidate import Candidate
from tests.fakes.entrance import BUILT, HERE, MISSING, Shelf, entrance

BLOCKS = ("information-mediator", "payee-institutions", "payments")
DESCRIPTOR = """\
name: Payments of a vendor
slug: payments
summary: Pays people.
build: .
memory: 512
writable: [/var/cache/app]
services: {database: {provided: postgresql}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "vendor"
    made.mkdir()
    (made / "block.yaml").write_text(DESCRIPTOR)
    (made / "Dockerfile").write_text("FROM scratch\n")
    return made


def find(home: Path, ref: str, **how: bool | Shelf) -> Candidate:
    found = find_candidates([SwapWish(block="payments", ref=ref)], BLOCKS, entrance(home, **how))
    return found["payments"]


@pytest.mark.parametrize("text", ["payments", "=./folder", "payments="])
def test_a_swap_names_a_block_and_a_product(text: str) -> None:
    with pytest.raises(UsageError, match="is not BLOCK=REF"):
        read_swaps([text])


def test_a_block_has_one_place(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="names 'payments' twice"):
        read_swaps(["payments=./a", "payments=./b"])


@pytest.mark.parametrize("ref", [HERE, f"registry.example/vendor/payments@{HERE}"])
def test_an_image_by_digest_takes_the_place_as_it_is(tmp_path: Path, ref: str) -> None:
    found = find(tmp_path, ref)
    assert (found.image, found.ref, found.descriptor.slug) == (HERE, ref, "payments")
    assert remember(found).relaxations == ()


def test_a_folder_is_built_and_every_allowance_is_said(tmp_path: Path, folder: Path) -> None:
    kept = remember(find(tmp_path, str(folder)))
    assert (kept.image, kept.name, kept.parts) == (BUILT, "Payments of a vendor", {"payments_database": ""})
    said = " ".join(kept.relaxations)
    for word in ("built here", "512 MiB of memory", "/var/cache/app", "brought database"):
        assert word in said


def test_nothing_foreign_is_found_or_built_before_the_engine_is_proven(tmp_path: Path, folder: Path) -> None:
    shelf = Shelf()
    for ref in (HERE, str(folder)):
        with pytest.raises(NotProven, match="has not been proven") as refused:
            find(tmp_path, ref, attacked=False, images=shelf)
        assert "sandbox attack" in refused.value.hint
    assert shelf.asked == []


def test_foreign_code_does_not_run_where_nothing_isolates_it(tmp_path: Path) -> None:
    from dataclasses import replace

    nowhere = replace(entrance(tmp_path), runtime="local", prover=None, images=None)
    with pytest.raises(SwapRefused, match="does not run on 'local'") as refused:
        find_candidates([SwapWish(block="payments", ref=HERE)], BLOCKS, nowhere)
    assert "--runtime docker" in refused.value.hint


def test_the_mediator_can_not_be_swapped(tmp_path: Path) -> None:
    wish = SwapWish(block="information-mediator", ref=HERE)
    with pytest.raises(SwapRefused, match="the gate and the witness"):
        find_candidates([wish], BLOCKS, entrance(tmp_path))


@pytest.mark.parametrize(
    ("ref", "error", "said", "hint"),
    [
        ("vendor/payments:1.0", UsageError, "is a tag", f"--swap payments={HERE}"),
        ("vendor/other:2", UsageError, "neither a folder nor an image", "docker inspect --format"),
        ("./nowhere", UsageError, "there is no folder", "block.yaml"),
        (
            "https://pay.example",
            HostNotAllowed,
            "not among the hosts",
            "SANDBOX_ALLOWED_HOSTS=pay.example:443",
        ),
        (MISSING, ImageUnavailable, "can't be had", ""),
    ],
)
def test_what_can_not_be_had_is_refused_with_what_to_do(
    tmp_path: Path, ref: str, error: type[SandboxError], said: str, hint: str
) -> None:
    with pytest.raises(error, match=said) as refused:
        find(tmp_path, ref)
    assert hint in refused.value.hint


def test_a_block_that_does_not_run_has_no_place(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="runs no such block") as refused:
        find_candidates([SwapWish(block="payment", ref=HERE)], BLOCKS, entrance(tmp_path))
    assert "payments" in refused.value.hint


def test_a_folder_for_another_block_is_refused(tmp_path: Path, folder: Path) -> None:
    wish = SwapWish(block="payee-institutions", ref=str(folder))
    with pytest.raises(ContentError, match="the slug is 'payments'"):
        find_candidates([wish], BLOCKS, entrance(tmp_path))


def test_a_folder_with_a_command_alone_takes_no_place(tmp_path: Path, folder: Path) -> None:
    (folder / "block.yaml").write_text("{name: V, slug: payments, summary: Pays people., command: [./serve]}")
    with pytest.raises(SwapRefused, match="a command alone") as refused:
        find(tmp_path, str(folder))
    assert f"sandbox conformance payments --candidate {folder} --trust-code" in refused.value.hint


def test_a_folder_that_the_image_alone_declares_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SwapRefused, match="declares the volume /var/lib/data") as refused:
        find(tmp_path, HERE, images=Shelf(volumes=("/var/lib/data",)))
    assert "writable: [/var/lib/data]" in refused.value.hint


def test_an_image_in_the_catalogue_is_no_reference_block() -> None:
    block = BlockDescriptor(name="x", slug="tax", summary="An image.", image=HERE)
    with pytest.raises(SwapRefused, match="'tax' is an image"):
        refuse_images_in_the_catalogue([block])
