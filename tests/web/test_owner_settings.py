"""Settings: one form a group, strict values, what changed is named; the visits that may be booked."""

import re

import pytest
from conftest import NOW, TUESDAY_10, Clock, book_visit
from flask import Flask
from flask.testing import FlaskClient

from shopvisio import booking, cases, effects, jobs, papers, settings
from shopvisio.db import db, writing

REPAIR = {
    "fee": "32", "answer_hours": "72", "gas_phone": "0 800 47 33 33",
    "estimate_from": "150", "estimate_days": "30", "nudge_days": "5", "guarantee_months": "3", "check_days": "7",
}  # fmt: skip


def value(app: Flask, name: str) -> object:
    with app.app_context():
        return settings.get(name)


@pytest.mark.parametrize("group", list(settings.GROUPS))
def test_every_setting_of_a_group_is_on_its_page(owner_client: FlaskClient, group: str) -> None:
    page = owner_client.get(f"/desk/settings/{group}").text
    for setting in settings.SETTINGS.values():
        assert (f'name="{setting.name}"' in page) == (setting.group == group)


def test_a_change_is_kept_and_named(open_app: Flask, owner_client: FlaskClient) -> None:
    answer = owner_client.post("/desk/settings/repair", data=REPAIR, follow_redirects=True)
    assert "Enregistré\u00a0: Tarif unique, TTC." in answer.text
    assert value(open_app, "fee") == 3200
    with open_app.app_context():
        changes = list(
            db.session.scalars(db.select(settings.SettingChange).where(settings.SettingChange.name == "fee"))
        )
        assert [(change.by, change.before, change.after) for change in changes] == [("Claire Fontaine", "2900", "3200")]


def test_nothing_changed_is_told_as_such(owner_client: FlaskClient) -> None:
    owner_client.post("/desk/settings/repair", data=REPAIR)
    assert "Rien n’a changé." in owner_client.post("/desk/settings/repair", data=REPAIR, follow_redirects=True).text


def test_one_wrong_value_changes_nothing_and_keeps_what_was_typed(open_app: Flask, owner_client: FlaskClient) -> None:
    answer = owner_client.post("/desk/settings/repair", data=REPAIR | {"answer_hours": "un jour"})
    assert answer.status_code == 422
    assert "Un nombre entier, de 24 à 720." in answer.text
    assert 'value="un jour"' in answer.text
    assert 'value="32"' in answer.text
    assert value(open_app, "fee") == 2900


def test_a_group_that_is_none_is_not_found(owner_client: FlaskClient) -> None:
    assert owner_client.get("/desk/settings/nonsense").status_code == 404


def test_a_secret_is_never_shown_and_stays_when_left_empty(open_app: Flask, owner_client: FlaskClient) -> None:
    given = _page(open_app, "mail") | {"smtp_host": "mail.example", "smtp_password": "s3cret-word"}
    owner_client.post("/desk/settings/mail", data=given)
    assert "s3cret-word" not in owner_client.get("/desk/settings/mail").text
    owner_client.post("/desk/settings/mail", data=given | {"smtp_password": "", "smtp_port": "465"})
    assert value(open_app, "smtp_password") == "s3cret-word"
    assert value(open_app, "smtp_port") == 465


def test_a_secret_is_emptied_by_its_own_box(open_app: Flask, owner_client: FlaskClient) -> None:
    given = _page(open_app, "mail") | {"smtp_host": "mail.example", "smtp_password": "s3cret"}
    owner_client.post("/desk/settings/mail", data=given)
    assert 'value="smtp_password"' in owner_client.get("/desk/settings/mail").text
    owner_client.post("/desk/settings/mail", data=given | {"smtp_password": "", "empty": "smtp_password"})
    assert value(open_app, "smtp_password") == ""
    assert 'value="smtp_password"' not in owner_client.get("/desk/settings/mail").text
    page = owner_client.get("/desk/settings/history").text
    assert "s3cret" not in page
    assert page.count("•••") == 2  # it came, and it went


def test_who_changed_what_is_a_page(owner_client: FlaskClient) -> None:
    owner_client.post("/desk/settings/repair", data=REPAIR)
    owner_client.post("/desk/settings/repair", data=REPAIR | {"nudge_days": "0", "fee": "31,50"})
    page = owner_client.get("/desk/settings/history", query_string={"name": "fee"}).text
    assert "Claire Fontaine" in page
    lines = [" ".join(re.sub("<[^>]+>", " ", line).split()) for line in re.findall(r"<li><time.*?</li>", page)]
    assert [line.partition(":")[2].strip() for line in lines] == ["32 € devient 31,50 €", "29 € devient 32 €"]
    assert "Changé le" in owner_client.get("/desk/settings/repair").text
    assert owner_client.get("/desk/settings/history?before=x&name=nothing").status_code == 200


def test_a_setting_tells_what_it_was_at_first_and_since_when_it_exists(owner_client: FlaskClient) -> None:
    owner_client.post("/desk/settings/repair", data=REPAIR)
    page = owner_client.get("/desk/settings/history", query_string={"name": "fee"}).text
    facts = page.split('<dl class="facts">')[1].split("</dl>")[0]
    assert all(words in facts for words in ("32 €", "29 €", "la version 0.1.0")), facts
    assert "Comme à l’origine" in owner_client.get("/desk/settings/repair").text
    secret = owner_client.get("/desk/settings/history", query_string={"name": "smtp_password"}).text
    assert "D’origine" in secret


def test_a_setting_says_what_it_means_now(owner_client: FlaskClient) -> None:
    assert "Vos clients lisent\u00a0: 29\u00a0€ si c’est réparé" in owner_client.get("/desk/settings/repair").text
    papers = owner_client.get("/desk/settings/papers").text
    assert "29\u00a0€\u00a0: 24,17\u00a0€ hors taxes et 4,83\u00a0€ de TVA" in papers
    assert "Votre SIREN\u00a0: 912 345 675" in papers
    assert "Aucun e-mail ne part." in owner_client.get("/desk/settings/mail").text


def test_of_every_setting_it_is_said_what_it_means_or_that_it_is_evident() -> None:
    assert effects.TELL.keys() | effects.EVIDENT == settings.SETTINGS.keys()
    assert not effects.TELL.keys() & effects.EVIDENT


TOLD: dict[str, tuple[dict[str, str], str]] = {  # what is set, what is read then; "" where it has no effect
    "guarantee_months": ({}, "garanti jusqu’au 23 février 2027"),
    "estimate_from": ({}, "À 150,01 €"),
    "delivery_price": ({}, "Un article à 45 €, livré : 50,90 €."),
    "delivery_free_from": ({"delivery_free_from": "60"}, "60 € d’articles : livrés sans frais."),
    "delivery": ({"delivery": "no", "collect": "no"}, "rien ne se commande ici"),
    "collect": ({"web_shop": "shopify", "web_shop_url": "https://boutique.example"}, "dans votre boutique en ligne"),
    "capital": ({"legal_form": "SARL", "capital": "8 000 €"}, "SARL au capital de 8 000 €"),
    "vat_regime": ({"vat_regime": "franchise"}, "TVA non applicable"),
    "parts_vat_rate": ({}, "16,67 € hors taxes et 3,33 € de TVA"),
    "vat_on_debits": ({"vat_on_debits": "yes"}, "due même avant son paiement"),
    "repair_bonus": ({"repair_bonus": "yes"}, "0 montant"),
    "smtp_security": ({"smtp_host": "mail.example", "smtp_security": "none"}, "passent en clair"),
    "sms_body": ({"sms_url": "https://sms.example/send"}, "to=%2B33639982750&text=Bonjour"),
    "time_server": ({"time_server": "ntp.example"}, "ntp.example est interrogé"),
    "turn_user": ({"turn_urls": "turn:turn.example", "turn_secret": "x" * 20}, "le secret partagé suffit"),
    "backup_hour": ({}, "tant que la clé de secours n’est pas créée"),
    "recording_gigabytes": ({}, "environ 10 à 20 heures"),
    "keep_pictures_months": ({}, "effacés à partir du 23 novembre 2027"),
    "keep_cases_years": ({}, "effacés à partir du 23 novembre 2031"),
}


class Undone(Exception):
    """What was set is as before."""


def test_what_a_setting_means_is_said_beside_it(open_app: Flask) -> None:
    with open_app.app_context():
        for name, (typed, words) in TOLD.items():
            with pytest.raises(Undone), writing():
                settings.put(typed, "tests", NOW)
                said = effects.of(name, NOW).replace("\xa0", " ").replace("\u202f", " ")
                raise Undone
            assert words in said, name


def test_whatever_is_set_every_sentence_can_be_said(open_app: Flask) -> None:
    with open_app.app_context():
        said = {name: effects.of(name, NOW) for name in effects.TELL}
    assert all(isinstance(words, str) for words in said.values())
    assert sum(bool(words) for words in said.values()) > 40


@pytest.mark.parametrize("words", ["delai minimum", "DÉLAI", "mot de passe", "la reunion", "d'apres les debits"])
def test_a_setting_is_found_whatever_the_accents(owner_client: FlaskClient, words: str) -> None:
    assert "/desk/settings/" in owner_client.get("/desk/settings", query_string={"q": words}).text.split("split")[1]
    assert "Aucun réglage" not in owner_client.get("/desk/settings", query_string={"q": words}).text


def test_what_is_called_so_comes_before_what_only_speaks_of_it() -> None:
    found = [one.name for one in settings.search("TVA")]
    assert found.index("vat_rate") < found.index("legal_name")


def test_a_setting_is_found_by_its_words(owner_client: FlaskClient) -> None:
    page = owner_client.get("/desk/settings?q=TARIF").text
    assert "/desk/settings/repair#fee" in page
    assert "Aucun réglage" in owner_client.get("/desk/settings", query_string={"q": "zzz"}).text


def test_a_trial_mail_goes_to_whoever_asks(open_app: Flask, owner_client: FlaskClient) -> None:
    assert owner_client.post("/desk/settings/mail/test").location == "/desk/mails"
    page = owner_client.get("/desk/mails").text
    assert "owner@shop.example" in page
    assert "Pas envoyé" in page


def test_a_paper_that_waited_for_an_answer_is_tried_again(
    open_app: Flask, owner_client: FlaskClient, booked_key: str, clock_: Clock
) -> None:
    with open_app.app_context():
        with writing():
            db.session.delete(db.session.get(settings.SettingRow, "mediator"))
            found = booking.find(booked_key)
            assert found is not None
            cases.propose(found.case, "repaired", "", found.staff.actor, NOW)
            cases.answer(found.case, True, "", NOW)
        while jobs.run_due(open_app.extensions["handlers"], clock_.now):
            pass
    assert "n’a pas pu être fait" in owner_client.get("/desk/papers").text
    kept = _page(open_app, "papers")
    clock_.pass_(seconds=30)  # the job's own next try is a minute away
    answer = owner_client.post("/desk/settings/papers", data=kept | {"mediator": "Médiation, 1 place, Paris"})
    assert answer.status_code == 303
    with open_app.app_context():
        while jobs.run_due(open_app.extensions["handlers"], clock_.now):
            pass
        found = booking.find(booked_key)
        assert found is not None
        assert papers.current(found.case) is not None


def _page(app: Flask, group: str) -> dict[str, str]:
    """A group's form as it comes back when nobody touched it."""
    with app.app_context():
        mine = [setting for setting in settings.SETTINGS.values() if setting.group == group]
        return {setting.name: setting.show(settings.get(setting.name)) for setting in mine}


def test_a_visit_changes_its_length_and_keeps_its_appointments(open_app: Flask, owner_client: FlaskClient) -> None:
    with open_app.app_context(), writing():
        appointment = book_visit(booking.services("repair")[0], TUESDAY_10)
        service, length = appointment.service_id, appointment.end - appointment.start
    box = f"service{service}-"
    typed = {box + "name": "Réparer ensemble", box + "minutes": "30", box + "pause": "5", box + "active": "y"}
    assert owner_client.post(f"/desk/services/{service}", data=typed).status_code == 303
    with open_app.app_context():
        changed = booking.services("repair")[0]
        assert (changed.name, changed.minutes, changed.pause) == ("Réparer ensemble", 30, 5)
        kept = db.session.scalars(db.select(booking.Appointment)).one()
        assert kept.end - kept.start == length


def test_a_visit_is_no_longer_offered_once_unticked(open_app: Flask, owner_client: FlaskClient) -> None:
    with open_app.app_context():
        service = booking.services("sale")[0].id
    box = f"service{service}-"
    owner_client.post(
        f"/desk/services/{service}", data={box + "name": "Achat", box + "minutes": "30", box + "pause": "0"}
    )
    with open_app.app_context():
        assert booking.services("sale") == []


def test_a_visit_of_no_length_is_refused(owner_client: FlaskClient, open_app: Flask) -> None:
    with open_app.app_context():
        service = booking.services("sale")[0].id
    box = f"service{service}-"
    typed = {box + "name": "", box + "minutes": "0", box + "pause": "demi"}
    answer = owner_client.post(f"/desk/services/{service}", data=typed)
    assert answer.status_code == 422
    for name in ("name", "minutes", "pause"):
        assert f'id="{box}{name}-why"' in answer.text
    assert owner_client.post("/desk/services/999", data=typed).status_code == 404


@pytest.mark.parametrize(
    ("name", "typed", "says"),
    [
        ("public_address", "ma box", "Une adresse comme 203.0.113.7"),
        ("stun_server", "stun.exemple.example", "Un nom et un port"),
        ("turn_urls", "relais.exemple.example", "turns:relais.exemple.example:443"),
        ("turn_urls", "turn:relais.exemple.example", "Donnez aussi le secret"),
    ],
)
def test_a_network_that_cannot_be_is_refused_in_words(
    owner_client: FlaskClient, name: str, typed: str, says: str
) -> None:
    answer = owner_client.post("/desk/settings/network", data={name: typed})
    assert answer.status_code == 422
    assert says in answer.text
    assert typed in answer.text
