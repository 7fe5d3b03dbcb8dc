"""After the outcome, on pages and in mails: why it was not repaired, the rating, whether it still works, the advice."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from conftest import NOW, TUESDAY_10, Clock
from flask import Flask
from flask.testing import FlaskClient

from shopvisio import booking, cases, guarantee, invoices, parts, ratings, reports, settings
from shopvisio.accounts import Actor
from shopvisio.cases import Case
from shopvisio.db import db, writing
from shopvisio.mail import Mail
from shopvisio.parts import Wanted
from shopvisio.web import guard

KARIM = Actor("staff", "Karim Benali", 3)
SMTP = {"smtp_host": "mail.example", "smtp_port": "25", "smtp_security": "none"}
DONE = TUESDAY_10 + timedelta(minutes=40)


class Ended:
    """A repair that was concluded and confirmed, and what the shop's side of it says."""

    def __init__(self, app: Flask, path: str, clock: Clock, run_jobs: Callable[[], int]) -> None:
        self.app, self.path, self.clock, self.run_jobs = app, path, clock, run_jobs

    @contextmanager
    def case(self) -> Iterator[Case]:
        """The case, inside a write."""
        with self.app.app_context(), writing():
            yield guard.case_behind(self.path.rpartition("/")[2])

    def as_(self, outcome: str) -> "Ended":
        """Concluded so, and confirmed by the customer; the papers are made, the mails written."""
        self.clock.now = DONE
        with self.case() as case:
            why = cases.Why("repairable", "no_part")
            cases.propose(case, outcome, "Joint nettoyé, robinet rouvert.", KARIM, DONE, why)
        with self.case() as case:
            cases.answer(case, True, "", DONE)
        return self

    def mails(self, name: str) -> list[Mail]:
        """Those of the outbox, after all due jobs."""
        self.run_jobs()
        with self.app.app_context():
            found = list(db.session.scalars(db.select(Mail).where(Mail.name == name)))
            db.session.expunge_all()
            return found

    def desk(self) -> str:
        """The address of its page at the desk."""
        with self.case() as case:
            return f"/desk/cases/{case.key}"


@pytest.fixture
def ended(
    open_app: Flask, case_path: str, clock_: Clock, run_jobs: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> Ended:
    for room, drawing in ((invoices, "make_pdf"), (reports, "draw")):  # drawn for real in their own tests
        monkeypatch.setattr(room, drawing, lambda _told: b"%PDF-1.7")
    return Ended(open_app, case_path, clock_, run_jobs)


# -- why it was not repaired


def test_not_repaired_asks_how_it_is_left_and_why(
    repairer_client: FlaskClient, ended: Ended, stranger: FlaskClient, case_path: str
) -> None:
    desk, typed = ended.desk(), {"outcome": "not_repaired", "words": "Carte <grillée>."}
    refused = repairer_client.post(f"{desk}/propose", data=typed)
    assert refused.status_code == 422
    assert "Dites si l’appareil reste réparable." in refused.text
    assert "Choisissez ce qui a empêché la réparation." in refused.text
    assert "Carte &lt;grillée&gt;." in refused.text
    why = {"condition": "end_of_life", "barrier": "too_dear"}
    assert repairer_client.post(f"{desk}/propose", data=typed | why).status_code == 303
    assert "non réparé (en fin de vie, pièce trop chère)." in repairer_client.get(desk).text
    assert "En fin de vie\u00a0: pièce trop chère." in stranger.get(f"{case_path}/answer").text


def test_another_reason_needs_words(repairer_client: FlaskClient, ended: Ended) -> None:
    typed = {"outcome": "not_repaired", "condition": "repairable", "barrier": "other"}
    assert "Dites en quelques mots" in repairer_client.post(f"{ended.desk()}/propose", data=typed).text


def test_the_note_and_the_page_say_why_and_what_then(ended: Ended, stranger: FlaskClient, case_path: str) -> None:
    ended.as_("not_repaired").run_jobs()
    with ended.case() as case:
        (note,) = invoices.of_case(case.id)
        report = invoices.read(note).facts.report
    assert report is not None
    assert report.conclusion == "Joint nettoyé, robinet rouvert.\nRéparable\u00a0: pièce introuvable."
    assert "reste réparable" in report.next_step
    page = stranger.get(case_path).text
    assert "Réparable\u00a0: pièce introuvable." in page
    assert "un atelier, ou une visite chez vous" in page


# -- the rating


def test_the_closing_mail_offers_the_rating_and_looking_at_it_notes_nothing(
    ended: Ended, stranger: FlaskClient, case_path: str
) -> None:
    (mail,) = ended.as_("repaired").mails("paper")
    for n in ratings.STARS:
        assert f"{case_path}/rating?stars={n}" in mail.html
        assert f"{case_path}/rating?stars={n}" in mail.text
    page = stranger.get(f"{case_path}/rating?stars=4").text
    assert 'value="4" required checked' in page
    with ended.case() as case:
        assert ratings.of(case) is None


def test_one_tap_gives_the_rating_and_it_may_be_changed(
    ended: Ended, stranger: FlaskClient, repairer_client: FlaskClient, case_path: str
) -> None:
    ended.as_("repaired").run_jobs()
    assert 'name="stars" value="5"' in stranger.get(case_path).text
    answer = stranger.post(f"{case_path}/rating", data={"stars": "2"}, follow_redirects=True)
    assert "C’est noté, merci" in answer.text
    stranger.post(f"{case_path}/rating", data={"stars": "5", "words": "Très patient."})
    stranger.post(f"{case_path}/rating", data={"stars": "5", "words": "Très patient."})
    assert "Votre note\u00a0: 5 sur 5, très content." in stranger.get(case_path).text
    desk = repairer_client.get(ended.desk()).text
    assert "Note\u00a0: 5 sur 5, très content" in desk
    assert "Très patient." in desk
    with ended.case() as case:
        assert [entry.told["stars"] for entry in case.journal if entry.kind == "rated"] == [2, 5]


@pytest.mark.parametrize("stars", ["", "0", "6", "٣", "4.5", "-1", "5 "])
def test_a_rating_that_is_none_is_told_and_the_words_are_kept(
    ended: Ended, stranger: FlaskClient, case_path: str, stars: str
) -> None:
    ended.as_("repaired")
    answer = stranger.post(f"{case_path}/rating", data={"stars": stars, "words": "Merci <à> vous"})
    assert answer.status_code == 422
    assert "Choisissez une note de 1 à 5." in answer.text
    assert "Merci &lt;à&gt; vous" in answer.text


def test_nothing_is_rated_before_the_end(stranger: FlaskClient, case_path: str) -> None:
    assert stranger.get(f"{case_path}/rating").status_code == 303
    assert stranger.post(f"{case_path}/rating", data={"stars": "1"}).status_code == 409


def test_no_public_page_shows_a_rating(ended: Ended, stranger: FlaskClient, case_path: str) -> None:
    ended.as_("repaired")
    stranger.post(f"{case_path}/rating", data={"stars": "1", "words": "Mot secret"})
    assert "Mot secret" not in stranger.get("/").text


# -- does it still work?


def test_a_week_later_a_mail_asks_and_its_links_change_nothing(
    ended: Ended, stranger: FlaskClient, case_path: str, clock_: Clock
) -> None:
    ended.as_("repaired").run_jobs()
    clock_.now = DONE + timedelta(days=6)
    assert ended.mails("still_working") == []
    clock_.now = DONE + timedelta(days=7)
    (mail,) = ended.mails("still_working")
    assert f"{case_path}/works?yes" in mail.html
    assert f"{case_path}/works?no" in mail.text
    assert "24 février 2027" in mail.text
    for way in ("yes", "no", ""):
        assert stranger.get(f"{case_path}/works?{way}").status_code == 200
    with ended.case() as case:
        check = guarantee.of(case)
        assert check is not None
        assert check.works is None


def test_a_yes_is_noted_and_shown_on_the_desk(
    ended: Ended, stranger: FlaskClient, repairer_client: FlaskClient, case_path: str, clock_: Clock
) -> None:
    ended.as_("repaired").run_jobs()
    clock_.now = DONE + timedelta(days=7)
    ended.run_jobs()
    thanks = stranger.post(f"{case_path}/works", data={"answer": "yes"}, follow_redirects=True)
    assert "Tout marche, tant mieux." in thanks.text
    assert "Marche toujours\u00a0? <b>Oui</b>" in repairer_client.get(ended.desk()).text


def test_a_no_opens_the_case_again_at_0_and_tells_the_shop(
    ended: Ended, stranger: FlaskClient, repairer_client: FlaskClient, case_path: str, clock_: Clock
) -> None:
    ended.as_("repaired").run_jobs()
    clock_.now = DONE + timedelta(days=7)
    ended.run_jobs()
    page = stranger.post(f"{case_path}/works", data={"answer": "no", "words": "Elle goutte."}, follow_redirects=True)
    assert "Nous reprenons, sous garantie" in page.text
    assert f'href="{case_path}/times"' in page.text
    today = repairer_client.get("/desk").text
    assert "La panne est revenue, sous garantie" in today
    desk = repairer_client.get(ended.desk()).text
    assert "Elle goutte." in desk
    assert "Rien n’est plus facturé." in desk
    assert "À payer si réparé" not in desk
    assert any("sous garantie" in mail.subject for mail in ended.mails("staff"))


def test_repaired_again_under_guarantee_the_customer_answers_and_pays_nothing(
    ended: Ended, stranger: FlaskClient, case_path: str, clock_: Clock
) -> None:
    ended.as_("repaired").run_jobs()
    clock_.now = DONE + timedelta(days=7)
    stranger.post(f"{case_path}/works", data={"answer": "no"})
    with ended.case() as case:
        cases.propose(case, "repaired", "Joint changé.", KARIM, clock_.now)
    assert "Sous garantie\u00a0: vous ne payez rien." in stranger.get(f"{case_path}/answer").text
    assert "vous n’avez rien à payer" in ended.mails("answer")[-1].text
    stranger.post(f"{case_path}/answer", data={"answer": "yes"})
    (mail,) = ended.mails("repaired_again")
    assert "C’est réparé, sans frais" in mail.subject
    with ended.case() as case:
        assert [paper.kind for paper in invoices.of_case(case.id)] == ["invoice"]
    assert "Garantie jusqu’au 24 février 2027" in stranger.get(case_path).text


def test_once_the_guarantee_is_over_the_shop_is_told(
    ended: Ended, stranger: FlaskClient, case_path: str, clock_: Clock
) -> None:
    ended.as_("repaired").run_jobs()
    clock_.now = DONE + timedelta(days=120)
    assert "Garantie jusqu’au" not in stranger.get(case_path).text
    page = stranger.post(f"{case_path}/works", data={"answer": "no", "words": "En panne."}, follow_redirects=True)
    assert "Nous revenons vers vous." in page.text
    assert any("hors garantie" in mail.subject for mail in ended.mails("staff"))


def test_without_a_guarantee_nothing_promises_one(
    open_app: Flask, ended: Ended, stranger: FlaskClient, case_path: str
) -> None:
    with open_app.app_context(), writing():
        settings.put({"guarantee_months": "0"}, "owner", NOW)
    (mail,) = ended.as_("repaired").mails("paper")
    assert "garantie" not in mail.text.lower()
    assert "Garantie" not in stranger.get(case_path).text


@pytest.mark.parametrize("answer", ["", "maybe"])
def test_an_answer_that_is_none_is_refused(ended: Ended, stranger: FlaskClient, case_path: str, answer: str) -> None:
    ended.as_("repaired")
    assert stranger.post(f"{case_path}/works", data={"answer": answer}).status_code == 422


# -- the advice


def test_advice_is_kept_with_the_case_and_told_to_the_customer(
    ended: Ended, stranger: FlaskClient, repairer_client: FlaskClient, case_path: str
) -> None:
    ended.as_("repaired")
    typed = {"words": "Détartrer deux fois l’an."}
    assert repairer_client.post(f"{ended.desk()}/advice", data=typed).status_code == 303
    assert "Détartrer deux fois l’an." in repairer_client.get(ended.desk()).text
    assert "Détartrer deux fois l’an." in stranger.get(case_path).text
    assert repairer_client.post("/desk/cases/nothing/advice", data={"words": "x"}).status_code == 404


def test_the_total_asked_for_is_the_one_of_the_invoice(
    ended: Ended, stranger: FlaskClient, case_path: str, clock_: Clock
) -> None:
    with ended.case() as case:
        parts.offer(case, Wanted("Joint", "", "", 1290), "", KARIM, NOW)
        parts.accept(case, case.offer, "1 rue", "69001", "Lyon", NOW)
        parts.send(case, case.parts[-1], "", "", KARIM, NOW)
        parts.receive(case, case.customer.actor, NOW)
        service = booking.last_service(case)
        assert service is not None
        booking.book(case, service, TUESDAY_10 + timedelta(days=1), NOW)
        cases.propose(case, "repaired", "", KARIM, NOW)
    assert "41,90\u00a0€" in ended.mails("answer")[0].text
    assert "41,90\u00a0€" in stranger.get(f"{case_path}/answer").text


# -- the owner's figures


def test_the_owner_reads_the_figures_and_nobody_else_does(
    ended: Ended, stranger: FlaskClient, owner_client: FlaskClient, repairer_client: FlaskClient, case_path: str
) -> None:
    assert "Pas encore de note." in owner_client.get("/desk/figures").text
    ended.as_("not_repaired")
    stranger.post(f"{case_path}/rating", data={"stars": "3", "words": "Dommage."})
    page = owner_client.get("/desk/figures").text
    for told in ("sur 1 réparation conclue", "trop peu pour conclure", "Pièce introuvable", "3 sur 5", "Dommage."):
        assert told in page, told
    assert repairer_client.get("/desk/figures").status_code == 403
    assert 'href="/desk/figures"' not in repairer_client.get("/desk").text


def test_a_part_on_its_way_leads_to_the_parts(ended: Ended, owner_client: FlaskClient) -> None:
    with ended.case() as case:
        parts.offer(case, parts.Wanted("Joint"), "", KARIM, NOW)
        parts.accept(case, case.offer, "1 rue", "69001", "Lyon", NOW)
    assert 'href="/desk/parts">1 pièce</a>' in owner_client.get("/desk/figures").text
