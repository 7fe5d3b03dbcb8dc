"""One's own account: sign-ins that are rows, the second step, another password; and the owner's log of it all."""

import re
from datetime import timedelta

import pyotp
import pytest
from conftest import NOW, PASSWORD, Clock
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from shopvisio import accounts, audit, mail, second, signins
from shopvisio.accounts import Staff
from shopvisio.db import db, writing
from shopvisio.second import RecoveryCode
from shopvisio.signins import SignIn

SELLER = {"email": "seller@shop.example", "password": PASSWORD}


def seller() -> Staff:
    found = accounts.by_email(SELLER["email"])
    assert found is not None
    return found


@pytest.fixture
def secret(open_app: Flask, seller_client: FlaskClient) -> str:
    """The seller's second step is set up, on the desk; what their telephone holds."""
    page = seller_client.get("/desk/me/second").text
    found = re.search(r"secret=([A-Z2-7]{32})", page)
    assert found
    code = pyotp.TOTP(found[1]).at(int(NOW.timestamp()))
    answer = seller_client.post("/desk/me/second", data={"code": f"{code[:3]} {code[3:]}"})
    assert len(re.findall(r"[a-z2-7]{4}(?:-[a-z2-7]{4}){3}", answer.text)) == second.RECOVERY_CODES
    return found[1]


def noted(app: Flask) -> list[tuple[str, str]]:
    with app.app_context():
        return [(act.by, act.kind) for act in reversed(audit.before(None, 100))]


# -- sign-ins


def test_a_stolen_cookie_opens_nothing_once_its_owner_went_out(open_app: Flask, seller_client: FlaskClient) -> None:
    thief = open_app.test_client()
    stolen = seller_client.get_cookie("shopvisio")
    assert stolen is not None
    thief.set_cookie("shopvisio", stolen.value)
    assert thief.get("/desk/cases").status_code == 200
    seller_client.post("/signout")
    assert thief.get("/desk/cases").status_code == 302


def test_sign_ins_are_listed_and_each_is_ended(open_app: Flask, seller_client: FlaskClient) -> None:
    other = open_app.test_client()
    other.post("/signin", data=SELLER, headers={"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0"})
    page = seller_client.get("/desk/me").text
    assert "Firefox, Windows" in page
    found = re.search(r"/desk/me/signins/(\d+)/end", page)
    assert found
    assert other.get("/desk/me").status_code == 200
    assert seller_client.post(found[0]).status_code == 303
    assert other.get("/desk/me").status_code == 302
    assert seller_client.post(found[0]).status_code == 404


def test_nobody_ends_the_sign_in_of_another(
    open_app: Flask, seller_client: FlaskClient, repairer_client: FlaskClient
) -> None:
    with open_app.app_context():
        mine = signins.of(seller(), NOW)[0].id
    assert repairer_client.post(f"/desk/me/signins/{mine}/end").status_code == 404
    assert seller_client.get("/desk/me").status_code == 200


def test_all_others_are_ended_at_once(open_app: Flask, seller_client: FlaskClient) -> None:
    others = [open_app.test_client() for _n in range(3)]
    for other in others:
        other.post("/signin", data=SELLER)
    seller_client.post("/desk/me/signins/end")
    assert [other.get("/desk/me").status_code for other in others] == [302, 302, 302]
    assert seller_client.get("/desk/me").status_code == 200


def test_the_owner_ends_the_sign_ins_of_a_colleague(
    open_app: Flask, owner_client: FlaskClient, seller_client: FlaskClient
) -> None:
    with open_app.app_context():
        key = seller().key
    owner_client.post(f"/desk/staff/{key}/signins/end")
    assert seller_client.get("/desk/me").status_code == 302
    assert owner_client.get("/desk/me").status_code == 200


def test_a_sign_in_lasts_a_month_after_its_last_use(seller_client: FlaskClient, clock_: Clock) -> None:
    for _n in range(3):
        clock_.pass_(days=20)
        assert seller_client.get("/desk/me").status_code == 200
    clock_.pass_(days=30)
    assert seller_client.get("/desk/me").status_code == 302


def test_what_is_kept_of_a_cookie_opens_nothing(open_app: Flask, seller_client: FlaskClient) -> None:
    with open_app.app_context():
        row = db.session.scalars(db.select(SignIn)).one()
        with seller_client.session_transaction() as kept:
            assert row.digest != kept["signin"]
            kept["signin"] = row.digest
    assert seller_client.get("/desk/me").status_code == 302


# -- the password


def test_another_password_ends_every_other_sign_in(open_app: Flask, seller_client: FlaskClient) -> None:
    other = open_app.test_client()
    other.post("/signin", data=SELLER)
    typed = {"current": PASSWORD, "password": "une phrase nouvelle"}
    wrong = seller_client.post("/desk/me/password", data=typed | {"current": "pas celui-là"})
    assert (wrong.status_code, "Ce n’est pas votre mot de passe actuel." in wrong.text) == (422, True)
    assert seller_client.post("/desk/me/password", data=typed | {"password": "court"}).status_code == 422
    assert seller_client.post("/desk/me/password", data=typed).status_code == 303
    assert seller_client.get("/desk/me").status_code == 200
    assert other.get("/desk/me").status_code == 302
    with open_app.app_context():
        written = mail.latest()[0]
    assert written.to == SELLER["email"]
    told = written.subject + written.text
    for words in ("a changé", "mot de passe a été changé", "23 novembre 2026, 9", "Ce n’était pas vous", "/desk/me"):
        assert words in told, "they are told what, when, and what to do"
    assert "clés d’accès, elles" not in written.text, "there are none"


def test_guessing_the_present_password_is_slowed_too(seller_client: FlaskClient) -> None:
    typed = {"current": "?", "password": "une phrase nouvelle"}
    seen = [seller_client.post("/desk/me/password", data=typed).text for _n in range(6)]
    assert "Attendez une minute" not in seen[3]
    assert "Attendez une minute" in seen[5]


# -- the second step


def test_after_the_password_comes_the_code(open_app: Flask, secret: str, clock_: Clock) -> None:
    client, now = open_app.test_client(), clock_.pass_(minutes=1)
    answer = client.post("/signin?next=/desk/cases", data=SELLER)
    assert answer.location == "/signin/code?next=/desk/cases"
    assert client.get("/desk/me").status_code == 302
    assert client.post(answer.location, data={"code": "123"}).status_code == 422
    done = client.post(answer.location, data={"code": pyotp.TOTP(secret).at(int(now.timestamp()))})
    assert done.location == "/desk/cases"
    assert client.get("/desk/me").status_code == 200


def test_a_code_counts_once(open_app: Flask, secret: str, clock_: Clock) -> None:
    code = pyotp.TOTP(secret).at(int(clock_.pass_(minutes=1).timestamp()))
    for expected in (303, 422):
        client = open_app.test_client()
        client.post("/signin", data=SELLER)
        assert client.post("/signin/code", data={"code": code}).status_code == expected


def test_the_code_that_set_it_up_does_not_come_in(open_app: Flask, secret: str) -> None:
    client = open_app.test_client()
    client.post("/signin", data=SELLER)
    code = pyotp.TOTP(secret).at(int(NOW.timestamp()))
    assert client.post("/signin/code", data={"code": code}).status_code == 422


def test_a_recovery_code_comes_in_once(open_app: Flask, secret: str) -> None:
    with open_app.app_context(), writing():
        code = second.renew_recovery(seller())[0]
    for typed, expected in ((code.upper().replace("-", " "), 303), (code, 422)):
        client = open_app.test_client()
        client.post("/signin", data=SELLER)
        assert client.post("/signin/code", data={"code": typed}).status_code == expected
    with open_app.app_context():
        assert second.recovery_left(seller()) == second.RECOVERY_CODES - 1
        kept = db.session.scalars(db.select(RecoveryCode.digest)).all()
        assert not any(code.replace("-", "") in digest for digest in kept)


def test_the_password_is_worth_ten_minutes_of_waiting_for_the_code(
    open_app: Flask, secret: str, clock_: Clock
) -> None:
    client = open_app.test_client()
    client.post("/signin", data=SELLER)
    now = clock_.pass_(minutes=11)
    answer = client.post("/signin/code", data={"code": pyotp.TOTP(secret).at(int(now.timestamp()))})
    assert answer.location == "/signin"
    assert client.get("/desk/me").status_code == 302


def test_ten_wrong_codes_and_the_account_rests_an_hour(open_app: Flask, secret: str, clock_: Clock) -> None:
    client = open_app.test_client()
    client.post("/signin", data=SELLER)
    seen = [client.post("/signin/code", data={"code": "000000"}).status_code for _n in range(11)]
    assert seen == [422] * 10 + [429]
    clock_.pass_(hours=1)
    client.post("/signin", data=SELLER)
    right = {"code": pyotp.TOTP(secret).at(int(clock_.now.timestamp()))}
    assert client.post("/signin/code", data=right).status_code == 303


def test_a_code_without_the_password_asks_for_it(stranger: FlaskClient) -> None:
    assert stranger.get("/signin/code").location == "/signin"
    assert stranger.post("/signin/code", data={"code": "123456"}).location == "/signin"


def test_it_is_taken_off_with_the_password_alone(open_app: Flask, seller_client: FlaskClient, secret: str) -> None:
    assert seller_client.post("/desk/me/second/off", data={"proof": "?"}).status_code == 422
    fresh = seller_client.post("/desk/me/second/recovery", data={"proof": PASSWORD}).text
    assert len(re.findall(r"[a-z2-7]{4}(?:-[a-z2-7]{4}){3}", fresh)) == second.RECOVERY_CODES
    assert seller_client.post("/desk/me/second/off", data={"proof": PASSWORD}).status_code == 303
    client = open_app.test_client()
    assert client.post("/signin", data=SELLER).location == "/desk"
    with open_app.app_context():
        told = [(one.to, one.text) for one in reversed(mail.latest())]
    for (to, text_), words in zip(told, ("est en place", "codes de secours", "est retirée"), strict=True):
        assert (to, words in text_) == (SELLER["email"], True)


def test_the_owner_takes_it_off_for_whoever_lost_their_telephone(
    open_app: Flask, owner_client: FlaskClient, secret: str
) -> None:
    with open_app.app_context():
        key = seller().key
    assert "Deux étapes" in owner_client.get(f"/desk/staff/{key}").text
    owner_client.post(f"/desk/staff/{key}/second/end")
    assert open_app.test_client().post("/signin", data=SELLER).location == "/desk"


# -- throttled by account


def test_many_addresses_together_have_thirty_tries_an_hour_at_one_account(
    open_app: Flask, stranger: FlaskClient, clock_: Clock
) -> None:
    def try_from(n: int, password: str) -> int:
        came = {"REMOTE_ADDR": f"198.51.{n // 200}.{n % 200 + 1}", "shopvisio.tls": True}
        data = SELLER | {"password": password}
        return open_app.test_client().post("/signin", data=data, environ_base=came).status_code

    home = 0
    assert try_from(home, PASSWORD) == 303
    for n in range(1, 31):
        clock_.pass_(seconds=10)
        assert try_from(n, "wrong") == 422
    clock_.pass_(minutes=2)
    assert try_from(99, PASSWORD) == 429
    clock_.pass_(minutes=60)
    assert try_from(99, PASSWORD) == 303


# -- the log of acts


def test_what_happens_to_accounts_is_noted(
    open_app: Flask, seller_client: FlaskClient, owner_client: FlaskClient
) -> None:
    open_app.test_client().post("/signin", data=SELLER | {"password": "faux"})
    open_app.test_client().post("/signin", data={"email": "nobody@shop.example", "password": "faux"})
    seller_client.post("/signout")
    with open_app.app_context():
        key = seller().key
    owner_client.post(f"/desk/staff/{key}", data={"role": "repairer", "active": "y"})
    owner_client.post("/desk/settings/repair", data={"fee": "31"})
    assert noted(open_app)[2:] == [
        ("Nadia Roux", "refused"),
        ("", "refused"),
        ("Nadia Roux", "out"),
        ("Claire Fontaine", "role"),
    ]
    page = owner_client.get("/desk/acts").text
    assert "Rôle changé\u00a0: Nadia Roux, Réparateur" in page
    assert "nobody@shop.example" not in page
    assert "faux" not in page


def test_what_happens_to_the_shops_own_keys_is_noted(open_app: Flask, owner_client: FlaskClient) -> None:
    owner_client.post("/desk/certificate", data={"public_name": "visio.example"})
    owner_client.post("/desk/calendar")
    key = re.search(r"AGE-SECRET-KEY-1\S+", owner_client.post("/desk/backups/key").text)
    assert noted(open_app)[1:] == [("Claire Fontaine", kind) for kind in ("settings", "feed", "recovery_key")]
    page = owner_client.get("/desk/acts").text
    assert "Nom public" in page
    assert "Clé de secours des sauvegardes faite et affichée" in page
    assert key
    assert key[0] not in page


def test_the_log_is_the_owners(seller_client: FlaskClient) -> None:
    assert seller_client.get("/desk/acts").status_code == 403


def test_the_base_itself_keeps_the_log(open_app: Flask, owner_client: FlaskClient) -> None:
    with open_app.app_context():
        for act in ("UPDATE act SET by = 'x'", "DELETE FROM act"):
            with pytest.raises(IntegrityError), writing():
                db.session.execute(text(act))
        with writing():
            audit.note("out", "Claire Fontaine", NOW + timedelta(days=366))
        with writing():
            audit.purge()
        assert [act.kind for act in audit.before(None, 9)] == ["out"]


def test_older_acts_are_a_page_further(open_app: Flask, owner_client: FlaskClient) -> None:
    with open_app.app_context(), writing():
        for n in range(120):
            audit.note("ended", "Claire Fontaine", NOW, whose=f"appareil {n}")
    page = owner_client.get("/desk/acts").text
    assert "appareil 119" in page
    assert "appareil 1<" not in page
    found = re.search(r"\?before=\d+", page)
    assert found
    assert "appareil 1<" in owner_client.get("/desk/acts" + found[0]).text
    assert owner_client.get("/desk/acts?before=٣").status_code == 200
