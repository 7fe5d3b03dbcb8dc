"""The Bonus Réparation: covered by somebody else, after the total; the customer owes the rest, gets back their own."""

import re
from datetime import date, timedelta
from xml.etree import ElementTree as ET

import pytest
from conftest import NOW, TUESDAY_10, Shop, book_visit
from flask import Flask
from flask.testing import FlaskClient

from shopvisio import billing, bonus, books, cases, invoices, papers, payments, settings
from shopvisio.cases import Case
from shopvisio.db import writing
from shopvisio.errors import Invalid
from shopvisio.invoices import Paper
from shopvisio.invoices.facturx import xml
from shopvisio.invoices.page import page

TODAY = date(NOW.year, NOW.month, NOW.day)


def labelled(shop: Shop, amount: str = "25") -> None:
    """The shop has the label, and an amount for washing machines."""
    settings.put({"repair_bonus": "yes"}, "tests", NOW)
    bonus.put("Lave-linge", amount, TODAY, shop.owner.name, TODAY, NOW)


def repaired(shop: Shop, **typed: str) -> tuple[Case, Paper]:
    """A repair of 29 € that the customer confirmed, its invoice sealed."""
    case = book_visit(shop.repair, TUESDAY_10).case
    billing.put(case, {"bonus": "Lave-linge"} | typed, shop.owner.actor, NOW)
    cases.propose(case, "repaired", "", shop.owner.actor, NOW)
    cases.answer(case, True, "", NOW)
    paper = papers.issue(case, NOW)
    assert paper is not None
    return case, paper


def test_the_price_and_its_vat_stay_and_the_customer_owes_the_rest(shop: Shop) -> None:
    with writing():
        labelled(shop)
        case, paper = repaired(shop)
    said = invoices.read(paper)
    assert (said.totals.price.gross, said.totals.price.vat, said.due) == (2900, 483, 400)
    assert said.facts.lines[0].discount == 0
    html = page(said).replace("\u00a0", " ")
    assert "Total TTC" in html
    assert "Pris en charge par le Bonus Réparation" in html
    assert "−25,00 €" in html
    assert "Déjà payé" not in html
    told = {node.tag.rpartition("}")[2]: node.text for node in ET.fromstring(xml(said)).iter()}
    sums = [told[f"{name}Amount"] for name in ("GrandTotal", "TotalPrepaid", "DuePayable")]
    assert sums == ["29.00", "25.00", "4.00"]
    assert payments.owed(paper) == payments.owed_in_all() == 400
    assert [(line.method, line.cents) for line in payments.of_paper(paper)] == [("bonus", 2500)]
    with writing():
        assert papers.issue(case, NOW) is paper
        payments.note(case, paper, 400, "cash", shop.owner.actor, NOW)
        with pytest.raises(Invalid):
            payments.note(case, paper, 1, "bonus", shop.owner.actor, NOW)
    assert (payments.owed(paper), payments.verify()) == (0, [])


def test_a_bonus_is_never_more_than_the_price(shop: Shop) -> None:
    with writing():
        labelled(shop, "60")
        _case, paper = repaired(shop)
    assert (invoices.read(paper).due, payments.owed(paper)) == (0, 0)


def test_taken_back_the_customer_gets_their_own_money_and_no_more(shop: Shop) -> None:
    with writing():
        labelled(shop)
        case, paper = repaired(shop)
        payments.note(case, paper, 400, "cash", shop.owner.actor, NOW)
        [note] = papers.take_back(case, NOW)
    assert payments.to_give_back(note) == 400
    assert [line.cents for line in payments.of_paper(paper)] == [2500, 400, -2500]
    with writing():
        payments.refund(case, note, 400, "cash", shop.owner.actor, NOW)
    assert (payments.balance(paper), payments.to_give_back(note), payments.verify()) == (0, 0, [])


def test_a_part_taken_back_gives_no_money_of_others_to_the_customer(shop: Shop) -> None:
    with writing():
        labelled(shop)
        case, paper = repaired(shop)
        payments.note(case, paper, 400, "cash", shop.owner.actor, NOW)
        note = invoices.credit(paper, NOW, "Geste.", {0: 1000})
    assert payments.to_give_back(note) == 400


def test_who_owes_it_stands_in_the_entries(shop: Shop) -> None:
    with writing():
        labelled(shop)
        repaired(shop)
    rows = [line.split("\t") for line in books.entries(2026)[1].split("\r\n")[1:-1]]
    assert [(row[0], row[4], row[11], row[12]) for row in rows[-2:]] == [
        ("OD", "467000", "25,00", "0,00"),
        ("OD", "411000", "0,00", "25,00"),
    ]


def test_an_amount_holds_from_its_day_until_another_or_none(shop: Shop) -> None:
    with writing():
        labelled(shop)
        bonus.put("Lave-linge", "30", TODAY + timedelta(days=10), "Claire", TODAY, NOW)
        bonus.put("Lave-linge", "0", TODAY + timedelta(days=20), "Claire", TODAY, NOW)
    found = [bonus.in_force(TODAY + timedelta(days=days)) for days in (-1, 0, 9, 10, 19, 20)]
    assert found == [{}, {"Lave-linge": 2500}, {"Lave-linge": 2500}, {"Lave-linge": 3000}, {"Lave-linge": 3000}, {}]
    with pytest.raises(Invalid) as refused, writing():
        bonus.put(" ", "dix", TODAY - timedelta(days=1), "Claire", TODAY, NOW)
    assert set(refused.value.fields) == {"name", "amount", "valid_from"}


def test_without_the_label_nothing_is_covered(shop: Shop) -> None:
    with writing():
        bonus.put("Lave-linge", "25", TODAY, "Claire", TODAY, NOW)
        _case, paper = repaired(shop)
    assert (invoices.read(paper).due, payments.of_paper(paper)) == (2900, [])


def test_a_business_has_none(shop: Shop) -> None:
    where = {"street": "2 rue du Four", "postcode": "69004", "city": "Lyon"}
    bakery = {"company": "Le Fournil", "siren": "552100554", **where}
    with pytest.raises(Invalid) as refused, writing():
        labelled(shop)
        repaired(shop, **bakery)
    assert set(refused.value.fields) == {"bonus"}


def test_the_owner_writes_the_amounts_and_staff_choose_one(open_app: Flask, owner_client: FlaskClient) -> None:
    off = owner_client.get("/desk/bonus")
    assert (off.status_code, "est désactivé" in off.text) == (200, True)
    leads = re.search(r'href="(/desk/settings/papers)#(\w+)"', off.text)
    assert leads, "and where to switch it on"
    assert f'id="{leads[2]}"' in owner_client.get(leads[1]).text
    assert owner_client.post("/desk/bonus").status_code == 409
    with open_app.app_context(), writing():
        settings.put({"repair_bonus": "yes"}, "tests", NOW)
    wrong = owner_client.post("/desk/bonus", data={"name": "Four", "amount": "dix", "valid_from": TODAY.isoformat()})
    assert wrong.status_code == 422
    assert 'value="Four"' in wrong.text
    given = {"name": "Four", "amount": "20", "valid_from": TODAY.isoformat()}
    assert owner_client.post("/desk/bonus", data=given).status_code == 303
    assert "Four" in owner_client.get("/desk/bonus").text
    with open_app.app_context(), writing():
        from shopvisio.booking import services

        key = book_visit(services("repair")[0], TUESDAY_10).case.key
    path = f"/desk/cases/{key}/billing"
    assert "Four, 20" in owner_client.get(path).text
    assert owner_client.post(path, data={"bonus": "Four"}).status_code == 303
    assert '<option selected value="Four">' in owner_client.get(path).text
