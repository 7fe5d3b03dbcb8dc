from dataclasses import replace

import pytest

from shopvisio.invoices import Facts, Kind, Snapshot
from shopvisio.invoices.chain import FIRST, canonical, link
from shopvisio.invoices.codec import from_json, to_json
from shopvisio.invoices.numbering import number, series
from shopvisio.invoices.totals import total

from .sample_papers import NOT_REPAIRED, NOW, REPAIRED


def test_a_number_tells_kind_year_and_place() -> None:
    assert number(series(Kind.INVOICE, 2026), 42) == "F2026-000042"
    assert number(series(Kind.CREDIT_NOTE, 2026), 3) == "A2026-000003"
    assert number(series(Kind.NO_CHARGE_NOTE, 2027), 1_000_000) == "R2027-1000000"


def test_a_series_begins_at_one() -> None:
    with pytest.raises(ValueError, match="begins at 1"):
        number("F2026", 0)


def test_a_link_depends_on_all_that_came_before_and_on_nothing_else() -> None:
    row = {"number": "F2026-000001", "gross": 4190}
    assert link(FIRST, row) == link(FIRST, dict(reversed(row.items())))
    assert len({link(FIRST, row), link("1" * 64, row), link(FIRST, row | {"gross": 4191}),
                link(FIRST, row | {"gross": "4190"})}) == 4


def test_the_known_link_stays_what_it_is() -> None:
    # Papers sealed years ago are checked with this very function: a new result would break every ledger.
    assert canonical({"é": 1, "a": None}) == '{"a":null,"é":1}'
    assert link(FIRST, {"number": "F2026-000001", "gross": 4190}) == (
        "fcca4a40bf5a6aec972cef6b60d25439516e3159bcc2ca974340e393a01e59fe")


@pytest.mark.parametrize("facts", [REPAIRED, NOT_REPAIRED])
def test_a_snapshot_comes_back_as_it_was_written(facts: Facts) -> None:
    snapshot = Snapshot("F2026-000042", Kind.INVOICE, NOW, facts, total([]))
    assert from_json(Snapshot, to_json(snapshot)) == snapshot


def test_a_snapshot_of_another_version_is_still_read() -> None:
    older = to_json(REPAIRED).replace('"paid_how":"",', "")
    newer = to_json(REPAIRED).replace('"paid_how":""', '"paid_how":"","paid_where":"au magasin"')
    assert from_json(Facts, older) == from_json(Facts, newer) == replace(REPAIRED)
