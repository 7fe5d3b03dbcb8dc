"""The safety gate: a repair is booked only once what may hurt is cut off, and never with gas or at a height."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from way import AGREED, FAULT, PERSON, REPAIR, SALE, begin

from shopvisio import cases, safety
from shopvisio.cases import Case
from shopvisio.db import db
from shopvisio.errors import Invalid
from shopvisio.web import story


@pytest.fixture
def fault(stranger: FlaskClient) -> str:
    """The address of a draft whose fault is told, and nothing more."""
    path = begin(stranger, REPAIR)
    stranger.post(f"{path}/fault", data=FAULT)
    return path


def test_the_gate_stands_between_the_fault_and_the_person(open_app: Flask, stranger: FlaskClient, fault: str) -> None:
    assert stranger.get(f"{fault}/person").location == f"{fault}/safety"
    assert stranger.post(f"{fault}/person", data=PERSON | AGREED).location == f"{fault}/safety"
    with open_app.app_context():
        assert db.session.scalars(db.select(Case)).all() == []


def test_nothing_is_answered_beforehand(stranger: FlaskClient, fault: str) -> None:
    page = stranger.get(f"{fault}/safety").text
    assert page.count('type="checkbox"') == 5
    assert "checked" not in page


@pytest.mark.parametrize("answer", [[], ["nothing", "water"], ["lava"]])
def test_an_answer_that_says_nothing_is_asked_again(stranger: FlaskClient, fault: str, answer: list[str]) -> None:
    page = stranger.post(f"{fault}/safety", data={"danger": answer})
    assert page.status_code == 422
    assert "Cochez ce qui vous concerne" in page.text
    assert page.text.count(" checked") == len([a for a in answer if a != "lava"])
    assert stranger.get(f"{fault}/person").location == f"{fault}/safety"


@pytest.mark.parametrize("danger", ["gas", "height"])
def test_gas_and_height_stop_with_whom_to_call(open_app: Flask, stranger: FlaskClient, fault: str, danger: str) -> None:
    assert stranger.post(f"{fault}/safety", data={"danger": [danger, "water"]}).location == f"{fault}/stop"
    page = stranger.get(f"{fault}/stop").text
    assert "04\u00a065\u00a071\u00a012\u00a034" in page
    assert ("0\u00a0800\u00a047\u00a033\u00a033" in page) == (danger == "gas")
    for on in ("first", "person"):
        assert stranger.get(f"{fault}/{on}").location == f"{fault}/safety"
    assert stranger.post(f"{fault}/person", data=PERSON | AGREED).location == f"{fault}/safety"
    with open_app.app_context():
        assert db.session.scalars(db.select(Case)).all() == []


def test_who_was_mistaken_comes_back_from_a_stop(stranger: FlaskClient, fault: str) -> None:
    stranger.post(f"{fault}/safety", data={"danger": "gas"})
    assert stranger.post(f"{fault}/safety", data={"danger": "nothing"}).location == f"{fault}/person"
    assert stranger.get(f"{fault}/stop").location == f"{fault}/safety"


def test_water_and_mains_are_cut_off_first_and_said_so(open_app: Flask, stranger: FlaskClient, fault: str) -> None:
    assert stranger.post(f"{fault}/safety", data={"danger": ["water", "mains"]}).location == f"{fault}/first"
    assert stranger.get(f"{fault}/person").location == f"{fault}/safety"
    half = stranger.post(f"{fault}/first", data={"done": "water"})
    assert half.status_code == 422
    assert "Faites-le d’abord" in half.text
    assert half.text.count(" checked") == 1
    assert stranger.post(f"{fault}/first", data={"done": ["water", "mains"]}).location == f"{fault}/person"
    assert stranger.post(f"{fault}/person", data=PERSON | AGREED).location.startswith("/case/")
    with open_app.app_context():
        case = db.session.scalars(db.select(Case)).one()
        said = [consent for consent in cases.consents(case) if consent.kind == "safety"]
        assert [consent.text.partition(" est")[0] for consent in said] == ["Le courant", "L’eau"]
        assert said[0].address == "127.0.0.1"
        assert story.safety_of(case) == "du courant et de l’eau qui coule, coupé avant l’appel"


def test_a_danger_named_later_is_cut_off_anew(stranger: FlaskClient, fault: str) -> None:
    stranger.post(f"{fault}/safety", data={"danger": "water"})
    stranger.post(f"{fault}/first", data={"done": "water"})
    stranger.post(f"{fault}/safety", data={"danger": ["water", "mains"]})
    assert stranger.get(f"{fault}/person").location == f"{fault}/safety"


def test_staff_read_the_answers_on_the_case(
    open_app: Flask, stranger: FlaskClient, repairer_client: FlaskClient, fault: str
) -> None:
    stranger.post(f"{fault}/safety", data={"danger": "mains"})
    stranger.post(f"{fault}/first", data={"done": "mains"})
    stranger.post(f"{fault}/person", data=PERSON | AGREED)
    with open_app.app_context():
        key = db.session.scalars(db.select(Case)).one().key
    page = repairer_client.get(f"/desk/cases/{key}").text
    assert "Du courant, coupé avant l’appel" in page
    assert "répond à la sécurité\u00a0: du courant, coupé avant l’appel." in page


def test_a_sale_has_no_gate(stranger: FlaskClient) -> None:
    path = begin(stranger, SALE)
    assert stranger.post(f"{path}/fault", data={"device": "Une cafetière"}).location == f"{path}/person"
    assert stranger.get(f"{path}/person").status_code == 200


def test_the_table_knows_what_stops_and_what_is_cut() -> None:
    assert safety.stops(list(safety.DANGERS)) == ["gas", "height"]
    assert safety.to_do_first(list(safety.DANGERS)) == ["mains", "water"]
    assert not safety.is_open([], ())
    assert safety.is_open([safety.NOTHING], ())
    with pytest.raises(Invalid):
        safety.check(())
