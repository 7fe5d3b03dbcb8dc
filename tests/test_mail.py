"""Mails leave through the outbox, and the outbox says what really happened, against a real mail server."""

import socket
import threading
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from conftest import Clock
from flask import Flask

from shopvisio import booking, cases, mail, settings
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
