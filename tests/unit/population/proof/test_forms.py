"""A pack's patterns match all of its own citizens' numbers, and none that lacks the mark."""

from __future__ import annotations

import re

import pytest

from sandbox.population import load_pack
from sandbox.population.proof.forms import RESERVED_MAIL, any_of, write_id_pattern, write_phone_pattern
from sandbox.population.proof.schemes import PERSONAL, load_scheme
from sandbox.settings import CONTENT_ROOT


@pytest.mark.parametrize(
    ("pack", "real"),
    [("ee", "38001085718"), ("de", "36574261809"), ("in", "234123412346"), ("zz", "AB1234567890")],
)
def test_a_real_form_does_not_bear_the_mark(pack: str, real: str) -> None:
    profile = load_pack(CONTENT_ROOT, pack).profile
    assert not re.match(any_of([write_id_pattern(profile.individual_id)]), real)


def test_a_phone_needs_the_prefix_and_the_length() -> None:
    pattern = any_of([write_phone_pattern(load_pack(CONTENT_ROOT, "ee").profile.phone)])
    assert re.match(pattern, "+37220123456")
    assert not re.match(pattern, "+3722012345")
    assert not re.match(pattern, "+37255123456")


def test_reserved_domains_and_their_neighbours() -> None:
    for mail in ("a@example.org", "a@b.example", "a@mail.example.com", "a@x.test"):
        assert re.search(RESERVED_MAIL, mail), mail
    for mail in ("a@example.org.uk", "a@notexample.org", "a@example.de", "a@test.com"):
        assert not re.search(RESERVED_MAIL, mail), mail


def test_every_scheme_loads_and_none_takes_every_number() -> None:
    for name in PERSONAL:
        scheme = load_scheme(name)
        assert not all(scheme.is_valid(each) for each in ("1", "000000000", "99999999999")), name
