"""Is it ready: what is asked, what is told, and to whom."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shopvisio.web import health


@pytest.fixture(autouse=True)
def ask_afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_last", None)


def test_staff_see_each_part(owner_client: FlaskClient) -> None:
    answer = owner_client.get("/readyz")
    assert (answer.status_code, answer.json) == (200, {"base": True, "disk": True, "relay": True})


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
    assert answer.json == {"base": True, "disk": True, "relay": False}


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
