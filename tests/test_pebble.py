"""Certificates from a real authority: Pebble, the small one that Let's Encrypt made to try clients on.

It looks the shop's name up and knocks at its port 80 as the real one does. Debian's package ``pebble`` brings it.
"""

import json
import os
import re
import select
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
import requests
from conftest import NOW, PASSWORD
from cryptography import x509
from flask import Flask

from shopvisio import certificate, clock, config, db, settings, tls
from shopvisio.certificate import Keeper, plan
from shopvisio.config import Config
from shopvisio.web.front import Front
from tests.browser.conftest import free_port

ROOT = Path(__file__).parent.parent
NAME, OTHER = "visio.example", "atelier.example"
OTHERS = ("-http01", "-https01", "-tlsalpn01", "-doh")  # what the name server would do besides, by its version

pytestmark = pytest.mark.skipif(
    shutil.which("pebble") is None or shutil.which("pebble-challtestsrv") is None,
    reason="Debian's package pebble is not installed",
)


@dataclass
class Authority:
    """Pebble and its name server, running. ``knocks`` is the port that it takes for port 80."""

    folder: Path
    knocks: int
    port: int
    names_port: int
    management: int
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def env(self) -> dict[str, str]:
        """Where the appliance finds it."""
        return {
            "SHOPVISIO_ACME_DIRECTORY": f"https://localhost:{self.port}/dir",
            "SHOPVISIO_ACME_ROOTS": str(self.folder / "self-signed.pem"),
        }

    def start(self, stale: int) -> None:
        """Up; ``stale`` nonces of a hundred are refused though they are good."""
        env = os.environ | {"PEBBLE_WFE_NONCEREJECT": str(stale), "PEBBLE_VA_NOSLEEP": "1", "PEBBLE_AUTHZREUSE": "0"}
        names = f"127.0.0.1:{self.names_port}"
        offers = subprocess.run(["pebble-challtestsrv", "-h"], capture_output=True, text=True, check=False).stderr
        for command in (
            ["pebble-challtestsrv", "-dns01", names, "-management", f"127.0.0.1:{self.management}", "-defaultIPv6", "",
             *(word for other in OTHERS if other in offers for word in (other, ""))],
            ["pebble", "-config", str(self.folder / "pebble.json"), "-dnsserver", names],
        ):  # fmt: skip
            with (self.folder / "log").open("ab") as log:
                self.running.append(subprocess.Popen(command, env=env, stdout=log, stderr=log))
        for port in (self.port, self.management):
            _until(lambda port=port: _listens(port), (self.folder / "log").read_text)

    def tell(self, what: str, **facts: object) -> None:
        """Have its name server answer otherwise."""
        asked = urllib.request.Request(f"http://127.0.0.1:{self.management}/{what}", json.dumps(facts).encode())
        urllib.request.urlopen(asked, timeout=10).close()

    def stop(self) -> None:
        """Gone."""
        for one in self.running:
            one.kill()
            one.wait()
        self.running.clear()


def _until(holds: Callable[[], object], words: Callable[[], str] = lambda: "") -> None:
    until = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < until, words()
        time.sleep(0.05)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    """A strict one: a fifth of all good nonces is refused."""
    folder = tmp_path_factory.mktemp("authority")
    made = Authority(folder, *(free_port(socket.SOCK_STREAM) for _ in range(4)))
    cert, key = tls.self_signed(folder, ["localhost"], clock.now())
    told = {
        "listenAddress": f"127.0.0.1:{made.port}",
        "managementListenAddress": "",
        "certificate": str(cert),
        "privateKey": str(key),
        "httpPort": made.knocks,
        "tlsPort": 1,
        "ocspResponderURL": "",
        "externalAccountBindingRequired": False,
    }
    (folder / "pebble.json").write_text(json.dumps({"pebble": told}))
    try:
        made.start(stale=20)
        yield made
    finally:
        made.stop()


@pytest.fixture
def shop(house: Flask, tmp_path: Path, authority: Authority) -> Config:
    """An appliance whose owner gave a name and agreed."""
    with db.writing():
        settings.put({"public_name": NAME, "certificate": "yes"}, "owner", NOW)
    return config.load({"SHOPVISIO_DATA": str(tmp_path / "data"), **authority.env})


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def port_80(shop: Config, authority: Authority) -> Iterator[WSGIServer]:
    """The appliance's own front door, open to the authority."""

    def site(_environ: object, start: Callable[..., object]) -> list[bytes]:
        start("200 OK", [])
        return [b"the shop"]

    with make_server("127.0.0.1", authority.knocks, Front(site, shop, lambda: ""), handler_class=_Quiet) as door:
        thread = threading.Thread(target=door.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield door
        door.shutdown()
        thread.join()


def order(shop: Config, keeper: Keeper, now: datetime) -> tuple[str, str]:
    """What came of the order that is due by then."""
    before = len(certificate.latest())
    certificate.order_if_due(shop, keeper, now)
    last = certificate.latest()[0]
    assert len(certificate.latest()) == before + 1
    return last.code, last.words


def serial(keeper: Keeper, shop: Config) -> int:
    return x509.load_pem_x509_certificate((shop.secrets / "authority.pem").read_bytes()).serial_number


def test_it_is_issued_renewed_at_two_thirds_and_follows_the_name(
    shop: Config, port_80: WSGIServer, authority: Authority
) -> None:
    now = clock.now()
    keeper = Keeper(shop, now)
    assert keeper.how == "self"
    assert order(shop, keeper, now) == ("", "")
    assert (keeper.how, keeper.served.names) == ("authority", (NAME,))
    assert "Pebble" in keeper.served.issuer
    first = serial(keeper, shop)
    certificate.order_if_due(shop, keeper, plan.renewal(keeper.served) - timedelta(minutes=1))
    assert serial(keeper, shop) == first
    assert order(shop, keeper, plan.renewal(keeper.served)) == ("", "")
    assert serial(keeper, shop) != first

    with db.writing():
        settings.put({"public_name": OTHER}, "owner", now)
    later = certificate.due(shop, keeper, clock.now() + timedelta(hours=1))
    assert order(shop, keeper, later or now) == ("", "")
    assert keeper.served.names == (OTHER,)
    assert list(shop.challenges.iterdir()) == []


def test_port_80_shut_is_told_in_the_authoritys_words_and_the_old_one_stays(
    shop: Config, authority: Authority
) -> None:
    keeper = Keeper(shop, clock.now())
    code, words = order(shop, keeper, clock.now())
    assert (code, keeper.how) == ("connection", "self")
    assert "connection refused" in words.lower()


def test_a_name_that_leads_to_another_device_is_told_so(shop: Config, authority: Authority) -> None:
    def other(_environ: object, start: Callable[..., object]) -> list[bytes]:
        start("200 OK", [("Content-Type", "text/html")])
        return [b"<h1>Livebox</h1>"]

    keeper = Keeper(shop, clock.now())
    with make_server("127.0.0.1", authority.knocks, other, handler_class=_Quiet) as box:
        thread = threading.Thread(target=box.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        code, _words = order(shop, keeper, clock.now())
        box.shutdown()
        thread.join()
    assert code in ("unauthorized", "incorrectResponse")
    assert keeper.how == "self"


def test_a_name_that_leads_nowhere_is_told_so(shop: Config, authority: Authority) -> None:
    keeper = Keeper(shop, clock.now())
    authority.tell("set-servfail", host=NAME)
    try:
        code, _words = order(shop, keeper, clock.now())
    finally:
        authority.tell("clear-servfail", host=NAME)
    assert code in ("dns", "unknownHost", "connection")
    assert keeper.how == "self"


def test_an_authority_that_is_down_is_told_so(shop: Config, tmp_path: Path) -> None:
    nobody = {"SHOPVISIO_ACME_DIRECTORY": f"https://localhost:{free_port(socket.SOCK_STREAM)}/dir"}
    shop = config.load({"SHOPVISIO_DATA": str(tmp_path / "data"), **nobody})
    keeper = Keeper(shop, clock.now())
    code, words = order(shop, keeper, clock.now())
    assert (code, keeper.how) == ("unreachable", "self")
    assert "refused" in words.lower()


# -- the whole appliance


@dataclass
class Wire:
    """A Socket.IO connection, frame by frame."""

    sock: ssl.SSLSocket

    def send(self, text: str) -> None:
        """One short text frame; what a browser sends is masked."""
        data, mask = text.encode(), b"\x01\x02\x03\x04"
        self.sock.sendall(bytes([0x81, 0x80 | len(data)]) + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data)))

    def is_alive(self) -> bool:
        """Whether it still stands; what the appliance asks meanwhile is answered."""
        while select.select([self.sock], [], [], 0)[0] or self.sock.pending():
            if self.read() == "2":
                self.send("3")
        return True

    def read(self) -> str:
        """The next frame's text."""
        _kind, length = self._exactly(2)
        if length == 126:
            length = int.from_bytes(self._exactly(2))
        return self._exactly(length).decode()

    def _exactly(self, n: int) -> bytes:
        found = b""
        while len(found) < n:
            more = self.sock.recv(n - len(found))
            assert more, "the connection was cut"
            found += more
        return found


def connect(port: int) -> ssl.SSLSocket:
    """A TLS connection to the appliance, whoever it says it is."""
    asking = ssl.create_default_context()
    asking.check_hostname, asking.verify_mode = False, ssl.CERT_NONE
    return asking.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=30), server_hostname=NAME)


def issuer(port: int) -> str:
    with connect(port) as sock:
        shown = sock.getpeercert(binary_form=True)
        assert shown is not None
        return x509.load_der_x509_certificate(shown).issuer.rfc4514_string()


def wire(port: int) -> Wire:
    """A Socket.IO connection as a page opens it, its first message read."""
    sock = connect(port)
    head = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    head += "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    asked = f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost:{port}\r\n{head}\r\n"
    sock.sendall(asked.encode())
    made, answer = Wire(sock), b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += made._exactly(1)
    assert b" 101 " in answer.partition(b"\r\n")[0]
    assert made.read().startswith("0{")
    return made


def owner_gives_the_name(port: int) -> None:
    """Signs in, writes the name, agrees."""
    with requests.Session() as browser:
        home = f"http://127.0.0.1:{port}"

        def post(path: str, form: str, **typed: str) -> requests.Response:
            token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get(home + form, timeout=30).text)
            assert token is not None
            answer = browser.post(home + path, data={"csrf_token": token[1], **typed}, timeout=30)
            assert answer.status_code == 200, answer.text
            return answer

        post("/signin", "/signin", email="owner@shop.example", password=PASSWORD)
        page = post("/desk/certificate", "/desk/certificate", public_name=f"https://{NAME}/", certificate="y")
        assert "Enregistré." in page.text


def until_it_came(port: int, tls_port: int) -> float:
    """The owner gives the name; how many seconds until newcomers are shown the authority's certificate."""
    owner_gives_the_name(port)
    began = time.monotonic()
    _until(lambda: "Pebble" in issuer(tls_port))
    return time.monotonic() - began


@dataclass
class Appliance:
    """The whole appliance, running, with a claimed shop that has no name yet."""

    port: int
    tls_port: int
    log: Callable[[], str]


@pytest.fixture
def appliance(authority: Authority, tmp_path: Path) -> Iterator[Appliance]:
    port, tls_port, log = authority.knocks, free_port(socket.SOCK_STREAM), tmp_path / "log"
    env = {
        **os.environ,
        **authority.env,
        "SHOPVISIO_DATA": str(tmp_path / "data"),
        "SHOPVISIO_BIND": "127.0.0.1",
        "SHOPVISIO_PORT": str(port),
        "SHOPVISIO_TLS_PORT": str(tls_port),
        "SHOPVISIO_MEDIA_PORT": str(free_port(socket.SOCK_DGRAM)),
    }
    stage = [sys.executable, "-m", "tests.browser.stage", "0", "0"]
    subprocess.run(stage, cwd=ROOT, env=env, check=True, timeout=120, stdout=subprocess.DEVNULL)
    with log.open("wb") as out:
        run = subprocess.Popen([sys.executable, "-m", "shopvisio", "serve"], cwd=ROOT, env=env, stdout=out, stderr=out)
    try:
        _until(lambda: _listens(tls_port), log.read_text)
        yield Appliance(port, tls_port, log.read_text)
    finally:
        run.terminate()
        run.wait(30)


def test_a_live_connection_is_unharmed_while_the_certificate_comes(appliance: Appliance) -> None:
    """The running appliance, from its own certificate to the authority's, a socket open all the while."""
    assert "ShopVisio" in issuer(appliance.tls_port)
    live = wire(appliance.tls_port)
    with ThreadPoolExecutor(1) as owner:
        done = owner.submit(until_it_came, appliance.port, appliance.tls_port)
        while live.is_alive() and not done.done():
            time.sleep(0.02)
        print(f"another certificate after {done.result():.1f} s")
    live.send("40")
    answer = live.read()
    while answer == "2":  # it asks whether we are there
        live.send("3")
        answer = live.read()
    assert answer.startswith(("40", "44"))
    live.sock.close()


NOT_OURS = {  # Pebble's own, and a word on the machine that looks
    "cert_chain_of_trust", "cert_caIssuers", "cert_revocation", "cert_validityPeriod", "engine_problem"
}  # fmt: skip


@pytest.mark.long
@pytest.mark.skipif("SHOPVISIO_LONG" not in os.environ, reason="some minutes: run by tests/long")
@pytest.mark.skipif(shutil.which("testssl") is None, reason="Debian's package testssl.sh is not installed")
def test_testssl_finds_nothing_above_low(appliance: Appliance, tmp_path: Path) -> None:
    until_it_came(appliance.port, appliance.tls_port)
    found = tmp_path / "found.json"
    command = ["testssl", "--quiet", "--color", "0", "--warnings", "off", "--ip", "127.0.0.1", "--jsonfile", str(found)]
    asked = f"https://{NAME}:{appliance.tls_port}/signin"
    subprocess.run([*command, asked], timeout=900, check=False, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    every = json.loads(found.read_text())
    assert len(every) > 100
    worse = [one for one in every if one["severity"] in ("MEDIUM", "HIGH", "CRITICAL", "WARN")]
    print(*(f"{one['severity']} {one['id']}: {one['finding']}" for one in every if one["severity"] != "OK"), sep="\n")
    assert [one for one in worse if one["id"].split(" ")[0] not in NOT_OURS] == []
