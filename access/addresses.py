"""Where a request comes from."""

from ipaddress import IPv4Address, IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest

Address = IPv4Address | IPv6Address
# One client is given at least this much of IPv6, so that single addresses would tell nothing apart.
IPV6_HOST_BITS = 64


def client_address(request: HttpRequest) -> str | None:
    """
    Tell the client's address: the peer's, or what a proxy named in FORWARDED_ALLOW_IPS says that its own peer was.

    X-Forwarded-For is read from its end, only as far as proxies of ours wrote it: what stands before, anyone may have
    made up. IPv6 is cut to its /64. None is a unix socket's peer that forwards nobody.
    """
    address = _read(request.META.get("REMOTE_ADDR", ""))
    for hop in reversed(request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")):
        forwarded = _read(hop.strip())
        if not _is_proxy(address) or forwarded is None:
            break
        address = forwarded
    return _without_host(address)


def _read(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_proxy(address: Address | None) -> bool:
    """Take the peer of a unix socket for a proxy, as gunicorn does: nobody reaches one from afar."""
    return address is None or any(address in network for network in settings.FORWARDED_ALLOW_IPS)


def _without_host(address: Address | None) -> str | None:
    if isinstance(address, IPv6Address):
        return str(IPv6Address(int(address) >> IPV6_HOST_BITS << IPV6_HOST_BITS))
    return str(address) if address else None
