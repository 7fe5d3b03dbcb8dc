"""Recording a call: off by default, only while everybody there has said yes, ended by anybody, gone after some days."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from conftest import FakeRelay
from flask import Flask
from flask.testing import FlaskClient
from flask_socketio import SocketIOTestClient
from test_guest import invitation
from test_signalling import MEDIA, Lines, ask, customer, due, heard, line, nobody_stays, repairer, token

from shopvisio import booking, db, recordings, settings
from shopvisio.accounts import APPLIANCE
from shopvisio.backup import sealed
from shopvisio.errors import Unavailable
from shopvisio.privacy import forgetting, person
from shopvisio.recorder import Written
from shopvisio.web import recorders, signalling

__all__ = ["customer", "due", "invitation", "line", "nobody_stays", "repairer", "token"]

FILM = bytes(range(256)) * 40
MARIE = "Marie-Antoinette Delaunay-Charpentier"


class FakeRecorder:
    """Stands in for the child process: it notes what it is told."""

    made: ClassVar[list["FakeRecorder"]] = []
    works = True

    def __init__(self, folder: Path, files: Mapping[int, str], limit: int, spare: int) -> None:
        self.folder, self.files, self.is_over = folder, files, False
        self.socket = object()
        FakeRecorder.made.append(self)

    def start(self, ended: Callable[[Written], None]) -> None:
        """At once, or not at all."""
        if not FakeRecorder.works:
            raise Unavailable

    def end(self) -> None:
        """No more comes."""
        self.is_over = True

    def write(self) -> dict[str, tuple[float, int]]:
        """Its files of the customer and of staff are there."""
        self.folder.mkdir(exist_ok=True)
        for place in (0, 1):
            (self.folder / self.files[place]).write_bytes(FILM)
        return {self.files[0]: (61.0, len(FILM)), self.files[1]: (60.0, len(FILM))}


@pytest.fixture(autouse=True)
def fakes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(recorders, "Recorder", FakeRecorder)
    FakeRecorder.made, FakeRecorder.works = [], True
    yield
    recorders._live.clear()


@pytest.fixture
def inside(customer: SocketIOTestClient, repairer: SocketIOTestClient) -> None:
    """Both are in the call."""
    for page in (customer, repairer):
        assert "error" not in ask(page, "enter", MEDIA)


@pytest.fixture
def on(open_app: Flask, inside: None, due: Any) -> None:
    """They are, and the owner lets calls be recorded."""
    with open_app.app_context(), db.writing():
        settings.put({"recording": "yes"}, "owner", due.now)


@pytest.fixture
def running(on: None, customer: SocketIOTestClient, repairer: SocketIOTestClient) -> FakeRecorder:
    """What writes the call once both have said yes."""
    ask(repairer, "record", {})
    ask(customer, "agree", {"yes": True})
    (recorder,) = FakeRecorder.made
    return recorder


def copied(app: Flask) -> list[bool]:
    """What the relay was told, each time: to copy or not."""
    relay = app.extensions["relay"]
    assert isinstance(relay, FakeRelay)
    return [is_on for _room, is_on in relay.recorded]


def story(app: Flask, key: str) -> list[tuple[str, str]]:
    """What was done about recordings, and by whom."""
    with app.app_context():
        visit = booking.find(key)
        assert visit is not None
        return [(one.kind, one.actor) for one in visit.case.journal if one.kind.startswith("recording")]


def told(page: SocketIOTestClient) -> Any:
    """How it stands, as the page was told last."""
    return heard(page, "recording")[-1]


def test_nothing_can_be_recorded_by_default(
    inside: None, repairer: SocketIOTestClient, open_app: Flask, repairer_client: FlaskClient, booked_key: str
) -> None:
    assert ask(repairer, "record", {})["error"] == "forbidden"
    assert copied(open_app) == []
    assert 'data-act="record"' not in repairer_client.get(f"/desk/appointments/{booked_key}/call").text


def test_it_begins_once_both_have_said_yes_and_either_ends_it(
    on: None, customer: SocketIOTestClient, repairer: SocketIOTestClient, open_app: Flask, booked_key: str
) -> None:
    assert ask(customer, "record", {})["error"] == "forbidden"
    assert "error" not in ask(repairer, "record", {})
    asked = told(customer)["recording"]
    assert (asked["state"], asked["seats"]) == ("asked", ["customer"])
    assert FakeRecorder.made == copied(open_app) == []
    assert "error" not in ask(customer, "agree", {"yes": True})
    assert told(customer)["recording"]["state"] == told(repairer)["recording"]["state"] == "running"
    assert copied(open_app) == [True]
    assert ask(customer, "enter", MEDIA)["recording"]["state"] == "running", "after a reload, too"
    assert "error" not in ask(customer, "unrecord", {})
    assert copied(open_app) == [True, False]
    assert FakeRecorder.made[0].is_over
    assert told(repairer) == {"recording": None, "over": {"why": "stopped", "name": MARIE}}
    acts = [("asked", "staff"), ("yes", "customer"), ("began", "appliance"), ("ended", "customer")]
    assert story(open_app, booked_key) == [(f"recording_{kind}", actor) for kind, actor in acts]
    with open_app.app_context():
        made = db.db.session.query(recordings.Recording).one()
        assert [(one.actor, one.is_yes) for one in made.answers] == [("staff", True), ("customer", True)]
    assert ask(customer, "unrecord", {})["error"] == "conflict"


def test_a_no_records_nothing(
    on: None, customer: SocketIOTestClient, repairer: SocketIOTestClient, open_app: Flask, booked_key: str
) -> None:
    ask(repairer, "record", {})
    assert "error" not in ask(customer, "agree", {"yes": False})
    assert told(repairer) == {"recording": None, "over": {"why": "refused", "name": MARIE}}
    assert FakeRecorder.made == copied(open_app) == []
    assert story(open_app, booked_key)[-1] == ("recording_no", "customer")
    assert ask(customer, "agree", {"yes": True})["error"] == "conflict", "nothing is asked any more"


def test_who_joins_later_is_asked_too_and_nothing_is_recorded_meanwhile(
    running: FakeRecorder, customer: SocketIOTestClient, open_app: Flask, line: Lines, invitation: str
) -> None:
    jeanne = line(open_app.test_client(), guest=invitation, name="Jeanne")
    assert ask(jeanne, "enter", MEDIA)["recording"]["seats"] == ["guest"]
    assert copied(open_app) == [True, False]
    assert told(customer)["recording"]["state"] == "paused"
    ask(jeanne, "agree", {"yes": True})
    assert copied(open_app) == [True, False, True]
    assert told(customer)["recording"]["state"] == "running"
    ask(jeanne, "agree", {"yes": False})
    assert copied(open_app) == [True, False, True, False]
    assert told(customer)["recording"] is None
    assert running.is_over


def test_it_ends_when_everybody_has_left_and_not_before(
    running: FakeRecorder, customer: SocketIOTestClient, repairer: SocketIOTestClient, open_app: Flask, booked_key: str
) -> None:
    ask(customer, "leave", {})
    assert not running.is_over
    ask(repairer, "leave", {})
    assert running.is_over
    assert story(open_app, booked_key)[-1] == ("recording_cut", "appliance")


def test_it_ends_with_the_call(running: FakeRecorder, open_app: Flask, booked_key: str) -> None:
    with open_app.test_request_context():
        visit = booking.find(booked_key)
        assert visit is not None
        signalling.end(visit)
    assert running.is_over
    assert copied(open_app)[-1] is False


def test_without_a_recorder_or_without_room_it_says_so(
    on: None, customer: SocketIOTestClient, repairer: SocketIOTestClient, open_app: Flask, due: Any
) -> None:
    FakeRecorder.works = False
    ask(repairer, "record", {})
    ask(customer, "agree", {"yes": True})
    assert told(repairer)["over"]["why"] == "failed"
    with open_app.app_context(), db.writing():
        settings.put({"recording_gigabytes": "1"}, "owner", due.now)
    with (open_app.config["SHOP"].uploads / "another.webm").open("wb") as growing:
        growing.truncate(recordings.GIGABYTE)
    assert "place" in ask(repairer, "record", {})["message"]


@pytest.fixture
def kept(running: FakeRecorder, repairer: SocketIOTestClient, open_app: Flask) -> list[str]:
    """The names of the two files of a recording that is over."""
    ask(repairer, "unrecord", {})
    with open_app.app_context(), db.writing():
        made = db.db.session.query(recordings.Recording).one()
        recordings.written(made.id, running.write())
        return [one.file for one in made.files]


def test_staff_alone_play_them_by_parts_and_may_erase_them(
    kept: list[str],
    open_app: Flask,
    booked_key: str,
    stranger: FlaskClient,
    repairer_client: FlaskClient,
    case_path: str,
) -> None:
    with open_app.app_context():
        visit = booking.find(booked_key)
        assert visit is not None
        desk, (made,) = f"/desk/cases/{visit.case.key}", recordings.of_case(visit.case)
        number, file = made.id, made.files[0].id
    assert repairer_client.get(desk).text.count("<video") == 2
    with repairer_client.get(f"{desk}/recording/{file}.webm", headers={"Range": "bytes=256-511"}) as part:
        assert (part.status_code, part.data, part.mimetype) == (206, FILM[256:512], "video/webm")
    assert stranger.get(f"{desk}/recording/{file}.webm").status_code in (302, 303)
    assert "webm" not in stranger.get(case_path).text
    assert repairer_client.get(f"{desk}/recording/999.webm").status_code == 404
    assert repairer_client.post(f"{desk}/recording/{number}/erase").status_code == 303
    assert repairer_client.get(f"{desk}/recording/{file}.webm").status_code == 404
    assert not [name for name in kept if (open_app.config["SHOP"].uploads / name).exists()]
    assert story(open_app, booked_key)[-1] == ("recording_erased", "staff")


def test_a_copy_of_somebodys_data_holds_them_and_a_backup_does_not(
    kept: list[str], open_app: Flask, booked_key: str, due: Any
) -> None:
    data = open_app.config["SHOP"].data
    with open_app.app_context():
        visit = booking.find(booked_key)
        assert visit is not None
        about = person.told(visit.case, [])
        asked = person.order([(visit.case, about)], data / "uploads", data / "shop.db", data / "x.zip", due.now)
    assert [file for _name, file in asked["films"]] == kept[:2]
    assert any(MARIE in line and "oui" in line for line in about["Enregistrement"])
    assert not [name for name, _path in sealed._members(data) if name.endswith(".webm")]
    assert (data / "uploads" / kept[0]).exists()


def test_one_with_gaps_says_how_much_is_missing_over_all_its_parts(
    running: FakeRecorder,
    customer: SocketIOTestClient,
    open_app: Flask,
    repairer_client: FlaskClient,
    line: Lines,
    invitation: str,
) -> None:
    relay = open_app.extensions["relay"]
    relay.copied = (1000, 3)
    jeanne = line(open_app.test_client(), guest=invitation, name="Jeanne")
    ask(jeanne, "enter", MEDIA)  # it pauses until she has said yes
    ask(jeanne, "agree", {"yes": True})
    relay.copied = (500, 12)
    ask(customer, "unrecord", {})
    with open_app.app_context(), db.writing():
        made = db.db.session.query(recordings.Recording).one()
        recordings.written(made.id, running.write())
        assert (made.packets, made.missed, recordings.gaps(made)) == (1500, 15, 1)
        desk, number = f"/desk/cases/{made.appointment.case.key}", made.id
    page = repairer_client.get(desk).text.replace("\xa0", " ").replace("\u202f", " ")
    assert "Jusqu’à 1 % de l’image et du son y manquent" in page
    with open_app.app_context(), db.writing():
        recordings.copied(number, 1500, 0)
    assert "trous" not in repairer_client.get(desk).text


def test_they_go_after_their_days_and_who_agreed_stays_known(kept: list[str], open_app: Flask, due: Any) -> None:
    with open_app.app_context(), db.writing():
        assert forgetting.forget_some(due.now + timedelta(days=13))[0] == []
        assert forgetting.forget_some(due.now + timedelta(days=15))[0] == kept
        made = db.db.session.query(recordings.Recording).one()
        assert (made.files, len(made.answers)) == ([], 2)


def test_an_erased_case_keeps_nothing_of_them(kept: list[str], open_app: Flask, booked_key: str, due: Any) -> None:
    with open_app.app_context(), db.writing():
        visit = booking.find(booked_key)
        assert visit is not None
        visit.case.state = "closed"
        assert set(kept) <= set(forgetting.erase(visit.case, APPLIANCE, due.now))
        assert db.db.session.query(recordings.Recording).count() == 0


def test_what_the_end_of_the_appliance_cut_off_is_over_and_kept(
    running: FakeRecorder, open_app: Flask, repairer_client: FlaskClient
) -> None:
    running.write()
    recorders.tidy(open_app)
    with open_app.app_context():
        made = db.db.session.query(recordings.Recording).one()
        assert (made.why, [one.size for one in made.files]) == ("restart", [len(FILM)] * 2)
        assert recordings.left_open() == []
        desk = f"/desk/cases/{made.appointment.case.key}"
    page = repairer_client.get(desk).text
    assert page.count("<video") == 2
    assert "au redémarrage de l’appareil" in page.partition('id="recordings"')[2]
