"""The customer's page for the life of a case: what it says by state, every answer, and whose papers it shows."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from conftest import NOW, TUESDAY_10, Clock, book_visit
from flask import Flask
from flask.testing import FlaskClient

from shopvisio import booking, calls, cases, invoices, papers, parts, payments, settings
from shopvisio.accounts import Actor
from shopvisio.cases import Case, Photo
from shopvisio.db import db, writing
from shopvisio.parts import Wanted
from shopvisio.web import guard

KARIM = Actor("staff", "Karim Benali", 3)
SMTP = {"smtp_host": "mail.example", "smtp_port": "25", "smtp_security": "none"}
ADDRESS = {"street": "14 montée de la Grande-Côte", "postcode": "69001", "city": "Lyon"}


class Told:
    """What the shop does to the customer's case meanwhile, in a few words."""

    def __init__(self, app: Flask, path: str, clock: Clock) -> None:
        self.app, self.path, self.clock = app, path, clock

    @contextmanager
    def case(self) -> Iterator[Case]:
        """The case, inside a write."""
        with self.app.app_context(), writing():
            yield guard.case_behind(self.path.rpartition("/")[2])

    def propose(self, outcome: str = "repaired", words: str = "Joint nettoyé.") -> None:
        """Staff say how it ended."""
        with self.case() as case:
            cases.propose(case, outcome, words, KARIM, self.clock.now, cases.Why("repairable", "no_part"))

    def offer(self, price: int = 1840) -> None:
        """Staff name a part."""
        with self.case() as case:
            parts.offer(case, Wanted("Clapet de vidange", "BR-44", "", price), "", KARIM, self.clock.now)

    def send(self) -> None:
        """The part leaves."""
        with self.case() as case:
            parts.send(case, case.parts[-1], "Colissimo", "https://suivi.example/8R", KARIM, self.clock.now)

    def state(self) -> tuple[str, str]:
        """State and outcome, as they stand."""
        with self.case() as case:
            return case.state, case.outcome


@pytest.fixture
def shop_does(open_app: Flask, case_path: str, clock_: Clock) -> Told:
    """The shop's hand on the case behind ``case_path``."""
    return Told(open_app, case_path, clock_)


# -- what is next


def test_a_booked_visit_shows_when_and_keeps_the_door_shut_until_it_opens(
    stranger: FlaskClient, case_path: str, clock_: Clock
) -> None:
    page = stranger.get(case_path).text
    assert "mardi 24 novembre,</span> 10\u00a0h" in page
    assert "avec Karim Benali" in page
    assert "La salle d’attente ouvre à 9\u00a0h\u00a030" in page
    assert f'href="{case_path}/call"' not in page
    clock_.now = TUESDAY_10 - timedelta(minutes=30)
    page = stranger.get(case_path).text
    assert f'href="{case_path}/call"' in page
    assert page.count("btn first") == 1


def test_during_the_call_the_page_leads_back_into_it(
    open_app: Flask, stranger: FlaskClient, case_path: str, booked_key: str, clock_: Clock
) -> None:
    clock_.now = TUESDAY_10
    with open_app.app_context(), writing():
        appointment = booking.find(booked_key)
        assert appointment is not None
        calls.arrive(appointment, appointment.case.customer.actor, clock_.now)
        call = calls.arrive(appointment, KARIM, clock_.now)
    assert "Revenir dans l’appel" in stranger.get(case_path).text
    with open_app.app_context(), writing():
        found = booking.find(booked_key)
        assert found is not None
        call = calls.of(found)
        calls.end(call, KARIM, clock_.now)
    page = stranger.get(case_path).text
    assert "L’appel est terminé, merci" in page
    assert f"{case_path}/call" not in page


def test_just_booked_it_gives_the_link_and_tells_the_truth_about_the_mail(
    open_app: Flask, stranger: FlaskClient, case_path: str
) -> None:
    page = stranger.get(f"{case_path}?new=1").text
    assert "C’est réservé, à bientôt" in page
    assert f"http://localhost{case_path}</span>" in page
    assert "Aucun e-mail ne part d’ici pour l’instant" in page
    with open_app.app_context(), writing():
        settings.put(SMTP, "tests", NOW)
    page = stranger.get(f"{case_path}?new=1").text
    assert "Aucun e-mail" not in page
    assert "Il part aussi par e-mail à marie@exemple.example." in page
    assert "C’est réservé" not in stranger.get(case_path).text


def test_the_appointment_goes_into_a_calendar(stranger: FlaskClient, case_path: str) -> None:
    file = stranger.get(f"{case_path}/appointment.ics")
    assert file.mimetype == "text/calendar"
    assert "DTSTART;TZID=Europe/Paris:20261124T100000" in file.text
    assert file.headers["Content-Disposition"] == "attachment; filename=rendez-vous.ics"


def test_without_an_appointment_there_is_nothing_for_a_calendar(
    stranger: FlaskClient, case_path: str, shop_does: Told
) -> None:
    shop_does.propose()
    assert stranger.get(f"{case_path}/appointment.ics").status_code == 404


def test_the_price_promise_is_the_one_of_the_booking(open_app: Flask, stranger: FlaskClient, case_path: str) -> None:
    with open_app.app_context(), writing():
        settings.put({"fee": "45"}, "tests", NOW)
    page = stranger.get(case_path).text
    assert "29\u00a0€ si c’est réparé" in page
    assert "45\u00a0€" not in page


# -- the link


@pytest.mark.parametrize("token", ["x", "abc.def", "é.è", "a" * 5000])
def test_a_forged_link_opens_nothing(stranger: FlaskClient, case_path: str, token: str) -> None:
    for page in ("", "/answer", "/part", "/times", "/appointment.ics", "/paper/F2026-000001", "/photo/1"):
        assert stranger.get(f"/case/{token}{page}").status_code == 404
    for act in ("answer", "part", "received", "contest", "times"):
        assert stranger.post(f"/case/{token}/{act}", data={"answer": "yes"}).status_code == 404


def test_a_link_with_one_sign_changed_opens_nothing(stranger: FlaskClient, case_path: str) -> None:
    changed = case_path[:-1] + ("A" if case_path[-1] != "A" else "B")
    assert stranger.get(changed).status_code == 404


def test_reading_the_link_changes_nothing(stranger: FlaskClient, case_path: str, shop_does: Told) -> None:
    shop_does.propose()
    before = shop_does.state()
    for page in ("", "/answer", "/answer?answer=yes", "/answer?no=1", "/part", "/times", "/received", "/contest"):
        stranger.get(case_path + page)
        stranger.head(case_path + page)
    assert shop_does.state() == before == ("proposed", "repaired")


# -- the answer


def test_yes_closes_the_case_and_the_invoice_comes(
    stranger: FlaskClient, case_path: str, shop_does: Told, run_jobs: Callable[[], int]
) -> None:
    shop_does.propose(words="Joint nettoyé, plus de fuite.")
    assert "La réparation est-elle réussie\u00a0?" in stranger.get(case_path).text
    page = stranger.get(f"{case_path}/answer").text
    assert "Joint nettoyé, plus de fuite." in page
    assert "facture de 29\u00a0€" in page
    assert stranger.post(f"{case_path}/answer", data={"answer": "yes"}).location == case_path
    assert shop_does.state() == ("closed", "repaired")
    assert "Votre facture se prépare" in stranger.get(case_path).text
    run_jobs()
    page = stranger.get(case_path).text
    assert "Facture F2026-000001" in page
    assert "Reste à payer" in page
    assert "FR76 3000 6000 0112 3456 7890 189" in page
    assert re.search(r"<dt>Référence</dt><dd>F2026-000001</dd>", page)
    pdf = stranger.get(f"{case_path}/paper/F2026-000001")
    assert pdf.mimetype == "application/pdf"
    assert pdf.data.startswith(b"%PDF-")
    with shop_does.case() as case:
        payments.note(case, invoices.of_case(case.id)[0], 2900, "card", KARIM, NOW)
    page = stranger.get(case_path).text
    assert "Reste à payer" not in page
    assert "payée" in page


def test_a_page_read_before_a_newer_proposal_answers_nothing(
    stranger: FlaskClient, case_path: str, shop_does: Told
) -> None:
    def shown() -> str:
        return re.findall(r'name="proposal" value="(\d+)"', stranger.get(f"{case_path}/answer").text)[0]

    shop_does.propose("not_repaired")
    free = shown()
    stranger.post(f"{case_path}/answer", data={"answer": "no", "proposal": free})
    shop_does.propose("repaired")
    stale = stranger.post(f"{case_path}/answer", data={"answer": "yes", "proposal": free})
    assert stale.location == f"{case_path}/answer"
    assert shop_does.state() == ("proposed", "repaired")
    stranger.post(f"{case_path}/answer", data={"answer": "yes", "proposal": shown()})
    assert shop_does.state() == ("closed", "repaired")


def test_answered_twice_the_first_counts(stranger: FlaskClient, case_path: str, shop_does: Told) -> None:
    shop_does.propose()
    stranger.post(f"{case_path}/answer", data={"answer": "yes"})
    again = stranger.post(f"{case_path}/answer", data={"answer": "no"})
    assert again.location == case_path
    assert shop_does.state() == ("closed", "repaired")
    assert stranger.get(f"{case_path}/answer").location == case_path


def test_no_asks_for_words_and_is_never_a_paper(
    stranger: FlaskClient, case_path: str, shop_does: Told, run_jobs: Callable[[], int]
) -> None:
    shop_does.propose()
    page = stranger.get(f"{case_path}/answer").text
    assert f'href="{case_path}/answer?no=1"' in page
    assert 'name="words"' in stranger.get(f"{case_path}/answer?no=1").text
    stranger.post(f"{case_path}/answer", data={"answer": "no", "words": "Elle fuit encore."})
    run_jobs()
    assert shop_does.state() == ("open", "")
    page = stranger.get(case_path).text
    assert "Votre dossier est entre nos mains" in page
    assert "Elle fuit encore." in page
    with shop_does.case() as case:
        assert invoices.of_case(case.id) == []


@pytest.mark.parametrize("given", [{}, {"answer": ""}, {"answer": "maybe"}])
def test_an_answer_that_is_neither_is_refused(
    stranger: FlaskClient, case_path: str, shop_does: Told, given: dict[str, str]
) -> None:
    shop_does.propose()
    assert stranger.post(f"{case_path}/answer", data=given).status_code == 422
    assert shop_does.state() == ("proposed", "repaired")


def test_words_too_long_are_kept_and_shortened_by_the_customer(
    stranger: FlaskClient, case_path: str, shop_does: Told
) -> None:
    shop_does.propose()
    answer = stranger.post(f"{case_path}/answer", data={"answer": "no", "words": "mot " * 600})
    assert answer.status_code == 422
    assert "2000 signes au plus." in answer.text
    assert "mot mot mot" in answer.text
    assert shop_does.state() == ("proposed", "repaired")


def test_not_repaired_is_nothing_to_pay_and_a_note(
    stranger: FlaskClient, case_path: str, shop_does: Told, run_jobs: Callable[[], int]
) -> None:
    shop_does.propose("not_repaired", "Carte à changer en atelier.")
    page = stranger.get(f"{case_path}/answer").text
    assert "Karim n’a pas pu réparer. Êtes-vous d’accord\u00a0?" in page
    assert "facture" not in page
    stranger.post(f"{case_path}/answer", data={"answer": "yes"})
    run_jobs()
    page = stranger.get(case_path).text
    assert "Vous n’avez rien à payer" in page
    assert "Compte rendu sans frais R2026-000001" in page
    assert "Reste à payer" not in page


def test_what_staff_confirmed_alone_may_be_contested_and_is_taken_back(
    stranger: FlaskClient, case_path: str, shop_does: Told, clock_: Clock, run_jobs: Callable[[], int]
) -> None:
    assert stranger.post(f"{case_path}/contest").status_code == 409
    shop_does.propose()
    clock_.pass_(days=4)
    with shop_does.case() as case:
        cases.confirm_unanswered(case, "Sans nouvelles.", KARIM, clock_.now)
    run_jobs()
    assert "Contester et rouvrir le dossier" in stranger.get(case_path).text
    refused = stranger.post(f"{case_path}/contest", data={"words": "x" * 2001})
    assert refused.status_code == 422
    assert "2000 signes au plus." in refused.text
    stranger.post(f"{case_path}/contest", data={"words": "Rien n’est réparé."})
    run_jobs()
    page = stranger.get(case_path).text
    assert shop_does.state() == ("open", "")
    assert "annulée par un avoir" in page
    assert "Avoir A2026-000001" in page
    assert "Contester et rouvrir" not in page


def test_a_taking_back_that_comes_late_spares_the_new_invoice(
    open_app: Flask, stranger: FlaskClient, case_path: str, shop_does: Told, clock_: Clock
) -> None:
    shop_does.propose()
    stranger.post(f"{case_path}/answer", data={"answer": "yes"})
    with shop_does.case() as case:
        number, owed = case.id, papers.issue(case, clock_.now)
        assert owed is not None
    with open_app.app_context():
        open_app.extensions["handlers"]["credit"]({"case": number}, clock_.now)
        assert [paper.kind for paper in invoices.of_case(number)] == ["invoice"]


# -- the part


def test_a_part_is_accepted_at_the_price_that_was_seen(
    stranger: FlaskClient, case_path: str, shop_does: Told, run_jobs: Callable[[], int]
) -> None:
    shop_does.offer()
    assert "Clapet de vidange</b>, 18,40\u00a0€" in stranger.get(case_path).text
    page = stranger.get(f"{case_path}/part").text
    assert "seulement si la réparation réussit" in page
    assert re.search(r'name="offer"[^>]*value="1"', page)
    accepted = stranger.post(f"{case_path}/part", data={"answer": "yes", "offer": "1", **ADDRESS})
    assert accepted.location == case_path
    assert "Votre pièce se prépare" in stranger.get(case_path).text
    shop_does.send()
    page = stranger.get(case_path).text
    assert 'href="https://suivi.example/8R"' in page
    assert "Colissimo" in page
    assert stranger.post(f"{case_path}/received").location == f"{case_path}/times"
    assert stranger.post(f"{case_path}/received").location == f"{case_path}/times"  # pressed twice
    assert "ce nouvel appel ne coûte rien" in stranger.get(f"{case_path}/times").text
    start = re.findall(r'name="start" value="([^"]+)"', stranger.get(f"{case_path}/times").text)[-1]
    assert stranger.post(f"{case_path}/times", data={"start": start}).location == f"{case_path}?new=1"
    assert "0\u00a0€\u00a0: cet appel est compris." in stranger.get(case_path).text
    shop_does.propose()
    assert "facture de 47,40\u00a0€" in stranger.get(f"{case_path}/answer").text
    stranger.post(f"{case_path}/answer", data={"answer": "yes"})
    run_jobs()
    page = stranger.get(case_path).text
    assert page.count("Facture F2026") == 1
    assert "47,40\u00a0€" in page


@pytest.mark.parametrize("missing", ADDRESS)
def test_an_address_that_is_not_whole_is_asked_again(
    stranger: FlaskClient, case_path: str, shop_does: Told, missing: str
) -> None:
    shop_does.offer()
    answer = stranger.post(f"{case_path}/part", data={"answer": "yes", "offer": "1", **ADDRESS, missing: " "})
    assert answer.status_code == 422
    assert f'href="#{missing}"' in answer.text
    for name in ADDRESS.keys() - {missing}:
        assert ADDRESS[name] in answer.text
    assert shop_does.state()[0] == "part_offered"


@pytest.mark.parametrize("offer", ["0", "2", "", "free", "-1", "1.0"])
def test_another_offer_than_the_newest_is_not_accepted(
    stranger: FlaskClient, case_path: str, shop_does: Told, offer: str
) -> None:
    shop_does.offer()
    answer = stranger.post(f"{case_path}/part", data={"answer": "yes", "offer": offer, **ADDRESS})
    assert answer.status_code == 409
    assert "La proposition a changé entre-temps" in answer.text
    assert shop_does.state()[0] == "part_offered"


def test_a_part_may_be_refused_with_words(stranger: FlaskClient, case_path: str, shop_does: Told) -> None:
    shop_does.offer(0)
    assert "Comprise dans le forfait" in stranger.get(f"{case_path}/part").text
    too_long = stranger.post(f"{case_path}/part", data={"answer": "no", "offer": "1", "words": "x" * 2001})
    assert too_long.status_code == 422
    stranger.post(f"{case_path}/part", data={"answer": "no", "offer": "1", "words": "Trop cher pour cette machine."})
    assert shop_does.state() == ("open", "")
    assert "Trop cher pour cette machine." in stranger.get(case_path).text
    assert stranger.get(f"{case_path}/part").location == case_path
    assert stranger.post(f"{case_path}/part", data={"answer": "yes"}).location == case_path


def test_a_part_nobody_sent_is_not_received(stranger: FlaskClient, case_path: str) -> None:
    assert stranger.post(f"{case_path}/received").status_code == 409


# -- another visit


def test_another_visit_is_booked_only_when_the_case_waits_for_one(
    stranger: FlaskClient, case_path: str, shop_does: Told
) -> None:
    assert stranger.get(f"{case_path}/times").location == case_path
    assert stranger.post(f"{case_path}/times", data={"start": TUESDAY_10.isoformat()}).location == case_path
    shop_does.propose()
    stranger.post(f"{case_path}/answer", data={"answer": "no"})
    assert stranger.get(f"{case_path}/times").status_code == 200
    assert stranger.post(f"{case_path}/times", data={"start": "soon"}).status_code == 422
    taken = stranger.post(f"{case_path}/times", data={"start": TUESDAY_10.isoformat()})
    assert taken.status_code == 409
    assert "Choisissez un autre horaire" in taken.text


def test_another_visit_finds_a_service_when_its_own_is_no_longer_offered(
    open_app: Flask, stranger: FlaskClient, case_path: str, shop_does: Told
) -> None:
    shop_does.propose()
    stranger.post(f"{case_path}/answer", data={"answer": "no"})
    with open_app.app_context(), writing():
        booking.services("repair")[0].active = False
    refused = stranger.get(f"{case_path}/times")
    assert refused.status_code == 409
    assert "appelez-nous" in refused.text


# -- papers and photos of others


def test_a_paper_that_is_not_drawn_yet_comes_back_by_itself(
    stranger: FlaskClient, case_path: str, shop_does: Told
) -> None:
    shop_does.propose()
    stranger.post(f"{case_path}/answer", data={"answer": "yes"})
    with shop_does.case() as case:
        paper = papers.issue(case, NOW)
        assert paper is not None
        number = paper.number
    answer = stranger.get(f"{case_path}/paper/{number}")
    assert answer.status_code == 503
    assert 'http-equiv="refresh"' in answer.text
    assert answer.headers["Retry-After"] == "3"


def test_nobody_reads_the_papers_or_photos_of_another_case(
    open_app: Flask, stranger: FlaskClient, case_path: str, shop_does: Told
) -> None:
    shop_does.propose()
    stranger.post(f"{case_path}/answer", data={"answer": "yes"})
    with shop_does.case() as case:
        papers.issue(case, NOW)
        db.session.add(Photo(case_id=case.id, file="theirs.jpg", width=1, height=1, created=NOW))
        other = book_visit(booking.services("repair")[0], TUESDAY_10 + timedelta(hours=1)).case
        theirs = f"/case/{guard.token_of(other)}"
    assert stranger.get(f"{case_path}/paper/F2026-000001").status_code == 503  # there, for the one it is for
    assert stranger.get(f"{theirs}/paper/F2026-000001").status_code == 404
    assert stranger.get(f"{theirs}/photo/1").status_code == 404
    assert "F2026-000001" not in stranger.get(theirs).text


# -- the end


@pytest.mark.parametrize(
    ("outcome", "words"), [("cancelled", "Rendez-vous annulé"), ("no_show", "Nous nous sommes manqués")]
)
def test_a_visit_that_never_was_costs_nothing(
    stranger: FlaskClient, case_path: str, shop_does: Told, outcome: str, words: str
) -> None:
    with shop_does.case() as case:
        cases.dismiss(case, outcome, KARIM, NOW)
    page = stranger.get(case_path).text
    assert words in page
    assert "rien à payer" in page
    assert "si c’est réparé" not in page


@pytest.mark.parametrize(
    ("outcome", "words"), [("sold", "Merci de votre achat"), ("not_sold", "Merci de votre visite")]
)
def test_a_sale_ends_without_a_paper(open_app: Flask, stranger: FlaskClient, outcome: str, words: str) -> None:
    with open_app.app_context():
        with writing():
            case = book_visit(booking.services("sale")[0], TUESDAY_10).case
            path = f"/case/{guard.token_of(case)}"
        assert "si c’est réparé" not in stranger.get(path).text
        with writing():
            cases.propose(case, outcome, "", KARIM, NOW)
    page = stranger.get(path).text
    assert words in page
    assert "Vos papiers" not in page


def test_what_is_written_on_a_case_is_shown_as_text(stranger: FlaskClient, case_path: str, shop_does: Told) -> None:
    shop_does.propose(words="<script>alert(1)</script>")
    for page in ("", "/answer"):
        text = stranger.get(case_path + page).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;" in text


def test_no_page_of_a_case_holds_anything_its_policy_forbids(
    stranger: FlaskClient, case_path: str, shop_does: Told
) -> None:
    shop_does.offer()
    pages = [stranger.get(case_path), stranger.get(f"{case_path}?new=1"), stranger.get(f"{case_path}/part")]
    stranger.post(f"{case_path}/part", data={"answer": "no", "offer": "1"})
    pages.append(stranger.get(f"{case_path}/times"))
    shop_does.propose()
    pages += [stranger.get(f"{case_path}/answer"), stranger.get(f"{case_path}/answer?no=1")]
    for page in pages:
        assert page.status_code == 200
        assert not re.search(r'\sstyle="|<style|\son\w+="|<script(?![^>]*\ssrc=)', page.text)
        assert "<h1" in page.text
        assert 'href="tel:+33465711234"' in page.text
