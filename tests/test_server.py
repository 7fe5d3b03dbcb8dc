"""The web server holds against slow, mute and numerous visitors; plain HTTP stays at home."""

import contextlib
import http.client
import resource
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shopvisio import clock, config, tls
from shopvisio.config import lan_address
from shopvisio.hub import server
from shopvisio.web.front import Front

SITE = """
import ssl, sys
from shopvisio import tls
from shopvisio.hub import server
from pathlib import Path
def site(environ, start):
    start("200 OK", [("Content-Type", "text/plain")])
    return [b"tls" if environ.get("shopvisio.tls") else b"plain"]
listener = server.listen("0.0.0.0", 0)
print(listener.getsockname()[1], flush=True)
context = tls.context(Path(sys.argv[1]), Path(sys.argv[2])) if len(sys.argv) > 1 else None
server.serve(site, listener, (lambda: context) if context else None)
"""


def _serve(*args: str) -> tuple[subprocess.Popen[str], int]:
    process = subprocess.Popen(
        [sys.executable, "-c", SITE, *args], stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": str(Path.cwd())}
    )
    assert process.stdout is not None
    return process, int(process.stdout.readline())


@pytest.fixture
def port() -> Iterator[int]:
    process, port = _serve()
    yield port
    process.kill()
    process.communicate()


def ask(port: int, host: str = "127.0.0.1") -> tuple[bytes, float]:
    began = time.monotonic()
    connection = http.client.HTTPConnection(host, port, timeout=60)
    connection.request("GET", "/")
    body = connection.getresponse().read()
    connection.close()
    return body, time.monotonic() - began


@pytest.mark.skipif(
    resource.getrlimit(resource.RLIMIT_NOFILE)[1] < 2500, reason="this machine allows too few open files"
)
def test_eleven_hundred_slow_connections_do_not_shut_the_shop(port: int) -> None:
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    slow = []
    for _ in range(1100):
        one = socket.create_connection(("127.0.0.1", port))
        one.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        slow.append(one)
    body, seconds = ask(port)
    for one in slow:
        one.close()
    assert body == b"plain"
    assert seconds < 40


def test_a_head_that_never_ends_is_not_waited_for(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as one:
        one.settimeout(server.HEAD_SECONDS + 10)
        one.sendall(b"GET / HTTP/1.1\r\n")
        began, end = time.monotonic(), b"?"
        while end and time.monotonic() - began < server.HEAD_SECONDS + 8:
            try:
                one.sendall(b"X-Drip: 1\r\n")
                one.settimeout(2)
                end = one.recv(100)
            except TimeoutError:
                continue
            except OSError:
                end = b""
        assert end == b""


def test_one_address_may_not_take_every_place(port: int) -> None:
    if lan_address() == "localhost":
        pytest.skip("this machine has no address but loopback")
    many = [socket.create_connection((lan_address(), port)) for _ in range(server.CONNECTIONS_PER_ADDRESS + 5)]
    shut: set[int] = set()
    until = time.monotonic() + 30
    while len(shut) < 5 and time.monotonic() < until:
        for number, one in enumerate(many):
            one.settimeout(0.01)
            with contextlib.suppress(TimeoutError):
                shut |= {number} if one.recv(1) == b"" else set()
    assert len(shut) == 5
    assert ask(port)[0] == b"plain"
    for one in many:
        one.close()


def test_a_household_is_an_address_or_its_network() -> None:
    assert server.household("192.0.2.7") == "192.0.2.7"
    assert server.household("::ffff:192.0.2.7") == "192.0.2.7"
    assert server.household("2001:db8:1:2:3:4:5:6") == server.household("2001:db8:1:2::1")
    assert server.household("192.0.2.7:4711") == "192.0.2.7:4711"


def test_https_is_served_and_says_so_and_mute_clients_hold_nobody_up(tmp_path: Path) -> None:
    cert, key = tls.self_signed(tmp_path, ["localhost"], clock.now())
    process, port = _serve(str(cert), str(key))
    try:
        mute = [socket.create_connection(("127.0.0.1", port)) for _ in range(50)]
        trusting = ssl.create_default_context(cafile=str(cert))
        began = time.monotonic()
        connection = http.client.HTTPSConnection("localhost", port, context=trusting, timeout=30)
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"tls"
        assert time.monotonic() - began < 25
        for one in mute:
            one.close()
        connection.close()
    finally:
        process.kill()
        process.communicate()


# -- the front door


def visit(settings: config.Config, environ: dict[str, Any]) -> tuple[str, dict[str, str], str, dict[str, Any]]:
    """Status, headers, body and the environment as the site saw it."""
    seen: dict[str, Any] = {}
    told: list[Any] = []

    def site(inner: dict[str, Any], start: Any) -> list[bytes]:
        seen.update(inner)
        start("200 OK", [])
        return [b"the shop"]

    body = Front(site, settings, lambda: settings.public_url)(
        {"PATH_INFO": "/book/1", "QUERY_STRING": "from=2026", "HTTP_HOST": "shop.example:8080"} | environ,
        lambda status, headers: told.extend([status, dict(headers)]),
    )
    return told[0], told[1], b"".join(body).decode(), seen


def front(tmp_path: Path, **more: str) -> config.Config:
    return config.load({"SHOPVISIO_DATA": str(tmp_path), "SHOPVISIO_TLS_PORT": "8443", "SHOPVISIO_PORT": "8080"} | more)


def test_plain_http_is_served_to_this_machine(tmp_path: Path) -> None:
    assert visit(front(tmp_path), {"REMOTE_ADDR": "127.0.0.1"})[2] == "the shop"
    assert visit(front(tmp_path), {"REMOTE_ADDR": "::1"})[2] == "the shop"


def test_plain_http_is_a_redirect_for_everybody_else(tmp_path: Path) -> None:
    status, headers, _body, _seen = visit(front(tmp_path), {"REMOTE_ADDR": "192.0.2.9"})
    assert status.startswith("308")
    assert headers["Location"] == "https://shop.example:8443/book/1?from=2026"


def test_the_redirect_goes_to_the_public_name_where_there_is_one(tmp_path: Path) -> None:
    settled = front(tmp_path, SHOPVISIO_PUBLIC_URL="https://visio.example")
    assert visit(settled, {"REMOTE_ADDR": "192.0.2.9"})[1]["Location"] == "https://visio.example/book/1?from=2026"


def test_without_https_strangers_are_refused(tmp_path: Path) -> None:
    settled = front(tmp_path, SHOPVISIO_TLS_PORT="0", SHOPVISIO_MEDIA_PORT="9000")
    assert visit(settled, {"REMOTE_ADDR": "192.0.2.9"})[0].startswith("403")


def test_a_trusted_proxy_is_believed(tmp_path: Path) -> None:
    settled = front(tmp_path, SHOPVISIO_TRUSTED_PROXIES="10.0.0.0/8")
    told = {"REMOTE_ADDR": "10.1.2.3", "HTTP_X_FORWARDED_FOR": "6.6.6.6, 192.0.2.9", "HTTP_X_FORWARDED_PROTO": "https"}
    seen = visit(settled, told)[3]
    assert (seen["REMOTE_ADDR"], seen["wsgi.url_scheme"]) == ("192.0.2.9", "https")


def test_a_stranger_who_plays_proxy_is_not(tmp_path: Path) -> None:
    told = {"REMOTE_ADDR": "192.0.2.9", "HTTP_X_FORWARDED_FOR": "127.0.0.1", "HTTP_X_FORWARDED_PROTO": "https"}
    assert visit(front(tmp_path), told)[0].startswith("308")


def test_alive_is_answered_on_both_doors_to_anybody(tmp_path: Path) -> None:
    for remote in ("127.0.0.1", "192.0.2.9"):
        assert visit(front(tmp_path), {"REMOTE_ADDR": remote, "PATH_INFO": "/healthz"})[2] == "ok\n"


def test_a_hostile_address_does_not_split_the_redirect(tmp_path: Path) -> None:
    _s, headers, _b, _seen = visit(front(tmp_path), {"REMOTE_ADDR": "192.0.2.9", "PATH_INFO": "/x\r\nSet-Cookie: a=b"})
    assert "\n" not in headers["Location"]
