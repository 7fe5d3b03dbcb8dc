"""The appliance as a process: it starts, says where it is, is well, and ends cleanly; its commands."""

import json
import os
import re
import signal
import sqlite3
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import NOW, open_shop
from flask import Flask

from shopvisio import __version__, booking, cases, config, papers
from shopvisio.backup import restoring
from shopvisio.db import writing
from tests.browser.conftest import free_port

ROOT = Path(__file__).parent.parent
MUTE = ssl.create_default_context()
MUTE.check_hostname, MUTE.verify_mode = False, ssl.CERT_NONE


@dataclass
class Process:
    """A running appliance and its ports."""

    run: subprocess.Popen[str]
    env: dict[str, str]
    port: int
    tls_port: int

    def get(self, url: str) -> tuple[int, str, float]:
        """Status, body and seconds."""
        began = time.monotonic()
        try:
            with urllib.request.urlopen(url, context=MUTE if url.startswith("https") else None, timeout=5) as answer:
                return answer.status, answer.read().decode(), time.monotonic() - began
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.read().decode(), time.monotonic() - began


def environment(folder: Path) -> dict[str, str]:
    import socket

    return {
        **os.environ,
        "SHOPVISIO_DATA": str(folder / "data"),
        "SHOPVISIO_BIND": "127.0.0.1",
        "SHOPVISIO_PORT": str(free_port(socket.SOCK_STREAM)),
        "SHOPVISIO_TLS_PORT": str(free_port(socket.SOCK_STREAM)),
        "SHOPVISIO_MEDIA_PORT": str(free_port(socket.SOCK_DGRAM)),
    }


def command(env: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "shopvisio", *words], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60
    )


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    env = environment(tmp_path_factory.mktemp("serving"))
    run = subprocess.Popen(
        [sys.executable, "-m", "shopvisio", "serve"], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True
    )
    found = Process(run, env, int(env["SHOPVISIO_PORT"]), int(env["SHOPVISIO_TLS_PORT"]))
    for _try in range(200):
        try:
            found.get(f"http://127.0.0.1:{found.port}/healthz")
            break
        except OSError:
            time.sleep(0.1)
    yield found
    if run.poll() is None:
        run.kill()
    run.communicate()


def test_it_is_alive_on_both_ports_at_once(up: Process) -> None:
    for url in (f"http://127.0.0.1:{up.port}/healthz", f"https://127.0.0.1:{up.tls_port}/healthz"):
        up.get(url)
        answers = [up.get(url) for _ in range(5)]
        assert {(status, body) for status, body, _ in answers} == {(200, "ok\n")}


def test_it_is_ready_and_strangers_learn_nothing_more(up: Process) -> None:
    assert up.get(f"http://127.0.0.1:{up.port}/readyz")[:2] == (200, "ok\n")


def test_until_it_is_claimed_the_shop_is_shut(up: Process) -> None:
    for path in ("/", "/desk", "/book/1", "/signin", "/legal/terms"):
        assert up.get(f"http://127.0.0.1:{up.port}{path}")[0] == 503
    assert up.get(f"http://127.0.0.1:{up.port}/claim")[0] == 200


def test_the_code_is_printed_again_by_the_command(up: Process) -> None:
    done = command(up.env, "code")
    assert done.returncode == 0
    assert re.fullmatch(r"([A-Z2-7]{4}-){3}[A-Z2-7]{4}\n", done.stdout)


def test_an_empty_shop_verifies(up: Process) -> None:
    done = command(up.env, "verify")
    assert (done.returncode, done.stdout) == (0, "0 papers, the chain is whole.\n")


def test_a_backup_by_command_is_one_encrypted_file(up: Process, tmp_path: Path) -> None:
    refused = command(up.env, "backup")
    assert refused.returncode == 1
    assert "clé de secours" in refused.stderr
    key = command(up.env, "recovery-key").stdout.strip()
    assert key.startswith("AGE-SECRET-KEY-1")
    done = command(up.env, "backup", str(tmp_path / "shop.tar.age"))
    assert done.returncode == 0, done.stderr
    restoring.unpack(tmp_path / "shop.tar.age", tmp_path / "back", [key])
    with closing(sqlite3.connect(tmp_path / "back" / "shop.db")) as copied:
        assert copied.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert command(up.env, "reset-admin").returncode == 1, "nobody owns it yet"


def test_a_second_one_on_the_same_ports_says_why_it_cannot(up: Process, tmp_path: Path) -> None:
    done = command(up.env | {"SHOPVISIO_DATA": str(tmp_path)}, "serve")
    assert done.returncode == 1
    assert f"Port {up.port}" in done.stderr
    assert "Traceback" not in done.stderr


def test_it_ends_cleanly_when_asked_and_says_where_it_was(up: Process) -> None:
    began = time.monotonic()
    up.run.send_signal(signal.SIGTERM)
    said, _ = up.run.communicate(timeout=30)
    assert up.run.returncode == 0
    print(f"ended after {time.monotonic() - began:.1f} s")
    assert re.search(r"^Customers: .*/$", said, re.M)
    assert re.search(r"^Desk: .*/desk$", said, re.M)
    assert re.search(r"^Claim code: ([A-Z2-7]{4}-){3}[A-Z2-7]{4} ", said, re.M)
    events = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert events[-1]["event"] == "ended"


def test_the_version_is_told() -> None:
    assert command(dict(os.environ), "--version").stdout == f"shopvisio, version {__version__}\n"


def test_nonsense_is_refused_with_a_sentence(tmp_path: Path) -> None:
    done = command({**os.environ, "SHOPVISIO_DATA": str(tmp_path), "SHOPVISIO_PORT": "eighty"}, "serve")
    assert done.returncode == 1
    assert "SHOPVISIO_PORT=eighty" in done.stderr


def test_verify_stops_at_the_first_broken_link(app: Flask, settled: config.Config) -> None:
    with app.app_context():
        shop = open_shop(NOW)
        with writing():
            from conftest import TUESDAY_10, book_visit

            case = book_visit(shop.repair, TUESDAY_10).case
            cases.propose(case, "repaired", "", shop.repairer.actor, TUESDAY_10)
            cases.answer(case, True, "", TUESDAY_10)
            paper = papers.issue(case, TUESDAY_10)
        assert paper is not None
        number = paper.number
    env = {**os.environ, "SHOPVISIO_DATA": str(settled.data)}
    assert command(env, "verify").stdout == "1 papers, the chain is whole.\n"
    with closing(sqlite3.connect(settled.data / "shop.db")) as forger:
        trigger = forger.execute("SELECT sql FROM sqlite_master WHERE name = 'papers_keep'").fetchone()[0]
        forger.execute("DROP TRIGGER papers_keep")
        forger.execute("UPDATE papers SET gross = 1")
        forger.execute(trigger)
        forger.commit()
    done = command(env, "verify")
    assert done.returncode == 1
    assert number in done.stderr


def test_where_there_is_no_shop_yet_a_check_says_so(tmp_path: Path) -> None:
    done = command({**os.environ, "SHOPVISIO_DATA": str(tmp_path)}, "verify")
    assert (done.returncode, done.stderr) == (1, f"Error: {tmp_path / 'shop.db'}: there is no shop here yet.\n")


def test_the_demos_stage_stands_and_its_links_open(settled: config.Config, app: Flask) -> None:
    from shopvisio import clock, demo

    with app.app_context():
        links = dict(demo.make(settled, clock.now()))
        assert len(booking.services()) == 2
    stranger = app.test_client()
    for label in ("Home page", "The due call, as customer", "A case waiting for its part", "Sign-in"):
        path = "/" + links[label].split("/", 3)[3]
        assert stranger.get(path).status_code == 200, label


@pytest.mark.parametrize("minute", range(0, 24 * 60, 97))
def test_the_demos_stage_stands_at_any_hour(house: Flask, settled: config.Config, minute: int) -> None:
    from datetime import timedelta

    from shopvisio import demo

    assert demo.make(settled, NOW + timedelta(minutes=minute))
