"""The estimate of dear parts as a PDF: what it says, when there is one, who may read it."""

import pytest
from conftest import NOW, TUESDAY_10, Clock
from flask import Flask
from flask.testing import FlaskClient

from shopvisio import booking, estimates, parts, settings
from shopvisio.accounts import Actor
from shopvisio.cases import Case
from shopvisio.db import writing
from shopvisio.parts import Wanted
from shopvisio.sheet import pdf as drawing

KARIM = Actor("staff", "Karim Benali")


def case_of(booked_key: str) -> Case:
    found = booking.find(booked_key)
    assert found is not None
    return found.case


def page(booked_key: str) -> str:
    """The estimate as it would be drawn."""
    told = estimates.of(case_of(booked_key))
    assert told is not None
    return drawing.page(told).replace("\u00a0", " ").replace("\u202f", " ")


@pytest.fixture
def offered(open_app: Flask, booked_key: str, clock_: Clock) -> None:
    """A pump of 179 € and a seal that is included."""
    clock_.now = TUESDAY_10
    with open_app.app_context(), writing():
        case = case_of(booked_key)
        parts.offer(case, Wanted("Pompe <de> vidange", "P-77", "Chez Paul", 17900), "", KARIM, TUESDAY_10)
        parts.offer(case, Wanted("Joint"), "", KARIM, TUESDAY_10)


def test_it_says_what_the_law_wants_of_an_estimate(open_app: Flask, booked_key: str, offered: None) -> None:
    with open_app.app_context():
        case, text = case_of(booked_key), page(booked_key)
    said = (f"{case.number}-2", case.customer.name, "24 novembre 2026", "24 décembre 2026", "Pompe &lt;de&gt; vidange")
    for one in (*said, "réf. P-77", "comprise", "179,00 €", "149,17 €", "29,83 €", "forfait de 29 €"):
        assert one in text, one
    assert "Chez Paul" not in text  # of whom it is bought is the shop's own affair
    assert "Accepté" not in text


def test_an_exempt_shop_names_no_tax(open_app: Flask, booked_key: str, offered: None) -> None:
    with open_app.app_context():
        with writing():
            settings.put({"vat_regime": "franchise"}, "tests", NOW)
        text = page(booked_key)
    assert "TVA non applicable" in text
    assert "149,17 €" not in text


def test_once_accepted_it_says_when_and_stays(
    open_app: Flask, stranger: FlaskClient, case_path: str, booked_key: str, offered: None, clock_: Clock
) -> None:
    with open_app.app_context():
        with writing():
            parts.accept(case_of(booked_key), 2, "1 rue Haute", "69001", "Lyon", clock_.pass_(hours=1))
        assert "Accepté le 24 novembre 2026, à 11 h." in page(booked_key)
    assert "estimate.pdf" in stranger.get(case_path).text


def test_both_sides_read_it_as_pdf_and_nobody_else(
    open_app: Flask,
    stranger: FlaskClient,
    repairer_client: FlaskClient,
    case_path: str,
    booked_key: str,
    offered: None,
) -> None:
    assert f"{case_path}/estimate.pdf" in stranger.get(f"{case_path}/part").text
    with open_app.app_context():
        desk = f"/desk/cases/{case_of(booked_key).key}"
    assert f"{desk}/estimate.pdf" in repairer_client.get(desk).text
    for client, path in ((stranger, case_path), (repairer_client, desk)):
        answer = client.get(f"{path}/estimate.pdf")
        assert (answer.status_code, answer.mimetype, answer.data[:5]) == (200, "application/pdf", b"%PDF-")
    assert stranger.get(f"{desk}/estimate.pdf").status_code == 302


def test_a_cheap_part_has_none(open_app: Flask, stranger: FlaskClient, case_path: str, booked_key: str) -> None:
    with open_app.app_context(), writing():
        parts.offer(case_of(booked_key), Wanted("Joint", "", "", 1840), "", KARIM, NOW)
    assert stranger.get(f"{case_path}/estimate.pdf").status_code == 404
    assert "estimate.pdf" not in stranger.get(f"{case_path}/part").text
