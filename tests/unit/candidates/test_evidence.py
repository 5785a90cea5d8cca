"""The first page of the evidence says which product took part, and what it was allowed."""

from __future__ import annotations

from sandbox.evidence.page import render_page
from sandbox.evidence.story import read_story
from sandbox.model.sandbox import Swap
from tests.fakes.sample_material import sample_material


def page_with(*swaps: Swap) -> str:
    material = sample_material()
    spec = material.spec.model_copy(update={"swaps": swaps})
    changed = sample_material(spec=spec)
    return render_page(changed, read_story(changed.events), fingerprint="ab" * 32)


SWAP = Swap(
    block="payments",
    ref="./acme",
    name="Acme <script>Pay",
    image=f"sha256:{'a' * 64}",
    parts={"payments_cache": f"sha256:{'b' * 64}"},
    relaxations=("payments may write to /var/cache.",),
)


def test_a_product_is_named_with_image_parts_and_allowances() -> None:
    page = page_with(SWAP)
    place = page.index("Under evaluation")
    assert place < page.index("What happened"), "before anything that it did"
    for word in ("Acme &lt;script&gt;Pay", "a" * 64, "payments_cache", "b" * 64, "may write to /var/cache."):
        assert word in page[place:]
    assert "<script" not in page


def test_one_that_was_allowed_nothing_is_said_to_be_so() -> None:
    assert "allowed nothing that a reference block has not" in page_with(
        SWAP.model_copy(update={"relaxations": ()})
    )


def test_what_is_self_reported_and_what_time_it_kept_is_said() -> None:
    page = page_with(SWAP.model_copy(update={"settles": "nowhere", "clock": "real"}))
    assert "self-reported" in page
    assert "was not tried on it" in page


def test_without_a_product_nothing_is_said() -> None:
    assert "Under evaluation" not in page_with()
