"""Credit notes, whatever is taken back and in which order: never more than is left, and all of it in the end."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopvisio.db import writing
from shopvisio.errors import Invalid, InvoiceSealed
from shopvisio.invoices import Kind, Paper, credit, credits_of, is_taken_back, issue, left_of, read
from shopvisio.money import Price

from .family import lines
from .sample_papers import NOW, REPAIRED, open_ledger

LONG = bool(os.environ.get("SHOPVISIO_LONG"))


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One ledger for every example."""
    folder = tmp_path_factory.mktemp("ledger")
    with open_ledger(folder):
        yield folder / "shop.db"


def by_rate(papers: list[Paper]) -> dict[int, Price]:
    found: dict[int, Price] = {}
    for paper in papers:
        for rate in read(paper).totals.rates:
            was = found.get(rate.rate, Price(0, 0, 0))
            found[rate.rate] = Price(was.net + rate.price.net, was.vat + rate.price.vat, was.gross + rate.price.gross)
    return found


@pytest.mark.long
@settings(max_examples=200 if LONG else 15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(lines(), min_size=1, max_size=6).filter(lambda some: any(line.gross for line in some)), st.data())
def test_what_is_taken_back_never_exceeds_the_invoice_net_vat_and_gross(
    ledger: Path, sold: list[object], data: st.DataObject,
) -> None:
    with writing():
        invoice = issue(Kind.INVOICE, replace(REPAIRED, lines=tuple(sold)), 1, NOW)   # type: ignore[arg-type]
    whole = by_rate([invoice])
    for _note in range(data.draw(st.integers(0, 4))):
        left = left_of(invoice)
        taken = data.draw(st.dictionaries(st.integers(0, len(left) - 1), st.integers(-1, max(left) + 1), min_size=1))
        fits = all(0 < cents <= left[place] for place, cents in taken.items())
        if fits:
            with writing():
                credit(invoice, NOW, "Geste de la boutique.", taken)
        else:
            with pytest.raises((Invalid, InvoiceSealed)), writing():  # sealed once nothing is left
                credit(invoice, NOW, "Geste de la boutique.", taken)
        for rate, gone in by_rate(credits_of(invoice)).items():
            assert 0 <= gone.net <= whole[rate].net
            assert 0 <= gone.vat <= whole[rate].vat
            assert gone.gross <= whole[rate].gross
    if not is_taken_back(invoice):
        with writing():
            credit(invoice, NOW, "Le reste.")
    assert {rate: price for rate, price in by_rate(credits_of(invoice)).items() if price.gross} == {
        rate: price for rate, price in whole.items() if price.gross}
