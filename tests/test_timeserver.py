"""An outside clock is asked where the owner named one, and papers wait while ours is wrong."""

import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from conftest import NOW, Clock
from flask import Flask
from flask.testing import FlaskClient

from shopvisio import clock, hub, invoices, settings, timekeeping, timeserver
from shopvisio.db import writing
from shopvisio.errors import InvoiceSealed
from shopvisio.invoices import Kind
from tests.invoices.sample_papers import REPAIRED

EPOCH = datetime(1900, 1, 1, tzinfo=UTC)


@dataclass
class Responder:
    """A small time server on the wire; what it says may be changed."""

    time: datetime
    stratum: int = 2
    leap: int = 0
    asked: list[bytes] = field(default_factory=list)
    sock: socket.socket = field(default_factory=lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))

    def __post_init__(self) -> None:
        self.sock.bind(("127.0.0.1", 0))
        self.name = f"127.0.0.1:{self.sock.getsockname()[1]}"

    def serve(self) -> None:
        """Until it is closed: noise first, another's answer, then its own."""
        while True:
            try:
                question, sender = self.sock.recvfrom(512)
            except OSError:
                return
            if not question:
                return
            self.asked.append(question)
            for echo in (b"", bytes(8), question[40:48]):
                self.sock.sendto(self.answer(echo) if echo else b"noise", sender)

    def answer(self, echo: bytes) -> bytes:
        """As RFC 4330 has it."""
        since = self.time - EPOCH
        seconds = (since.days * 86400 + since.seconds) % 2**32
        fraction = since.microseconds * 2**32 // 1_000_000
        head = struct.pack("!BBbb3I", self.leap << 6 | 4 << 3 | 4, self.stratum, 6, -20, 0, 0, 0)
        return head + bytes(8) + echo + bytes(8) + struct.pack("!II", seconds, fraction)


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[Responder]:
    """A time server that says it is NOW; what is learnt of it is forgotten afterwards."""
    monkeypatch.setattr(clock, "_ahead", timedelta())
    monkeypatch.setattr(hub, "in_thread", lambda work, *given, timeout: work(*given))
    made = Responder(NOW)
    thread = threading.Thread(target=made.serve)
    thread.start()
    yield made
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
        last.sendto(b"", made.sock.getsockname())
    thread.join()
    made.sock.close()


@pytest.mark.parametrize("off", [timedelta(), timedelta(hours=1), timedelta(days=-400), timedelta(milliseconds=250)])
def test_a_time_server_tells_by_how_much_our_clock_is_off(outside: Responder, clock_: Clock, off: timedelta) -> None:
    clock_.now = NOW + off
    assert abs(timeserver.ahead(outside.name) - off) < timedelta(milliseconds=1)


def test_the_years_after_2036_are_told_too(outside: Responder, clock_: Clock) -> None:
    outside.time = clock_.now = datetime(2037, 5, 6, 7, 8, 9, tzinfo=UTC)
    assert abs(timeserver.ahead(outside.name)) < timedelta(milliseconds=1)


def test_the_question_holds_nothing_of_ours(outside: Responder, clock_: Clock) -> None:
    timeserver.ahead(outside.name)
    timeserver.ahead(outside.name)
    first, second = outside.asked
    assert (len(first), first[:40]) == (48, bytes([0x23]) + bytes(39))
    assert first[40:] != second[40:]


@pytest.mark.parametrize(("stratum", "leap"), [(0, 0), (16, 0), (2, 3)], ids=["kiss", "unsynchronised", "alarm"])
def test_a_server_that_does_not_know_the_time_is_not_believed(
    outside: Responder, clock_: Clock, stratum: int, leap: int
) -> None:
    outside.stratum, outside.leap = stratum, leap
    with pytest.raises(OSError, match="does not know"):
        timeserver.ahead(outside.name)


def test_nobody_is_asked_unless_the_owner_named_somebody(outside: Responder, clock_: Clock) -> None:
    timeserver.Comparison().look("", 0.0)
    assert outside.asked == []


def test_it_is_asked_once_an_hour_and_at_once_after_a_leap(outside: Responder, clock_: Clock) -> None:
    compared = timeserver.Comparison()
    for seconds in (0.0, 30.0, 3599.0):
        compared.look(outside.name, seconds)
    assert len(outside.asked) == 1
    compared.look(outside.name, 3601.0)
    assert len(outside.asked) == 2
    clock_.pass_(hours=1)
    compared.leapt(timedelta(hours=1))
    assert clock.ahead() > timedelta(minutes=59), "known before it is asked"
    compared.look(outside.name, 3631.0)
    assert len(outside.asked) == 3
    assert abs(clock.ahead() - timedelta(hours=1)) < timedelta(seconds=1)


def test_a_server_that_is_gone_changes_nothing_and_is_told(
    outside: Responder, clock_: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeserver, "PATIENCE", 0.05)
    compared = timeserver.Comparison()
    clock_.pass_(hours=1)
    compared.look(outside.name, 0.0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        compared.look(f"127.0.0.1:{mute.getsockname()[1]}", 1.0)
    assert compared.fault
    assert clock.ahead() == timedelta(), "another server was named: what the first said is forgotten"


def test_while_the_clock_is_wrong_no_paper_is_made_and_the_desk_says_why(
    owner_client: FlaskClient, open_app: Flask, outside: Responder, clock_: Clock
) -> None:
    compared = open_app.extensions["timeserver"] = timeserver.Comparison()
    clock_.pass_(minutes=20)
    compared.look(outside.name, 0.0)
    day = owner_client.get("/desk").text
    assert "avance de 20 minutes sur le serveur d’heure" in day
    assert "Aucun papier n’est fait d’ici là." in day
    assert "écart de 20 minutes" in owner_client.get("/desk/diagnosis").text
    with open_app.app_context():
        assert not timekeeping.is_right(clock_.now)
        with pytest.raises(InvoiceSealed, match="pas à l’heure"), writing():
            invoices.issue(Kind.INVOICE, REPAIRED, 1, clock_.now)
        clock_.pass_(minutes=-20)
        compared.look(outside.name, 4000.0)
        with writing():
            assert invoices.issue(Kind.INVOICE, REPAIRED, 1, clock_.now).position == 1, "no number was used"
    assert "serveur d’heure" not in owner_client.get("/desk").text


@pytest.mark.parametrize("typed", ["http://ntp.exemple.example", "[::1]:99999"])
def test_what_is_no_time_server_is_refused(open_app: Flask, owner_client: FlaskClient, typed: str) -> None:
    answer = owner_client.post("/desk/settings/network", data={"time_server": typed})
    assert (answer.status_code, "Un nom, comme ntp" in answer.text) == (422, True)
    with open_app.app_context():
        assert settings.get("time_server") == ""
