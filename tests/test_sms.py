"""Short messages leave through the gateway the owner has, against a real one on a port of this machine."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest
from conftest import TUESDAY_10, Clock
from flask import Flask
from flask.testing import FlaskClient

from shopvisio import booking, calls, settings, sms
from shopvisio.accounts import Actor
from shopvisio.db import db, writing
from shopvisio.errors import Invalid, MailFailed
from shopvisio.mail import Mail
from shopvisio.sms import Gateway

MARIE = "+33639982750"


class Got(BaseHTTPRequestHandler):
    """Keeps what it is sent; answers as it is told."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        post: Post = self.server  # type: ignore[assignment]
        post.got.append((self.path, self.headers["Content-Type"], self.headers["Authorization"] or "", body))
        self.send_response(post.answer)
        if post.answer == 302:
            self.send_header("Location", f"http://127.0.0.1:{post.server_port}/elsewhere")
        self.end_headers()
        self.wfile.write(b"" if post.answer < 300 else b"numero refuse")

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the tests look at what it got."""


class Post(ThreadingHTTPServer):
    answer = 200

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Got)
        self.got: list[tuple[str, str, str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/send"


@pytest.fixture
def post() -> Iterator[Post]:
    server = Post()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def use(app: Flask, post: Post, **more: str) -> None:
    with app.app_context(), writing():
        settings.put({"sms_url": post.url} | more, "owner", Clock().now)


def short(app: Flask) -> list[tuple[str, str, str, str]]:
    with app.app_context():
        rows = db.session.scalars(db.select(Mail).where(Mail.way == "sms").order_by(Mail.id))
        return [(row.name, row.to, row.state, row.reason) for row in rows]


def without_mail(app: Flask, key: str, phone: str = MARIE) -> None:
    with app.app_context(), writing():
        found = booking.find(key)
        assert found is not None
        found.case.customer.email, found.case.customer.phone = "", phone


def test_who_has_no_mail_gets_the_link_by_sms(
    open_app: Flask, post: Post, booked_key: str, run_jobs: Callable[[], int]
) -> None:
    use(open_app, post)
    without_mail(open_app, booked_key)
    run_jobs()
    assert short(open_app) == [("confirmation", MARIE, "sent", "")]
    path, kind, authorization, body = post.got[0]
    assert (path, kind, authorization) == ("/send", "application/x-www-form-urlencoded", "")
    said = parse_qs(body)
    assert said["to"] == [MARIE]
    assert "c'est réservé" in said["text"][0]
    assert "/case/" in said["text"][0]


def test_who_has_a_mail_gets_only_what_is_pressing(
    open_app: Flask, post: Post, booked_key: str, run_jobs: Callable[[], int], clock_: Clock
) -> None:
    use(open_app, post)
    run_jobs()
    assert short(open_app) == []
    clock_.now = TUESDAY_10 - booking.REMINDERS["hour"]
    run_jobs()
    assert [name for name, *_rest in short(open_app)] == ["reminder"]
    with open_app.app_context(), writing():
        appointment = booking.find(booked_key)
        assert appointment is not None
        calls.run_late(appointment, 10, Actor("staff", "Karim"), clock_.now)
    run_jobs()
    assert [name for name, *_rest in short(open_app)] == ["reminder", "late"]
    assert "retard" in parse_qs(post.got[-1][3])["text"][0]


def test_a_fixed_line_is_spared(open_app: Flask, post: Post, booked_key: str, run_jobs: Callable[[], int]) -> None:
    use(open_app, post)
    without_mail(open_app, booked_key, "+33465711234")
    run_jobs()
    assert (short(open_app), post.got) == ([], [])


def test_without_a_gateway_there_is_no_sms(open_app: Flask, booked_key: str, run_jobs: Callable[[], int]) -> None:
    without_mail(open_app, booked_key)
    run_jobs()
    assert short(open_app) == []


def test_a_gateway_that_wants_json_gets_json_whatever_is_written(post: Post) -> None:
    body = '{"messages": [{"recipient": "{to}", "content": "{text}", "urgent": true}]}'
    sms.deliver(Gateway(post.url, body, "Bearer k3y"), MARIE, 'Il a dit "non" {to}')
    _path, kind, authorization, sent = post.got[0]
    assert (kind, authorization) == ("application/json", "Bearer k3y")
    assert json.loads(sent) == {"messages": [{"recipient": MARIE, "content": 'Il a dit "non" {to}', "urgent": True}]}


@pytest.mark.parametrize(("answer", "permanent"), [(400, True), (401, True), (429, False), (500, False), (302, False)])
def test_a_refusal_is_told_as_it_is_and_followed_nowhere(post: Post, answer: int, permanent: bool) -> None:
    post.answer = answer
    with pytest.raises(MailFailed, match=f"{answer} numero refuse") as refused:
        sms.deliver(Gateway(post.url, "to={to}&text={text}", ""), MARIE, "Bonjour")
    assert refused.value.permanent == permanent
    assert [path for path, *_rest in post.got] == ["/send"]


def test_what_did_not_leave_stands_on_the_desk_and_leaves_when_asked_again(
    open_app: Flask, owner_client: FlaskClient, post: Post, booked_key: str, run_jobs: Callable[[], int]
) -> None:
    use(open_app, post)
    without_mail(open_app, booked_key)
    post.answer = 403
    run_jobs()
    assert short(open_app) == [("confirmation", MARIE, "failed", "403 numero refuse")]
    assert "1 SMS n’est pas parti." in owner_client.get("/desk").text
    page = owner_client.get("/desk/mails").text
    assert "403 numero refuse" in page
    post.answer = 200
    with open_app.app_context():
        row = db.session.scalars(db.select(Mail).where(Mail.way == "sms")).one()
    owner_client.post(f"/desk/mails/{row.id}/retry")
    run_jobs()
    assert short(open_app) == [("confirmation", MARIE, "sent", "")]


def test_the_owner_tries_it(
    open_app: Flask, owner_client: FlaskClient, post: Post, run_jobs: Callable[[], int]
) -> None:
    assert "SMS d’essai" not in owner_client.get("/desk/settings/mail").text
    use(open_app, post)
    assert "Envoyer un SMS d’essai" in owner_client.get("/desk/settings/mail").text
    assert owner_client.post("/desk/settings/mail/test-sms").status_code == 303
    run_jobs()
    assert "d'essai est bien arrivé" in parse_qs(post.got[0][3])["text"][0]


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("sms_url", "ftp://x.example/a"),
        ("sms_url", "sms.example"),
        ("sms_body", "to={to}"),
        ("sms_body", '{"to": "{to}", "text": "{text}"'),
    ],
)
def test_what_cannot_work_is_refused_when_it_is_typed(open_app: Flask, name: str, typed: str) -> None:
    with open_app.app_context(), writing(), pytest.raises(Invalid):
        settings.put({name: typed}, "owner", Clock().now)


def test_a_message_is_written_in_the_telephones_own_signs() -> None:
    assert sms.plain("L’heure : 14 h\N{NO-BREAK SPACE}30…\n\nMerci") == "L'heure : 14 h 30... Merci"
