"""What is measured, each in a scratch folder of its own: the appliance, and the two it is compared with.

Each gives the part of the plan that says how to reach it, with the ``pid`` whose CPU counts.
"""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from shopvisio.config import lan_address
from tests.bench.dial import sign_in
from tests.browser.conftest import free_port

ROOT = Path(__file__).parents[2]
JANUS = {
    "janus": """
general: {{ plugins_folder = "{library}/plugins" transports_folder = "{library}/transports"
            session_timeout = 0 debug_level = 1 }}
nat: {{ ice_enforce_list = "{address}" }}
""",
    "janus.transport.websockets": 'general: {{ ws = true ws_ip = "127.0.0.1" ws_port = {port} }}',
    "janus.plugin.videocall": "general: {{ }}",
}


@contextmanager
def appliance(visits: int, busy: Sequence[Any] = (), recorded: bool = False) -> Iterator[dict[str, Any]]:
    """With so many visits due now; ``busy`` with what ``appliance.py`` says; its calls may be recorded, or not."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port(socket.SOCK_STREAM)
        env = {**os.environ, "SHOPVISIO_DATA": folder, "SHOPVISIO_BIND": "127.0.0.1", "SHOPVISIO_PORT": str(port),
               "SHOPVISIO_TLS_PORT": "0", "SHOPVISIO_MEDIA_PORT": str(free_port(socket.SOCK_DGRAM)),
               "SHOPVISIO_LOG_LEVEL": "error"}
        made = subprocess.run([sys.executable, "-m", "tests.browser.stage", str(visits), "0"],
                              cwd=ROOT, env=env, capture_output=True, text=True, check=True)
        if recorded:
            with closing(sqlite3.connect(f"{folder}/shop.db")) as base, base:
                base.execute("INSERT INTO setting (name, value) VALUES ('recording', '\"yes\"')")
        with _running([sys.executable, "-m", "tests.bench.appliance", *busy], env) as server:
            _wait_for("up", server)
            host = f"localhost:{port}"
            yield {"through": "appliance", "pid": server.pid, "server": server, "host": host, "data": folder,
                   "cookie": sign_in(host), "recorded": recorded,
                   "visits": json.loads(made.stdout.splitlines()[-1])["repair"]}


@contextmanager
def stock() -> Iterator[dict[str, Any]]:
    """aiortc's MediaRelay."""
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/socket"
        with _running([sys.executable, "-m", "tests.bench.stock", path], None) as server:
            _wait_for("up", server)
            yield {"through": "stock", "pid": server.pid, "socket": path}


@contextmanager
def janus() -> Iterator[dict[str, Any]]:
    """Debian's Janus as it comes, with the plugin for calls of two; nothing else is loaded."""
    program = shutil.which("janus")
    if not program:
        sys.exit("Janus is not installed (Debian's package janus); --without janus leaves it out.")
    library = next(Path("/usr/lib").glob("*/janus"))
    port = free_port(socket.SOCK_STREAM)
    with tempfile.TemporaryDirectory() as folder:
        values = {"library": library, "address": lan_address(), "port": port}
        for name, text in JANUS.items():
            Path(folder, f"{name}.jcfg").write_text(text.format_map(values))
        for kind in ("plugins", "transports"):
            _leave_alone(Path(folder, "janus.jcfg"), library / kind, ("videocall", "websockets"))
        with _running([program, "-F", folder], None) as server:
            _wait_for_port(port)
            yield {"through": "janus", "pid": server.pid, "port": port}


def _leave_alone(config: Path, folder: Path, wanted: tuple[str, ...]) -> None:
    """Disable what else lies in ``folder``."""
    others = [file.name for file in folder.glob("*.so") if not any(name in file.name for name in wanted)]
    config.write_text(f'{config.read_text()}\n{folder.name}: {{ disable = "{",".join(others)}" }}\n')


@contextmanager
def _running(command: list[Any], env: dict[str, str] | None) -> "Iterator[subprocess.Popen[str]]":
    """In a group of its own: what its children are still at ends with it."""
    server = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True, process_group=0)
    try:
        yield server
    finally:
        server.terminate()
        with suppress(subprocess.TimeoutExpired):
            server.communicate(timeout=15)
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)


def _wait_for(word: str, server: "subprocess.Popen[str]") -> None:
    assert server.stdout
    while word not in (line := server.stdout.readline()):
        assert line, "the server did not start"


def _wait_for_port(port: int) -> None:
    for _turn in range(200):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise TimeoutError("Janus did not start")


def cpu(pid: int) -> float:
    """Seconds of CPU that a process has used, all its threads together, to the nanosecond (Linux)."""
    return time.clock_gettime(~pid << 3 | 2)


def cpu_of_writers(pid: int) -> float:
    """Likewise, of those of its children that write recordings."""
    found = 0.0
    for status in Path("/proc").glob("[0-9]*/status"):
        with suppress(OSError):
            if f"PPid:\t{pid}\n" in status.read_text() and b"recorder" in (status.parent / "cmdline").read_bytes():
                found += cpu(int(status.parent.name))
    return found


def copied(folder: str) -> tuple[int, int]:
    """Packets that the recordings of the appliance there were to keep, and those that they could not."""
    with closing(sqlite3.connect(f"{folder}/shop.db", timeout=30)) as base:
        packets, missed = base.execute("SELECT sum(packets), sum(missed) FROM recording").fetchone()
    return packets, missed


def memory(pid: int) -> float:
    """Megabytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))
