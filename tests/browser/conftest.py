"""The real appliance in a process of its own, and real browsers with cameras of their own colour."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from .cameras import COLOURS, film, rough

expect.set_options(timeout=30_000)  # a busy machine is slow: what is timed is printed, or in tests/long

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--autoplay-policy=document-user-activation-required",  # as at home
)
ALLOWED = "--use-fake-ui-for-media-stream"  # somebody who answers the browser's question with yes
DEVICES = "--use-fake-device-for-media-stream=device-count=3"
ROOT = Path(__file__).parents[2]
REPAIRS, SALES = 160, 12  # about twice what the tests of a whole run take
PHONE, LAPTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 800}
FAULTS_EXPECTED = ("net::ERR_", "WebSocket connection", "Failed to load resource")  # a cut line says so itself


@dataclass(frozen=True)
class Visit:
    """An appointment due now: its key, its customer's page, its case."""

    key: str
    case_path: str
    case_key: str


@dataclass
class Served:
    """The appliance, running. ``url`` is where browsers find it, ``media_port`` where media goes;
    ``health`` is asked whether it is up, when that is not at ``url``; ``on`` comes before the command, where it runs
    on a machine of its own: then its log is asked."""

    url: str
    media_port: int
    env: dict[str, str]
    log: Path
    visits: dict[str, list[Visit]] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    health: str = ""
    on: tuple[str, ...] = ()

    def start(self) -> None:
        """Up, and answering."""
        with self.log.open("ab") as log:
            before = log.tell()
            self.process = subprocess.Popen(
                [*self.on, sys.executable, "-m", "shopvisio", "serve"], cwd=ROOT, env=self.env, stdout=log, stderr=log
            )
        for _try in range(800):
            if self._answers(before):
                return
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.05)
        raise AssertionError("it does not answer: " + self.log.read_text())

    def _answers(self, before: int) -> bool:
        if self.on:
            return b'"serving"' in self.log.read_bytes()[before:]
        try:
            urllib.request.urlopen(self.health or f"{self.url}/healthz", timeout=1).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """Asked to end, it ends."""
        assert self.process is not None
        self.process.terminate()
        self.process.wait(15)

    def visit(self, kind: str) -> Visit:
        """A visit that no other test has."""
        return self.visits[kind].pop()


_given: set[int] = set()


def free_port(kind: socket.SocketKind) -> int:
    """A port that nobody has at this moment, and that was not given before."""
    while True:
        with socket.socket(socket.AF_INET, kind) as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        if port not in _given:
            _given.add(port)
            return port


def appliance(folder: Path) -> Served:
    """An appliance of its own on an empty data folder, over plain HTTP; not started yet."""
    port, media = free_port(socket.SOCK_STREAM), free_port(socket.SOCK_DGRAM)
    env = {
        **os.environ, "SHOPVISIO_DATA": str(folder / "data"), "SHOPVISIO_BIND": "127.0.0.1",
        "SHOPVISIO_PORT": str(port), "SHOPVISIO_TLS_PORT": "0", "SHOPVISIO_MEDIA_PORT": str(media),
    }  # fmt: skip
    return Served(f"http://localhost:{port}", media, env, folder / "log")


def unclaimed(folder: Path) -> Iterator[Served]:
    """One that runs, that nobody has claimed, and that knows its own address."""
    running = appliance(folder)
    running.env["SHOPVISIO_PUBLIC_URL"] = running.url
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="package")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The real appliance with a claimed shop and visits due now."""
    folder = tmp_path_factory.mktemp("appliance")
    port = tls_port = free_port(socket.SOCK_STREAM)
    while tls_port == port:  # the machine may name one twice
        tls_port = free_port(socket.SOCK_STREAM)
    media_port = free_port(socket.SOCK_DGRAM)
    env = {
        **os.environ,
        "SHOPVISIO_DATA": str(folder / "data"),
        "SHOPVISIO_BIND": "127.0.0.1",
        "SHOPVISIO_PORT": str(port),
        "SHOPVISIO_TLS_PORT": str(tls_port),
        "SHOPVISIO_MEDIA_PORT": str(media_port),
    }
    made = subprocess.run(
        [sys.executable, "-m", "tests.browser.stage", str(REPAIRS), str(SALES)],
        cwd=ROOT,
        env=env,
        capture_output=True,
        timeout=240,
    )
    assert made.returncode == 0, made.stderr.decode()
    found = json.loads(made.stdout.splitlines()[-1])
    visits = {kind: [Visit(**one) for one in reversed(rows)] for kind, rows in found.items()}
    running = Served(f"https://localhost:{tls_port}", media_port, env, folder / "log", visits)
    running.health = f"http://localhost:{port}/healthz"
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """The hand that moves the browsers."""
    with sync_playwright() as hand:
        yield hand


@pytest.fixture(scope="package")
def browsers(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Browser]]:
    """One real browser a camera, started when it is first wanted.

    A camera is a colour, ``rough red`` one that moves; ``several`` is a machine with more of them, ``none`` one
    without camera and microphone, ``shut`` somebody who refuses them.
    """
    folder = tmp_path_factory.mktemp("cameras")
    running: dict[str, Browser] = {}

    def browser(camera: str) -> Browser:
        if camera not in running:
            arguments = [*ARGUMENTS, *([DEVICES] if camera != "none" else []), *([ALLOWED] if camera != "shut" else [])]
            colour = camera.rpartition(" ")[2]
            if colour in COLOURS:
                made = film(folder, colour) if colour == camera else rough(folder, colour)
                arguments.append(f"--use-file-for-fake-video-capture={made}")
            running[camera] = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        return running[camera]

    yield browser
    for one in running.values():
        one.close()


Chromium = Callable[..., Page]


@pytest.fixture
def chromium(browsers: Callable[[str], Browser]) -> Iterator[Chromium]:
    """``chromium(camera, size)``: a fresh page in the browser with that camera; a fault on it fails the test.
    What else a context may be given goes by name: ``user_agent="…"``."""
    faults: list[str] = []
    opened = []

    def page(camera: str, size: dict[str, int] = LAPTOP, script: str = "", **more: Any) -> Page:
        context = browsers(camera).new_context(
            viewport=size,  # type: ignore[arg-type]
            locale="fr-FR",
            timezone_id="Europe/Paris",
            ignore_https_errors=True,  # the certificate is the appliance's own
            **more,
        )
        opened.append(context)
        context.add_init_script(REMEMBER_CONNECTIONS)
        if script:
            context.add_init_script(script)
        made = context.new_page()
        made.set_default_timeout(30_000)
        made.on("pageerror", lambda error: faults.append(f"{camera}: {error}"))
        made.on("console", lambda said: _note(faults, camera, said.type, said.text))
        return made

    yield page
    for context in opened:
        context.close()
    assert not faults, faults


def _note(faults: list[str], camera: str, kind: str, text: str) -> None:
    if kind == "error" and not any(expected in text for expected in FAULTS_EXPECTED):
        faults.append(f"{camera}: {text}")


# tests look at the connections themselves; the page keeps them to itself
REMEMBER_CONNECTIONS = """
window.connections = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...given) { super(...given); window.connections.push(this); }
};
"""

__all__ = ["LAPTOP", "PHONE", "Chromium", "Served", "Visit"]
