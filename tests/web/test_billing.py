"""Whom a case is billed to, and the life of its paper on the desk."""

import pytest
from conftest import NOW
from flask import Flask
from flask.testing import FlaskClient
from test_owner_lists import invoice  # noqa: F401 - a fixture
from way import AGREED, PERSON, begin, tell

from shopvisio import billing, booking, cases, invoices, jobs, papers, payments, sentences
from shopvisio.accounts import APPLIANCE
from shopvisio.db import db, writing
from shopvisio.invoices import Paper

BAKERY = {"company": "Le Fournil SAS", "siren": "552 100 554", "vat_id": "FR 96 552100554", "street": "2 rue du Four",
          "postcode": "69004", "city": "Lyon", "discount": "5", "why": "Deuxième panne du mois."}


@pytest.fixture
def case_key(open_app: Flask, booked_key: str) -> str:
    with open_app.app_context():
        found = booking.find(booked_key)
        assert found is not None
        return found.case.key


def close(app: Flask, case_key: str) -> Paper:
    """The case is repaired, the customer says yes, the invoice is sealed."""
    with writing():
        case = cases.find(case_key)
        assert case is not None
        cases.propose(case, "repaired", "", APPLIANCE, NOW)
        cases.answer(case, True, "", NOW)
        paper = papers.issue(case, NOW)
        assert paper is not None
        return paper


def test_a_business_is_billed_with_its_numbers_and_its_discount(
    open_app: Flask, repairer_client: FlaskClient, case_key: str
) -> None:
    path = f"/desk/cases/{case_key}/billing"
    assert f'href="{path}"' in repairer_client.get(f"/desk/cases/{case_key}").text
    assert repairer_client.post(path, data=BAKERY).status_code == 303
    page = repairer_client.get(path).text
    assert 'value="552100554"' in page
    assert 'value="5"' in page
    with open_app.app_context():
        said = invoices.read(close(open_app, case_key))
    assert (said.facts.buyer.name, said.facts.buyer.siren) == ("Le Fournil SAS", "552100554")
    assert (said.totals.price.gross, said.facts.lines[0].discount) == (2400, 500)
    assert "Deuxième panne du mois" in said.facts.lines[0].detail
    assert [note.text for note in said.facts.notes] == [
        sentences.SUBJECTS[name].start for name in ("recovery", "late", "early")]
    assert "est déjà établi" in repairer_client.get(path).text


NAMED = {name: BAKERY[name] for name in billing.BUSINESS}


def test_who_books_for_a_business_gives_its_numbers_at_once(open_app: Flask, stranger: FlaskClient) -> None:
    draft = begin(stranger)
    tell(stranger, draft)
    page = stranger.get(f"{draft}/person").text
    assert "La facture est pour une entreprise" in page
    assert '<details class="fold">' in page  # folded away: most are people
    answer = stranger.post(f"{draft}/person", data=PERSON | AGREED | NAMED)
    assert answer.status_code == 303
    assert "<b>Vous</b> avez précisé la facturation." in stranger.get(answer.location).text
    with open_app.app_context():
        (case,) = db.session.scalars(db.select(cases.Case))
        said = invoices.read(close(open_app, case.key)).facts.buyer
    assert (said.name, said.siren, said.vat_id) == ("Le Fournil SAS", "552100554", "FR96552100554")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"siren": "552 100 555"}, "Ce numéro SIREN n’existe pas"),
        ({"siren": ""}, "Nécessaire pour facturer une entreprise."),
        ({"vat_id": "FR 00 552100554"}, "Ce numéro de TVA n’existe pas"),
        ({"company": "", "siren": "", "vat_id": "", "street": ""}, "Nécessaire pour facturer une entreprise."),
        ({"company": "a" * 161}, "160 signes au plus"),
    ],
)
def test_a_business_that_cannot_be_billed_is_told_at_once_and_nothing_typed_is_lost(
    open_app: Flask, stranger: FlaskClient, changed: dict[str, str], told: str
) -> None:
    draft = begin(stranger)
    tell(stranger, draft)
    answer = stranger.post(f"{draft}/person", data=PERSON | AGREED | NAMED | changed)
    assert answer.status_code == 422
    assert told in answer.text
    assert '<details class="fold" open>' in answer.text
    assert 'value="Marie Delaunay"' in answer.text
    assert 'value="Lyon"' in stranger.get(f"{draft}/person").text
    with open_app.app_context():
        assert db.session.scalars(db.select(cases.Case)).all() == []


def test_nothing_typed_bills_the_customer_as_booked(
    open_app: Flask, repairer_client: FlaskClient, case_key: str
) -> None:
    assert repairer_client.post(f"/desk/cases/{case_key}/billing", data={}).status_code == 303
    with open_app.app_context():
        said = invoices.read(close(open_app, case_key))
    assert (said.facts.buyer.siren, said.facts.notes, said.totals.price.gross) == ("", (), 2900)


@pytest.mark.parametrize(("changed", "field"), [
    ({"siren": "552 100 555"}, "siren"), ({"siren": ""}, "siren"), ({"company": ""}, "company"),
    ({"vat_id": "FR 00 552100554"}, "vat_id"), ({"city": " "}, "city"), ({"to_street": "1 rue Neuve"}, "to_city"),
    ({"discount": "beaucoup"}, "discount"), ({"discount": "29,01"}, "discount"), ({"why": ""}, "why"),
    ({"company": "a" * 161}, "company"),
])
def test_what_cannot_be_billed_comes_back_with_what_was_typed(
    repairer_client: FlaskClient, case_key: str, changed: dict[str, str], field: str
) -> None:
    answer = repairer_client.post(f"/desk/cases/{case_key}/billing", data=BAKERY | changed)
    assert answer.status_code == 422
    assert f'id="{field}-why"' in answer.text
    assert 'value="2 rue du Four"' in answer.text


def test_a_paper_is_paid_credited_and_refunded_on_its_own_page(
    open_app: Flask, owner_client: FlaskClient, invoice: str  # noqa: F811
) -> None:
    page = f"/desk/papers/{invoice}"
    assert f'href="{page}"' in owner_client.get("/desk/papers").text
    assert owner_client.post(f"{page}/paid", data={"amount": "29", "method": "card"}).status_code == 303
    refused = owner_client.post(f"{page}/credit", data={"line-0": "29,01", "reason": "Erreur de prix."})
    assert refused.status_code == 422
    assert "ne peut pas dépasser" in refused.text
    assert 'value="29,01"' in refused.text
    assert owner_client.post(f"{page}/credit", data={"line-0": "9", "reason": ""}).status_code == 422
    assert owner_client.post(f"{page}/credit", data={"line-0": "9", "reason": "Geste."}).status_code == 303
    with open_app.app_context():
        note = db.session.scalars(db.select(Paper).filter_by(kind="credit_note")).one()
        assert (note.number, note.gross) == ("A2026-000001", 900)
        assert [job.kind for job in db.session.scalars(db.select(jobs.Job).filter_by(kind="pdf"))][-1:] == ["pdf"]
    assert "A2026-000001" in owner_client.get(page).text
    back = {"amount": "9", "method": "transfer"}
    assert owner_client.post("/desk/papers/A2026-000001/refund", data=back).status_code == 303
    assert owner_client.post("/desk/papers/A2026-000001/refund", data=back).status_code == 422
    with open_app.app_context():
        assert payments.verify() == []
        assert payments.owed_in_all() == 0


def test_a_line_noted_by_mistake_is_cancelled(open_app: Flask, owner_client: FlaskClient, invoice: str) -> None:  # noqa: F811
    page = f"/desk/papers/{invoice}"
    owner_client.post(f"{page}/paid", data={"amount": "29", "method": "card"})
    assert owner_client.post(f"{page}/undo/1").status_code == 303
    assert owner_client.post(f"{page}/undo/1").status_code == 409
    assert owner_client.post(f"{page}/undo/99").status_code == 404
    with open_app.app_context():
        assert payments.owed_in_all() == 2900
    told = owner_client.get(page).text
    assert "annule une ligne notée par erreur" in told
    assert "−29,00" in told or "-29,00" in told


def test_an_owner_writes_tomorrow_s_sentence_today(open_app: Flask, owner_client: FlaskClient) -> None:
    typed = {"franchise-text": "TVA non applicable, art. L223-1 du CIBS", "franchise-valid_from": "2027-01-01"}
    assert owner_client.post("/desk/papers/sentences/franchise", data=typed).status_code == 303
    page = owner_client.get("/desk/papers/sentences").text
    assert "à partir du 1 janvier 2027" in page or "à partir du 1er janvier 2027" in page
    assert "« TVA non applicable, art. 293 B du CGI »" in page
    late = owner_client.post("/desk/papers/sentences/franchise", data=typed | {"franchise-valid_from": "2026-11-22"})
    assert late.status_code == 422
    assert owner_client.post("/desk/papers/sentences/nothing", data=typed).status_code == 404
