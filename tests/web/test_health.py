"""Is it ready: what is asked, what is told, and to whom."""

from datetime import timedelta

import pytest
from conftest import PASSWORD, Clock
from flask import Flask
from flask.testing import FlaskClient

from shopvisio.certificate import Keeper
from shopvisio.config import Config
from shopvisio.web import health


@pytest.fixture(autouse=True)
def ask_afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_last", None)


def test_staff_see_each_part(owner_client: FlaskClient) -> None:
    answer = owner_client.get("/readyz")
    assert (answer.status_code, answer.json) == (200, dict.fromkeys(health.CHECKS, True))
    assert list(health.CHECKS) == ["base", "disk", "relay", "certificate", "clock", "papers"]


def test_strangers_learn_only_whether(stranger: FlaskClient) -> None:
    assert stranger.get("/readyz").text == "ok\n"


def test_a_part_that_fails_makes_it_not_ready(
    stranger: FlaskClient, open_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "ROOM", 1 << 60)
    answer = stranger.get("/readyz")
    assert (answer.status_code, answer.text) == (503, "not ok\n")


def test_without_a_relay_it_is_not_ready(owner_client: FlaskClient, open_app: Flask) -> None:
    del open_app.extensions["relay"]
    answer = owner_client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {**dict.fromkeys(health.CHECKS, True), "relay": False}


def test_a_certificate_that_is_nearly_over_makes_it_not_ready(
    owner_client: FlaskClient, open_app: Flask, clock_: Clock, settled: Config
) -> None:
    keeper = open_app.extensions["certificate"] = Keeper(settled, clock_.now)
    assert owner_client.get("/readyz").status_code == 200
    clock_.now = keeper.served.until - timedelta(days=2)
    health._last = None
    assert sign_in(open_app).get("/readyz").json == {**dict.fromkeys(health.CHECKS, True), "certificate": False}


def test_a_clock_behind_what_was_written_makes_it_not_ready(open_app: Flask, clock_: Clock, case_path: str) -> None:
    clock_.pass_(hours=-2)
    assert sign_in(open_app).get("/readyz").json == {**dict.fromkeys(health.CHECKS, True), "clock": False}


def sign_in(app: Flask) -> FlaskClient:
    """The owner, whose sign-in is of this very time."""
    client = app.test_client()
    client.post("/signin", data={"email": "owner@shop.example", "password": PASSWORD})
    return client


def test_an_answer_is_kept_for_a_while(stranger: FlaskClient, open_app: Flask) -> None:
    assert stranger.get("/readyz").status_code == 200
    del open_app.extensions["relay"]
    assert stranger.get("/readyz").status_code == 200


def test_asking_leaves_nothing_in_the_base(stranger: FlaskClient, open_app: Flask) -> None:
    from sqlalchemy import inspect

    from shopvisio.db import db

    stranger.get("/readyz")
    with open_app.app_context():
        assert "ready_probe" not in inspect(db.engine).get_table_names()
