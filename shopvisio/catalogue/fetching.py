"""One page or one picture of a web shop, fetched by a child process: a time-out, a size limit, and nothing private.

A name is looked up once for each step of the way, and the connection goes to the very address that was judged: a name
that leads elsewhere the next moment leads nowhere. Each redirect is judged as the first address was.
"""

import http.client
import json
import re
import socket
import ssl
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo

from shopvisio import i18n
from shopvisio.catalogue import reading
from shopvisio.errors import Invalid

LARGEST = {"page": 3 << 20, "picture": 15 << 20}  # bytes
SECONDS = 6.0  # without a word from the other side; the whole of it is bounded by who starts the child
MOST_STEPS = 5
PORTS = {"http": 80, "https": 443}
WHO = "Mozilla/5.0 (compatible; ShopVisio)"
_NAT64 = ip_network("64:ff9b::/96")

Address = IPv4Address | IPv6Address
Finds = Callable[[str, int], list[str]]
May = Callable[[str], bool]


class Refused(Exception):
    """It is not fetched; the message is for the log."""


@dataclass(frozen=True)
class Fetched:
    """What came, from where in the end."""

    url: str
    kind: str
    body: bytes

    @property
    def text(self) -> str:
        """A page's, in the encoding that it says, else in the usual one."""
        head = f"{self.kind} {self.body[:2048].decode('ascii', errors='replace')}"
        said = re.search(r"charset=[\"']?([\w-]+)", head)
        try:
            return self.body.decode(said[1] if said else "utf-8", errors="replace")
        except LookupError:
            return self.body.decode(errors="replace")


def is_public(text: str) -> bool:
    """Whether this is an address of the open network, also under its other clothes."""
    address: Address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is None and address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return address.is_global and not address.is_multicast


def find(host: str, port: int) -> list[str]:
    """The addresses of a name. Raises OSError."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


@dataclass(frozen=True)
class Network:
    """How names are found, and which of what they lead to may be asked."""

    find: Finds = field(default=find)
    may: May = field(default=is_public)
    ports: frozenset[int] = frozenset(PORTS.values())


OPEN = Network()


def fetch(url: str, what: str, network: Network = OPEN) -> Fetched:
    """``what`` is page or picture. Raises Refused, or what the network raises."""
    for _step in range(MOST_STEPS):
        answer, body = _ask(url, LARGEST[what], network)
        if answer.status not in (301, 302, 303, 307, 308):
            if answer.status != 200:
                raise Refused(f"status {answer.status}")
            return Fetched(url, answer.getheader("Content-Type", ""), body)
        url = urljoin(url, answer.getheader("Location", ""))
    raise Refused("too many redirects")


def _ask(url: str, largest: int, network: Network) -> tuple[http.client.HTTPResponse, bytes]:
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname or parts.username is not None:
        raise Refused("no address of a page")
    port = parts.port or PORTS[parts.scheme]
    if port not in network.ports:
        raise Refused("no port of a web shop")
    line = _connect(parts.scheme, parts.hostname, port, network)
    try:
        path = parts.path or "/"
        headers = {"User-Agent": WHO, "Accept-Encoding": "identity", "Accept-Language": "fr,en;q=0.5"}
        line.request("GET", f"{path}?{parts.query}" if parts.query else path, headers=headers)
        answer = line.getresponse()
        body = answer.read(largest + 1)
        if len(body) > largest:
            raise Refused("too large")
        return answer, body
    finally:
        line.close()


def _connect(scheme: str, host: str, port: int, network: Network) -> http.client.HTTPConnection:
    """To the first address of the name; all of them must be allowed."""
    addresses = network.find(host, port)
    if not addresses or not all(network.may(address) for address in addresses):
        raise Refused("a private address")
    line = http.client.HTTPConnection(host, port, timeout=SECONDS)
    line.sock = socket.create_connection((addresses[0], port), SECONDS)
    if scheme == "https":
        line.sock = ssl.create_default_context().wrap_socket(line.sock, server_hostname=host)
    return line


def _main() -> None:
    asked = json.loads(sys.stdin.buffer.read())
    try:
        got = fetch(asked["url"], asked["what"])
    except (Refused, OSError, ValueError, http.client.HTTPException) as why:
        raise SystemExit(f"{type(why).__name__}: {why}") from None
    if asked["what"] == "picture":
        sys.stdout.buffer.write(got.body)
        return
    with i18n.use(asked["language"], ZoneInfo("UTC")):
        try:
            told: dict[str, object] = {"found": asdict(reading.read(got.text, got.url))}
        except Invalid as refusal:
            told = {"refused": refusal.message}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    _main()
