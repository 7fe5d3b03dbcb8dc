"""The entries of a year in the French layout: every line as the law wants it, every cent where it belongs."""

import re
from collections import defaultdict
from datetime import timedelta

import pytest
from conftest import NOW, TUESDAY_10, Shop, book_visit
from flask import Flask
from flask.testing import FlaskClient

from shopvisio import accounts, books, cases, invoices, papers, parts, payments, settings
from shopvisio.db import writing
from shopvisio.errors import Invalid
from shopvisio.parts import Wanted

SOON = timedelta(minutes=1)
# Article A47 A-1, VII-1°: the eighteen, in the order of the text.
HEAD = (
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum", "CompAuxLib",
    "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet", "ValidDate", "Montantdevise",
    "Idevise",
)  # fmt: skip


def traded(shop: Shop) -> None:
    """A repair with a part, paid in cash and by card; part of it is taken back and returned; a line was a mistake."""
    owner = shop.owner.actor
    with writing():
        case = book_visit(shop.repair, TUESDAY_10).case
        case.customer.name = "Marie\tDelaunay | Fils"
        parts.offer(case, Wanted("Pompe", price=4900), "", owner, NOW)
        parts.accept(case, case.offer, "1 rue Haute", "69001", "Lyon", NOW)
        parts.send(case, case.parts[0], "", "", owner, NOW)
        parts.receive(case, case.customer.actor, NOW)
        cases.propose(case, "repaired", "", owner, NOW)
        cases.answer(case, True, "", NOW)
        paper = papers.issue(case, NOW)
        assert paper is not None
        payments.note(case, paper, 1000, "cheque", owner, NOW + SOON)
        payments.undo(case, payments.of_paper(paper)[0], owner, NOW + 2 * SOON)
        payments.note(case, paper, 2900, "cash", owner, NOW + 3 * SOON)
        payments.note(case, paper, 4900, "card", owner, NOW + 4 * SOON)
        note = invoices.credit(paper, NOW + 5 * SOON, "Geste.", {1: 900})
        payments.refund(case, note, 900, "transfer", owner, NOW + 6 * SOON)


@pytest.fixture
def lines(shop: Shop) -> list[dict[str, str]]:
    """The entries of the year, column by column."""
    traded(shop)
    name, text = books.entries(2026)
    assert name == f"{settings.get('siret')[:9]}FEC20261231.txt"  # SIREN, FEC, the last day of the year
    head, *rest, last = text.split("\r\n")
    assert (tuple(head.split("\t")), last) == (HEAD, "")
    assert all(len(line.split("\t")) == 18 for line in rest)
    return [dict(zip(HEAD, line.split("\t"), strict=True)) for line in rest]


def cents(amount: str) -> int:
    assert re.fullmatch(r"\d+,\d\d", amount), amount
    return int(amount.replace(",", ""))


def test_every_line_is_as_the_layout_wants_it(lines: list[dict[str, str]]) -> None:
    for line in lines:
        empty = {name for name, value in line.items() if not value}
        assert {"EcritureLet", "DateLet", "Montantdevise", "Idevise"} <= empty
        assert empty - {"EcritureLet", "DateLet", "Montantdevise", "Idevise"} in (set(), {"CompAuxNum", "CompAuxLib"})
        assert all(re.fullmatch(r"20\d{6}", line[name]) for name in ("EcritureDate", "PieceDate", "ValidDate"))
        assert re.fullmatch(r"[1-7]\d{5}", line["CompteNum"])
        assert (cents(line["Debit"]) == 0) != (cents(line["Credit"]) == 0)
        assert not any("|" in value or "\t" in value for value in line.values())
    numbers = [int(line["EcritureNum"]) for line in lines]
    assert sorted(set(numbers)) == list(range(1, 8))
    assert numbers == sorted(numbers)
    assert [line["ValidDate"] for line in lines] == sorted(line["ValidDate"] for line in lines)
    journals = {line["JournalCode"]: line["JournalLib"] for line in lines}
    assert journals == {"VE": "Ventes", "BQ": "Banque", "CA": "Caisse"}
    for line in lines:
        assert line["EcritureDate"].startswith("2026")
        assert line["PieceDate"] <= line["EcritureDate"] <= line["ValidDate"]
        assert re.fullmatch(r"[FA]2026-\d{6}", line["PieceRef"])
    aux = {(line["CompAuxNum"], line["CompAuxLib"]) for line in lines if line["CompteNum"] == "411000"}
    assert {name for _number, name in aux} == {"MarieDelaunay Fils"}  # a tab is no sign that papers print


def test_every_entry_is_in_balance_and_the_year_agrees_with_the_ledger(lines: list[dict[str, str]]) -> None:
    entries: dict[str, int] = defaultdict(int)
    pots: dict[str, int] = defaultdict(int)
    for line in lines:
        moved = cents(line["Debit"]) - cents(line["Credit"])
        entries[line["EcritureNum"]] += moved
        pots[line["CompteNum"]] += moved
    assert set(entries.values()) == {0}
    assert pots == {
        "411000": 0,  # paid, and had back
        "706000": -2417,
        "707000": -(4083 - 750),
        "445710": -(483 + 817 - 150),
        "511200": 0,  # noted by mistake
        "530000": 2900,
        "511500": 4900,
        "512000": -900,
    }
    assert [line["EcritureLib"] for line in lines if line["CompteNum"] == "411000"] == [
        "Facture F2026-000001", "Règlement F2026-000001", "Annulation F2026-000001", "Règlement F2026-000001",
        "Règlement F2026-000001", "Avoir A2026-000001", "Remboursement A2026-000001",
    ]  # fmt: skip


def test_the_accounts_are_the_shops_own(shop: Shop) -> None:
    own = {
        "customers": "411 ABC", "vat": "44571020", "services": "7061", "goods": "7071", "bank": "512100",
        "cash": "531", "cheques": "5112", "cards": "512200",
    }  # fmt: skip
    with writing():
        settings.put({f"account_{name}": number for name, number in own.items()}, "tests", NOW)
    traded(shop)
    rows = [line.split("\t") for line in books.entries(2026)[1].split("\r\n")[1:-1]]
    assert {row[4] for row in rows} == {number.replace(" ", "") for number in own.values()}
    labels = {row[4]: row[5] for row in rows}
    assert (labels["531"], labels["44571020"]) == ("Caisse", "TVA collectée")


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("customers", "401000"), ("customers", ""), ("customers", "41"), ("customers", "4110000000000"),
        ("customers", "411-000"), ("vat", "445660"), ("services", "607000"), ("goods", "7A7"), ("bank", "530000"),
        ("cash", "5３0"), ("cheques", "411"), ("cards", "5115\t00"),
    ],
)  # fmt: skip
def test_an_account_that_the_chart_does_not_have_there_is_refused(shop: Shop, name: str, typed: str) -> None:
    with writing(), pytest.raises(Invalid) as refused:
        settings.put({f"account_{name}": typed}, "tests", NOW)
    assert list(refused.value.fields) == [f"account_{name}"]
    assert settings.get(f"account_{name}") == settings.SETTINGS[f"account_{name}"].default


def test_an_exempt_shop_collects_no_vat(shop: Shop) -> None:
    with writing():
        settings.put({"vat_regime": "franchise", "vat_number": ""}, "tests", NOW)
    traded(shop)
    assert "445710" not in books.entries(2026)[1]


def test_the_accountant_fetches_it_for_a_year_that_has_papers(
    open_app: Flask, owner_client: FlaskClient, stranger: FlaskClient
) -> None:
    assert owner_client.get("/desk/books/2026/fec.txt").status_code == 404
    with open_app.app_context():
        staff = accounts.everybody()[0]
        with writing():
            from shopvisio.booking import services

            case = book_visit(services("repair")[0], TUESDAY_10).case
            cases.propose(case, "repaired", "", staff.actor, NOW)
            cases.answer(case, True, "", NOW)
            papers.issue(case, NOW)
    answer = owner_client.get("/desk/books/2026/fec.txt")
    assert answer.status_code == 200
    assert "FEC20261231.txt" in answer.headers["Content-Disposition"]
    assert answer.text.startswith("JournalCode\t")
    assert stranger.get("/desk/books/2026/fec.txt").status_code == 302
