"""Closings, the accountant's sheets, and the archive that proves itself."""

import csv
import json
import os
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import closing as shut
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from conftest import NOW, Shop
from flask import Flask
from sqlalchemy.exc import IntegrityError
from test_payments import Billed, bill

from shopvisio import books, invoices, payments
from shopvisio.books.sums import NOTHING
from shopvisio.db import db, writing
from shopvisio.invoices import Kind, Paper

MIDNIGHT = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)  # in Paris
Cents = dict[str, list[int]]


@pytest.fixture
def trade(shop: Shop) -> Callable[[datetime], Billed]:
    """A busy day: one repair paid in cash, then 9 € of it taken back and returned by transfer."""

    def traded(now: datetime) -> Billed:
        billed = bill(shop, now)
        with writing():
            payments.note(billed.case, billed.invoice, 2900, "cash", shop.owner.actor, now)
            note = invoices.credit(billed.invoice, now, "Geste.", {0: 900})
            payments.refund(billed.case, note, 900, "transfer", shop.owner.actor, now)
        return billed

    return traded


def close(now: datetime) -> list[tuple[str, str]]:
    with writing():
        return [(one.kind, one.period) for one in books.close_due(now)]


def test_a_day_is_closed_a_quarter_of_an_hour_after_its_end_and_once(trade: Callable[[datetime], Billed]) -> None:
    trade(NOW)
    assert close(MIDNIGHT + timedelta(minutes=14)) == []
    assert close(MIDNIGHT + timedelta(minutes=15)) == [("day", "2026-11-23")]
    assert close(MIDNIGHT + timedelta(hours=2)) == []
    told = books.closed("day")[0].told
    assert (told["invoices"], told["credit_notes"], told["invoiced"], told["credited"]) == (1, 1, 2900, 900)
    assert told["rates"] == {"2000": [1667, 333, 2000]}
    assert (told["received"], told["given_back"]) == ({"cash": 2900}, {"transfer": 900})
    assert books.verify() == []


def test_a_shop_that_was_switched_off_catches_up_with_its_months_and_its_year(
    trade: Callable[[datetime], Billed],
) -> None:
    trade(NOW)
    trade(NOW + timedelta(days=9))  # 2 December
    made = close(datetime(2027, 1, 2, 12, tzinfo=UTC))
    assert [period for kind, period in made if kind != "day"] == ["2026-11", "2026-12", "2026"]
    assert len([kind for kind, _period in made if kind == "day"]) == 40
    year = books.closed("year")[0].told
    assert year["invoiced"] == sum(month.told["invoiced"] for month in books.closed("month")) == 5800
    assert year["perpetual"] == {"invoiced": 5800, "credited": 1800, "received": 5800, "given_back": 1800}
    assert books.closed("day")[0].told["perpetual"]["invoiced"] == 5800  # a day without sales keeps them
    assert books.verify() == []


def test_the_running_day_is_told_before_it_is_closed(trade: Callable[[datetime], Billed]) -> None:
    assert books.so_far() == NOTHING
    trade(NOW)
    close(MIDNIGHT + timedelta(hours=1))
    trade(NOW + timedelta(days=1))
    assert (books.so_far()["invoiced"], books.so_far("2026-11")["invoiced"]) == (2900, 5800)


def test_what_is_closed_takes_no_further_paper_and_no_payment(
    trade: Callable[[datetime], Billed], house: Flask, shop: Shop
) -> None:
    trade(NOW)
    close(MIDNIGHT + timedelta(hours=1))
    with shut(sqlite3.connect(house.config["SHOP"].data / "shop.db")) as base:
        for act in ("INSERT INTO papers SELECT id + 2, kind, series, position + 1, number, case_id, issued_at, gross, "
                    "corrects_id, snapshot, hash, hash FROM papers LIMIT 1",
                    "UPDATE closing SET totals = '{}'", "DELETE FROM closing",
                    "INSERT INTO closing SELECT 9, kind, '2026', until, closed_at, totals, hash, hash FROM closing"):
            with pytest.raises(sqlite3.IntegrityError, match="sealed"):
                base.execute(act)
    with pytest.raises(IntegrityError, match="closed"), writing():
        invoices.issue(Kind.NO_CHARGE_NOTE, _note(), 1, NOW)


def _note() -> invoices.Facts:
    from invoices.sample_papers import NOT_REPAIRED

    return NOT_REPAIRED


@pytest.mark.parametrize(("act", "found"), [
    ("UPDATE closing SET totals = replace(totals, '2900', '2800')", "clôture 2026-11-23"),
    ("UPDATE closing SET hash = previous", "clôture 2026-11-23"),
])
def test_a_changed_closing_is_found(
    trade: Callable[[datetime], Billed], house: Flask, act: str, found: str
) -> None:
    trade(NOW)
    close(MIDNIGHT + timedelta(hours=1))
    with shut(sqlite3.connect(house.config["SHOP"].data / "shop.db", isolation_level=None)) as base:
        base.execute("DROP TRIGGER closing_keep")
        base.execute(act)
    db.session.expire_all()
    assert {fault.where for fault in books.verify()} == {"closing_keep", found}


def cells(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(text.removeprefix("\ufeff").splitlines(), delimiter=";"))


def cents(amount: str) -> int:
    return int(amount.replace(",", ""))


def test_the_sheets_sum_up_to_the_ledger(trade: Callable[[datetime], Billed]) -> None:
    for day in range(3):
        trade(NOW + timedelta(days=day))
    papers = [invoices.read(paper) for paper in db.session.scalars(db.select(Paper))]
    signed = [(1 if paper.kind is Kind.INVOICE else -1, paper.totals.price) for paper in papers]
    for name in ("ventes", "e-reporting"):
        rows = cells(books.sheet(name, "2026-11"))
        assert sum(cents(row["ht"]) for row in rows) == sum(sign * price.net for sign, price in signed)
        assert sum(cents(row["tva"]) for row in rows) == sum(sign * price.vat for sign, price in signed)
        assert sum(cents(row["ttc"]) for row in rows) == sum(sign * price.gross for sign, price in signed) == 6000
    assert [row["date"] for row in cells(books.sheet("e-reporting", "2026"))] == [
        "2026-11-23", "2026-11-24", "2026-11-25"]
    assert {(row["clients"], row["categorie"], row["taux_tva"]) for row in cells(books.sheet("e-reporting", "2026"))} \
        == {("particuliers", "services", "20")}
    lines = cells(books.sheet("paiements", "2026-11"))
    assert sum(cents(row["montant"]) for row in lines) == 6000
    assert sum(cents(row["encaisse_services"]) for row in cells(books.sheet("e-reporting", "2026"))) == 6000
    assert cells(books.sheet("ventes", "2026-10")) == []


def test_a_sheet_holds_no_formula(trade: Callable[[datetime], Billed], shop: Shop) -> None:
    trade(NOW).case.customer.name = "unused"
    from shopvisio.books.rows import written

    assert written(("a", "b"), [("=1+1", "-24,17")]) == "\ufeffa;b\r\n'=1+1;-24,17\r\n"


@pytest.fixture
def archive(trade: Callable[[datetime], Billed], house: Flask, tmp_path: Path) -> Path:
    """The archive of a year of three busy days, closed."""
    for day in range(3):
        billed = trade(NOW + timedelta(days=day))
        with writing():
            invoices.store_pdf(billed.invoice, b"%PDF-1.7 drawn " + billed.invoice.number.encode())
    now = datetime(2027, 1, 2, 12, tzinfo=UTC)
    close(now)
    db.session.rollback()
    made = books.make(house.config["SHOP"].data / "shop.db", tmp_path / "archives", 2026, "Europe/Paris", now)
    with writing():
        kept = books.keep(made, 2026, "Claire Fontaine", now)
    assert (kept.papers, kept.file) == (6, "shopvisio-2026-20270102T120000Z.zip")
    return tmp_path / "archives" / kept.file


def checked(archive: Path, folder: Path) -> tuple[int, str]:
    """What the archive's own program says, with Python alone, elsewhere, without the appliance."""
    program = folder / "verifier.py"
    with zipfile.ZipFile(archive) as zipped:
        program.write_bytes(zipped.read("verifier.py"))
    done = subprocess.run([sys.executable, "-I", "-S", str(program), str(archive)], capture_output=True, text=True,
                          cwd=folder, env={"PATH": os.environ["PATH"]}, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def test_an_archive_is_checked_with_python_alone(archive: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(archive) as zipped:
        names = set(zipped.namelist())
        assert {"SHA256SUMS", "LISEZMOI.txt", "ventes.csv", "paiements.csv", "e-reporting.csv", "clotures.csv",
                "pdf/F2026-000001.pdf"} <= names
        unpacked = tmp_path / "unpacked"
        zipped.extractall(unpacked)
    assert checked(archive, tmp_path) == (0, "6 papiers : tout est intact\n")
    done = subprocess.run([sys.executable, "-I", "-S", "verifier.py"], cwd=unpacked, capture_output=True, text=True,
                          timeout=60, check=True)
    assert done.stdout == "6 papiers : tout est intact\n"


def changed(archive: Path, folder: Path, name: str, was: bytes, becomes: bytes, sums: bool) -> Path:
    """The archive with one file changed, and its digest set right by somebody who knows how."""
    import hashlib

    other = folder / "other.zip"
    with zipfile.ZipFile(archive) as zipped, zipfile.ZipFile(other, "w") as made:
        old = zipped.read(name)
        new = old.replace(was, becomes)
        assert new != old
        for entry in zipped.namelist():
            data = new if entry == name else zipped.read(entry)
            if entry == "SHA256SUMS" and sums:
                data = data.replace(hashlib.sha256(old).hexdigest().encode(), hashlib.sha256(new).hexdigest().encode())
            made.writestr(entry, data)
    return other


@pytest.mark.parametrize(("name", "was", "becomes", "told"), [
    ("papiers.jsonl", b'"gross": 2900', b'"gross": 1900', "a été changée"),
    ("paiements.jsonl", b'"cents": 2900', b'"cents": 1900', "a été changée"),
    ("clotures.jsonl", b'\\"credited\\":900', b'\\"credited\\":800', "a été changée"),
    ("pdf/F2026-000001.pdf", b"drawn", b"drawm", "ce n'est pas le PDF"),
])
def test_an_archive_that_was_touched_says_so(
    archive: Path, tmp_path: Path, name: str, was: bytes, becomes: bytes, told: str
) -> None:
    code, said = checked(changed(archive, tmp_path, name, was, becomes, sums=False), tmp_path)
    assert code == 1
    assert f"{name} : ce fichier a été changé" in said
    code, said = checked(changed(archive, tmp_path, name, was, becomes, sums=True), tmp_path)
    assert code == 1
    assert told in said


def test_a_paper_left_out_of_an_archive_is_missed(archive: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(archive) as zipped:
        lines = zipped.read("papiers.jsonl").splitlines(keepends=True)
    code, said = checked(changed(archive, tmp_path, "papiers.jsonl", lines[2], b"", sums=True), tmp_path)
    assert code == 1
    assert "la chaîne est rompue" in said
    assert "les ventes ne sont pas celles des papiers" in said
    assert json.loads(lines[2])["number"] not in said
