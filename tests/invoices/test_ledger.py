import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from shopvisio.db import db, writing
from shopvisio.errors import Invalid, InvoiceSealed
from shopvisio.invoices import (
    Buyer,
    Kind,
    Line,
    Paper,
    count,
    credit,
    credited,
    credits_of,
    is_taken_back,
    issue,
    left_of,
    of_case,
    pdf_of,
    read,
    store_pdf,
    verify,
)

from .conftest import Seal
from .sample_papers import NOT_REPAIRED, NOW, REPAIRED, SHOP, SMALL_SHOP


def numbers() -> list[str]:
    return list(db.session.scalars(select(Paper.number).order_by(Paper.id)))


def test_each_kind_counts_in_its_own_series(seal: Seal) -> None:
    for kind, facts in ((Kind.INVOICE, REPAIRED), (Kind.NO_CHARGE_NOTE, NOT_REPAIRED), (Kind.INVOICE, REPAIRED)):
        seal(kind, facts)
    assert numbers() == ["F2026-000001", "R2026-000001", "F2026-000002"]
    assert count() == 3
    assert verify() == []


def test_a_new_year_begins_a_new_series_at_the_shop_s_midnight(seal: Seal) -> None:
    before = seal(now=datetime(2026, 12, 31, 22, 59, tzinfo=UTC))
    after = seal(now=datetime(2026, 12, 31, 23, 0, tzinfo=UTC))
    assert (before.number, after.number) == ("F2026-000001", "F2027-000001")
    assert verify() == []


def test_a_paper_keeps_what_it_was_given(seal: Seal) -> None:
    paper = seal()
    said = read(paper)
    assert said.facts == REPAIRED
    assert (paper.gross, said.totals.price.net, said.totals.price.vat, said.due) == (4190, 3492, 698, 4190)
    assert [found.number for found in of_case(104)] == [paper.number]


def test_signs_that_cannot_be_printed_stay_outside(seal: Seal) -> None:
    paper = seal(facts=replace(REPAIRED, buyer=Buyer("Ma\x00rie\u202e Roux\ud800")))
    assert read(paper).facts.buyer.name == "Marie Roux"


def test_a_name_of_unprintable_signs_alone_is_no_name(seal: Seal) -> None:
    with pytest.raises(Invalid) as refused:
        seal(facts=replace(REPAIRED, buyer=Buyer("\x07")))
    assert list(refused.value.fields) == ["buyer.name"]


def test_a_missing_mention_consumes_no_number(seal: Seal) -> None:
    seal()
    with pytest.raises(Invalid) as refused:
        seal(facts=replace(REPAIRED, seller=replace(SHOP, siret="", mediator="")))
    assert set(refused.value.fields) == {"siret", "mediator"}
    assert seal().number == "F2026-000002"


def test_a_case_that_fails_after_its_paper_consumes_no_number(seal: Seal) -> None:
    def issue_and_fail() -> None:
        with writing():
            issue(Kind.INVOICE, REPAIRED, 104, NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        issue_and_fail()
    assert seal().number == "F2026-000001"


def test_nothing_is_issued_outside_a_write(ledger: Path) -> None:
    with pytest.raises(RuntimeError, match="writing"):
        issue(Kind.INVOICE, REPAIRED, 104, NOW)


def test_a_request_that_waited_for_another_takes_the_later_date(seal: Seal) -> None:
    seal(now=NOW)
    assert seal(now=NOW - timedelta(seconds=2)).issued_at == NOW


def test_a_clock_far_behind_the_last_paper_stops_the_ledger(seal: Seal) -> None:
    seal(now=NOW)
    with pytest.raises(InvoiceSealed):
        seal(now=NOW - timedelta(hours=1))
    assert numbers() == ["F2026-000001"]


def test_a_credit_note_takes_the_whole_invoice_back(seal: Seal) -> None:
    invoice = seal(facts=replace(REPAIRED, paid=1000, paid_how="carte"))
    with writing():
        note = credit(invoice, NOW + timedelta(days=1), "Facture établie deux fois.")
    said = read(note)
    assert (note.number, note.gross, note.corrects_id, note.case_id) == ("A2026-000001", 4190, invoice.id, 104)
    assert said.corrects is not None
    assert (said.corrects.number, said.corrects.issued_at) == (invoice.number, NOW)
    assert (said.due, said.facts.paid, said.facts.lines) == (0, 0, REPAIRED.lines)
    assert credits_of(invoice) == [note]
    assert is_taken_back(invoice)
    assert left_of(invoice) == (0, 0)
    assert verify() == []


def test_an_invoice_is_taken_back_once(seal: Seal) -> None:
    invoice = seal()
    with writing():
        credit(invoice, NOW, "Facture établie deux fois.")
    with pytest.raises(InvoiceSealed, match="A2026-000001"), writing():
        credit(invoice, NOW, "Encore.")


def test_one_line_or_a_part_of_it_is_taken_back_and_never_more_than_is_left(seal: Seal) -> None:
    invoice = seal()
    with writing():
        first = credit(invoice, NOW, "Pièce renvoyée.", {1: 1290})
        second = credit(invoice, NOW, "Geste de la boutique.", {0: 900})
    assert (read(first).facts.lines, read(second).facts.lines[0].price) == (REPAIRED.lines[1:], 900)
    assert (left_of(invoice), credited(invoice), is_taken_back(invoice)) == ((2000, 0), 2190, False)
    for more in ({0: 2001}, {1: 1}, {2: 1}, {0: 0}, {0: -1}, {}):
        with pytest.raises(Invalid) as refused, writing():
            credit(invoice, NOW, "Encore.", more)
        assert list(refused.value.fields) == ["lines"]
    with writing():
        rest = credit(invoice, NOW, "Le reste.")
    assert rest.gross == 2000
    assert is_taken_back(invoice)
    assert verify() == []


def test_only_an_invoice_is_taken_back_and_for_a_reason(seal: Seal) -> None:
    note, invoice = seal(Kind.NO_CHARGE_NOTE, NOT_REPAIRED), seal()
    with pytest.raises(InvoiceSealed), writing():
        credit(note, NOW, "Facture établie deux fois.")
    with pytest.raises(Invalid), writing():
        credit(invoice, NOW, " ")
    assert numbers() == ["R2026-000001", "F2026-000001"]


def test_a_sealed_paper_is_changed_by_nobody(seal: Seal) -> None:
    paper = seal()
    with pytest.raises(IntegrityError, match="never changed"), writing():
        paper.gross = 1
    with pytest.raises(IntegrityError, match="never deleted"), writing():
        db.session.delete(paper)


COLUMNS = "id, kind, series, position, number, case_id, issued_at, gross, corrects_id, snapshot, previous, hash"


@pytest.mark.parametrize(("column", "value", "because"), [
    ("id", 3, "gap in the ledger"), ("id", 1, "gap in the ledger"), ("id", None, "gap in the ledger"),
    ("position", 3, "gap in the series"), ("position", 1, "gap in the series"),
    ("series", "F2027", "gap in the series"), ("number", "F2026-000003", "out of its series"),
    ("issued_at", "2026-11-25 09:36:11.000000", "backward date"),
    ("previous", "0" * 64, "broken chain"), ("previous", None, "broken chain"),
])
@pytest.mark.parametrize("verb", ["INSERT", "INSERT OR REPLACE"])
def test_the_base_refuses_a_row_out_of_line(
    seal: Seal, ledger: Path, verb: str, column: str, value: object, because: str,
) -> None:
    first = seal()
    row: dict[str, object] = {
        "id": 2, "kind": "invoice", "series": "F2026", "position": 2, "number": "F2026-000002", "case_id": 1,
        "issued_at": "2026-11-25 09:36:12.000000", "gross": 1, "corrects_id": None, "snapshot": "{}",
        "previous": first.hash, "hash": "1" * 64,
    }
    marks = ", ".join(f":{name}" for name in row)
    with closing(sqlite3.connect(ledger)) as base:
        with pytest.raises(sqlite3.IntegrityError, match=because):
            base.execute(f"{verb} INTO papers ({COLUMNS}) VALUES ({marks})", row | {column: value})
        base.execute(f"{verb} INTO papers ({COLUMNS}) VALUES ({marks})", row)   # in line, it is taken


@pytest.mark.parametrize("act", [
    "UPDATE papers SET gross = 1", "DELETE FROM papers",
    "UPDATE paper_files SET pdf = x'00'", "DELETE FROM paper_files",
    "INSERT OR REPLACE INTO paper_files (paper_id, sha256, pdf) VALUES (1, '', x'00')",
])
def test_the_base_refuses_to_rewrite_the_past(seal: Seal, ledger: Path, act: str) -> None:
    paper = seal()
    with writing():
        store_pdf(paper, b"%PDF-1.7")
    with closing(sqlite3.connect(ledger)) as base, pytest.raises(sqlite3.IntegrityError, match="sealed"):
        base.execute(act)


def test_a_pdf_is_stored_once_and_comes_back_as_it_was(seal: Seal) -> None:
    paper = seal()
    assert pdf_of(paper) is None
    for _again in range(2):
        with writing():
            store_pdf(paper, b"%PDF-1.7 one")
    with pytest.raises(InvoiceSealed), writing():
        store_pdf(paper, b"%PDF-1.7 two")
    assert pdf_of(paper) == b"%PDF-1.7 one"


def tamper(ledger: Path, seals: tuple[str, ...], *acts: str) -> None:
    """Change the base as somebody with the file in hand could: seals lifted, and put back after."""
    with closing(sqlite3.connect(ledger, isolation_level=None)) as base:
        kept = [base.execute("SELECT sql FROM sqlite_master WHERE name = ?", [name]).fetchone()[0] for name in seals]
        for act in (*(f"DROP TRIGGER {name}" for name in seals), *acts, *kept):
            base.execute(act)


@pytest.mark.parametrize("change", [
    "gross = 1", "snapshot = replace(snapshot, '2900', '1900')", "issued_at = '2026-11-25 09:36:13.000000'",
    "case_id = 7", "hash = previous", "corrects_id = 1", "kind = 'no_charge_note'",
])
def test_a_changed_paper_is_found(seal: Seal, ledger: Path, change: str) -> None:
    for _each in range(3):
        seal()
    tamper(ledger, ("papers_keep",), f"UPDATE papers SET {change} WHERE id = 2")
    db.session.expire_all()
    assert verify()[0].where == "F2026-000002"


def test_a_paper_taken_out_is_found(seal: Seal, ledger: Path) -> None:
    for _each in range(3):
        seal()
    tamper(ledger, ("papers_stay",), "DELETE FROM papers WHERE id = 2")
    db.session.expire_all()
    assert {fault.where for fault in verify()} == {"F2026-000003"}


def test_a_last_paper_taken_out_is_found_by_its_file(seal: Seal, ledger: Path) -> None:
    seal()
    paper = seal()
    with writing():
        store_pdf(paper, b"%PDF-1.7")
    tamper(ledger, ("papers_stay",), "DELETE FROM papers WHERE id = 2")
    db.session.expire_all()
    assert [fault.where for fault in verify()] == ["#2"]


def test_a_changed_file_is_found(seal: Seal, ledger: Path) -> None:
    paper = seal()
    with writing():
        store_pdf(paper, b"%PDF-1.7")
    tamper(ledger, ("paper_files_keep",), "UPDATE paper_files SET pdf = x'25504446'")
    assert [fault.where for fault in verify()] == [paper.number]


def test_a_lifted_seal_is_found(seal: Seal, ledger: Path) -> None:
    seal()
    with closing(sqlite3.connect(ledger)) as base:
        base.execute("DROP TRIGGER papers_keep")
    assert [fault.where for fault in verify()] == ["papers_keep"]


def test_an_exempt_shop_s_paper_has_no_vat(seal: Seal) -> None:
    said = read(seal(facts=replace(REPAIRED, seller=SMALL_SHOP, lines=(Line("Forfait", 2900, 2000),))))
    assert (said.totals.price.net, said.totals.price.vat, said.totals.price.gross) == (2900, 0, 2900)
