"""Six writers at once, killed in mid-write: no gap, no double, no broken link."""

import os
from pathlib import Path

import pytest
from sqlalchemy import select

from shopvisio.db import db
from shopvisio.invoices import Paper, verify

from .kills import write_and_kill

LONG = bool(os.environ.get("SHOPVISIO_LONG"))
WRITERS, KILLS = 6, 105 if LONG else 10


@pytest.mark.long
def test_no_number_is_lost_or_given_twice_when_writers_are_killed(ledger: Path) -> None:
    told = write_and_kill(ledger.parent, WRITERS, KILLS)
    papers = db.session.execute(select(Paper.series, Paper.position, Paper.number).order_by(Paper.id)).all()
    for series in ("F", "R"):
        positions = [position for name, position, _number in papers if name.startswith(series)]
        assert positions == list(range(1, len(positions) + 1))
    assert len(set(told)) == len(told), "a number was given twice"
    assert set(told) <= {number for _series, _position, number in papers}, "a number that was told is gone"
    assert verify() == []
