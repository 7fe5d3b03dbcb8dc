"""The customer's report: what it says, when it is drawn anew, and the PDF itself, read by another program."""

import subprocess
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from conftest import NOW, TUESDAY_10, Clock
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from shopvisio import booking, calls, cases, marks, pictures, reports, settings, steps, stills
from shopvisio.accounts import Actor
from shopvisio.cases import Case
from shopvisio.db import db, writing
from shopvisio.jobs import Job

KARIM = Actor("staff", "Karim Benali", 3)
DONE = TUESDAY_10 + timedelta(minutes=34)
MARK = ("arrow", "yellow", [[0.1, 0.1], [0.5, 0.5]], "")


def photo() -> bytes:
    made = BytesIO()
    Image.new("RGB", (640, 480), "#336699").save(made, "JPEG")
    return made.getvalue()


def hold_call(app: Flask, key: str, clock: Clock) -> None:
    """A call with a marked still and a step done, then its end."""
    uploads: Path = app.config["SHOP"].uploads
    with app.app_context():
        clock.now = TUESDAY_10
        with writing():
            visit = booking.find(key)
            assert visit is not None
            calls.arrive(visit, visit.case.customer.actor, clock.now)
            calls.arrive(visit, KARIM, clock.now)
            for n in range(2):
                name = f"still{n}.jpg"
                pictures.keep(uploads, name, photo())
                pictures.keep(uploads, pictures.small(name), photo())
                taken, _new = stills.add(visit, KARIM, f"still-{n}-once", name, 640, 480, clock.now)
            marks.add(taken, KARIM, "mark-once-1", MARK[0], next(iter(marks.COLOURS)), MARK[2], MARK[3], clock.now)
            step = steps.write(visit.case, steps.Wording("Fermer le robinet"), KARIM)
            steps.tick(visit.case, step.id, KARIM, clock.now + timedelta(minutes=6))
        clock.now = DONE
        with writing():
            found = booking.find(key)
            assert found is not None
            calls.end(calls.of(found), KARIM, DONE)


@pytest.fixture
def held(open_app: Flask, booked_key: str, clock_: Clock) -> Flask:
    """The application, its one repair's call just over."""
    hold_call(open_app, booked_key, clock_)
    return open_app


def the_case(key: str) -> Case:
    visit = booking.find(key)
    assert visit is not None
    return visit.case


def test_it_says_what_was_done_and_where_it_stands(held: Flask, booked_key: str) -> None:
    with held.app_context():
        case = the_case(booked_key)
        told = reports.story(case)
        assert [step.text for step in told.steps] == ["Fermer le robinet"]
        assert [bool(picture.marks) for picture in told.pictures] == [False, True]
        assert told.pictures[1].words == "Flèche 1, posée par Karim"
        assert [visit.staff for visit in told.visits] == ["Karim Benali"]
        assert told.result.startswith("En cours")
        with writing():
            cases.propose(case, "repaired", "Joint nettoyé.", KARIM, DONE)
        with writing():
            cases.answer(case, True, "", DONE)
        told = reports.story(case)
        assert (told.result, told.tried, str(told.guaranteed)) == ("Réparé.", "Joint nettoyé.", "2027-02-24")


def test_it_is_in_the_customers_language(held: Flask, booked_key: str) -> None:
    with held.app_context():
        case = the_case(booked_key)
        with writing():
            case.customer.language = "en"
            cases.propose(case, "not_repaired", "", KARIM, DONE, cases.Why("end_of_life", "no_part"))
        with writing():
            cases.answer(case, True, "", DONE)
        told = reports.story(case)
        assert told.meaning == "End of life: spare part not available."
        assert "recycling" in told.then


def test_a_booked_visit_has_nothing_to_report(
    open_app: Flask, booked_key: str, stranger: FlaskClient, case_path: str
) -> None:
    with open_app.app_context():
        assert not reports.has_something(the_case(booked_key))
    assert stranger.get(f"{case_path}/report").status_code == 404
    assert "Rapport de réparation" not in stranger.get(case_path).text


def test_the_pdf_is_drawn_after_the_call_and_again_when_the_case_goes_on(
    held: Flask,
    booked_key: str,
    stranger: FlaskClient,
    repairer_client: FlaskClient,
    case_path: str,
    clock_: Clock,
    run_jobs: Callable[[], int],
    tmp_path: Path,
) -> None:
    waiting = stranger.get(f"{case_path}/report")
    assert waiting.status_code == 503
    assert "Votre rapport se prépare" in waiting.text
    assert "Il se met à jour" in stranger.get(case_path).text
    drawn(run_jobs, clock_, lambda: reports.of(the_case(booked_key)) is not None, held)
    with stranger.get(f"{case_path}/report") as answer:
        assert answer.mimetype == "application/pdf"
        assert "Fermer le robinet" in text_of(answer.data, tmp_path)
    with held.app_context():
        case = the_case(booked_key)
        first, key = reports.of(case).file, case.key  # type: ignore[union-attr]
        with writing():
            cases.advise(case, "Détartrer deux fois l’an.", KARIM, clock_.now)
    drawn(run_jobs, clock_, lambda: reports.of(the_case(booked_key)).file != first, held)  # type: ignore[union-attr]
    with repairer_client.get(f"/desk/cases/{key}/report") as again:
        text = text_of(again.data, tmp_path)
    for told in ("Détartrer deux fois", "Karim Benali", "Sanilux", "Atelier Lumière", "pas une facture"):
        assert told in text, told
    images = subprocess.run(["pdfimages", "-list", tmp_path / "a.pdf"], capture_output=True, check=True, text=True)
    assert images.stdout.count("jpeg") == 2
    assert not (held.config["SHOP"].uploads / first).exists()


def drawn(run_jobs: Callable[[], int], clock: Clock, so: Callable[[], bool], app: Flask) -> None:
    """The jobs are run, and tried again as a worker does where the machine was too busy."""
    for minutes in (1, 2, 6, 20, 70):
        clock.now += timedelta(minutes=minutes)
        run_jobs()
        with app.app_context():
            if so():
                return
    raise AssertionError("it was not drawn")


def text_of(pdf: bytes, folder: Path) -> str:
    file = folder / "a.pdf"
    file.write_bytes(pdf)
    return subprocess.run(["pdftotext", "-layout", file, "-"], capture_output=True, check=True, text=True).stdout


def test_nothing_is_drawn_where_nothing_has_changed(
    held: Flask, booked_key: str, clock_: Clock, run_jobs: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []
    monkeypatch.setattr(reports, "draw", lambda sheet: drawn.append(sheet) or b"%PDF")
    clock_.now += timedelta(seconds=30)
    run_jobs()
    with held.app_context(), writing():
        reports.ask(the_case(booked_key), clock_.now)
        reports.ask(the_case(booked_key), clock_.now)
        settings.put({"tagline": "Autre chose"}, "owner", clock_.now)
    run_jobs()
    assert len(drawn) == 1
    with held.app_context():
        asked = db.session.scalars(db.select(Job).where(Job.kind == "report")).all()
        assert len(asked) == 3  # the booking, the end of the call, the one asked for


def test_a_case_from_before_has_it_prepared_by_a_button(
    held: Flask, booked_key: str, stranger: FlaskClient, case_path: str
) -> None:
    with held.app_context(), writing():
        for job in db.session.scalars(db.select(Job).where(Job.kind == "report")):
            job.state = "done"
    assert "Préparer le rapport" in stranger.get(f"{case_path}/report").text
    assert stranger.post(f"{case_path}/report").status_code == 303
    assert "Votre rapport se prépare" in stranger.get(f"{case_path}/report").text


def test_a_still_that_was_purged_is_left_out(held: Flask, booked_key: str) -> None:
    from shopvisio.sheet import pdf

    with held.app_context():
        folder: Path = held.config["SHOP"].uploads
        (folder / pictures.small("still0.jpg")).unlink()
        told = reports.story(the_case(booked_key))
        sheet = pdf.from_json(pdf.Sheet, reports.sheet(told, folder, NOW))
        assert pdf.page(sheet).count("data:image/jpeg") == 1
