"""The checklist on pages, without a script: staff write and tick, the customer reads and ticks, a gate is asked."""

from collections.abc import Iterator
from typing import Any

import pytest
from conftest import NOW, TUESDAY_10, Clock
from flask import Flask
from flask.testing import FlaskClient
from flask_socketio import SocketIOTestClient

from shopvisio import booking, cases, db, gates, steps, stops
from shopvisio.cases import Case
from shopvisio.guides import Guide
from shopvisio.steps import Wording
from shopvisio.web import guard
from shopvisio.web.wire import socketio

MEDIA = {"mic": True, "camera": "on", "sound": True, "voice": False}


def case_of(key: str) -> Case:
    appointment = booking.find(key)
    assert appointment is not None
    return appointment.case


@pytest.fixture
def desk(open_app: Flask, booked_key: str) -> str:
    """The desk's page of the case."""
    with open_app.app_context():
        return f"/desk/cases/{case_of(booked_key).key}"


@pytest.fixture
def written(open_app: Flask, booked_key: str) -> list[int]:
    """Three steps of the case, by their ids."""
    with open_app.app_context(), db.writing():
        case = case_of(booked_key)
        actor = booking.appointments(case)[0].staff.actor
        made = [steps.write(case, Wording(text), actor) for text in ("Ôter le couvercle", "Fermer l’eau", "Vider")]
        return [step.id for step in made]


def rows(app: Flask, key: str) -> list[tuple[str, bool]]:
    """The checklist as the base has it: text, whether done."""
    with app.app_context():
        return [(step.text, step.done is not None) for step in steps.of_case(case_of(key))]


# -- staff


def test_staff_write_order_change_and_remove_steps_without_a_script(
    open_app: Flask, repairer_client: FlaskClient, desk: str, booked_key: str
) -> None:
    for text in ("Fermer l’eau", "Vider", "Essuyer"):
        sent = {"text": text, "how": "Doucement.", "danger": "attention"}
        assert repairer_client.post(f"{desk}/steps", data=sent).status_code == 303
    first, _second, third = (step_id for step_id in range(1, 4))
    repairer_client.post(f"{desk}/steps/{third}/up")
    repairer_client.post(f"{desk}/steps/{first}", data={"text": "Fermer le robinet", "how": "", "danger": "danger"})
    assert [text for text, _done in rows(open_app, booked_key)] == ["Fermer le robinet", "Essuyer", "Vider"]
    page = repairer_client.get(f"{desk}/steps").text
    assert "Fermer le robinet" in page
    assert "Danger" in page
    repairer_client.post(f"{desk}/steps/{third}/remove")
    assert len(rows(open_app, booked_key)) == 2


def test_what_was_typed_is_kept_when_a_step_is_refused(repairer_client: FlaskClient, desk: str) -> None:
    answer = repairer_client.post(f"{desk}/steps", data={"text": "", "how": "Comme <b>ceci</b>", "danger": "danger"})
    assert answer.status_code == 422
    assert "Dites en une phrase ce qu’il faut faire" in answer.text
    assert "Comme &lt;b&gt;ceci&lt;/b&gt;" in answer.text
    told = repairer_client.post(f"{desk}/steps", data={"text": ""}, headers={"Accept": "application/json"})
    assert "une phrase" in told.get_json()["message"]


def test_staff_tick_on_the_case_page_and_come_back_to_it(
    open_app: Flask, repairer_client: FlaskClient, desk: str, booked_key: str, written: list[int]
) -> None:
    answer = repairer_client.post(f"{desk}/steps/{written[0]}/tick", data={"from": "case"})
    assert answer.headers["Location"].endswith("#steps")
    page = repairer_client.get(desk).text
    assert "1\u00a0sur 3" in page or "1 sur 3" in page
    assert "coche\u00a0: ôter le couvercle" in page
    assert rows(open_app, booked_key)[0] == ("Ôter le couvercle", True)


def test_a_ticked_step_is_neither_changed_nor_removed(
    repairer_client: FlaskClient, desk: str, written: list[int]
) -> None:
    repairer_client.post(f"{desk}/steps/{written[0]}/tick")
    assert repairer_client.post(f"{desk}/steps/{written[0]}/remove").status_code == 409
    assert repairer_client.post(f"{desk}/steps/{written[0]}", data={"text": "x"}).status_code == 409
    repairer_client.post(f"{desk}/steps/{written[0]}/untick")
    repairer_client.post(f"{desk}/steps/{written[0]}/remove")
    assert "laissée de côté" in repairer_client.get(f"{desk}/steps").text


def test_steps_of_another_case_are_out_of_reach(
    open_app: Flask, repairer_client: FlaskClient, stranger: FlaskClient, case_path: str, written: list[int], desk: str
) -> None:
    from conftest import book_visit

    with open_app.app_context(), db.writing():
        other = book_visit(booking.services("repair")[0], TUESDAY_10.replace(hour=13))
        other_desk, other_path = f"/desk/cases/{other.case.key}", f"/case/{guard.token_of(other.case)}"
    for client, path in ((repairer_client, other_desk), (stranger, other_path)):
        assert client.post(f"{path}/steps/{written[0]}/tick").status_code == 404
        assert client.get(f"{path}/steps/{written[0]}/picture").status_code == 404
    assert stranger.post(f"{desk}/steps/{written[0]}/tick").status_code in (302, 401)


# -- the customer


def test_the_customer_reads_the_steps_and_ticks_them_without_a_script(
    open_app: Flask, stranger: FlaskClient, case_path: str, booked_key: str, written: list[int]
) -> None:
    page = stranger.get(case_path).text
    assert "Les étapes" in page
    assert f'action="{case_path}/steps/{written[0]}/tick"' in page
    answer = stranger.post(f"{case_path}/steps/{written[0]}/tick")
    assert answer.headers["Location"].endswith("#steps")
    assert rows(open_app, booked_key)[0][1]
    stranger.post(f"{case_path}/steps/{written[0]}/untick")
    assert not rows(open_app, booked_key)[0][1]
    assert stranger.post(f"{case_path}/steps/{written[0]}/remove").status_code == 404


def test_the_telephone_shows_one_step_at_a_time_in_words(
    stranger: FlaskClient, case_path: str, written: list[int]
) -> None:
    piece = f"{case_path}/steps?piece=1"
    card = stranger.get(piece).text
    assert "Étape 1 sur 3" in card
    assert "Ôter le couvercle" in card
    assert "Fermer l’eau" not in card
    for step_id in written:
        stranger.post(f"{case_path}/steps/{step_id}/tick")
    assert "Toutes les étapes sont faites" in stranger.get(piece).text


# -- guides and their gate


def starter(name: str) -> Guide:
    found = db.db.session.query(Guide).filter_by(starter=name, language="fr").one()
    assert isinstance(found, Guide)
    return found


def test_a_guide_is_looked_for_looked_into_and_started_by_its_gate(
    open_app: Flask, repairer_client: FlaskClient, stranger: FlaskClient, desk: str, case_path: str, booked_key: str
) -> None:
    found = repairer_client.get(f"{desk}/steps?q=robinet+goutte").text
    assert "Robinet qui goutte" in found
    assert "Lave-vaisselle" not in found
    with open_app.app_context():
        key = starter("leaking-tap").key
    repairer_client.post(f"{desk}/start", data={"guide": key})
    assert "L’eau est-elle coupée" in stranger.get(case_path).text
    stranger.post(f"{case_path}/gate", data={"yes": "water"})
    stranger.post(f"{case_path}/gate", data={"no": "hot"})
    for page in (stranger.get(case_path).text, repairer_client.get(f"{desk}/steps").text):
        assert "On s’arrête là" in page
    assert rows(open_app, booked_key) == []
    repairer_client.post(f"{desk}/gate", data={"again": "yes"})
    stranger.post(f"{case_path}/gate", data={"yes": "hot"})
    repairer_client.post(f"{desk}/gate", data={"yes": "height"})
    assert len(rows(open_app, booked_key)) == 10
    assert "ouvre le guide" in repairer_client.get(desk).text


def test_nonsense_at_the_gate_meets_a_sentence(stranger: FlaskClient, case_path: str) -> None:
    for sent in ({}, {"yes": ""}, {"yes": "nonsense"}, {"no": "water"}, {"yes": "\x00"}):
        assert stranger.post(f"{case_path}/gate", data=sent).status_code == 409


def test_a_gate_can_be_given_up(open_app: Flask, repairer_client: FlaskClient, desk: str, booked_key: str) -> None:
    with open_app.app_context():
        key = starter("door-seal").key
    repairer_client.post(f"{desk}/start", data={"guide": key})
    repairer_client.post(f"{desk}/gate", data={"drop": "yes"})
    with open_app.app_context():
        assert gates.waiting(case_of(booked_key)) is None


# -- stop, danger, over the line and on pages


@pytest.fixture
def lines(
    open_app: Flask, stranger: FlaskClient, repairer_client: FlaskClient, case_path: str, booked_key: str, clock_: Clock
) -> Iterator[dict[str, SocketIOTestClient]]:
    """The customer and the repairer in their call."""
    clock_.now = TUESDAY_10
    token = case_path.rpartition("/")[2]
    opened = {
        "customer": socketio.test_client(
            open_app, auth={"case": token, "appointment": booked_key}, flask_test_client=stranger
        ),
        "repairer": socketio.test_client(open_app, auth={"appointment": booked_key}, flask_test_client=repairer_client),
    }
    for line in opened.values():
        assert "seat" in ask(line, "enter", MEDIA)
    yield opened
    for line in opened.values():
        line.disconnect()


def ask(line: SocketIOTestClient, event: str, payload: Any) -> dict[str, Any]:
    answer = line.emit(event, payload, callback=True)
    assert isinstance(answer, dict)
    return answer


def heard(line: SocketIOTestClient, name: str) -> list[Any]:
    found = [one["args"] for one in line.get_received() if one["name"] == name]
    return [args[0] if isinstance(args, list) else args for args in found]


def test_a_stop_is_told_to_both_at_once_and_lifted_with_a_reason_alone(
    lines: dict[str, SocketIOTestClient], repairer_client: FlaskClient, desk: str, written: list[int]
) -> None:
    assert ask(lines["customer"], "stop", {"cause": ""}) == {}
    for line in lines.values():
        assert [(told["stop"]["role"], told["stop"]["cause"]) for told in heard(line, "stopped")] == [("customer", "")]
    ask(lines["repairer"], "stop", {"cause": "gas"})
    assert heard(lines["customer"], "stopped")[-1]["stop"]["cause"] == "gas"
    assert ask(lines["customer"], "enter", MEDIA)["stopped"]["cause"] == "gas"  # who comes back sees it, too
    assert repairer_client.post(f"{desk}/steps/{written[0]}/tick").status_code == 409
    assert "Tout est arrêté" in repairer_client.get(desk).text
    json = {"Accept": "application/json"}
    assert "pourquoi" in repairer_client.post(f"{desk}/lift", data={"reason": " "}, headers=json).get_json()["message"]
    assert repairer_client.post(f"{desk}/lift", data={"reason": "Le gaz est fermé dehors."}).status_code == 303
    assert heard(lines["customer"], "stopped") == [{"stop": None}]
    assert repairer_client.post(f"{desk}/steps/{written[0]}/tick").status_code == 303
    assert repairer_client.post(f"{desk}/lift", data={"reason": "encore"}).status_code == 409
    story = repairer_client.get(desk).text
    for line in ("arrête tout pour danger", "précise le danger (du gaz)", "Le gaz est fermé dehors."):
        assert line in story


def test_a_third_person_stops_too_and_ticks_nothing(
    lines: dict[str, SocketIOTestClient], open_app: Flask, stranger: FlaskClient
) -> None:
    token = ask(lines["repairer"], "invite", {})["link"].rpartition("/")[2]
    paul = socketio.test_client(open_app, auth={"guest": token, "name": "Paul"}, flask_test_client=stranger)
    assert ask(paul, "enter", MEDIA)["stopped"] is None
    assert ask(paul, "stop", {"cause": "height"}) == {}
    assert heard(lines["repairer"], "stopped")[-1]["stop"]["name"] == "Paul"
    assert stranger.post(f"/case/{token}/steps/1/tick").status_code == 404
    paul.disconnect()


def test_nonsense_over_the_line_stops_nothing(
    lines: dict[str, SocketIOTestClient], open_app: Flask, booked_key: str
) -> None:
    for payload in ({}, {"cause": "feu"}, {"cause": 1}, {"cause": "", "x": 1}, "gas", None):
        assert ask(lines["customer"], "stop", payload)["error"] == "invalid"
    with open_app.app_context():
        assert stops.standing(case_of(booked_key)) is None


def test_while_everything_is_stopped_the_call_can_only_be_concluded_as_not_repaired(
    lines: dict[str, SocketIOTestClient], repairer_client: FlaskClient, desk: str, open_app: Flask, booked_key: str
) -> None:
    ask(lines["customer"], "stop", {"cause": "mains"})
    assert repairer_client.post(f"{desk}/propose", data={"outcome": "repaired", "words": "Fait."}).status_code == 409
    why = {"words": "Un fil nu.", "condition": "repairable", "barrier": "unsafe"}
    answer = repairer_client.post(f"{desk}/propose", data={"outcome": "not_repaired", **why})
    assert answer.status_code in (302, 303)
    with open_app.app_context():
        assert case_of(booked_key).outcome == "not_repaired"


def test_both_sides_hear_that_the_checklist_changed(
    lines: dict[str, SocketIOTestClient], repairer_client: FlaskClient, desk: str, stranger: FlaskClient, case_path: str
) -> None:
    repairer_client.post(f"{desk}/steps", data={"text": "Fermer l’eau"})
    assert [heard(line, "steps") for line in lines.values()] == [[{}], [{}]]
    stranger.post(f"{case_path}/steps/1/tick")
    assert [heard(line, "steps") for line in lines.values()] == [[{}], [{}]]


# -- roles


def test_a_seller_reads_guides_and_works_the_list_but_writes_no_guide(
    open_app: Flask, seller_client: FlaskClient, desk: str, written: list[int]
) -> None:
    assert seller_client.get(f"{desk}/steps").status_code == 200
    assert seller_client.post(f"{desk}/steps/{written[0]}/tick").status_code == 303
    assert seller_client.get("/desk/guides").status_code == 200
    with open_app.app_context():
        key = starter("door-seal").key
    assert seller_client.get(f"/desk/guides/{key}").status_code == 200
    for path in ("/desk/guides", f"/desk/guides/{key}/edit", f"/desk/guides/{key}/retired", f"{desk}/guide"):
        assert seller_client.post(path).status_code == 403, path


def test_a_closed_case_shows_its_steps_and_changes_none(
    open_app: Flask, repairer_client: FlaskClient, stranger: FlaskClient, desk: str, case_path: str, booked_key: str,
    written: list[int],
) -> None:  # fmt: skip
    with open_app.app_context(), db.writing():
        case = case_of(booked_key)
        cases.dismiss(case, "cancelled", booking.appointments(case)[0].staff.actor, NOW)
    assert "Ôter le couvercle" in repairer_client.get(f"{desk}/steps").text
    assert stranger.post(f"{case_path}/steps/{written[0]}/tick").status_code == 409
    assert repairer_client.post(f"{desk}/steps", data={"text": "x"}).status_code == 409
