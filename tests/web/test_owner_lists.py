"""What the shop keeps: its sealed papers, its outbox."""

from collections.abc import Callable

import pytest
from conftest import NOW, Clock
from flask import Flask
from flask.testing import FlaskClient

from shopvisio import booking, cases, invoices, jobs, mail, papers, payments, settings
from shopvisio.db import db, writing
from shopvisio.errors import Unavailable
from shopvisio.jobs import Job
from shopvisio.mail import Mail


@pytest.fixture
def invoice(open_app: Flask, booked_key: str) -> str:
    """The number of a sealed invoice, not drawn yet."""
    with open_app.app_context(), writing():
        found = booking.find(booked_key)
        assert found is not None
        cases.propose(found.case, "repaired", "", found.staff.actor, NOW)
        cases.answer(found.case, True, "", NOW)
        paper = papers.issue(found.case, NOW)
        assert paper is not None
        return paper.number


def draw(app: Flask, number: str) -> None:
    with app.app_context(), writing():
        paper = db.session.scalars(db.select(invoices.Paper).filter_by(number=number)).one()
        invoices.store_pdf(paper, b"%PDF-1.7 drawn")


def test_the_ledger_tells_what_is_owed(open_app: Flask, owner_client: FlaskClient, invoice: str) -> None:
    assert "Mise en page en cours" in owner_client.get("/desk/papers").text
    draw(open_app, invoice)
    page = owner_client.get("/desk/papers").text
    assert "29,00\u00a0€ restent à payer" in page
    assert f"/desk/papers/{invoice}.pdf" in page
    with open_app.app_context(), writing():
        paper = db.session.scalars(db.select(invoices.Paper)).one()
        found = cases.listed(["closed"])[0]
        payments.note(found, paper, 2900, "card", found.customer.actor, NOW)
    page = owner_client.get("/desk/papers").text
    assert "Payée" in page
    assert "restent à payer" not in page


def test_an_invoice_taken_back_is_owed_no_more(open_app: Flask, owner_client: FlaskClient, invoice: str) -> None:
    draw(open_app, invoice)
    with open_app.app_context(), writing():
        papers.take_back(cases.listed(["closed"])[0], NOW)
    page = owner_client.get("/desk/papers").text
    assert "Annulée par un avoir" in page
    assert "restent à payer" not in page


def test_a_paper_is_read_by_those_who_may(
    open_app: Flask, owner_client: FlaskClient, stranger: FlaskClient, invoice: str
) -> None:
    path = f"/desk/papers/{invoice}.pdf"
    assert owner_client.get(path).status_code == 503
    draw(open_app, invoice)
    answer = owner_client.get(path)
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "application/pdf", b"%PDF-1.7 drawn")
    assert stranger.get(path).status_code == 302
    assert owner_client.get("/desk/papers/F1999-000001.pdf").status_code == 404


def test_a_paper_that_could_not_be_drawn_says_why_and_is_tried_again(
    open_app: Flask, owner_client: FlaskClient, invoice: str, clock_: Clock
) -> None:
    def fail(_facts: object, _now: object) -> None:
        raise Unavailable("the drawing took too long")

    with open_app.app_context():
        with writing():
            db.session.execute(db.delete(Job))
            jobs.enqueue("pdf", NOW, paper=1)
        jobs.run_due({"pdf": fail}, clock_.now)
    page = owner_client.get("/desk/papers").text
    assert "1 papier n’a pas pu être fait" in page
    assert "the drawing took too long" in page
    assert owner_client.post("/desk/papers/retry").status_code == 303
    with open_app.app_context():
        job = db.session.scalars(db.select(Job)).one()
        assert (job.state, job.due, job.tries) == ("waiting", clock_.now, 0)


def test_the_outbox_tells_the_truth_and_tries_again(
    open_app: Flask, owner_client: FlaskClient, run_jobs: Callable[[], int]
) -> None:
    with open_app.app_context(), writing():
        mail.send_test("marie@exemple.example", "fr", NOW)
    page = owner_client.get("/desk/mails").text
    assert "Pas envoyé" in page
    assert "Aucun serveur d’envoi n’est réglé" in page
    with open_app.app_context(), writing():
        settings.put({"smtp_host": "127.0.0.1", "smtp_port": "1", "smtp_security": "none"}, "tests", NOW)
    assert owner_client.post("/desk/mails/1/retry").status_code == 303
    run_jobs()
    page = owner_client.get("/desk/mails").text
    assert "Nouvel essai prévu" in page
    with open_app.app_context():
        assert db.session.get_one(Mail, 1).reason
    assert owner_client.post("/desk/mails/99/retry").status_code == 404
