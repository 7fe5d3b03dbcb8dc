"""How soon the appliance is ready, and what memory it takes when nobody is there: ``tests/bench/start``. Not a test.

Each run has a data folder of its own, HTTPS and media included, and starts twice: empty, a certificate and a base to be
made first; and with an open shop. The last line is JSON; all are medians of the runs, but for the worst:

    first_s, worst_s   from the command to the first ``ok`` of /readyz, on the empty folder
    again_s            the same, with an open shop
    cpu_s              CPU of these two, in this order, which a busy machine changes least
    first_mb           memory of the whole process tree (resident) on the new folder, so many seconds later
    idle_mb            the same with an open shop; used_mb: after its pages were asked for, each a few times
    load               of the machine when it began: figures taken on a busy machine say little
"""

import argparse
import json
import os
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE = 120.0  # seconds until it is ready
LOOK = 0.02  # seconds between two questions whether it is
PAGES = ("/", "/book/1", "/signin", "/legal/terms", "/healthz")
TURNS = 5
TRUSTING = ssl._create_unverified_context()  # it signs its own


def main() -> None:
    """Measure, and print."""
    asked = argparse.ArgumentParser(prog="tests/bench/start", description=__doc__.splitlines()[0])
    asked.add_argument("--runs", type=int, default=5)
    asked.add_argument("--idle", type=float, default=20, help="seconds without a request")
    wanted = asked.parse_args()
    found = {"bench": "start", "runs": wanted.runs, "idle_s": wanted.idle, "load": round(os.getloadavg()[0], 1)}
    runs = [run(wanted.idle) for _run in range(wanted.runs)]
    middle = {name: statistics.median(getattr(one, name) for one in runs) for name in Run.__annotations__}
    print(json.dumps(found | {
        "first_s": round(middle["first_s"], 2), "worst_s": round(max(one.first_s for one in runs), 2),
        "again_s": round(middle["again_s"], 2),
        "cpu_s": [round(middle[name], 2) for name in ("first_cpu", "again_cpu")],
        **{name: round(middle[name]) for name in ("first_mb", "idle_mb", "used_mb")},
    }))  # fmt: skip


@dataclass(frozen=True)
class Run:
    """What one run found, as at the head."""

    first_s: float
    first_cpu: float
    first_mb: float
    again_s: float
    again_cpu: float
    idle_mb: float
    used_mb: float


def run(idle: float) -> Run:
    """A folder's first start and its second."""
    with tempfile.TemporaryDirectory() as folder:
        env = environment(folder)
        with serving(env) as (pid, first, first_cpu):
            time.sleep(idle)
            new = memory(pid)
        stage = [sys.executable, "-m", "tests.browser.stage", "0", "0"]
        subprocess.run(stage, cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
        with serving(env) as (pid, again, again_cpu):
            time.sleep(idle)
            rested = memory(pid)
            for page in PAGES * TURNS:
                ask(env, page)
            time.sleep(idle)
            return Run(first, first_cpu, new, again, again_cpu, rested, memory(pid))


def environment(folder: str) -> dict[str, str]:
    """Ports and a folder of its own."""
    ports = (free(socket.SOCK_STREAM), free(socket.SOCK_STREAM), free(socket.SOCK_DGRAM))
    names = ("SHOPVISIO_PORT", "SHOPVISIO_TLS_PORT", "SHOPVISIO_MEDIA_PORT")
    told = dict(zip(names, map(str, ports), strict=True))
    return {**os.environ, **told, "SHOPVISIO_DATA": folder, "SHOPVISIO_BIND": "127.0.0.1"}


def free(kind: socket.SocketKind) -> int:
    """A port that nobody has."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(env: dict[str, str]) -> Iterator[tuple[int, float, float]]:
    """The appliance, ready: its process, and how many seconds that took, on the clock and of CPU."""
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "shopvisio", "serve"], cwd=ROOT, env=env, stdout=subprocess.DEVNULL
    )
    try:
        while not is_ready(env):
            if process.poll() is not None or time.monotonic() - began > PATIENCE:
                raise SystemExit("it never became ready")
            time.sleep(LOOK)
        yield process.pid, time.monotonic() - began, cpu(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def is_ready(env: dict[str, str]) -> bool:
    """Whether it says so itself, over HTTPS."""
    try:
        return ask(env, "/readyz") == b"ok\n"
    except OSError:
        return False


def ask(env: dict[str, str], path: str) -> bytes:
    """A page, over HTTPS."""
    url = f"https://127.0.0.1:{env['SHOPVISIO_TLS_PORT']}{path}"
    with urllib.request.urlopen(url, timeout=10, context=TRUSTING) as answer:
        found: bytes = answer.read()
        return found


def cpu(pid: int) -> float:
    """Seconds of CPU that a process has used, and those of its children that have gone."""
    parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(part) for part in parts[11:15]) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> float:
    """MB that are resident of a process and of everything it started."""
    found, tree = 0.0, [pid]
    while tree:
        one = Path(f"/proc/{tree.pop()}")
        try:
            lines = (one / "status").read_text().splitlines()
            tree += [int(child) for each in one.glob("task/*/children") for child in each.read_text().split()]
        except OSError:  # it has gone
            continue
        found += sum(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:"))
    return found


if __name__ == "__main__":
    main()
