"""Secrets follow from one root and tell nothing of each other."""

from __future__ import annotations

from sandbox.lifecycle.secrets import Secrets

SLUGS = ("identity", "payments")


def test_a_later_command_derives_the_same_secrets() -> None:
    assert Secrets("root").all(SLUGS) == Secrets("root").all(SLUGS)


def test_every_purpose_has_its_own_secret() -> None:
    issued = Secrets.fresh().all(SLUGS)
    assert len(issued) == 2 + 3 * len(SLUGS)


def test_two_sandboxes_share_no_secret() -> None:
    assert not Secrets.fresh().all(SLUGS) & Secrets.fresh().all(SLUGS)


def test_what_the_mediator_shows_a_block_is_not_what_the_block_shows_the_mediator() -> None:
    secrets = Secrets.fresh()
    assert secrets.block("payments") != secrets.outbound("payments")
