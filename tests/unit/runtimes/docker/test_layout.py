"""What a sandbox's labels say, and what follows from them."""

from __future__ import annotations

from sandbox.runtimes.docker.labels import owner_of
from sandbox.runtimes.docker.layout import Layout, Place, site_of

LAYOUT = Layout(public="mediator", instances=("mediator", "payments"), port=40123, image="sha256:00")


def test_a_layout_survives_being_a_label():
    assert Layout.from_json(LAYOUT.to_json()) == LAYOUT


def test_no_secret_is_written_and_none_is_shared():
    one, other = (site_of(LAYOUT, "demo", secret) for secret in ("first", "second"))
    assert "first" not in LAYOUT.to_json()
    assert one.database.password != other.database.password
    assert "first" not in one.database.password


def test_the_public_url_is_the_hosts_and_the_others_are_the_networks():
    site = site_of(LAYOUT, "two-words", "secret")
    assert site.public_url == "http://127.0.0.1:40123"
    assert site.addresses == {"mediator": "http://mediator:8080", "payments": "http://payments:8080"}
    assert site.database.prefix == "sbx_two_words"


def test_names_of_different_sandboxes_never_meet():
    assert Place("abcdef012345", "a").name("b.c") != Place("abcdef012345", "a-b").name("c")
    assert Place("abcdef012345", "a").name("b") != Place("fedcba012345", "a").name("b")


def test_an_installation_is_known_by_the_place_of_its_home(tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "home")
    assert owner_of(tmp_path / "home") == owner_of(tmp_path / "link") != owner_of(tmp_path)
    assert len(owner_of(tmp_path)) == 12
