"""The first run: a step a page, kept one by one, resumed after whatever happens; what is left stands on the desk."""

from collections.abc import Callable, Iterator

import pytest
from conftest import NOW, PASSWORD, Clock, FakeRelay
from flask import Flask
from flask.testing import FlaskClient

from shopvisio import accounts, booking, config, demo, knocks, settings, setup
from shopvisio.availability import Hours
from shopvisio.claim import for_eyes
from shopvisio.db import db, writing
from shopvisio.knocks import Knock
from shopvisio.web.typed import week_typed

OWNER = {"owner_name": "Claire Fontaine", "owner_email": "claire@shop.example", "password": PASSWORD}
WEEK = week_typed([Hours(0, 540, 720), Hours(5, 600, 750)])
SHOP = ("shop_name", "tagline", "phone", "email")
STEPS: dict[str, dict[str, str]] = {
    "language": {"language": "fr", "zone": "Europe/Paris"},
    "shop": {name: demo.SHOP[name] for name in SHOP},
    "papers": {name: text for name, text in demo.SHOP.items() if name not in SHOP},
    "mail": {"smtp_host": "mail.example", "smtp_port": "587", "smtp_security": "starttls"},
    "name": {"public_name": "visio.atelier.example", "certificate": "no"},
    "hours": WEEK | {"active1": "y", "minutes1": "40", "minutes2": "20"},
    "price": {"fee": "32", "vat_regime": "standard", "vat_number": "FR65912345675", "vat_rate": "2000"},
    "look": {"brand": "#a8365a"},
}


@pytest.fixture
def owner(app: Flask) -> FlaskClient:
    """The owner of an appliance that was claimed a moment ago."""
    client = app.test_client()
    code = for_eyes(app.extensions["claim"].code(NOW))
    answer = client.post("/claim", data=OWNER | {"code": code, "takes_repairs": "y", "takes_sales": "y"})
    assert answer.location == "/desk/setup/language"
    return client


def left(app: Flask) -> list[str]:
    with app.app_context():
        return setup.left()


def test_the_steps_follow_each_other(app: Flask, owner: FlaskClient) -> None:
    for name, following in (("language", "shop"), ("shop", "papers"), ("papers", "name")):
        page = owner.get(f"/desk/setup/{name}")
        assert page.status_code == 200
        assert owner.post(f"/desk/setup/{name}", data=STEPS[name]).location == f"/desk/setup/{following}"
    with app.app_context():
        assert settings.get("siret") == demo.SHOP["siret"].replace(" ", "")
        assert settings.get("shop_name") == demo.SHOP["shop_name"]


@pytest.mark.parametrize(
    ("step", "name", "typed", "sentence"),
    [
        ("name", "public_name", "pas un nom", "Un nom comme visio"),
        ("papers", "siret", "912 345 675 00011", "SIRET"),
        ("papers", "iban", "FR76 3000 6000 0112 3456 7890 180", "IBAN"),
        ("papers", "capital", "", "Nécessaire pour une société"),
        ("price", "vat_number", "", "Nécessaire quand la boutique facture la TVA"),
        ("price", "fee", "vingt-neuf", "Un montant comme 29"),
        ("mail", "smtp_host", "", "Écrivez le nom du serveur"),
        ("hours", "opens-0-0", "neuf", "Lundi"),
        ("hours", "minutes1", "0", "Un nombre entier, de 5 à 480"),
        ("look", "brand", "rouge", "Une couleur comme"),
    ],
)
def test_a_wrong_answer_is_named_and_what_was_typed_is_kept(
    app: Flask, owner: FlaskClient, step: str, name: str, typed: str, sentence: str
) -> None:
    answer = owner.post(f"/desk/setup/{step}", data=STEPS[step] | {name: typed})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'value="{typed}"' in answer.text or not typed
    assert step in left(app)


def test_hours_and_visits_are_the_owners(app: Flask, owner: FlaskClient) -> None:
    owner.post("/desk/setup/hours", data=STEPS["hours"])
    with app.app_context():
        assert booking.hours_of(accounts.everybody()[0]) == [Hours(0, 540, 720), Hours(5, 600, 750)]
        assert [(service.kind, service.minutes) for service in booking.services()] == [("repair", 40)]


def test_later_keeps_what_is_right_and_leaves_the_step_on_the_desk(app: Flask, owner: FlaskClient) -> None:
    answer = owner.post("/desk/setup/shop", data=STEPS["shop"] | {"phone": "04", "later": "y"})
    assert answer.location == "/desk/setup/language"  # the first that nobody has looked at
    with app.app_context():
        assert settings.get("shop_name") == demo.SHOP["shop_name"]
        assert settings.get("phone") == ""
    assert 'href="/desk/setup/shop"' in owner.get("/desk").text
    owner.post("/desk/setup/shop", data=STEPS["shop"])
    assert 'href="/desk/setup/shop"' not in owner.get("/desk").text


def test_the_call_is_proven_from_outside_before_its_step_is_done(app: Flask, owner: FlaskClient) -> None:
    assert owner.get("/desk/setup/media").status_code == 200
    early = owner.post("/desk/setup/media")
    assert (early.status_code, "n’est pas encore passé" in early.text) == (422, True)
    for inside, by in ((True, "udp"), (False, "tcp"), (False, "udp")):
        assert owner.post("/desk/setup/media").status_code == 422
        with app.app_context(), writing():
            knocks.keep(Knock(at=NOW, browser="", family=4, inside=inside, by=by, loss=0, rtt=40, rate=900))
    assert "C’est prouvé" in owner.get("/desk/setup/media").text
    assert owner.post("/desk/setup/media").status_code == 303
    assert "media" not in left(app)


def test_a_trial_mail_says_what_became_of_it(app: Flask, owner: FlaskClient) -> None:
    refused = owner.post("/desk/setup/mail", data={"smtp_host": "", "trial": "y"})
    assert (refused.status_code, "Écrivez le nom du serveur" in refused.text) == (422, True)
    answer = owner.post("/desk/setup/mail", data=STEPS["mail"] | {"trial": "y"})
    assert answer.location == "/desk/setup/mail#trial"
    page = owner.get("/desk/setup/mail").text
    assert "L’essai est en route vers claire@shop.example." in page
    assert 'value="mail.example"' in page
    assert "mail" in left(app), "the step is done by going on"


def test_the_key_is_made_at_its_step_and_leads_back_to_it(app: Flask, owner: FlaskClient) -> None:
    assert 'action="/desk/backups/key"' in owner.get("/desk/setup/recovery").text
    shown = owner.post("/desk/backups/key")
    assert 'href="/desk/setup/recovery"' in shown.text
    assert "La clé de secours est créée" in owner.get("/desk/setup/recovery").text
    assert owner.post("/desk/setup/recovery").status_code == 303
    assert "recovery" not in left(app)


def test_a_step_that_is_none_is_not_found(owner: FlaskClient) -> None:
    assert owner.get("/desk/setup/nonsense").status_code == 404
    assert owner.post("/desk/setup/nonsense").status_code == 404


def test_the_steps_are_the_owners_alone(owner_client: FlaskClient, seller_client: FlaskClient) -> None:
    assert seller_client.get("/desk/setup/language").status_code == 403
    assert "/desk/setup/" not in owner_client.get("/desk").text  # a shop from before the wizard is asked nothing


# -- the process is killed


@pytest.fixture
def again(app: Flask, settled: config.Config, clock_: Clock) -> Iterator[Callable[[], Flask]]:
    """A new process on the same data folder: nothing is left of the memory of the one before."""
    from shopvisio.app import create_app

    made: list[Flask] = []

    def start() -> Flask:
        fresh = create_app(settled)
        fresh.config["WTF_CSRF_ENABLED"] = False
        fresh.extensions["relay"] = FakeRelay()
        made.append(fresh)
        return fresh

    yield start
    for one in made:
        with one.app_context():
            db.session.remove()
            db.engine.dispose()


def test_it_is_resumed_at_each_step_by_a_process_that_knows_nothing(
    owner: FlaskClient, again: Callable[[], Flask]
) -> None:
    cookie = owner.get_cookie("shopvisio")
    assert cookie is not None
    for name in setup.STEPS:
        client = again().test_client()
        client.set_cookie("shopvisio", cookie.value)
        overview = client.get("/desk/setup").text
        assert f'class="btn first" href="/desk/setup/{name}"' in overview
        assert client.get(f"/desk/setup/{name}").status_code == 200
        typed = STEPS.get(name, {"later": "y"})
        assert client.post(f"/desk/setup/{name}", data=typed).status_code == 303, name
    fresh = again()
    assert left(fresh) == ["media", "recovery"]
    with fresh.app_context():
        assert settings.missing() == []
        assert {name: settings.get(name) for name in ("shop_name", "fee", "brand")} == {
            "shop_name": demo.SHOP["shop_name"], "fee": 3200, "brand": "#a8365a",
        }  # fmt: skip
