"""Taking possession of the appliance, coming in, going out."""

from typing import Any

import pytest
from conftest import NOW, PASSWORD, Clock
from flask import Flask
from flask.testing import FlaskClient

from shopvisio import accounts, booking, hub
from shopvisio.claim import Claim, for_eyes
from shopvisio.db import db, writing


@pytest.fixture
def newcomer(app: Flask) -> FlaskClient:
    """Whoever stands before an appliance nobody has claimed."""
    return app.test_client()


@pytest.fixture
def answers(app: Flask) -> dict[str, str]:
    """Everything the owner gives, right."""
    return {
        "code": for_eyes(app.extensions["claim"].code(NOW)),
        "owner_name": "Claire Fontaine",
        "owner_email": "claire@shop.example",
        "password": PASSWORD,
        "takes_repairs": "y",
    }


def test_before_the_claim_every_page_says_so(newcomer: FlaskClient) -> None:
    for path in ("/", "/desk", "/signin"):
        answer = newcomer.get(path)
        assert answer.status_code == 503
        assert "/claim" in answer.text


def test_the_owner_claims_and_is_led_to_the_first_step(
    newcomer: FlaskClient, answers: dict[str, str], app: Flask
) -> None:
    answer = newcomer.post("/claim", data=answers)
    assert (answer.status_code, answer.location) == (303, "/desk/setup/language")
    assert newcomer.get("/desk").status_code == 200
    with app.app_context():
        owner = accounts.everybody()[0]
        assert (owner.role, owner.takes_repairs, owner.takes_sales) == ("owner", True, False)
        assert booking.hours_of(owner) == []  # nobody can book before the owner said when
        assert [service.kind for service in booking.services()] == ["repair"]


def test_once_claimed_the_page_is_gone(newcomer: FlaskClient, answers: dict[str, str]) -> None:
    newcomer.post("/claim", data=answers)
    assert newcomer.get("/claim").status_code == 404
    assert newcomer.post("/claim", data=answers).status_code == 404


def test_of_two_who_claim_at_the_same_moment_one_owns_the_shop(
    app: Flask, answers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, quick = app.test_client(), app.test_client()
    real, came = Claim.check, []

    def meanwhile(self: Claim, *given: Any) -> None:
        """The first one's code was found right; now the second is served from beginning to end."""
        real(self, *given)
        if not came:
            came.append(0)
            came.append(quick.post("/claim", data=answers | {"owner_email": "quick@shop.example"}).status_code)

    monkeypatch.setattr(Claim, "check", meanwhile)
    assert slow.post("/claim", data=answers).status_code == 404
    assert came == [0, 303]
    with app.app_context():
        assert [owner.email for owner in accounts.everybody()] == ["quick@shop.example"]
    assert (quick.get("/desk").status_code, slow.get("/desk").status_code) == (200, 302)


def test_a_wrong_code_keeps_everything_but_the_password(newcomer: FlaskClient, answers: dict[str, str]) -> None:
    answer = newcomer.post("/claim", data=answers | {"code": "AAAA-BBBB-CCCC-DDDD"})
    assert answer.status_code == 422
    assert "Ce code n’est pas le bon" in answer.text
    assert 'value="Claire Fontaine"' in answer.text
    assert PASSWORD not in answer.text


@pytest.mark.parametrize(
    ("name", "typed", "sentence"),
    [
        ("password", "court", "Au moins 10 signes"),
        ("owner_email", "claire", "e-mail n’est pas complète"),
    ],
)
def test_a_wrong_answer_is_named_at_its_field(
    newcomer: FlaskClient, answers: dict[str, str], app: Flask, name: str, typed: str, sentence: str
) -> None:
    answer = newcomer.post("/claim", data=answers | {name: typed})
    assert answer.status_code == 422
    assert sentence in answer.text
    with app.app_context():
        assert not accounts.is_claimed()


def test_all_wrong_answers_are_named_at_once(newcomer: FlaskClient) -> None:
    answer = newcomer.post("/claim", data={"code": "?"})
    for name in ("code", "owner_name", "owner_email", "password", "takes_repairs"):
        assert f'id="{name}-why"' in answer.text


def test_too_many_codes_are_refused_for_a_minute(newcomer: FlaskClient, answers: dict[str, str], clock_: Clock) -> None:
    for _ in range(5):
        newcomer.post("/claim", data=answers | {"code": "AAAA"})
    assert "Trop d’essais" in newcomer.post("/claim", data=answers).text
    clock_.pass_(minutes=2)
    assert newcomer.post("/claim", data=answers).status_code == 303


def test_the_claim_is_refused_without_its_csrf_token(app: Flask, answers: dict[str, str]) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    assert app.test_client().post("/claim", data=answers).status_code == 400


def test_staff_come_in_and_go_out(stranger: FlaskClient) -> None:
    answer = stranger.post("/signin", data={"email": "Owner@Shop.example ", "password": PASSWORD})
    assert (answer.status_code, answer.location) == (303, "/desk")
    assert stranger.get("/desk").status_code == 200
    assert stranger.post("/signout").location == "/signin"
    assert stranger.get("/desk").location == "/signin?next=/desk"


@pytest.mark.parametrize("email", ["owner@shop.example", "nobody@shop.example"])
def test_a_wrong_password_tells_nothing_about_the_account(stranger: FlaskClient, email: str) -> None:
    answer = stranger.post("/signin", data={"email": email, "password": "wrong password"})
    assert answer.status_code == 422
    assert "L’adresse ou le mot de passe ne correspond pas." in answer.text
    assert f'value="{email}"' in answer.text


def test_five_tries_a_minute_for_an_account(stranger: FlaskClient, clock_: Clock) -> None:
    right, wrong = ({"email": "owner@shop.example", "password": word} for word in (PASSWORD, "wrong"))
    for _ in range(5):
        assert stranger.post("/signin", data=wrong).status_code == 422
    late = stranger.post("/signin", data=right)
    assert late.status_code == 429
    assert "Attendez une minute" in late.text
    other = stranger.post("/signin", data={"email": "seller@shop.example", "password": PASSWORD})
    assert other.status_code == 303
    clock_.pass_(minutes=1)
    assert stranger.post("/signin", data=right).status_code == 303


def test_thirty_tries_a_minute_from_a_household_whatever_the_account(stranger: FlaskClient, clock_: Clock) -> None:
    def try_as(name: int, address: str) -> int:
        data = {"email": f"{name}@shop.example", "password": "wrong"}
        came = {"REMOTE_ADDR": address, "shopvisio.tls": True}
        return stranger.post("/signin", data=data, environ_base=came).status_code

    assert {try_as(name, f"2001:db8::{name + 1}") for name in range(30)} == {422}
    assert try_as(30, "2001:db8::99") == 429
    assert try_as(30, "2001:db8:0:1::1") == 422
    clock_.pass_(minutes=1)
    assert try_as(31, "2001:db8::99") == 422


def test_others_are_served_while_a_password_is_checked(open_app: Flask, stranger: FlaskClient) -> None:
    seen: list[str] = []
    hub.spawn(lambda: seen.append("served"))
    stranger.post("/signin", data={"email": "owner@shop.example", "password": "wrong"})
    assert seen == ["served"]


def test_sign_in_leads_to_where_they_were_going(stranger: FlaskClient) -> None:
    data = {"email": "owner@shop.example", "password": PASSWORD}
    assert stranger.post("/signin?next=/desk/cases?state=all", data=data).location == "/desk/cases?state=all"


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example", "/\\evil.example", "/\tx", "desk"])
def test_sign_in_never_leads_out_of_the_shop(stranger: FlaskClient, wanted: str) -> None:
    data = {"email": "owner@shop.example", "password": PASSWORD}
    answer = stranger.post("/signin", query_string={"next": wanted}, data=data)
    assert answer.location == "/desk"


def test_somebody_who_left_cannot_come_in(open_app: Flask, repairer_client: FlaskClient) -> None:
    with open_app.app_context(), writing():
        person = db.session.scalar(db.select(accounts.Staff).where(accounts.Staff.role == "repairer"))
        assert person is not None
        accounts.change(person, "repairer", True, False, active=False)
    assert repairer_client.get("/desk").status_code == 302
    again = repairer_client.post("/signin", data={"email": "repairer@shop.example", "password": PASSWORD})
    assert again.status_code == 422


def test_signing_in_starts_a_fresh_cookie(stranger: FlaskClient) -> None:
    with stranger.session_transaction() as kept:
        kept["planted"], kept["lang"] = "x", "en"
    stranger.post("/signin", data={"email": "owner@shop.example", "password": PASSWORD})
    with stranger.session_transaction() as fresh:
        told: dict[str, Any] = dict(fresh)
    assert "planted" not in told
    assert told["lang"] == "en"
