"""Who never came, how many visits one person may hold, and the right to withdraw."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from conftest import NOW, TUESDAY_10, Clock, book_visit
from flask import Flask
from flask.testing import FlaskClient
from way import begin, tell

from shopvisio import booking, calls, cases, parts
from shopvisio.accounts import Actor
from shopvisio.booking import Appointment
from shopvisio.cases import Case
from shopvisio.db import db, writing
from shopvisio.mail import Mail
from shopvisio.parts import Wanted
from shopvisio.web import guard

KARIM = Actor("staff", "Karim Benali", 3)
PERSON = {"name": "Marie", "phone": "06 39 98 27 51", "terms": "y", "immediate": "y"}


def visit(key: str) -> Appointment:
    found = booking.find(key)
    assert found is not None
    return found


def story_of(app: Flask, key: str) -> list[tuple[str, str]]:
    with app.app_context():
        return [(e.told["who"], e.actor) for e in visit(key).case.journal if e.kind == "missed"]


def mails(app: Flask, name: str) -> list[Mail]:
    with app.app_context():
        return list(db.session.scalars(db.select(Mail).where(Mail.name == name).order_by(Mail.id)))


@pytest.mark.parametrize(
    ("came", "missing"), [((), "both"), (("staff",), "customer"), (("customer",), "staff"), (("customer", "staff"), "")]
)
def test_who_never_came_is_read_from_who_joined(
    open_app: Flask, booked_key: str, run_jobs: Callable[[], int], clock_: Clock, came: tuple[str, ...], missing: str
) -> None:
    clock_.now = TUESDAY_10
    with open_app.app_context(), writing():
        for who in came:
            calls.arrive(
                visit(booked_key), visit(booked_key).case.customer.actor if who == "customer" else KARIM, TUESDAY_10
            )
    clock_.now = TUESDAY_10 + timedelta(minutes=45)
    run_jobs()
    assert story_of(open_app, booked_key) == ([(missing, "appliance")] if missing else [])
    told = [mail.subject for mail in mails(open_app, "staff") if "a attendu" in mail.subject]
    assert len(told) == (1 if missing == "staff" else 0)


def test_nobody_is_missed_before_the_end_or_after_a_move(
    open_app: Flask,
    stranger: FlaskClient,
    case_path: str,
    booked_key: str,
    run_jobs: Callable[[], int],
    clock_: Clock,
) -> None:
    later = TUESDAY_10 + timedelta(hours=5)
    stranger.post(f"{case_path}/move", data={"start": later.isoformat()})
    clock_.now = later + timedelta(minutes=44)
    run_jobs()
    assert story_of(open_app, booked_key) == []
    clock_.now = later + timedelta(minutes=46)
    run_jobs()
    assert story_of(open_app, booked_key) == [("both", "appliance")]


def test_a_visit_missed_moved_by_staff_and_missed_again_is_told_twice(
    open_app: Flask, repairer_client: FlaskClient, booked_key: str, run_jobs: Callable[[], int], clock_: Clock
) -> None:
    clock_.now = TUESDAY_10 + timedelta(minutes=46)
    run_jobs()
    later = TUESDAY_10 + timedelta(hours=5)
    moved = repairer_client.post(f"/desk/appointments/{booked_key}/move", data={"start": later.isoformat()})
    assert moved.status_code == 303
    clock_.now = later + timedelta(minutes=46)
    run_jobs()
    with open_app.app_context(), writing():
        calls.note_missed(visit(booked_key), clock_.now)  # run twice, as a job may be
    assert story_of(open_app, booked_key) == [("both", "appliance")] * 2


def test_absent_is_one_tap_on_the_day(
    open_app: Flask, repairer_client: FlaskClient, booked_key: str, clock_: Clock
) -> None:
    with open_app.app_context():
        key = visit(booked_key).case.key
    path = f'action="/desk/cases/{key}/dismiss"'
    clock_.now = TUESDAY_10 + timedelta(minutes=20)
    assert path not in repairer_client.get("/desk").text
    clock_.now = TUESDAY_10 + timedelta(minutes=50)
    assert path in repairer_client.get("/desk").text
    assert repairer_client.post(f"/desk/cases/{key}/dismiss", data={"outcome": "no_show"}).status_code == 303
    page = repairer_client.get("/desk").text
    assert path not in page
    assert "Absent" in page


def test_a_customer_who_came_is_not_offered_as_absent(
    open_app: Flask, repairer_client: FlaskClient, booked_key: str, clock_: Clock
) -> None:
    clock_.now = TUESDAY_10
    with open_app.app_context(), writing():
        calls.arrive(visit(booked_key), visit(booked_key).case.customer.actor, clock_.now)
    clock_.now = TUESDAY_10 + timedelta(minutes=50)
    assert "Pas venus" not in repairer_client.get("/desk").text


def book_by_the_pages(client: FlaskClient, service: int, start: datetime, **person: str) -> tuple[int, str]:
    """The whole way; answers the last page's status and text."""
    draft = begin(client, f"/book/{service}", start.isoformat())
    tell(client, draft)
    answer = client.post(f"{draft}/person", data=PERSON | person)
    return answer.status_code, answer.text


def test_one_person_holds_three_visits_to_come(open_app: Flask, stranger: FlaskClient, clock_: Clock) -> None:
    with open_app.app_context():
        service = booking.services("repair")[0].id
    for hour in range(3):
        start = TUESDAY_10 + timedelta(hours=hour - 1 if hour < 2 else 4)
        assert book_by_the_pages(stranger, service, start, email="marie@exemple.example")[0] == 303
    fourth = TUESDAY_10 + timedelta(days=1)
    for email, phone in (("MARIE@exemple.example", "06 39 98 27 52"), ("other@exemple.example", PERSON["phone"])):
        status, page = book_by_the_pages(stranger, service, fourth, email=email, phone=phone)
        assert status == 409
        assert "Vous avez déjà 3 rendez-vous à venir" in page
        assert f'value="{email}"' in page
    other = book_by_the_pages(stranger, service, fourth, email="paul@exemple.example", phone="06 39 98 27 53")
    assert other[0] == 303
    clock_.now = TUESDAY_10 + timedelta(hours=2)  # two of the three are past
    later = fourth + timedelta(hours=1)
    assert book_by_the_pages(stranger, service, later, email="marie@exemple.example")[0] == 303


# -- withdrawal


def foot(page: str) -> str:
    return page.partition('<footer class="foot">')[2]


def case_of(path: str) -> Case:
    return guard.case_behind(path.rpartition("/")[2])


def test_withdrawing_takes_two_steps_and_is_acknowledged(
    open_app: Flask, stranger: FlaskClient, case_path: str, booked_key: str, run_jobs: Callable[[], int], clock_: Clock
) -> None:
    run_jobs()
    assert "Renoncer au contrat ici" in mails(open_app, "confirmation")[0].text
    link = f'<a href="{case_path}/withdraw">Renoncer au contrat ici</a>'
    assert all(link in foot(stranger.get(case_path + page).text) for page in ("", "/move", "/cancel"))
    page = stranger.get(f"{case_path}/withdraw").text
    assert "Confirmer la rétractation" in page
    assert "dossier D2026-0001, conclu lundi 23 novembre, 9\u00a0h" in page
    with open_app.app_context():
        assert case_of(case_path).state == "booked"  # reading declares nothing
    clock_.pass_(minutes=12)
    for _again in range(2):
        assert stranger.post(f"{case_path}/withdraw").status_code == 303
    clock_.pass_(minutes=5)
    run_jobs()
    (receipt,) = mails(open_app, "withdrawn")
    assert receipt.to == "marie@exemple.example"
    assert "Nous avons reçu lundi 23 novembre, 9\u00a0h\u00a012 votre déclaration" in receipt.text
    assert "notifie à Atelier Lumière ma rétractation" in receipt.text
    page = stranger.get(case_path).text
    assert "Vous avez renoncé au contrat" in page
    assert "Renoncer au contrat ici" not in page
    assert f"{case_path}/times" not in page
    with open_app.app_context():
        assert visit(booked_key).cancelled
        assert TUESDAY_10 in [
            slot.start for slot in booking.free_slots(booking.services("repair")[0], TUESDAY_10.date(), 1, NOW)
        ]


@pytest.mark.parametrize(("days", "is_open"), [(0, True), (14, True), (15, False)])
def test_it_stays_open_for_fourteen_days(
    stranger: FlaskClient, case_path: str, clock_: Clock, days: int, is_open: bool
) -> None:
    clock_.now = datetime(2026, 11, 23, 22, 59, tzinfo=UTC) + timedelta(days=days)  # the last minute of that day
    assert ("Renoncer au contrat ici" in stranger.get(case_path).text) is is_open
    assert stranger.get(f"{case_path}/withdraw").status_code == (200 if is_open else 303)


def test_a_repair_done_and_confirmed_is_not_withdrawn_from(
    open_app: Flask, stranger: FlaskClient, case_path: str
) -> None:
    with open_app.app_context(), writing():
        cases.propose(case_of(case_path), "repaired", "", KARIM, NOW)
        cases.answer(case_of(case_path), True, "", NOW)
    assert "Renoncer au contrat" not in stranger.get(case_path).text
    stranger.post(f"{case_path}/withdraw")
    with open_app.app_context():
        assert case_of(case_path).outcome == "repaired"


def test_a_part_on_its_way_does_not_take_the_right_away(open_app: Flask, stranger: FlaskClient, case_path: str) -> None:
    with open_app.app_context(), writing():
        parts.offer(case_of(case_path), Wanted("Joint", "", "", 900), "", KARIM, NOW)
        parts.accept(case_of(case_path), case_of(case_path).offer, "1 rue Haute", "69001", "Lyon", NOW)
    stranger.post(f"{case_path}/withdraw")
    with open_app.app_context():
        assert (case_of(case_path).state, case_of(case_path).outcome) == ("closed", "cancelled")


def test_a_visit_to_look_at_products_has_no_contract_to_withdraw_from(open_app: Flask, stranger: FlaskClient) -> None:
    with open_app.app_context(), writing():
        path = f"/case/{guard.token_of(book_visit(booking.services('sale')[0], TUESDAY_10).case)}"
    assert "Renoncer au contrat" not in stranger.get(path).text


def test_every_page_leads_to_it_and_without_the_link_one_reads_whom_to_tell(
    stranger: FlaskClient, case_path: str
) -> None:
    for page in ("/", "/book/1", "/legal/terms", "/message"):
        assert '<a href="/withdraw">Renoncer au contrat ici</a>' in foot(stranger.get(page).text)
    page = stranger.get("/withdraw").text
    assert "bonjour@atelier-lumiere.example" in page
    assert "04 65 71 12 34" in page.replace("\u00a0", " ")
    pasted = stranger.get("/withdraw", query_string={"link": f"voici : https://localhost{case_path}?new=1"})
    assert pasted.location == f"{case_path}/withdraw"
    for wrong in ("https://localhost/case/x", f"{case_path}x", "'\"><script>"):
        refused = stranger.get("/withdraw", query_string={"link": wrong})
        assert refused.status_code == 422
        assert "Ce lien n’est pas entier" in refused.text
