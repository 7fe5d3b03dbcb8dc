"""Several writers at once, killed in mid-write: no gap, no double, no broken link."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from shopvisio.db import db
from shopvisio.invoices import Paper, verify

SCRIPT = Path(__file__).with_name("keep_writing.py")
LONG = bool(os.environ.get("SHOPVISIO_LONG"))
WRITERS, KILLS = 3, 100 if LONG else 10


@contextmanager
def writer(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """One process that writes, killed at the end."""
    path = os.pathsep.join((str(SCRIPT.parents[2]), os.environ.get("PYTHONPATH", "")))
    process = subprocess.Popen([sys.executable, str(SCRIPT), str(folder)], stdout=subprocess.PIPE, text=True,
                               env=os.environ | {"PYTHONPATH": path})
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=20)


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, "the writer ended before it wrote"
    return line.strip()


@pytest.mark.long
def test_no_number_is_lost_or_given_twice_when_writers_are_killed(ledger: Path) -> None:
    chance = random.Random(42)
    told = []
    with writer(ledger.parent) as steady:
        told.append(first_line(steady))
        for _round in range(KILLS // (WRITERS - 1)):
            with writer(ledger.parent) as one, writer(ledger.parent) as two:
                for process in (one, two):
                    told += [first_line(process) for _paper in range(chance.randint(1, 20))]
    papers = db.session.execute(select(Paper.series, Paper.position, Paper.number).order_by(Paper.id)).all()
    for series in ("F2026", "R2026"):
        positions = [position for name, position, _number in papers if name.startswith(series[0])]
        assert positions == list(range(1, len(positions) + 1))
    assert set(told) <= {number for _series, _position, number in papers}, "a number that was told is gone"
    assert len(papers) > 50
    assert verify() == []
