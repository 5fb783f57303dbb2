"""Where a request comes from."""

from ipaddress import IPv4Address, IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest

Address = IPv4Address | IPv6Address
# An internet provider usually gives one client 64 bits of IPv6 addresses. All of them count as one client.
IPV6_HOST_BITS = 64


def client_address(request: HttpRequest) -> str | None:
    """
    Return the client's address: the peer's, or the one that a proxy of FORWARDED_ALLOW_IPS forwards.

    X-Forwarded-For is read from its end, and only as far as our proxies wrote it. Clients can invent the rest. IPv6 is
    cut to its /64. None is the peer of a unix socket that forwards no address.
    """
    address = _read(request.META.get("REMOTE_ADDR", ""))
    for hop in reversed(request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")):
        # A unix socket's peer is trusted, as gunicorn does: no remote client can connect to one.
        is_proxy = address is None or any(address in network for network in settings.FORWARDED_ALLOW_IPS)
        forwarded = _read(hop.strip())
        if not is_proxy or forwarded is None:
            break
        address = forwarded
    if isinstance(address, IPv6Address):
        address = IPv6Address(int(address) >> IPV6_HOST_BITS << IPV6_HOST_BITS)
    return str(address) if address else None


def _read(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
