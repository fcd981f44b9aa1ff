"""Who calls: the address that tries at the sign-in are counted by, also behind a proxy.

`X-Forwarded-For` can be written by anybody. It counts only where the connection comes from a network that
`desk.trusted_proxies` names, and of its addresses the right-most that no such network holds: what stands left of it was
said by the caller. Without the setting the connection's own address counts.
"""

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

from gateway.settings import Settings

_OF_ONE_SUBSCRIBER = 64  # bits of an IPv6 address; the others each subscriber chooses at will (RFC 4291, 2.5.4)


def proxies_of(settings: Settings) -> Mapping[str, Any]:
    """The server's arguments: whose forwarding headers it believes. Its own default, this machine, is never used."""
    trusted = [str(network) for network in settings.desk.trusted_proxies]
    return {"proxy_headers": bool(trusted), "forwarded_allow_ips": trusted}


def counted_as(host: str) -> str:
    """What an address is counted by: itself for IPv4, its /64 for IPv6; what is no address counts as it is."""
    try:
        address: IPv4Address | IPv6Address = ip_address(host.split("%", 1)[0])
    except ValueError:
        return host[:100]
    if isinstance(address, IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(IPv6Network((address, _OF_ONE_SUBSCRIBER), strict=False))
