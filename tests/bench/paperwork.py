"""What the papers cost: ``tests/bench/papers``. Not a test: nothing is timed there.

A whole base is filled with ten thousand invoices, credit notes and no-charge notes over three hundred days, with their
payments and closings. The last line is JSON:

    issue_ms          issuing one paper: lock, number, snapshot, hash, commit on the disk
    render_ms         drawing the usual invoice, from its snapshot to the bytes: page and data here, the rest in a child
    render_ratio      the same / the bare WeasyPrint call on the same HTML in a process of its own (medians, in turn)
    verify_10k_s      the command ``shopvisio verify``, its start included; verify_ledger_s without it
    rss_mb            memory of the issuing process after a tenth of the papers, and at the end
    kills             writers killed in mid-write (six at once); gaps and doubles found afterwards
    timer_late_ms     how late a timer of 20 ms rings while another thread of its process has 20 invoices drawn, both
                      giving way to each other as the appliance's threads do
    load              of the machine when it began: figures taken on a busy machine say little
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
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from shopvisio import books, child, config, invoices, payments, serving
from shopvisio.accounts import APPLIANCE
from shopvisio.app import create_app
from shopvisio.db import db, writing
from shopvisio.invoices import Kind, Paper
from shopvisio.invoices.page import page
from shopvisio.invoices.pdf import stylesheet
from tests.invoices.kills import write_and_kill
from tests.invoices.sample_papers import NOT_REPAIRED, NOW, REPAIRED, open_ledger

DAYS = 300
TICK = 0.02
PATIENCE = 60.0  # seconds, where the machine is busy with something else


def main() -> None:
    """Measure, and print."""
    asked = argparse.ArgumentParser(prog="tests/bench/papers", description=__doc__.splitlines()[0])
    asked.add_argument("--papers", type=int, default=10_000)
    asked.add_argument("--draws", type=int, default=20)
    asked.add_argument("--kills", type=int, default=100)
    asked.add_argument("--beside", type=int, default=20, help="invoices drawn beside the timer")
    wanted = asked.parse_args()
    found: dict[str, object] = {"bench": "papers", "papers": wanted.papers, "load": round(os.getloadavg()[0], 1)}
    with tempfile.TemporaryDirectory() as folder:
        found |= issuing(Path(folder), wanted.papers)
        tempfile.tempdir = None   # the appliance had put its own
    found |= drawing(wanted.draws, wanted.beside)
    found |= killing(wanted.kills)
    print(json.dumps(found))


def issuing(folder: Path, papers: int) -> dict[str, object]:
    """Fill a base; then check all of it."""
    env = {"SHOPVISIO_DATA": str(folder), "SHOPVISIO_PORT": "8080", "SHOPVISIO_TLS_PORT": "0"}
    app, took, memory = create_app(config.load(env)), list[float](), list[float]()
    with app.app_context():
        for n in range(papers):
            took.append(_issue_one(n, papers))
            if n + 1 in (papers // 10, papers):
                memory.append(_rss())
        with writing():
            books.close_due(NOW + timedelta(days=DAYS + 2))
        begun = time.monotonic()
        assert [*invoices.verify(), *payments.verify(), *books.verify()] == []
        ledger = time.monotonic() - begun
    begun = time.monotonic()
    subprocess.run([sys.executable, "-m", "shopvisio", "verify"], check=True, env=os.environ | env,
                   stdout=subprocess.DEVNULL)
    return {"issue_ms": _spread(took), "verify_10k_s": round(time.monotonic() - begun, 2),
            "verify_ledger_s": round(ledger, 2), "rss_mb": memory}


def _issue_one(n: int, papers: int) -> float:
    now = NOW + timedelta(days=n * DAYS // papers, seconds=n % 40)
    kind, facts = (Kind.NO_CHARGE_NOTE, NOT_REPAIRED) if n % 5 == 4 else (Kind.INVOICE, REPAIRED)
    begun = time.perf_counter()
    with writing():
        paper = invoices.issue(kind, facts, n, now)
    took = time.perf_counter() - begun
    if kind is Kind.INVOICE:
        with writing():
            payments._append(paper, paper.gross, "card", APPLIANCE, now)
    if n % 50 == 0:
        with writing():
            invoices.credit(paper, now, "Geste de la boutique.", {0: 900})
    db.session.remove()
    return took * 1000


def _rss() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)


def _spread(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {"p50": round(statistics.median(ordered), 2), "p99": round(ordered[int(len(ordered) * 0.99)], 2)}


def drawing(draws: int, beside: int) -> dict[str, object]:
    """Ours and the bare call in turn; and a timer beside some of ours."""
    with tempfile.TemporaryDirectory() as folder, open_ledger(Path(folder)), writing():
        usual = invoices.issue(Kind.INVOICE, replace(REPAIRED), 1, NOW).snapshot
    snapshot = invoices.read(Paper(snapshot=usual))
    html = page(snapshot).replace("</head>", f"<style>{stylesheet()}</style></head>").encode()
    ours, bare = list[float](), list[float]()
    for _n in range(draws):
        ours.append(_timed(lambda: invoices.make_pdf(usual, PATIENCE)))
        bare.append(_timed(lambda: child.run("tests.bench.bare", html, PATIENCE)))
    late = lateness(lambda: [invoices.make_pdf(usual, PATIENCE) for _n in range(beside)])
    return {"render_ms": {"p50": round(statistics.median(ours))}, "bare_ms": {"p50": round(statistics.median(bare))},
            "render_ratio": round(statistics.median(ours) / statistics.median(bare), 3), "timer_late_ms": _spread(late)}


def _timed(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return (time.perf_counter() - begun) * 1000


def lateness(act: Callable[[], object]) -> list[float]:
    """By how many milliseconds a timer of 20 ms was late, each time it rang while ``act`` ran in another thread."""
    sys.setswitchinterval(serving.SWITCH)
    late, busy = list[float](), threading.Thread(target=act)
    busy.start()
    due = time.perf_counter() + TICK
    while busy.is_alive():
        time.sleep(max(0.0, due - time.perf_counter()))
        late.append(max(0.0, time.perf_counter() - due) * 1000)
        due = max(due + TICK, time.perf_counter())
    return late


def killing(kills: int) -> dict[str, object]:
    """Six writers, killed at random; then every number is looked for."""
    with tempfile.TemporaryDirectory() as folder, open_ledger(Path(folder)):
        told = write_and_kill(Path(folder), 6, kills) if kills else []
        rows = db.session.execute(select(Paper.series, Paper.position, Paper.number).order_by(Paper.id)).all()
        numbers = [number for _series, _position, number in rows]
        reached: dict[str, int] = {}
        for series, position, _number in rows:
            reached[series] = max(reached.get(series, 0), position)
        faults = len(invoices.verify())
    gaps = sum(reached.values()) - len(numbers) + len(set(told) - set(numbers))
    doubles = len(numbers) - len(set(numbers)) + len(told) - len(set(told))
    return {"kills": kills, "killed_papers": len(numbers), "gaps": gaps, "doubles": doubles, "faults": faults}


if __name__ == "__main__":
    main()
