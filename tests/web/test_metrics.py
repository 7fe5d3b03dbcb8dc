"""Figures for Prometheus: shut until there is a token, read by Prometheus' own parser."""

import pytest
from conftest import NOW, FakeRelay
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families as parse

from shopvisio import __version__, config, mail, settings
from shopvisio.backup.keeping import Backup
from shopvisio.certificate import Keeper
from shopvisio.db import db, writing
from shopvisio.errors import Invalid

TOKEN = "dGhlIG93bmVyJ3Mgb3du-7Xy"
KNOWN = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def watched(open_app: Flask, booked_key: str) -> Flask:
    """A shop whose owner wrote a token; a visit is booked tomorrow, a mail waits, a backup was made."""
    with open_app.app_context(), writing():
        settings.put({"metrics_token": TOKEN, "smtp_host": "mail.example"}, "tests", NOW)
        mail.send_test("owner@shop.example", "fr", NOW)
        db.session.add(Backup(made=NOW, by="", path="/nowhere", size=1, sha256="", elsewhere=False))
    return open_app


def figures(app: Flask) -> dict[str, float]:
    """What Prometheus reads."""
    answer = app.test_client().get("/metrics", headers=KNOWN)
    assert (answer.status_code, answer.content_type) == (200, "text/plain; version=0.0.4; charset=utf-8")
    families = list(parse(answer.text))
    assert all(family.type == "gauge" and family.documentation for family in families)
    assert [sample.labels for sample in families[0].samples] == [{"version": __version__}]
    return {sample.name.removeprefix("shopvisio_"): sample.value for family in families for sample in family.samples}


def test_there_is_no_such_page_without_a_token(open_app: Flask, owner_client: FlaskClient) -> None:
    for client in (open_app.test_client(), owner_client):
        assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_who_does_not_know_the_token_reads_nothing(watched: Flask, owner_client: FlaskClient) -> None:
    for given in ("", "Bearer", f"Bearer {TOKEN}x", f"Basic {TOKEN}", f"bearer {TOKEN[:-1]}", "Bearer é"):
        answer = watched.test_client().get("/metrics", headers={"Authorization": given})
        assert (answer.status_code, answer.text) == (401, ""), given
    assert owner_client.get("/metrics").status_code == 401


def test_the_figures_are_those_of_the_shop(watched: Flask, settled: config.Config) -> None:
    watched.extensions["certificate"] = kept = Keeper(settled, NOW)
    found = figures(watched)
    assert found["visits_today"] == 0
    assert found["mails_waiting"] >= 1
    assert (found["mails_failed"], found["calls"], found["relay_up"]) == (0, 0, 1)
    assert found["backup_timestamp_seconds"] == NOW.timestamp()
    assert found["certificate_expiry_timestamp_seconds"] == kept.served.until.timestamp()
    assert found["disk_free_bytes"] > found["memory_bytes"] > 10 << 20


def test_visits_count_on_their_day(watched: Flask, clock_) -> None:  # noqa: ANN001
    clock_.pass_(days=1)
    assert figures(watched)["visits_today"] == 1


def test_a_relay_that_does_not_answer_is_told_and_the_rest_too(
    watched: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dead(_relay: FakeRelay) -> None:
        raise OSError("gone")

    monkeypatch.setattr(FakeRelay, "stats", dead)
    found = figures(watched)
    assert found["relay_up"] == 0
    assert "calls" not in found
    assert "memory_bytes" in found


def test_a_token_that_could_be_guessed_is_refused(open_app: Flask) -> None:
    with open_app.app_context():
        for token in ("court", "avec des espaces partout", "é" * 20):
            with pytest.raises(Invalid):
                settings.read({"metrics_token": token})
