"""What the relay costs and how long it keeps a packet: ``tests/bench/relay``. Not a test: nothing is timed there.

The whole appliance serves; people join by its own signalling, from processes of their own, and send VP8 and Opus
encoded beforehand. ``direct`` is the same people without a server, in the same run; ``stock`` is aiortc's
MediaRelay, with one call. Medians of the runs; the last line is JSON:

    cpu_s_per_call_s  CPU seconds of the serving process per second of one two-way call
    stock             the same of MediaRelay, one call; null where left out
    ratio_stock       stock / ours
    delay_ms          of whole pictures, through the relay minus direct
    delay_busy_ms     the same while 40 pages a second are served, papers rendered and the CPU held by a job
    lost              packets that did not arrive, of all sent; lost_busy likewise
    join_ms           from the offer to the connection
    rss_mb            memory of the serving process at the end
    load              of the machine when the run began: figures taken on a busy machine say little
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from shopvisio.db import writing
from shopvisio.invoices import Kind, issue
from tests.browser.conftest import free_port
from tests.invoices.sample_papers import NOW, REPAIRED, open_ledger

PAGES = 40          # a second, while busy
ROOT = Path(__file__).parents[2]


@contextmanager
def appliance(calls: int, snapshot: Path | None) -> Iterator[dict[str, Any]]:
    """It runs in a scratch folder, with visits due now: the part of the plan that says where."""
    import socket

    with tempfile.TemporaryDirectory() as folder:
        port = free_port(socket.SOCK_STREAM)
        env = {**os.environ, "SHOPVISIO_DATA": folder, "SHOPVISIO_BIND": "127.0.0.1", "SHOPVISIO_PORT": str(port),
               "SHOPVISIO_TLS_PORT": "0", "SHOPVISIO_MEDIA_PORT": str(free_port(socket.SOCK_DGRAM)),
               "SHOPVISIO_LOG_LEVEL": "error"}
        made = subprocess.run([sys.executable, "-m", "tests.browser.stage", str(calls), "0"],
                              cwd=ROOT, env=env, capture_output=True, text=True, check=True)
        server = subprocess.Popen([sys.executable, "-m", "tests.bench.appliance", *([snapshot] if snapshot else [])],
                                  cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout
            while "up" not in (line := server.stdout.readline()):
                assert line, "the appliance did not start"
            yield {"through": "appliance", "host": f"localhost:{port}", "pid": server.pid,
                   "visits": json.loads(made.stdout.splitlines()[-1])["repair"]}
        finally:
            server.terminate()
            server.communicate(timeout=15)


def people(wanted: argparse.Namespace, calls: int, **where: Any) -> dict[str, Any]:
    """One measurement by fresh people."""
    plan = {"calls": calls, "seconds": wanted.seconds, "video": wanted.video, **where}
    done = subprocess.run([sys.executable, "-m", "tests.bench.people"], cwd=ROOT, input=json.dumps(plan),
                          stdout=subprocess.PIPE, text=True, timeout=wanted.seconds + 30 + 10 * calls, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def memory(pid: int) -> float:
    """Megabytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


@contextmanager
def visitors(host: str) -> Iterator[None]:
    """Pages are asked for all the time."""
    over = threading.Event()

    def ask() -> None:
        while not over.wait(4 / PAGES):
            with suppress(OSError):
                urllib.request.urlopen(f"http://{host}/", timeout=5).close()

    asking = [threading.Thread(target=ask) for _one in range(4)]
    for one in asking:
        one.start()
    yield
    over.set()
    for one in asking:
        one.join()


def run(wanted: argparse.Namespace, snapshot: Path) -> dict[str, Any]:
    """One run of all of it."""
    found: dict[str, Any] = {"load": os.getloadavg()[0]}
    with appliance(wanted.calls, None) as where:
        found["ours"] = people(wanted, wanted.calls, **where)
        found["rss"] = memory(where["pid"])
    found["direct"] = people(wanted, wanted.calls, through="direct")
    with appliance(wanted.calls, snapshot) as where, visitors(where["host"]):
        found["busy"] = people(wanted, wanted.calls, **where)
    if "stock" not in wanted.without:
        found["stock"] = people(wanted, 1, through="stock")
        found["one"] = found["ours"]
        if wanted.calls > 1:      # compared call by call
            with appliance(1, None) as where:
                found["one"] = people(wanted, 1, **where)
    return found


def told(wanted: argparse.Namespace, runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The line of JSON."""

    def middle(name: str, what: str) -> float:
        return statistics.median(one[name][what] for one in runs)

    def added(name: str, what: str) -> float:
        return round(statistics.median(one[name][what] - one["direct"][what] for one in runs), 2)

    stock = None if "stock" in wanted.without else middle("stock", "cpu")
    return {
        "bench": "relay", "calls": wanted.calls, "video": wanted.video,
        "cpu_s_per_call_s": round(middle("ours", "cpu"), 4),
        "stock": stock and round(stock, 4),
        "ratio_stock": stock and round(stock / middle("one", "cpu"), 1),
        "delay_ms": {name: added("ours", name) for name in ("p50", "p99")},
        "delay_busy_ms": {"p99": added("busy", "p99")},
        "lost": sum(one["ours"]["sent"] - one["ours"]["received"] for one in runs),
        "lost_busy": sum(one["busy"]["sent"] - one["busy"]["received"] for one in runs),
        "sent": sum(one["ours"]["sent"] for one in runs),
        "join_ms": {"p50": round(middle("ours", "join"))},
        "rss_mb": round(statistics.median(one["rss"] for one in runs)),
        "load": round(max(one["load"] for one in runs), 1),
    }


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(prog="tests/bench/relay", description="What the relay costs.")
    parser.add_argument("--calls", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--video", choices=("480p", "720p"), default="480p")
    parser.add_argument("--without", default="", help="stock")
    wanted = parser.parse_args()
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        snapshot = Path(folder) / "snapshot"
        with open_ledger(Path(folder)), writing():
            snapshot.write_text(issue(Kind.INVOICE, REPAIRED, 1, NOW).snapshot)
        for number in range(wanted.runs):
            began = time.monotonic()
            runs.append(run(wanted, snapshot))
            print(f"run {number + 1}, {time.monotonic() - began:.0f} s:", flush=True)
            for name in ("ours", "busy", "direct", "stock"):
                if name in runs[-1]:
                    print(f"  {name:7}", {k: v and round(v, 4) for k, v in runs[-1][name].items()}, flush=True)
    print(json.dumps(told(wanted, runs)))


if __name__ == "__main__":
    main()
