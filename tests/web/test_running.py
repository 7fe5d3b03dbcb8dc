"""How the appliance is, for the owner: certificate, way in from outside, diagnosis, banners of the day's page."""

import json
import logging
import re
import shutil
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from conftest import NOW, TUESDAY_10, Clock, FakeRelay, book_visit
from flask import Flask
from flask.testing import FlaskClient

from shopvisio import booking, config, db, hub, invoices, log, mail, reach, settings, timekeeping, tls
from shopvisio.certificate import Keeper, tries
from shopvisio.errors import MailFailed, Unavailable
from shopvisio.papertest import PaperTest
from shopvisio.reach import Reach
from shopvisio.web import diagnosis, health, knock, trial

NAME = "visio.example"


@dataclass
class Watched:
    """What the appliance knows of its address."""

    now: Reach = field(default_factory=Reach)
    asked: int = 0

    def again(self) -> None:
        """Somebody wants it looked at."""
        self.asked += 1


@pytest.fixture
def watched(open_app: Flask) -> Watched:
    open_app.extensions["reach"] = made = Watched()
    return made


@pytest.fixture
def keeper(open_app: Flask, settled: config.Config, monkeypatch: pytest.MonkeyPatch) -> Keeper:
    """The appliance with a certificate of its own; its name leads to the box."""
    monkeypatch.setattr(reach, "resolve", lambda _name: ["203.0.113.9"])
    open_app.extensions["certificate"] = made = Keeper(settled, NOW)
    return made


def put(app: Flask, **typed: str) -> None:
    with app.app_context(), db.writing():
        settings.put(typed, "owner", NOW)


def come(settled: config.Config, keeper: Keeper, name: str = NAME) -> None:
    """A certificate for this name came from the authority."""
    pair = tls.self_signed(settled.data / "another", [name], NOW)
    tls.write(settled.secrets / "authority.pem", tls.read(*pair))
    keeper.look(NOW)


# -- the certificate


def test_the_owner_gives_a_name_and_agrees_and_it_is_asked_for_at_once(
    owner_client: FlaskClient, open_app: Flask, keeper: Keeper, watched: Watched
) -> None:
    assert "Le certificat est provisoire" in owner_client.get("/desk/certificate").text
    typed = {"public_name": " https://Visio.Example/ ", "certificate": "y"}
    page = owner_client.post("/desk/certificate", data=typed, follow_redirects=True).text
    assert "Enregistré." in page
    assert "Le certificat est demandé." in page
    assert f"{NAME} mène à 203.0.113.9" in page
    assert (keeper.is_asked, watched.asked) == (True, 1)
    with open_app.app_context():
        assert settings.base_url(open_app.config["SHOP"]) == f"https://{NAME}"


@pytest.mark.parametrize(
    "typed", ["", "192.0.2.7", "maboutique", "visio.example/desk", "a b.example", "visio.example:0"]
)
def test_what_is_no_name_is_refused_and_kept_in_its_box(
    owner_client: FlaskClient, keeper: Keeper, typed: str
) -> None:
    answer = owner_client.post("/desk/certificate", data={"public_name": typed, "certificate": "y"})
    assert answer.status_code == 422
    assert f'value="{typed}"' in answer.text
    assert not keeper.is_asked


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("connection", "redirigez le port TCP 80"),
        ("dns", "ne mène nulle part"),
        ("unauthorized", "mène à un autre appareil"),
        ("unreachable", "L’autorité n’a pas répondu"),
        ("rateLimited", "Rien à faire"),
        ("somethingNew", "L’autorité a refusé"),
    ],
)
def test_what_failed_is_told_with_the_next_step_and_the_authoritys_own_words(
    owner_client: FlaskClient, open_app: Flask, keeper: Keeper, code: str, words: str
) -> None:
    put(open_app, public_name=NAME, certificate="yes")
    with open_app.app_context(), db.writing():
        tries.note(NAME, code, "203.0.113.9: Fetching <challenge>: Timeout", NOW)
    page = owner_client.get("/desk/certificate").text
    assert words in page
    assert "Fetching &lt;challenge&gt;: Timeout" in page
    assert "Prochain essai" in page
    assert owner_client.post("/desk/certificate/try").status_code == 303
    assert keeper.is_asked
    assert words in owner_client.get("/desk").text or code == "rateLimited"


def test_a_good_one_is_told_with_its_days(
    owner_client: FlaskClient, open_app: Flask, keeper: Keeper, settled: config.Config
) -> None:
    put(open_app, public_name=NAME, certificate="yes")
    come(settled, keeper)
    page = owner_client.get("/desk/certificate").text
    assert "Le certificat est bon jusqu’au 25 décembre 2027." in page
    assert "renouvelé tout seul à partir du" in page
    assert "certificat" not in owner_client.get("/desk").text.lower().replace("/desk/certificate", "")


def test_one_that_nears_its_end_is_told_on_the_days_page(
    owner_client: FlaskClient, open_app: Flask, keeper: Keeper, settled: config.Config, clock_: Clock
) -> None:
    put(open_app, public_name=NAME, certificate="yes")
    come(settled, keeper)
    for share, weight in ((0.7, "warn"), (0.9, "bad")):
        clock_.now = NOW + tls.LIFE * share
        owner = sign_in(open_app)
        assert "n’est pas encore renouvelé" in owner.get("/desk").text
        assert f'class="banner {weight}"' in owner.get("/desk/certificate").text


def sign_in(app: Flask) -> FlaskClient:
    from conftest import PASSWORD

    client = app.test_client()
    client.post("/signin", data={"email": "owner@shop.example", "password": PASSWORD})
    return client


def test_on_the_local_network_alone_nobody_is_bothered(owner_client: FlaskClient, keeper: Keeper) -> None:
    assert "provisoire" not in owner_client.get("/desk").text


def test_behind_a_proxy_it_says_so(owner_client: FlaskClient) -> None:
    page = owner_client.get("/desk/certificate").text
    assert "votre serveur d’entrée" in page


def test_a_name_that_leads_past_the_box_is_told(
    owner_client: FlaskClient, open_app: Flask, keeper: Keeper, watched: Watched
) -> None:
    put(open_app, public_name=NAME)
    watched.now = Reach(("198.51.100.4",), "stun", astray=("203.0.113.9",))
    assert "Le nom ne mène pas à votre box." in owner_client.get("/desk/certificate").text
    day = owner_client.get("/desk").text
    assert "ne mène plus à votre box" in day
    assert "203.0.113.9" in day


def test_links_lead_to_the_public_name_by_whatever_address_the_desk_was_opened(
    owner_client: FlaskClient, open_app: Flask, booked_key: str
) -> None:
    with open_app.app_context():
        found = booking.find(booked_key)
        assert found is not None
        case = found.case.key
    assert "http://localhost/case/" in owner_client.get(f"/desk/cases/{case}").text
    put(open_app, public_name=NAME)
    page = owner_client.get(f"/desk/cases/{case}").text
    assert f"https://{NAME}/case/" in page
    assert "localhost/case/" not in page


# -- the challenge


def test_port_80_answers_the_authority_and_nothing_else(open_app: Flask, settled: config.Config) -> None:
    settled.challenges.mkdir()
    (settled.challenges / "abcdefgh-_token").write_text("abcdefgh-_token.thumb")
    stranger = open_app.test_client()
    outside = {"REMOTE_ADDR": "198.51.100.7"}
    found = stranger.get("/.well-known/acme-challenge/abcdefgh-_token", environ_overrides=outside)
    assert (found.status_code, found.text) == (200, "abcdefgh-_token.thumb")
    for path in ("another-token", "..%2f..%2fsecrets%2fsecret.key", "../../shop.db", "a"):
        assert stranger.get(f"/.well-known/acme-challenge/{path}", environ_overrides=outside).status_code != 200


# -- the way in


@dataclass
class Seen(FakeRelay):
    """A relay that sees media come, by some way."""

    by: str = "udp"
    remote: str = "198.51.100.7:40000"

    def stats(self) -> Future[dict[str, Any]]:
        """Whoever joined is there."""
        done: Future[dict[str, Any]] = Future()
        rooms = {room: {seat: {"by": self.by, "remote": self.remote}} for room, seat in self.joined}
        done.set_result({"lag": 0.0, "p99": 0.002, "rooms": rooms})
        return done


@pytest.fixture
def relay(open_app: Flask, monkeypatch: pytest.MonkeyPatch) -> Seen:
    monkeypatch.setattr(hub, "spawn", lambda work, *given: work(*given) if work is knock._watch else None)
    monkeypatch.setattr(hub, "sleep", lambda _seconds: None)
    monkeypatch.setattr(trial, "_rooms", {})
    monkeypatch.setattr(trial, "_begun", {})
    open_app.extensions["relay"] = made = Seen()
    return made


def code(owner: FlaskClient, app: Flask) -> str:
    """The address in the QR code."""
    read: list[str] = []
    real = knock.qr.link
    knock.qr.link = lambda address: read.append(address) or real(address)  # type: ignore[func-returns-value]
    try:
        assert owner.get("/desk/reach/code.svg").mimetype == "image/svg+xml"
    finally:
        knock.qr.link = real
    return read[0]


def knocks_from(app: Flask, path: str, address: str, **figures: str) -> str:
    """The telephone's page tries, and says what came of it."""
    phone = app.test_client()
    there = {"REMOTE_ADDR": address, "wsgi.url_scheme": "https", "shopvisio.tls": True}
    assert "le port 443 arrive bien" in phone.get(path, environ_overrides=there).text
    sent = {"run": "0123456789ab", "seat": "out", "sdp": "v=0"}
    answer = phone.post(f"{path}/dial", json=sent, environ_overrides=there)
    assert answer.json == {"answer": "v=0 answer"}
    found = {"loss": "0.01", "rtt": "52", "rate": "1180", **figures}
    return phone.post(path, data=found, environ_overrides=there).text


@pytest.mark.parametrize(
    ("by", "address", "figures", "words"),
    [
        ("udp", "198.51.100.7", {}, "On vous voit et on vous entend de l’extérieur."),
        ("udp", "2001:db8::7", {}, "arrivé en IPv6"),
        ("tcp", "198.51.100.7", {}, "Le port UDP 8443 n’arrive pas jusqu’à l’appareil."),
        ("", "198.51.100.7", {"rate": "0"}, "l’image et le son ne passent pas"),
        ("udp", "192.168.1.30", {}, "Ce téléphone était encore sur le réseau de la boutique."),
        ("udp", "203.0.113.9", {}, "Ce téléphone était encore sur le réseau de la boutique."),
    ],
    ids=["open", "IPv6", "UDP shut", "all shut", "Wi-Fi", "round by the box"],
)
def test_the_owners_telephone_proves_the_way_in_and_both_screens_say_so(
    owner_client: FlaskClient, open_app: Flask, watched: Watched, relay: Seen,
    by: str, address: str, figures: dict[str, str], words: str,
) -> None:  # fmt: skip
    put(open_app, public_name=NAME)
    watched.now = Reach(("203.0.113.9",), "name")
    relay.by, relay.remote = by, f"{address}:40000" if by else ""
    link = code(owner_client, open_app)
    assert link.startswith(f"https://{NAME}/knock/")
    assert words in knocks_from(open_app, link.removeprefix(f"https://{NAME}"), address, **figures)
    assert words in owner_client.get("/desk/reach/last").text
    assert words in owner_client.get("/desk/reach").text


@pytest.fixture(autouse=True)
def private_addresses_of_the_books_are_public(monkeypatch: pytest.MonkeyPatch) -> None:
    """The addresses kept for examples count as private ones to Python; here they play the internet."""
    from shopvisio import knocks

    real = knocks._is_ours

    def is_ours(address: str, ours: Any) -> bool:
        plays = address.startswith(("198.51.100.", "203.0.113.", "2001:db8:"))
        return address in ours or (not plays and real(address, ours))

    monkeypatch.setattr(knocks, "_is_ours", is_ours)


def test_a_code_ends_and_another_hand_cannot_write_one(
    owner_client: FlaskClient, open_app: Flask, relay: Seen, clock_: Clock
) -> None:
    put(open_app, public_name=NAME)
    path = code(owner_client, open_app).removeprefix(f"https://{NAME}")
    stranger = open_app.test_client()
    assert stranger.get(path).status_code == 200
    assert stranger.get(path[:-3] + "abc").status_code == 404
    clock_.pass_(minutes=31)
    answer = stranger.get(path)
    assert answer.status_code == 404
    assert "Rechargez la page de l’ordinateur" in answer.text


def test_without_a_public_name_the_way_to_give_one_is_shown(owner_client: FlaskClient) -> None:
    page = owner_client.get("/desk/reach").text
    assert "n’a pas encore de nom public" in page
    assert 'href="/desk/certificate"' in page
    assert all(box in page for box in ("Livebox", "Freebox", "Bbox", "SFR Box"))


def test_from_the_shop_itself_the_name_may_not_open(
    owner_client: FlaskClient, open_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(open_app, public_name=NAME)
    for opens, words in ((True, "s’ouvre aussi depuis la boutique"), (False, "le nom public ne s’ouvre pas")):
        monkeypatch.setattr(reach, "opens", lambda _address, opens=opens: opens)
        assert words in owner_client.post("/desk/reach/inside").text


# -- the diagnosis


@pytest.fixture(autouse=True)
def nothing_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnosis, "_checks", diagnosis.Checks())


def test_the_owner_sees_how_everything_is(
    owner_client: FlaskClient, keeper: Keeper, watched: Watched, settled: config.Config
) -> None:
    page = owner_client.get("/desk/diagnosis").text
    for name in ("Version", "Horloge", "Disque", "Base", "Certificat", "Ports", "Relais des appels", "Nom public"):
        assert name in page
    assert "UDP 8443" in page


def test_what_can_only_be_tried_is_tried_when_asked(
    owner_client: FlaskClient, open_app: Flask, keeper: Keeper, monkeypatch: pytest.MonkeyPatch, clock_: Clock
) -> None:
    put(open_app, public_name=NAME, smtp_host="mail.example")
    greeted: list[mail.Server] = []
    monkeypatch.setattr(mail, "greet", greeted.append)
    monkeypatch.setattr(invoices, "self_test", lambda: 1.3)
    monkeypatch.setattr(reach, "opens", lambda _address: False)
    page = owner_client.post("/desk/diagnosis", follow_redirects=True).text
    assert [one.host for one in greeted] == ["mail.example"]
    for words in ("en 1,3 s", "203.0.113.9", "non, comme avec beaucoup de box"):
        assert words in page

    def refuse(_server: mail.Server) -> None:
        raise MailFailed("535 Authentication failed")

    monkeypatch.setattr(mail, "greet", refuse)
    assert "535 Authentication failed" not in owner_client.post("/desk/diagnosis", follow_redirects=True).text
    clock_.pass_(seconds=15)  # not twice within ten
    assert "535 Authentication failed" in owner_client.post("/desk/diagnosis", follow_redirects=True).text


def test_papers_that_cannot_be_drawn_are_told_before_a_customer_waits_for_one(
    owner_client: FlaskClient, open_app: Flask, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[float | str] = []
    papers = open_app.extensions["papertest"] = PaperTest()

    def wait(seconds: float) -> None:
        done.append(seconds)
        if len(done) == 3:
            raise KeyboardInterrupt

    def fail() -> float:
        done.append("drawn")
        raise Unavailable("shopvisio.invoices.pdf: exit -11: no word")

    page = owner_client.get("/desk/diagnosis").text
    assert "essayés une minute après le démarrage" in page
    monkeypatch.setattr(invoices, "self_test", fail)
    monkeypatch.setattr(health, "_last", None)
    with pytest.raises(KeyboardInterrupt), monkeypatch.context() as clock_stopped:
        clock_stopped.setattr(hub, "sleep", wait)
        papers.run()
    assert done == [60, "drawn", 86400], "not while it starts, then each day"
    assert owner_client.get("/readyz").json["papers"] is False
    assert "exit -11" in owner_client.get("/desk/diagnosis").text
    assert "ne se dessinent pas" in owner_client.get("/desk").text
    monkeypatch.setattr(invoices, "self_test", lambda: 1.3)
    papers.look()
    assert "ne se dessinent pas" not in owner_client.get("/desk").text
    assert "un papier dessiné pour essai" in owner_client.get("/desk/diagnosis").text


SECRETS = {
    "customer": "Marie-Antoinette Delaunay-Charpentier",
    "customer's mail": "madelaunay@orange.example",
    "customer's number": "+33612345678",
    "number as typed": "06 12 34 56 78",
    "owner": "Claire Fontaine",
    "owner's mail": "owner@shop.example",
    "mail password": "tr0ub4dor&3 horse",
    "Stripe's key": "sk_live_abcdefgh12345678",
    "the name": NAME,
    "IPv4": "203.0.113.77",
    "IPv6": "2001:db8:85a3::8a2e:370:7334",
    "IBAN": "FR76 3000 6000 0112 3456 7890 189",
    "a link": "/case/4kZp9QmTw2Xy.AbCdEfGhIjKlMnOp",
    "a token": "4kZp9QmTw2Xy.AbCdEfGhIjKlMnOp",
}


def test_the_report_names_nobody_whatever_the_log_says(
    owner_client: FlaskClient, open_app: Flask, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(open_app, public_name=NAME, smtp_password=SECRETS["mail password"], stripe_key=SECRETS["Stripe's key"])
    with open_app.app_context(), db.writing():
        visit = book_visit(booking.services("repair")[0], TUESDAY_10)
        visit.case.customer.name = SECRETS["customer"]
    recent = log.Recent()
    monkeypatch.setattr(log, "recent", recent)
    for what, value in SECRETS.items():
        recent.handle(logging.makeLogRecord({"msg": f"refused {value}, so", "levelname": "WARNING", "name": what}))
        recent.handle(logging.makeLogRecord({"msg": "refused", "levelname": "WARNING", "why": value}))
    recent.handle(logging.makeLogRecord({"msg": "Delaunay-Charpentier called", "levelname": "INFO"}))
    page = owner_client.get("/desk/diagnosis").text
    report = re.search(r"<pre[^>]*>(.*?)</pre>", page, re.S)
    assert report is not None
    for what, value in SECRETS.items():
        assert value not in report[1], what
    assert "Delaunay-Charpentier" not in report[1]
    assert report[1].count("refused") == 2 * len(SECRETS)
    assert "2026-11-23" in report[1]  # when things happened stays


def test_the_last_two_hundred_lines_are_kept_and_no_more() -> None:
    recent = log.Recent()
    for n in range(300):
        recent.handle(logging.makeLogRecord({"msg": f"line {n}", "levelname": "INFO"}))
    assert [json.loads(recent.lines[place])["event"] for place in (0, -1)] == ["line 100", "line 299"]
    assert len(recent.lines) == 200


# -- the banners


def test_a_clock_behind_what_was_written_is_told_and_nothing_is_lost(
    owner_client: FlaskClient, open_app: Flask, clock_: Clock
) -> None:
    with open_app.app_context(), db.writing():
        book_visit(booking.services("repair")[0], TUESDAY_10)
    assert "retarde" not in owner_client.get("/desk").text
    clock_.now = NOW - timedelta(hours=1)
    day = sign_in(open_app).get("/desk").text
    assert "retarde de 1 heure sur ce qu’il a déjà écrit" in day
    assert 'href="/desk/diagnosis"' in day
    clock_.now = NOW + timedelta(minutes=1)
    assert "retarde" not in owner_client.get("/desk").text


def test_a_clock_that_leaps_while_it_runs_is_told_for_a_day(
    owner_client: FlaskClient, open_app: Flask, clock_: Clock
) -> None:
    watch = open_app.extensions["timekeeping"] = timekeeping.Watch(NOW, 0.0)
    watch.look(NOW + timedelta(seconds=31), 30.0)  # trimmed
    assert watch.leapt(NOW) is None
    clock_.now = NOW + timedelta(hours=1, seconds=60)
    watch.look(clock_.now, 60.0)
    assert "avancé de 1 heure" in owner_client.get("/desk").text
    watch.look(clock_.now - timedelta(hours=1), 60.0)  # set right again
    assert "avancé de" not in owner_client.get("/desk").text


def test_little_room_on_the_disk_is_told(owner_client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type(shutil.disk_usage("/"))
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(100 << 30, (100 << 30) - (300 << 20), 300 << 20))
    assert "Il ne reste que 300 Mo sur le disque." in owner_client.get("/desk").text


def test_no_name_server_is_told_and_the_address_stays(owner_client: FlaskClient, watched: Watched) -> None:
    watched.now = Reach(("203.0.113.9",), "name", fault="Temporary failure in name resolution")
    day = owner_client.get("/desk").text
    assert "n’a pas pu être vérifiée" in day
    assert "Celle d’avant reste en usage" in day
