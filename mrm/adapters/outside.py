"""One guard for every address on the network that we call: which schemes, which hosts, how long, how much.

The name is resolved once, every address it has is judged, and the connection goes to the one that was judged, so that
a name cannot point elsewhere a moment later. Redirects are not followed. Addresses that an administrator configured may
lie in private ranges, as a bank's own authority does; those that users give may not. Nobody may reach link-local
addresses, where clouds answer with credentials.
"""

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

SCHEMES = {"http": 80, "https": 443}
SECONDS = 20
MOST_BYTES = 256 * 1024
TRANSLATED = ipaddress.ip_network("64:ff9b::/96")  # NAT64 (RFC 6052): the last four bytes are where it leads.


class Unreachable(OSError):
    """The other side did not answer, or may not be asked; the message is a sentence that says why."""


@dataclass(frozen=True)
class Answer:
    status: int
    content_type: str
    content: bytes


def post(url: str, content: bytes, *, content_type: str, given_by_user: bool = False) -> Answer:
    """Send bytes to an address and read the answer."""
    return _ask("POST", url, content, {"Content-Type": content_type}, given_by_user, MOST_BYTES)


def get(url: str, *, headers: dict[str, str], most_bytes: int = MOST_BYTES, given_by_user: bool = False) -> Answer:
    """Read what is at an address."""
    return _ask("GET", url, None, headers, given_by_user, most_bytes)


def _ask(method: str, url: str, content: bytes | None, headers: dict, given_by_user: bool, most_bytes: int) -> Answer:
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise Unreachable(f"{url} is not an address that begins with http:// or https://.")
    address = _judged(parts.hostname, parts.port or SCHEMES[parts.scheme], given_by_user)
    host = f"[{address}]" if address.version == 6 else str(address)
    to = parts._replace(netloc=f"{host}:{parts.port}" if parts.port else host).geturl()
    headers = headers | {"Host": parts.netloc.rpartition("@")[2]}
    try:
        with (
            httpx.Client(timeout=SECONDS, follow_redirects=False, trust_env=False) as client,
            client.stream(
                method, to, content=content, headers=headers, extensions={"sni_hostname": parts.hostname}
            ) as answer,
        ):
            body = bytearray()
            for piece in answer.iter_bytes():
                body += piece
                if len(body) > most_bytes:
                    raise Unreachable(f"{url} answered with more than {most_bytes} bytes.")
            kind = answer.headers.get("content-type", "").partition(";")[0].strip()
            return Answer(answer.status_code, kind, bytes(body))
    except (httpx.HTTPError, httpx.InvalidURL) as fault:
        raise Unreachable(f"{url} did not answer: {fault}.") from fault


def _meant(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The IPv4 address that an IPv6 one stands for, where a translator or tunnel would lead there."""
    if address.version == 4:
        return address
    if address in TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo or [address])[-1]


def _judged(host: str, port: int, given_by_user: bool) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The address to connect to; every address the name has must be allowed."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as fault:
        raise Unreachable(f"The name {host} has no address: {fault}.") from fault
    addresses = [ipaddress.ip_address(one[4][0].partition("%")[0]) for one in found]
    for address in map(_meant, addresses):
        own = address.is_private or address.is_loopback
        never = address.is_link_local or address.is_multicast or address.is_unspecified
        if never or (given_by_user and own) or not (own or address.is_global):
            raise Unreachable(f"{host} is at {address}, which may not be reached from here.")
    return addresses[0]
