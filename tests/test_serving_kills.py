"""The appliance is killed while it draws a paper: nothing is half-issued, and it goes on where it stopped."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

from conftest import book_visit, open_shop
from flask import Flask
from test_serving import ROOT, command, environment

from shopvisio import booking, cases, clock, config, db, demo, settings
from shopvisio.i18n import use

PATIENCE = 180  # seconds: a busy machine
PAPERS = """SELECT number, (SELECT length(pdf) FROM paper_files WHERE paper_id = papers.id),
  (SELECT count(*) FROM mail WHERE mail.name = 'paper') FROM papers"""


def stage(folder: Path) -> None:
    """A shop whose customer has just said Yes: the invoice is due."""
    from shopvisio.app import create_app

    now = clock.now()
    app: Flask = create_app(config.load(environment(folder)))
    with app.app_context(), use("fr", settings.zone()):
        shop = open_shop(now)
        with db.writing():
            settings.put({"holidays": "none"}, "tests", now)
            booking.set_hours(shop.repairer, demo.ALWAYS)
        with db.writing():
            start = (now + timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)
            case = book_visit(shop.repair, start, now).case
            cases.propose(case, "repaired", "Joint changé.", shop.repairer.actor, now)
            cases.answer(case, True, "", now)


@contextmanager
def serving(env: dict[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    run = subprocess.Popen([sys.executable, "-m", "shopvisio", "serve"], cwd=ROOT, env=env, stdout=subprocess.DEVNULL)
    try:
        yield run
    finally:
        if run.poll() is None:
            run.kill()
        run.wait(30)


def papers(base: Path) -> list[tuple[str, int | None, int]]:
    """Number, length of the PDF if there is one, mails written about papers."""
    with closing(sqlite3.connect(f"file:{base}?mode=ro", uri=True, timeout=30)) as reader:
        return reader.execute(PAPERS).fetchall()


def drawers(parent: int) -> list[int]:
    """The children that draw a paper for this process."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words, stat = (folder / "cmdline").read_text(), (folder / "stat").read_text()
        except OSError:  # gone meanwhile
            continue
        if "shopvisio.invoices.pdf" in words and int(stat.rpartition(")")[2].split()[1]) == parent:
            found.append(int(folder.name))
    return found


def wait(so: Callable[[], bool]) -> None:
    """Until it is so."""
    until = time.monotonic() + PATIENCE
    while not so():
        assert time.monotonic() < until, "it never was so"
        time.sleep(0.002)


def test_killed_in_mid_drawing_the_paper_keeps_its_number_and_is_drawn_once(tmp_path: Path) -> None:
    stage(tmp_path)
    env, base = environment(tmp_path), tmp_path / "data" / "shop.db"
    with serving(env) as run:
        wait(lambda: bool(papers(base)) and bool(drawers(run.pid)))
        at_work = drawers(run.pid)
        os.kill(run.pid, signal.SIGKILL)
        for child in at_work:
            os.kill(child, signal.SIGKILL)
        run.wait(30)
    ((number, drawn, told),) = papers(base)
    assert (drawn, told) == (None, 0)  # sealed, and neither half-drawn nor sent
    with serving(environment(tmp_path)) as run:
        wait(lambda: papers(base)[0][1] is not None)
        run.terminate()
        assert run.wait(30) == 0
    ((again, drawn, told),) = papers(base)
    assert (again, bool(drawn), told) == (number, True, 1)
    assert command(env, "verify").stdout == "1 papers, the chain is whole.\n"
