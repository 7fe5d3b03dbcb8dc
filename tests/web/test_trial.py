"""The page to try a device on: what it keeps, whom it tells, and how little of the relay it may take."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from conftest import NOW, TUESDAY_10, Clock, FakeRelay, book_visit
from flask import Flask
from flask.testing import FlaskClient

from shopvisio import booking, db, settings
from shopvisio.web import guard, trial

FINE = {"camera": "yes", "mic": "yes", "sound": "yes", "loss": "0", "rtt": "41.5", "rate": "1180"}


@pytest.fixture(autouse=True)
def nobody_tries() -> Iterator[None]:
    yield
    trial._rooms.clear()
    trial._begun.clear()


def dial(client: FlaskClient, path: str, **other: object) -> tuple[int, dict[str, str]]:
    sent = {"run": "0123456789ab", "seat": "out", "sdp": "v=0", **other}
    answer = client.post(f"{path}/dial", json=sent, headers={"Accept": "application/json"})
    return answer.status_code, answer.get_json()


def another_path(app: Flask, hours: int) -> str:
    with app.app_context():
        with db.writing():
            case = book_visit(booking.services("repair")[0], TUESDAY_10 + timedelta(hours=hours)).case
        return f"/case/{guard.token_of(case)}/trial"


def test_what_was_found_is_kept_and_told_to_the_shop(
    stranger: FlaskClient, repairer_client: FlaskClient, case_path: str, booked_key: str
) -> None:
    agent = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_2) Version/18.2 Mobile/15E148 Safari/604.1"}
    answer = stranger.post(f"{case_path}/trial", data={**FINE, "rate": "310"}, headers=agent)
    assert (answer.status_code, answer.location) == (303, f"{case_path}/trial?done=1")
    page = stranger.get(answer.location).text
    assert "Votre connexion est faible" in page
    assert "La voix passera, l’image peut-être pas" in page
    assert "connexion faible" in stranger.get(case_path).text
    case_page = repairer_client.get(f"/desk/cases/{_case_key(stranger.application, booked_key)}").text
    assert "Safari, iPhone" in case_page
    assert "310 kbit/s" in case_page
    assert "teste son matériel" in case_page
    assert "Connexion faible" in repairer_client.get("/desk/day/2026-11-24").text


def _case_key(app: Flask, key: str) -> str:
    with app.app_context():
        found = booking.find(key)
        assert found is not None
        return found.case.key


def test_before_it_was_tried_the_customer_is_led_there_and_the_shop_told_so(
    stranger: FlaskClient, repairer_client: FlaskClient, case_path: str, booked_key: str
) -> None:
    assert f'href="{case_path}/trial"' in stranger.get(case_path).text
    case_page = repairer_client.get(f"/desk/cases/{_case_key(stranger.application, booked_key)}").text
    assert "Pas encore testé" in case_page


def test_a_colleague_tries_their_own_and_nothing_is_kept(repairer_client: FlaskClient, open_app: Flask) -> None:
    assert "Commencer le test" in repairer_client.get("/desk/trial").text
    assert "Tout est prêt" in repairer_client.post("/desk/trial", data=FINE).text
    with open_app.app_context():
        from shopvisio.trials import Trial

        assert db.db.session.query(Trial).count() == 0


@pytest.mark.parametrize("figures", [{"rate": ""}, {"loss": "nan"}, {"rtt": "-1"}, {"loss": "2"}, {"rate": "1e9"}])
def test_figures_that_no_page_sends_are_refused(stranger: FlaskClient, case_path: str, figures: dict[str, str]) -> None:
    answer = stranger.post(f"{case_path}/trial", data={**FINE, **figures})
    assert answer.status_code == 422
    assert "Refaites-le" in answer.text


def test_the_page_calls_itself_in_a_room_of_its_own(stranger: FlaskClient, case_path: str, open_app: Flask) -> None:
    assert dial(stranger, f"{case_path}/trial") == (200, {"answer": "v=0 answer"})
    assert dial(stranger, f"{case_path}/trial", seat="in")[0] == 200
    relay: FakeRelay = open_app.extensions["relay"]
    rooms = {room for room, _seat in relay.joined}
    assert len(rooms) == 1
    assert next(iter(rooms)).startswith("trial:case:")


@pytest.mark.parametrize(
    "other", [{"seat": "customer"}, {"run": "../x"}, {"run": 7}, {"sdp": None}, {"sdp": "x" * 60_001}]
)
def test_nonsense_is_refused(stranger: FlaskClient, case_path: str, other: dict[str, object]) -> None:
    assert dial(stranger, f"{case_path}/trial", **other)[0] == 422
    assert stranger.post(f"{case_path}/trial/dial", data="[1]", content_type="application/json").status_code == 422


def test_few_may_try_at_once_and_a_room_ends_by_itself(
    stranger: FlaskClient, case_path: str, open_app: Flask, clock_: Clock
) -> None:
    paths = [f"{case_path}/trial", another_path(open_app, 1), another_path(open_app, 4)]
    assert [dial(stranger, path)[0] for path in paths] == [200, 200, 409]
    assert dial(stranger, paths[0], run="newer-run-1")[0] == 200  # one's own older room makes place
    clock_.pass_(seconds=26)
    assert dial(stranger, paths[2])[0] == 200


def test_who_has_finished_makes_place_at_once(stranger: FlaskClient, case_path: str, open_app: Flask) -> None:
    paths = [f"{case_path}/trial", another_path(open_app, 1), another_path(open_app, 4)]
    assert [dial(stranger, path)[0] for path in paths] == [200, 200, 409]
    stranger.post(paths[0], data=FINE)
    assert dial(stranger, paths[2])[0] == 200
    assert len(open_app.extensions["relay"].left) == 2


def test_the_same_link_does_not_try_without_end(stranger: FlaskClient, case_path: str, clock_: Clock) -> None:
    tries = [dial(stranger, f"{case_path}/trial", run=f"run-number-{n}")[0] for n in range(trial.OFTEN + 1)]
    assert tries == [200] * trial.OFTEN + [409]
    clock_.pass_(minutes=11)
    assert dial(stranger, f"{case_path}/trial", run="run-number-again")[0] == 200


def test_the_servers_are_those_of_the_call(stranger: FlaskClient, case_path: str, open_app: Flask) -> None:
    assert 'data-turn="[]"' in stranger.get(f"{case_path}/trial").text
    with open_app.app_context(), db.writing():
        settings.put({"turn_urls": "turn:relais.exemple.example", "turn_secret": "une longue phrase"}, "tests", NOW)
    assert "turn:relais.exemple.example" in stranger.get(f"{case_path}/trial").text
