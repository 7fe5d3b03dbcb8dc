"""The backups on the desk, and the way back on a new appliance: what the owner reads, and what nobody else may."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from conftest import NOW, PASSWORD, Clock
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from shopvisio import cases, config
from shopvisio.accounts import APPLIANCE
from shopvisio.backup import keeping, restoring
from shopvisio.backup.keeping import Backup
from shopvisio.cases import Case
from shopvisio.db import db, writing
from shopvisio.jobs import Job
from shopvisio.mail import Mail
from shopvisio.upkeep import Upkeep

ROOT = Path(__file__).parents[2]
KEY = re.compile(r"AGE-SECRET-KEY-1[A-Z0-9]{58}")


def new_key(client: FlaskClient, **typed: str) -> str:
    """The key on the page that shows it once."""
    page = client.post("/desk/backups/key", data=typed).text
    found = KEY.search(re.sub(r"<[^>]+>", "", page.split('class="recovery"')[1].partition("</p>")[0].partition(">")[2]))
    assert found
    return found[0]


@pytest.fixture
def backed_up(owner_client: FlaskClient, open_app: Flask) -> str:
    """The key of a shop whose first backup is made; its test by night is another story."""
    key = new_key(owner_client)
    with open_app.app_context():
        Upkeep(open_app.config["SHOP"]).back_up("Claire Fontaine", NOW)
        with writing():
            db.session.execute(update(Job).values(state="done"))
            db.session.execute(update(Backup).values(tested=NOW))
    return key


def taken(client: FlaskClient) -> bytes:
    """The first backup, downloaded."""
    with client.post("/desk/backups/1/file") as answer:
        assert ".tar.age" in answer.headers["Content-Disposition"]
        return answer.data


def test_that_a_backup_was_taken_away_stands_in_the_log(owner_client: FlaskClient, backed_up: str) -> None:
    taken(owner_client)
    assert "Sauvegarde téléchargée, 2026-11-23 08:00Z" in owner_client.get("/desk/acts").text


def test_a_shop_without_a_key_is_told_so_until_it_has_one(
    owner_client: FlaskClient, run_jobs: Callable[[], int]
) -> None:
    assert "La boutique n’est pas sauvegardée" in owner_client.get("/desk").text
    assert "Créer la clé de secours" in owner_client.get("/desk/backups").text
    owner_client.post("/desk/backups")
    run_jobs()
    assert keeping_rows(owner_client) == 0
    key = new_key(owner_client)
    assert "en cours" in owner_client.get("/desk/backups").text
    run_jobs()
    page = owner_client.get("/desk/backups").text
    assert key not in page
    assert keeping_rows(owner_client) == 1
    assert "même disque que la boutique" in page, "never silently beside the base"
    desk = owner_client.get("/desk").text
    assert "n’est pas sauvegardée" not in desk
    assert "Sauvegarde rouverte et contrôlée" in desk, "the first one was opened again at once"


def keeping_rows(client: FlaskClient) -> int:
    return client.get("/desk/backups").text.count("Télécharger<")


def test_a_second_key_is_made_only_for_who_understood(owner_client: FlaskClient, backed_up: str) -> None:
    refused = owner_client.post("/desk/backups/key", follow_redirects=True).text
    assert "recovery" not in refused
    assert "Cochez la case" in refused
    assert new_key(owner_client, again="y") != backed_up
    history = owner_client.get("/desk/settings/data").text
    assert backed_up not in history


def test_a_download_is_the_file_and_is_noted(owner_client: FlaskClient, backed_up: str) -> None:
    assert taken(owner_client).startswith(b"age-encryption.org/v1")
    assert "téléchargée le" in owner_client.get("/desk/backups").text
    assert owner_client.post("/desk/backups/99/file").status_code == 404


def test_a_backup_that_fails_or_stops_is_on_the_desk(
    owner_client: FlaskClient, open_app: Flask, backed_up: str, clock_: Clock, monkeypatch: pytest.MonkeyPatch,
    run_jobs: Callable[[], int],
) -> None:  # fmt: skip
    monkeypatch.setattr(keeping, "SPARE", 1 << 60)
    owner_client.post("/desk/backups")
    run_jobs()
    assert "plus assez de place" in owner_client.get("/desk").text
    monkeypatch.undo()
    monkeypatch.setattr("shopvisio.clock.now", lambda: clock_.now)
    clock_.pass_(minutes=2)
    run_jobs()
    assert "plus assez de place" not in owner_client.get("/desk").text
    clock_.pass_(days=4)
    assert "Pas de sauvegarde depuis" in owner_client.get("/desk").text


def test_nobody_but_the_owner_comes_near(seller_client: FlaskClient, stranger: FlaskClient) -> None:
    for path in ("/desk/backups", "/desk/backups/1/file", "/desk/backups/key", "/desk/backups/test"):
        assert seller_client.post(path).status_code == 403
        assert stranger.post(path).status_code == 401


# -- the way back


@pytest.fixture
def fresh(tmp_path: Path, clock_: Clock) -> tuple[Flask, config.Config]:
    """A new appliance that nobody has claimed."""
    from shopvisio.app import create_app

    settled = config.load({"SHOPVISIO_DATA": str(tmp_path / "fresh")})
    app = create_app(settled)
    app.testing = True
    app.config["WTF_CSRF_ENABLED"] = False
    return app, settled


def bring(client: FlaskClient, file: bytes, key: str = "") -> TestResponse:
    """A backup sent by a form."""
    boundary, body = encode_multipart({"file": FileStorage(BytesIO(file), "a.tar.age"), "key": key})
    return client.post("/claim/restore/file", data=body, content_type=f"multipart/form-data; boundary={boundary}")


def code_of(app: Flask) -> str:
    return str(app.extensions["claim"].code(NOW))


def test_a_new_appliance_becomes_the_shop_of_the_backup(
    owner_client: FlaskClient, open_app: Flask, backed_up: str, fresh: tuple[Flask, config.Config]
) -> None:
    file = taken(owner_client)
    app, settled = fresh
    begun: list[str] = []
    app.extensions["begin_again"] = lambda: begun.append("again")
    client = app.test_client()
    assert "J’ai une sauvegarde" in client.get("/claim").text
    assert client.post("/claim/restore", data={"code": "AAAA"}).status_code == 422
    assert client.post("/claim/restore/file", data={"key": backed_up}).status_code == 303, "first the code"
    client.post("/claim/restore", data={"code": code_of(app)})
    wrong = bring(client, file[:-9], backed_up)
    assert (wrong.status_code, begun) == (422, [])
    assert "abîmé" in wrong.text
    answer = bring(client, file, backed_up)
    assert "entière et juste" in answer.text
    assert begun == ["again"]
    assert restoring.put_in_place(settled.data)
    from shopvisio.app import create_app

    again = create_app(config.load({"SHOPVISIO_DATA": str(settled.data)}))
    again.config["WTF_CSRF_ENABLED"] = False
    client = again.test_client()
    signed = client.post("/signin", data={"email": "owner@shop.example", "password": PASSWORD})
    assert signed.status_code == 303
    assert client.get("/claim/restore").status_code == 404
    assert client.post("/claim/restore", data={"code": "AAAA"}).status_code == 404
    assert client.post("/claim/restore/file").status_code == 404


def test_a_shop_that_is_claimed_cannot_be_restored_over(stranger: FlaskClient) -> None:
    for way in (stranger.get, stranger.post):
        assert way("/claim/restore").status_code == 404
    assert bring(stranger, b"x" * (2 << 20)).status_code in (404, 413)


def test_a_stranger_cannot_fill_the_disk_of_a_new_appliance(fresh: tuple[Flask, config.Config]) -> None:
    app, _settled = fresh
    app.config["WTF_CSRF_ENABLED"] = True  # what reads a form before any view does
    assert bring(app.test_client(), b"x" * (2 << 20)).status_code == 413


# -- the rights of a customer


def test_the_owner_hands_over_and_erases_what_is_kept_of_a_customer(
    owner_client: FlaskClient, seller_client: FlaskClient, open_app: Flask, case_path: str, clock_: Clock
) -> None:
    with open_app.app_context():
        [case] = db.session.query(Case)
        key = case.key
    page = f"/desk/cases/{key}/person"
    assert seller_client.get(page).status_code == 403
    assert "Ses données" in owner_client.get(f"/desk/cases/{key}").text
    assert "Ses données" not in seller_client.get(f"/desk/cases/{key}").text
    with owner_client.post(f"{page}/copy", data={"case": key}) as copy:
        assert copy.mimetype == "application/zip"
        assert copy.data.startswith(b"PK")
    assert list((Path(open_app.config["SHOP"].arriving)).glob("*.zip")) == []
    assert "en cours" in owner_client.post(f"{page}/erase", data={"case": key, "word": "effacer"}).text
    with open_app.app_context(), writing():
        cases.dismiss(db.session.query(Case).one(), "cancelled", APPLIANCE, clock_.pass_(minutes=1))
    assert owner_client.post(f"{page}/erase", data={"case": key}).status_code == 422, "the word is wanted"
    assert owner_client.post(f"{page}/erase", data={"case": "other", "word": "EFFACER"}).status_code == 422
    done = owner_client.post(f"{page}/erase", data={"case": key, "word": "effacer"}, follow_redirects=True)
    assert "Marie-Antoinette" not in done.text
    assert owner_client.get(f"/desk/cases/{key}").status_code == 404
    assert owner_client.get(case_path).status_code == 404
    with open_app.app_context():
        key = db.session.query(Case).one().key
    page_after = owner_client.get(f"/desk/cases/{key}").text
    assert "Effacé du dossier par Claire Fontaine" in page_after
    assert "Personne effacée" in page_after
    assert owner_client.get("/desk/cases?state=all").status_code == 200


# -- locked out


def test_a_locked_out_owner_is_let_in_from_the_machine_alone_and_told(
    owner_client: FlaskClient, stranger: FlaskClient, settled: config.Config, open_app: Flask
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "shopvisio", "reset-admin"], env={**os.environ, "SHOPVISIO_DATA": str(settled.data)},
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    email, password, *_then = done.stdout.splitlines()
    assert owner_client.get("/desk").status_code == 302, "sign-ins made with the old password are over"
    assert stranger.post("/signin", data={"email": email, "password": PASSWORD}).status_code == 422
    assert stranger.post("/signin", data={"email": email, "password": password}).status_code == 303
    with open_app.app_context():
        told = {mail.to: mail.text for mail in db.session.scalars(select(Mail).where(Mail.name == "reset"))}
    assert email in told
    assert all(password not in text for text in told.values())
