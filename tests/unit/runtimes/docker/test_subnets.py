"""Which subnets are offered."""

from __future__ import annotations

from ipaddress import IPv4Network
from itertools import islice

import pytest

from sandbox.errors import UsageError
from sandbox.runtimes.docker.subnets import free_subnets, host_routes

ROUTES = """Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
"""


def test_every_subnet_is_offered_once_whatever_the_start():
    for near in ("one", "other"):
        offered = list(free_subnets("10.0.0.0/24", 28, taken=[], near=near))
        assert sorted(offered) == list(IPv4Network("10.0.0.0/24").subnets(new_prefix=28))


def test_two_sandboxes_begin_at_different_places():
    first = {next(free_subnets("10.0.0.0/16", 28, taken=[], near=f"s{number}")) for number in range(20)}
    assert len(first) == 20


def test_what_is_taken_is_not_offered():
    taken = [IPv4Network("10.0.0.0/25"), IPv4Network("10.0.0.200/32"), IPv4Network("172.16.0.0/12")]
    offered = list(free_subnets("10.0.0.0/24", 27, taken=taken, near="x"))
    assert sorted(map(str, offered)) == ["10.0.0.128/27", "10.0.0.160/27", "10.0.0.224/27"]


def test_a_full_range_offers_nothing():
    assert list(free_subnets("10.0.0.0/24", 28, taken=[IPv4Network("10.0.0.0/8")], near="x")) == []


@pytest.mark.parametrize("space", ["", "10.0.0.1/24", "10.0.0.0/29", "fd00::/8", "everything"])
def test_a_range_that_can_not_be_used_is_named(space):
    with pytest.raises(UsageError) as caught:
        list(islice(free_subnets(space, 28, taken=[], near="x"), 1))
    assert repr(space) in str(caught.value)


def test_the_hosts_routes_are_read_without_the_default_one(tmp_path):
    table = tmp_path / "route"
    table.write_text(ROUTES)
    assert host_routes(table) == [IPv4Network("192.0.2.0/24")]


def test_no_table_of_routes_means_none_are_known(tmp_path):
    assert host_routes(tmp_path / "missing") == []
