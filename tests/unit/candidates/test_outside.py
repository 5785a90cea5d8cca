"""A product at an address: who may be called, who is believed, and what is said when neither is so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sandbox.calls.outside import LedElsewhere, Papers
from sandbox.candidates.outside import HostNotAllowed, find_outside
from sandbox.candidates.swaps import SwapRefused, SwapWish, find_candidates, remember
from sandbox.errors import BlockUnreachable, ContentError, SandboxError, UsageError
from sandbox.model.candidate import Candidate, Outside
from tests.fakes.elsewhere import Authority, Elsewhere, Pair, running_elsewhere
from tests.fakes.entrance import entrance

BLOCKS = ("information-mediator", "messaging", "payments")
PAST = datetime.now(UTC) - timedelta(days=1)


@dataclass(frozen=True)
class World:
    """A product, who vouches for it, and what we show it."""

    product: Elsewhere
    authority: Authority
    ours: Pair

    @property
    def papers(self) -> Papers:
        return Papers(authority=self.authority.file, certificate=self.ours.cert, key=self.ours.key)

    @property
    def ref(self) -> str:
        return f"{self.product.url},ca={self.authority.file},cert={self.ours.cert},key={self.ours.key}"

    @property
    def hosts(self) -> tuple[str, ...]:
        return (f"127.0.0.1:{self.product.port}",)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    authority = Authority(tmp_path_factory.mktemp("papers"))
    with running_elsewhere(authority.vouch("product"), authority.file) as product:
        yield World(product, authority, authority.vouch("mediator"))


@pytest.fixture
def world(asked: World) -> World:
    asked.product.location = ""
    asked.product.heard.clear()
    return asked


def find(world: World, papers: Papers) -> Outside:
    return find_outside(world.product.url, papers, "/readyz", world.hosts)


def test_it_is_found_with_certificates_of_both_ends(world: World) -> None:
    found = find(world, world.papers)
    assert (found.host, found.port) == ("127.0.0.1", world.product.port)
    assert "BEGIN CERTIFICATE" in found.authority
    assert "PRIVATE KEY" in found.key
    assert "PRIVATE KEY" not in repr(found)
    assert [each["path"] for each in world.product.heard] == ["/readyz"]


def test_a_host_that_is_not_on_the_list_is_not_even_looked_at(world: World) -> None:
    for hosts in ((), ("127.0.0.1",), ("127.0.0.1:1",), ("localhost:443",)):
        with pytest.raises(HostNotAllowed, match="not among the hosts") as refused:
            find_outside(world.product.url, world.papers, "/readyz", hosts)
        assert f"SANDBOX_ALLOWED_HOSTS=127.0.0.1:{world.product.port}" in refused.value.hint
    assert world.product.heard == []


def test_one_who_is_vouched_for_by_another_is_not_believed(world: World, tmp_path: Path) -> None:
    other = Papers(authority=Authority(tmp_path).file)
    with pytest.raises(BlockUnreachable, match=r"certificate is not accepted: .*(issuer|self.signed)"):
        find(world, other)
    assert world.product.heard == []


def test_one_whose_certificate_has_ended_is_not_believed(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with running_elsewhere(authority.vouch("product", until=PAST)) as product:
        hosts = (f"127.0.0.1:{product.port}",)
        with pytest.raises(BlockUnreachable, match="not accepted: certificate has expired"):
            find_outside(product.url, Papers(authority=authority.file), "/readyz", hosts)


def test_one_that_wants_to_know_who_calls_is_not_called_by_nobody(world: World) -> None:
    with pytest.raises(BlockUnreachable, match="asks for a client's certificate, and wants to be shown one"):
        find(world, Papers(authority=world.authority.file))


def test_papers_of_ours_that_are_no_good_are_named(world: World, tmp_path: Path) -> None:
    ended = world.authority.vouch("ended", until=PAST)
    other = Authority(tmp_path).vouch("other")
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")
    ca = world.authority.file
    for papers, said in (
        (Papers(authority=ca, certificate=ended.cert, key=ended.key), "expired on"),
        (Papers(authority=ca, certificate=world.ours.cert, key=other.key), "do not belong together"),
        (Papers(authority=broken), "no certificate can be read"),
        (Papers(authority=tmp_path / "not-there.pem"), "No such file"),
    ):
        with pytest.raises(ContentError, match=said):
            find(world, papers)


def test_one_that_sends_its_callers_to_another_host_is_refused(world: World) -> None:
    world.product.location = "https://other.example/readyz"
    with pytest.raises(LedElsewhere, match=r"sends its callers to https://other\.example"):
        find(world, world.papers)


def test_nobody_there_is_one_sentence(world: World) -> None:
    with pytest.raises(BlockUnreachable, match="can't be used"):
        find_outside("https://127.0.0.1:1", Papers(), "/readyz", ("127.0.0.1:1",))


@pytest.mark.parametrize(
    ("ref", "error", "said"),
    [
        ("https://me:pw@pay.example", UsageError, "a user or a password"),
        ("https://pay.example/?key=1", UsageError, "a query or a fragment"),
        ("ftp://pay.example", UsageError, "is no address"),
        ("http://pay.example", UsageError, "is not encrypted"),
        ("http://[::1", UsageError, "is no address"),
        ("https://pay.example,ca", UsageError, "'ca' behind an address"),
        ("https://pay.example,crt=x", UsageError, "'crt=x' behind an address"),
    ],
)
def test_an_address_says_where_and_nothing_else(
    tmp_path: Path, ref: str, error: type[SandboxError], said: str
) -> None:
    with pytest.raises(error, match=said):
        find_candidates([SwapWish(block="payments", ref=ref)], BLOCKS, entrance(tmp_path))


def swap(world: World, home: Path, block: str, ref: str, *, isolates: bool = True) -> Candidate:
    from dataclasses import replace

    way_in = replace(
        entrance(home, attacked=False), prover=None, images=None, hosts=world.hosts, isolates=isolates
    )
    return find_candidates([SwapWish(block=block, ref=ref)], BLOCKS, way_in)[block]


def test_it_takes_a_place_where_no_foreign_code_may_start_and_every_allowance_is_said(
    world: World, tmp_path: Path
) -> None:
    kept = remember(swap(world, tmp_path, "payments", world.ref))
    assert (kept.url, kept.image, kept.ref) == (world.product.url, "", world.product.url)
    assert (kept.clock, kept.settles) == ("real", "nowhere")
    assert kept.parts == {"payments_way": ""}
    said = " ".join(kept.relaxations)
    for word in (
        f"may connect to 127.0.0.1:{world.product.port} and to nothing else outside, through a relay",
        "everything that is said to it leaves the sandbox",
        "the mediator shows it the certificate with the fingerprint",
        "can't be reset, its clock can't be moved, nothing can be planted in it, and it is told no citizens",
        "is told no secret of this sandbox",
    ):
        assert word in said
    assert "PRIVATE" not in kept.model_dump_json()


def test_where_nothing_isolates_it_is_called_directly_and_that_is_said(world: World, tmp_path: Path) -> None:
    kept = remember(swap(world, tmp_path, "messaging", world.ref, isolates=False))
    assert (kept.parts, kept.settles) == ({}, "outward")
    assert "its network is open" in " ".join(kept.relaxations)


def test_a_folder_may_say_the_address(world: World, tmp_path: Path) -> None:
    (tmp_path / "block.yaml").write_text(
        f"{{name: Acme, slug: payments, summary: Pays people., url: '{world.product.url}', "
        f"ca: '{world.authority.file}', cert: '{world.ours.cert}', key: '{world.ours.key}', clock: faked}}"
    )
    kept = remember(swap(world, tmp_path / "home", "payments", str(tmp_path)))
    assert (kept.name, kept.url, kept.clock) == ("Acme", world.product.url, "faked")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("image: 'sha256:" + "a" * 64 + "'", "nothing of it is started here"),
        ("memory: 512", "'memory' is about a product that is started here"),
        ("clock: follows", "can't be moved"),
        ("settles: outward", "settles nowhere"),
    ],
)
def test_a_folder_with_an_address_says_nothing_of_starting(tmp_path: Path, more: str, said: str) -> None:
    (tmp_path / "block.yaml").write_text(
        f"{{name: A, slug: payments, summary: Pays., url: 'https://pay.example', {more}}}"
    )
    with pytest.raises(ContentError, match=said):
        find_candidates([SwapWish(block="payments", ref=str(tmp_path))], BLOCKS, entrance(tmp_path))


def test_the_mediator_is_not_elsewhere_either(tmp_path: Path) -> None:
    wish = SwapWish(block="information-mediator", ref="https://pay.example")
    with pytest.raises(SwapRefused, match="the gate and the witness"):
        find_candidates([wish], BLOCKS, entrance(tmp_path))
