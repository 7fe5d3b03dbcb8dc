"""The installer, the image and the locks: what can be said of them without installing anything."""

import json
import os
import re
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer  # by name: eventlet leaves its own on the package
from pathlib import Path
from typing import Any, ClassVar

import pytest

from shopvisio import health, tls

ROOT = Path(__file__).parent.parent
INSTALLER = ROOT / "install.sh"
SCRIPTS = [
    INSTALLER,
    ROOT / "tests/run",
    ROOT / "tests/long",
    ROOT / "tests/npm/install",
    ROOT / ".ci/run",
    ROOT / ".ci/image",
    ROOT / ".ci/lock",
    ROOT / "shopvisio/web/npm/install",
]
LOCKS = sorted(ROOT.glob("requirements*.lock"))
# every program the installer could call before it does anything that lasts
PROGRAMS = ("apt-get", "awk", "chmod", "chown", "cp", "cat", "date", "df", "dirname", "docker", "dpkg-query", "env")
PROGRAMS += ("grep", "id", "mkdir", "mv", "paste", "python3", "rm", "sed", "sh", "sudo", "systemctl", "useradd")


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder for PATH in which every program only notes that it was called."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in PROGRAMS:
        stub = folder / name
        stub.write_text(f'#!/bin/sh\necho "{name} $*" >>"{tmp_path}/called"\n')
        stub.chmod(0o755)
    return folder


def _called(script: bytes, bare: Path, *arguments: str) -> str:
    """Which programs a shell that reads ``script`` calls, and what it prints."""
    cut = bare.parent / "install.sh"
    cut.write_bytes(script)
    log = bare.parent / "called"
    log.unlink(missing_ok=True)
    done = subprocess.run(
        ["/bin/sh", str(cut), *arguments], env={"PATH": str(bare)}, cwd=bare.parent, capture_output=True, text=True,
        timeout=20, check=False,
    )
    return done.stdout + (log.read_text() if log.exists() else "")


def test_an_installer_that_was_cut_off_on_its_way_does_nothing(bare: Path) -> None:
    whole = INSTALLER.read_bytes()
    last = whole.rstrip(b"\n").rfind(b"\n")
    for length in [*range(0, last, 200), *range(last, len(whole) - 2)]:
        for argument in ("demo", "--uninstall"):
            assert _called(whole[:length], bare, argument) == "", f"cut at byte {length}"


def test_the_whole_installer_does_something(bare: Path) -> None:
    assert "dpkg-query" in _called(INSTALLER.read_bytes(), bare, "demo")


def test_the_installer_tells_what_it_can_do() -> None:
    told = subprocess.run([INSTALLER, "--help"], capture_output=True, text=True, check=True, timeout=20).stdout
    assert [line.split("   ")[0] for line in told.splitlines()] == [
        "./install.sh", "./install.sh demo", "./install.sh tests", "./install.sh --rollback",
        "./install.sh --uninstall",
    ]


def test_the_installer_refuses_a_word_it_does_not_know(bare: Path) -> None:
    done = subprocess.run([INSTALLER, "demmo"], capture_output=True, text=True, check=False, timeout=20)
    assert (done.returncode, done.stdout) == (2, "")
    assert "./install.sh demo" in done.stderr


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_may_be_run_and_shellcheck_finds_nothing(script: Path) -> None:
    assert os.access(script, os.X_OK)
    if not shutil.which("shellcheck"):
        pytest.skip("shellcheck is not installed")
    done = subprocess.run(["shellcheck", script], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout == ""


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_pinned_library_has_its_hashes(lock: Path) -> None:
    entries = re.split(r"\n(?=\S)", lock.read_text().strip())
    for entry in entries:
        first, *hashes = entry.splitlines()
        assert re.match(r"[a-z0-9._-]+==\S+( ; .+)? \\$", first), first
        assert hashes, first
        assert all(re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line) for line in hashes), first


def test_the_appliance_and_its_tests_use_the_same_releases() -> None:
    both = [set(re.findall(r"^[a-z0-9].*?(?= \\)", (ROOT / name).read_text(), re.MULTILINE)) for name in
            ("requirements.lock", "requirements-test.lock")]
    assert len(both[0]) > 40
    assert both[0] <= both[1]


def test_every_dependency_named_is_locked() -> None:
    named = re.findall(r'^    "([A-Za-z0-9-]+)', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    locked = re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements-test.lock").read_text(), re.MULTILINE)
    assert len(named) > 20
    assert {name.lower() for name in named} <= set(locked)


def test_no_lock_names_the_place_it_came_from() -> None:
    for lock in [*LOCKS, ROOT / "shopvisio/web/npm/package-lock.json"]:
        assert "://" not in lock.read_text(), lock.name


def test_the_browser_libraries_are_exact_and_checked() -> None:
    room = ROOT / "shopvisio/web/npm"
    wanted = json.loads((room / "package.json").read_text())["dependencies"]
    locked = json.loads((room / "package-lock.json").read_text())["packages"]
    for name, version in wanted.items():
        assert locked[f"node_modules/{name}"]["version"] == version
    assert all(entry["integrity"].startswith("sha512-") for path, entry in locked.items() if path)


def test_the_image_is_given_only_what_it_needs() -> None:
    first, *kept = (ROOT / ".dockerignore").read_text().split()
    assert first == "*"
    allowed = {line[1:] for line in kept if line.startswith("!")}
    copies = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert allowed == {path for copied in copies for path in copied.split() if not path.startswith("shopvisio/")}


def test_the_image_runs_as_nobody_in_particular() -> None:
    final = (ROOT / "Dockerfile").read_text().rpartition("\nFROM ")[2]
    assert final.startswith("debian:trixie-slim\n")
    assert "\nUSER 10001:10001\n" in final
    assert "IMAGE_UID=10001 " in INSTALLER.read_text()


@pytest.fixture
def page() -> Any:
    """Answers every question with ``status`` and notes what was asked."""

    class Page(BaseHTTPRequestHandler):
        status = 200
        asked: ClassVar[list[str]] = []

        def do_GET(self) -> None:
            self.asked.append(self.path)
            self.send_response(self.status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Silence."""

    return Page


@pytest.fixture
def listening(page: Any, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Two listeners, plain and TLS with a certificate nobody vouches for; their ports as settings."""
    certificate, key = tls.self_signed(tmp_path, ["localhost"], datetime.now(UTC))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    plain, secure = (ThreadingHTTPServer(("127.0.0.1", 0), page) for _ in range(2))
    secure.socket = context.wrap_socket(secure.socket, server_side=True)
    threads = [threading.Thread(target=server.serve_forever, args=(0.05,)) for server in (plain, secure)]
    for thread in threads:
        thread.start()
    yield {"SHOPVISIO_PORT": str(plain.server_port), "SHOPVISIO_TLS_PORT": str(secure.server_port)}
    for server in (plain, secure):
        server.shutdown()
        server.server_close()
    for thread in threads:
        thread.join()


def test_the_probe_is_content_when_both_listeners_answer(page: Any, listening: dict[str, str]) -> None:
    assert health.main(listening) == 0
    assert page.asked == ["/healthz", "/healthz"]


def test_the_probe_follows_no_redirect(
    page: Any, listening: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    page.status = 302
    assert health.main(listening) == 1
    assert page.asked == ["/healthz", "/healthz"]
    assert capsys.readouterr().err.count("answered 302") == 2


def test_the_probe_names_the_listener_that_is_gone(
    listening: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert health.main(listening | {"SHOPVISIO_TLS_PORT": "1"}) == 1
    assert capsys.readouterr().err.startswith("127.0.0.1 port 1: ")


def test_the_probe_asks_no_listener_that_is_off(listening: dict[str, str]) -> None:
    assert health.main(listening | {"SHOPVISIO_TLS_PORT": "0"}) == 0
