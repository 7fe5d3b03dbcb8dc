"""A colleague forgot their password: the owner makes a link, the colleague alone knows what they choose behind it."""

import re

import pyotp
import pytest
from conftest import NOW, PASSWORD, Clock
from flask import Flask
from flask.testing import FlaskClient

from shopvisio import accounts, audit, mail, resets, second
from shopvisio.accounts import Staff
from shopvisio.db import writing

NEW = "une phrase nouvelle"
SELLER = {"email": "seller@shop.example", "password": PASSWORD}


def seller() -> Staff:
    found = accounts.by_email(SELLER["email"])
    assert found is not None
    return found


@pytest.fixture
def key(open_app: Flask) -> str:
    """What the seller's page is called by."""
    with open_app.app_context():
        return seller().key


def offered(owner: FlaskClient, key: str) -> str:
    """The link on the colleague's page, once the owner has made one."""
    page = owner.post(f"/desk/staff/{key}/reset", follow_redirects=True).text
    found = re.search(r"/reset/[\w.-]+", page)
    assert found
    return found[0]


def may_come_in(app: Flask, password: str) -> bool:
    return app.test_client().post("/signin", data=SELLER | {"password": password}).status_code == 303


def test_a_colleague_chooses_another_password_and_every_sign_in_ends(
    open_app: Flask, owner_client: FlaskClient, seller_client: FlaskClient, key: str
) -> None:
    link = offered(owner_client, key)
    assert may_come_in(open_app, PASSWORD), "until then the old one is good"
    client = open_app.test_client()
    assert "Nadia Roux" in client.get(link).text
    assert client.post(link, data={"password": "court"}).status_code == 422
    assert seller_client.get("/desk/cases").status_code == 200
    assert client.post(link, data={"password": NEW}).location == "/desk"
    assert client.get("/desk").status_code == 200
    assert seller_client.get("/desk/cases").status_code == 302
    assert (may_come_in(open_app, PASSWORD), may_come_in(open_app, NEW)) == (False, True)
    with open_app.app_context():
        kinds = [(act.by, act.kind) for act in reversed(audit.before(None, 100))]
    assert ("Claire Fontaine", "password_offered") in kinds
    assert ("Nadia Roux", "password_chosen") in kinds


def test_the_link_serves_once_and_opening_it_changes_nothing(
    open_app: Flask, owner_client: FlaskClient, key: str
) -> None:
    link = offered(owner_client, key)
    for _n in range(3):
        assert open_app.test_client().get(link).status_code == 200
    for expected in (303, 410):
        assert open_app.test_client().post(link, data={"password": NEW}).status_code == expected
    page = open_app.test_client().get(link)
    assert (page.status_code, "Ce lien ne sert plus" in page.text) == (410, True)


def test_the_link_is_worth_six_hours(open_app: Flask, owner_client: FlaskClient, key: str, clock_: Clock) -> None:
    link = offered(owner_client, key)
    clock_.pass_(hours=6)
    assert open_app.test_client().post(link, data={"password": NEW}).status_code == 410
    assert "/reset/" not in owner_client.get(f"/desk/staff/{key}").text.replace(f"/desk/staff/{key}/reset", "")


def test_a_link_is_overtaken_withdrawn_and_ended_with_its_colleague(
    open_app: Flask, owner_client: FlaskClient, seller_client: FlaskClient, key: str
) -> None:
    def is_over(link: str) -> bool:
        return open_app.test_client().post(link, data={"password": "jamais celui-ci"}).status_code == 410

    first = offered(owner_client, key)
    newer = offered(owner_client, key)
    assert is_over(first)
    owner_client.post(f"/desk/staff/{key}/reset/withdraw")
    assert is_over(newer)
    link = offered(owner_client, key)
    seller_client.post("/desk/me/password", data={"current": PASSWORD, "password": NEW})
    assert is_over(link), "they chose another one by themselves"
    link = offered(owner_client, key)
    owner_client.post(f"/desk/staff/{key}", data={"role": "seller", "takes_sales": "y"})
    assert is_over(link), "they left"
    page = owner_client.post(f"/desk/staff/{key}/reset", follow_redirects=True).text
    assert "n’a plus accès" in page
    assert "jamais celui-ci" not in page


def test_who_finds_the_link_alone_does_not_come_in_past_the_second_step(
    open_app: Flask, owner_client: FlaskClient, key: str, clock_: Clock
) -> None:
    secret = second.new_secret()
    with open_app.app_context(), writing():
        second.set_up(seller(), secret, pyotp.TOTP(secret).at(int(NOW.timestamp())), NOW)
    client, link = open_app.test_client(), offered(owner_client, key)
    assert client.post(link, data={"password": NEW}).location == "/signin/code"
    assert client.get("/desk").status_code == 302
    now = clock_.pass_(minutes=1)
    assert client.post("/signin/code", data={"code": pyotp.TOTP(secret).at(int(now.timestamp()))}).location == "/desk"


def test_the_link_opens_no_other_door_and_no_other_link_opens_it(
    open_app: Flask, owner_client: FlaskClient, stranger: FlaskClient, key: str, case_path: str
) -> None:
    token = offered(owner_client, key).rsplit("/", 1)[1]
    for path in (f"/case/{token}", f"/join/{token}", f"/reset/{case_path.rsplit('/', 1)[1]}", f"/reset/{token[:-1]}"):
        assert stranger.get(path).status_code == 404


def test_the_link_leaves_by_mail_and_is_forgotten_after_its_hours(
    open_app: Flask, owner_client: FlaskClient, key: str, clock_: Clock
) -> None:
    link = offered(owner_client, key)
    with open_app.app_context(), writing():
        written = mail.latest()[0]
        assert (written.to, link in written.text) == (SELLER["email"], True)
        resets.purge(clock_.pass_(hours=7))
        assert resets.of(seller(), NOW) is None


def test_ones_own_password_is_changed_in_ones_own_account(open_app: Flask, owner_client: FlaskClient) -> None:
    with open_app.app_context():
        mine = accounts.by_email("owner@shop.example")
        assert mine is not None
        key = mine.key
    assert "Mon compte" in owner_client.get(f"/desk/staff/{key}").text.split('id="password"')[1]
