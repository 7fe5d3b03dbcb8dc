"""An empty ledger in a base of its own."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from shopvisio.db import writing
from shopvisio.invoices import Facts, Kind, Paper, issue

from .sample_papers import NOW, REPAIRED, open_ledger

Seal = Callable[..., Paper]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Path]:
    """The file of an empty ledger, open for the length of a test."""
    with open_ledger(tmp_path):
        yield tmp_path / "shop.db"


@pytest.fixture
def seal(ledger: Path) -> Seal:
    """Seal one paper: the invoice of the repaired case unless told otherwise."""
    def sealed(kind: Kind = Kind.INVOICE, facts: Facts = REPAIRED, now: datetime = NOW) -> Paper:
        with writing():
            return issue(kind, facts, 104, now)
    return sealed
