"""The client's address is the peer's, unless one of our proxies forwards another."""

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from access.addresses import client_address
from config.environment import read_networks

pytestmark = pytest.mark.any_database

OURS = "10.0.0.0/8,2001:db8:ffff::1"
CLIENT, PROXY, SECOND = "198.51.100.7", "10.1.2.3", "10.9.9.9"

TABLE = {
    "a peer": (CLIENT, "", CLIENT),
    "a peer that names another": (CLIENT, "203.0.113.9", CLIENT),
    "a proxy of ours": (PROXY, CLIENT, CLIENT),
    "a proxy that was sent a false address": (PROXY, f"203.0.113.9, {CLIENT}", CLIENT),
    "two proxies": (PROXY, f"203.0.113.9,{CLIENT}, {SECOND}", CLIENT),
    "a proxy that forwards no one": (PROXY, "", PROXY),
    "a proxy that forwards no address": (PROXY, f"{CLIENT}, unknown", PROXY),
    "only proxies": (PROXY, SECOND, SECOND),
    "a unix socket": ("", CLIENT, CLIENT),
    "a unix socket alone": ("", "", None),
    "IPv6": ("2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::"),
    "IPv6 of one host": ("2001:db8:1:2:aaaa::1", "", "2001:db8:1:2::"),
    "IPv6 behind a proxy": ("2001:db8:ffff::1", "2001:db8:1:2::9", "2001:db8:1:2::"),
    "IPv4 in IPv6": (f"::ffff:{CLIENT}", "", CLIENT),
    "a proxy's IPv4 in IPv6": (f"::ffff:{PROXY}", CLIENT, CLIENT),
}


@pytest.mark.parametrize(("peer", "forwarded", "address"), TABLE.values(), ids=TABLE)
def test_the_client_is_the_last_address_that_is_not_our_proxy(
    settings: Settings, peer: str, forwarded: str, address: str | None
) -> None:
    settings.FORWARDED_ALLOW_IPS = read_networks(OURS)
    request = RequestFactory().get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded)

    assert client_address(request) == address


def test_without_proxies_a_forwarded_address_is_ignored(settings: Settings) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR=CLIENT)

    assert settings.FORWARDED_ALLOW_IPS == ()
    assert client_address(request) == "127.0.0.1"


@pytest.mark.parametrize("value", ["*", "proxy.test", "10.0.0.1/8", "10.0.0.0/8,canary-7d1e"])
def test_a_wrong_network_is_refused_and_not_repeated(value: str) -> None:
    with pytest.raises(ValueError, match=r"^must be addresses or networks") as refused:
        read_networks(value)

    assert value not in str(refused.value)
    assert refused.value.__cause__ is None
