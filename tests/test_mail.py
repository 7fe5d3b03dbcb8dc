"""Mails leave through the outbox, and the outbox says what really happened, against a real mail server."""

import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from conftest import Clock
from flask import Flask
from flask.testing import FlaskClient

from shopvisio import booking, cases, legal, mail, settings, tls
from shopvisio.brand import contrast
from shopvisio.db import db, writing
from shopvisio.errors import MailFailed
from shopvisio.jobs import Job
from shopvisio.mail import Mail


class Postman:
    """What the mail server received; ``answer`` is what it says to each message."""

    def __init__(self) -> None:
        self.got: list[EmailMessage] = []
        self.answer = "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.answer.startswith("250"):
            self.got.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return self.answer


@pytest.fixture
def postman() -> Iterator[tuple[Postman, int]]:
    handler = Postman()
    controller = Controller(handler, hostname="127.0.0.1", port=_free_port())
    controller.start()
    yield handler, controller.port
    controller.stop()


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def use_server(app: Flask, port: int) -> None:
    with app.app_context(), writing():
        settings.put({"smtp_host": "127.0.0.1", "smtp_port": str(port), "smtp_security": "none"}, "t", Clock().now)


def mails(app: Flask) -> list[tuple[str, str, str]]:
    with app.app_context():
        return [(m.name, m.state, m.reason) for m in db.session.scalars(db.select(Mail).order_by(Mail.id))]


def test_a_booking_is_confirmed_by_mail_with_its_calendar_file(
    open_app: Flask, postman: tuple[Postman, int], booked_key: str, run_jobs: Callable[[], int]
) -> None:
    use_server(open_app, postman[1])
    run_jobs()
    to_customer = next(m for m in postman[0].got if m["To"] == "marie@exemple.example")
    assert "mardi 24 novembre" in to_customer["Subject"]
    assert "Atelier Lumière" in to_customer["From"]
    text = to_customer.get_body(("plain",))
    assert text is not None
    assert "/case/" in text.get_content()
    assert "29" in text.get_content()
    calendar = next(part for part in to_customer.iter_attachments() if part.get_content_type() == "text/calendar")
    assert "DTSTART;TZID=Europe/Paris:20261124T100000" in calendar.get_content()
    assert {state for _name, state, _reason in mails(open_app)} == {"sent"}


def test_the_colleague_is_told_too(
    open_app: Flask, postman: tuple[Postman, int], booked_key: str, run_jobs: Callable[[], int]
) -> None:
    use_server(open_app, postman[1])
    run_jobs()
    assert "repairer@shop.example" in [m["To"] for m in postman[0].got]


def test_without_a_mail_server_nothing_claims_to_be_sent(
    open_app: Flask, booked_key: str, run_jobs: Callable[[], int]
) -> None:
    run_jobs()
    assert {state for _name, state, _reason in mails(open_app)} == {"off"}


def test_a_server_that_is_gone_is_a_banner_on_the_desk_and_nothing_is_lost(
    open_app: Flask, owner_client: FlaskClient, booked_key: str, run_jobs: Callable[[], int], clock_: Clock
) -> None:
    port = _free_port()
    use_server(open_app, port)
    run_jobs()
    day = owner_client.get("/desk").text
    assert "e-mails ne sont pas partis." in day
    assert "Voir pourquoi" in day
    waiting = len(mails(open_app))
    handler = Postman()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        clock_.pass_(minutes=2)
        run_jobs()
    finally:
        controller.stop()
    assert len(handler.got) == waiting
    assert "e-mails ne sont pas partis." not in owner_client.get("/desk").text


def test_a_refusal_for_good_is_kept_with_its_reason(
    open_app: Flask, postman: tuple[Postman, int], booked_key: str, run_jobs: Callable[[], int]
) -> None:
    use_server(open_app, postman[1])
    postman[0].answer = "550 no such person"
    run_jobs()
    assert {(state, reason) for _n, state, reason in mails(open_app)} == {("failed", "550 no such person")}


def test_a_passing_refusal_is_tried_again_later(
    open_app: Flask, postman: tuple[Postman, int], booked_key: str, run_jobs: Callable[[], int], clock_: Clock
) -> None:
    use_server(open_app, postman[1])
    postman[0].answer = "451 busy"
    run_jobs()
    assert {state for _n, state, _r in mails(open_app)} == {"waiting"}
    postman[0].answer = "250 OK"
    clock_.pass_(minutes=2)
    run_jobs()
    assert {state for _n, state, _r in mails(open_app)} == {"sent"}
    assert len(postman[0].got) == 2


def test_a_server_that_drops_the_line_is_a_passing_fault(
    open_app: Flask, booked_key: str, run_jobs: Callable[[], int]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hang_up() -> None:
            for _ in range(2):
                listener.accept()[0].close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        use_server(open_app, listener.getsockname()[1])
        run_jobs()
        thread.join(5)
    assert {state for _n, state, _r in mails(open_app)} == {"waiting"}
    assert all(reason for _n, _s, reason in mails(open_app))


def test_nobody_there_is_a_passing_fault(open_app: Flask, booked_key: str, run_jobs: Callable[[], int]) -> None:
    use_server(open_app, _free_port())
    run_jobs()
    with open_app.app_context():
        job = db.session.scalars(db.select(Job).where(Job.kind == "mail")).first()
        assert job is not None
        assert (job.state, job.tries) == ("waiting", 1)


def test_it_is_sent_once_even_if_the_job_runs_twice(
    open_app: Flask, postman: tuple[Postman, int], booked_key: str, run_jobs: Callable[[], int], clock_: Clock
) -> None:
    use_server(open_app, postman[1])
    run_jobs()
    with open_app.app_context(), writing():
        for job in db.session.scalars(db.select(Job).where(Job.kind == "mail")):
            job.state, job.due = "waiting", clock_.now
    run_jobs()
    assert len(postman[0].got) == 2  # one to the customer, one to the colleague


def test_a_mail_that_never_left_may_be_tried_again_by_hand(
    open_app: Flask, postman: tuple[Postman, int], booked_key: str, run_jobs: Callable[[], int], clock_: Clock
) -> None:
    run_jobs()
    use_server(open_app, postman[1])
    with open_app.app_context(), writing():
        for row in mail.in_trouble():
            mail.retry(row, clock_.now)
    run_jobs()
    assert len(postman[0].got) == 2


def test_a_hostile_name_stays_text(
    open_app: Flask, postman: tuple[Postman, int], booked_key: str, run_jobs: Callable[[], int]
) -> None:
    use_server(open_app, postman[1])
    with open_app.app_context(), writing():
        found = booking.find(booked_key)
        assert found is not None
        found.case.customer.name = '<b>O\'Neil & "Fils"</b>\r\nBcc: stranger@x.example'
    run_jobs()
    to_customer = next(m for m in postman[0].got if m["To"] == "marie@exemple.example")
    html = to_customer.get_body(("html",))
    assert html is not None
    assert "<b>O" not in html.get_content()
    assert to_customer["Bcc"] is None


@pytest.fixture
def own_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A mail server's certificate for ``localhost``, which this machine trusts."""
    cert, key = tls.self_signed(tmp_path / "mail", ["localhost"], datetime.now(UTC))
    monkeypatch.setenv("SSL_CERT_FILE", str(cert))
    return tls.context(cert, key)


def a_mail() -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "a@x.example", "b@x.example", "s"
    return made


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_mails_leave_through_tls(security: str, own_certificate: ssl.SSLContext) -> None:
    got = Postman()
    with secure_server(security, own_certificate, got) as port:
        mail.deliver(mail.Server("localhost", port, security, "", ""), a_mail())
    assert [message["Subject"] for message in got.got] == ["s"]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_nobody_vouches_for_gets_no_mail(
    security: str, own_certificate: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    got = Postman()
    with secure_server(security, own_certificate, got) as port, pytest.raises(MailFailed, match="certificate"):
        mail.deliver(mail.Server("localhost", port, security, "user", "secret"), a_mail())
    assert got.got == []


def test_a_server_without_tls_gets_no_mail_in_the_clear(postman: tuple[Postman, int]) -> None:
    with pytest.raises(MailFailed):
        mail.deliver(mail.Server("127.0.0.1", postman[1], "starttls", "", ""), a_mail())
    assert postman[0].got == []


@contextmanager
def secure_server(security: str, context: ssl.SSLContext, got: Postman) -> Iterator[int]:
    how = {"ssl_context": context} if security == "tls" else {"tls_context": context, "require_starttls": True}
    controller = Controller(got, hostname="127.0.0.1", port=_free_port(), ready_timeout=30, **how)  # type: ignore[arg-type]
    if security == "tls":
        controller._trigger_server = lambda: _greet(controller.port)  # type: ignore[method-assign] # its own speaks no TLS
    controller.start()
    yield controller.port
    controller.stop()


def _greet(port: int) -> None:
    anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), 5) as plain, anybody.wrap_socket(plain) as safe:
        safe.recv(1024)


def test_a_server_that_never_answers_is_given_up_for_now(
    open_app: Flask, booked_key: str, run_jobs: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        use_server(open_app, mute.getsockname()[1])
        run_jobs()
    assert {state for _n, state, _r in mails(open_app)} == {"waiting"}
    assert all("timed out" in reason for _n, _s, reason in mails(open_app))


def test_one_address_that_is_refused_keeps_no_other_mail_back(
    open_app: Flask, booked_key: str, run_jobs: Callable[[], int]
) -> None:
    class Choosy(Postman):
        async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
            if address.startswith("marie"):
                return "550 5.1.1 no such mailbox"
            envelope.rcpt_tos.append(address)
            return "250 OK"

    controller = Controller(Choosy(), hostname="127.0.0.1", port=_free_port())
    controller.start()
    use_server(open_app, controller.port)
    run_jobs()
    controller.stop()
    assert sorted(state for _n, state, _r in mails(open_app)) == ["failed", "sent"]
    assert "550 5.1.1 no such mailbox" in {reason for _n, _s, reason in mails(open_app)}


def test_a_mail_is_dressed_in_the_shops_colour_light_and_dark_whatever_the_brand(
    open_app: Flask, booked_key: str, run_jobs: Callable[[], int]
) -> None:
    with open_app.app_context(), writing():
        settings.put({"brand": "#ffff66"}, "tests", Clock().now)
    run_jobs()
    with open_app.app_context():
        html = db.session.scalars(db.select(Mail)).first().html  # type: ignore[union-attr]
    button = re.search(r'class="go"[^>]*background:(#\w{6});color:(#\w{6})', html)
    assert button
    assert contrast(button[1], button[2]) >= 4.5
    assert "prefers-color-scheme: dark" in html


def test_what_was_agreed_to_comes_with_the_confirmation_to_keep(
    open_app: Flask, postman: tuple[Postman, int], booked_key: str, run_jobs: Callable[[], int], clock_: Clock
) -> None:
    use_server(open_app, postman[1])
    with open_app.app_context(), writing():
        found = booking.find(booked_key)
        assert found is not None
        version = legal.in_force("terms", "fr", clock_.now)
        cases.consent(found.case, "terms", "J’accepte.", "", clock_.now, version.id)
        terms = version.text
    run_jobs()
    to_customer = next(m for m in postman[0].got if m["To"] == "marie@exemple.example")
    (kept,) = [part for part in to_customer.iter_attachments() if part.get_content_type() == "text/plain"]
    assert kept.get_content().replace("\r\n", "\n").strip() == terms
    text = to_customer.get_body(("plain",))
    assert text is not None
    assert "sont joints" in text.get_content()


def test_a_wrong_password_is_said_as_it_is(postman: tuple[Postman, int]) -> None:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "a@x.example", "b@x.example", "s"
    with pytest.raises(MailFailed):
        mail.deliver(mail.Server("127.0.0.1", postman[1], "none", "user", "wrong"), made)


def test_the_invoice_is_mailed_with_its_pdf_once_the_customer_said_yes(
    open_app: Flask, postman: tuple[Postman, int], booked_key: str, run_jobs: Callable[[], int], clock_: Clock
) -> None:
    use_server(open_app, postman[1])
    with open_app.app_context(), writing():
        found = booking.find(booked_key)
        assert found is not None
        cases.propose(found.case, "repaired", "Joint nettoyé.", found.staff.actor, clock_.now)
        cases.answer(found.case, True, "", clock_.now)
    run_jobs()
    invoice = next(m for m in postman[0].got if "facture" in m["Subject"])
    assert invoice["To"] == "marie@exemple.example"
    carried = next(invoice.iter_attachments())
    assert carried.get_filename() == "F2026-000001.pdf"
    assert carried.get_content().startswith(b"%PDF-")
    run_jobs()
    with open_app.app_context():
        assert [m.name for m in db.session.scalars(db.select(Mail))].count("paper") == 1


def test_a_mail_in_text_keeps_its_air(open_app: Flask, booked_key: str, run_jobs: Callable[[], int]) -> None:
    run_jobs()
    with open_app.app_context():
        for row in db.session.scalars(db.select(Mail)):
            assert "\n\n" in row.text
            assert "\n\n\n" not in row.text
            assert "{" not in row.text
