"""The library on the desk: found, read, edited with everything typed kept, put in service, made of a case."""

from io import BytesIO
from pathlib import Path

import pytest
from conftest import TUESDAY_10, Clock
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.datastructures import MultiDict

from shopvisio import booking, calls, cases, db, pictures, steps, stills
from shopvisio.guides import Guide
from shopvisio.steps import Wording

FACTS = {
    "title": "Hotte bruyante",
    "device": "Hotte",
    "minutes": "15",
    "tools": "Un chiffon",
    "stop": "Odeur de brûlé.",
}


def form(*rows: tuple[str, str, str], act: str = "save", **more: object) -> MultiDict[str, str]:
    """The page's boxes: FACTS, then (id, text, how) for each step."""
    sent: MultiDict[str, str] = MultiDict({**FACTS, "act": act, **more})  # type: ignore[dict-item]
    for id_, text, how in rows:
        sent.update({"id": id_, "text": text, "how": how, "danger": "attention"})
    return sent


def newest() -> Guide:
    found = db.db.session.query(Guide).order_by(Guide.id.desc()).first()
    assert isinstance(found, Guide)
    return found


@pytest.fixture
def draft(repairer_client: FlaskClient) -> str:
    """The page of a new draft."""
    answer = repairer_client.post("/desk/guides")
    return answer.headers["Location"].removesuffix("/edit")


def texts(app: Flask) -> list[str]:
    with app.app_context():
        return [step.text for step in newest().steps]


def test_the_library_is_searched_and_read(repairer_client: FlaskClient) -> None:
    page = repairer_client.get("/desk/guides?q=hublot").text
    assert "vérifier le joint de hublot" in page
    assert "Robinet qui goutte" not in page
    path = page.split('class="row" href="')[1].split('"')[0]
    guide = repairer_client.get(path).text
    assert "Quand s’arrêter" in guide
    assert "/guides/door-seal.svg" in guide
    assert "Aucun guide avec ces mots" in repairer_client.get("/desk/guides?q=%00zzz").text


def test_a_guide_is_written_ordered_and_put_in_service(
    open_app: Flask, repairer_client: FlaskClient, draft: str
) -> None:
    assert repairer_client.post(f"{draft}/ready").status_code == 409  # no step yet
    rows = [("", "Débrancher", ""), ("", "Ôter le filtre", "Il est gras."), ("", "", "")]
    assert repairer_client.post(f"{draft}/edit", data=form(*rows, act="down-0", check="power")).status_code == 303
    assert texts(open_app) == ["Ôter le filtre", "Débrancher"]
    with open_app.app_context():
        ids = [str(step.id) for step in newest().steps]
    rows = [(ids[0], "Ôter le filtre", ""), (ids[1], "Débrancher", ""), ("", "Laver", "")]
    repairer_client.post(f"{draft}/edit", data=form(*rows, act="up-1", check="power"))
    repairer_client.post(f"{draft}/edit", data=form(*rows, act="drop-2", check="power"))
    assert texts(open_app) == ["Ôter le filtre", "Débrancher"]
    repairer_client.post(f"{draft}/ready")
    page = repairer_client.get("/desk/guides").text
    assert "Hotte bruyante" in page
    repairer_client.post(f"{draft}/retired")
    assert "Hotte bruyante" not in repairer_client.get("/desk/guides").text
    assert "Hotte bruyante" in repairer_client.get("/desk/guides?state=retired").text


def test_a_refusal_names_each_box_and_keeps_what_was_typed(
    open_app: Flask, repairer_client: FlaskClient, draft: str
) -> None:
    sent = form(("", "a" * 161, "Comme <i>ceci</i>"), title="", minutes="beaucoup")
    answer = repairer_client.post(f"{draft}/edit", data=sent)
    assert answer.status_code == 422
    for words in ("a" * 161, "Comme &lt;i&gt;ceci&lt;/i&gt;", "beaucoup", "160 signes au plus"):
        assert words in answer.text
    answer = repairer_client.post(f"{draft}/edit", data=form(("", "Débrancher", ""), title="", minutes="beaucoup"))
    assert "Donnez un titre" in answer.text
    assert "comme 20" in answer.text
    assert texts(open_app) == []


@pytest.mark.parametrize("act", ["up-9", "down--1", "drop-٣", "up-", "explode-0", ""])
def test_an_unknown_button_only_keeps(open_app: Flask, repairer_client: FlaskClient, draft: str, act: str) -> None:
    sent = form(("999999", "Débrancher", ""), ("x", "Laver", ""), act=act)
    assert repairer_client.post(f"{draft}/edit", data=sent).status_code == 303
    assert texts(open_app) == ["Débrancher", "Laver"]


@pytest.fixture
def finished(open_app: Flask, booked_key: str, clock_: Clock) -> str:
    """The desk's page of a case that is repaired, one of its two steps with a photo of the customer's home."""
    clock_.now = TUESDAY_10
    folder: Path = open_app.config["SHOP"].uploads
    made = BytesIO()
    Image.new("RGB", (8, 8)).save(made, "JPEG")
    pictures.keep(folder, "home.jpg", made.getvalue())
    with open_app.app_context(), db.writing():
        visit = booking.find(booked_key)
        assert visit is not None
        case, actor = visit.case, visit.staff.actor
        calls.arrive(visit, case.customer.actor, TUESDAY_10)
        still, _new = stills.add(visit, case.customer.actor, "a-word-of-it", "home.jpg", 8, 8, TUESDAY_10)
        for text in ("Ôter le couvercle", "Fermer l’eau"):
            step = steps.write(case, Wording(text), actor)
            steps.rewrite(case, step.id, Wording(text), still.id, actor)
            steps.tick(case, step.id, case.customer.actor, TUESDAY_10)
        cases.propose(case, "repaired", "Joint changé.", actor, TUESDAY_10)
        return f"/desk/cases/{case.key}"


def test_one_click_makes_a_draft_of_a_case_and_no_photo_of_a_home_goes_along_unless_ticked(
    open_app: Flask, repairer_client: FlaskClient, finished: str
) -> None:
    assert "En faire un guide" in repairer_client.get(f"{finished}/steps").text
    edit = repairer_client.post(f"{finished}/guide").headers["Location"]
    page = repairer_client.get(edit).text
    assert page.count('name="copy"') == 2
    assert "checked" not in page.split('name="copy"')[1].split(">")[0]
    with open_app.app_context():
        first, second = (str(step.id) for step in newest().steps)
    rows = [(first, "Ôter le couvercle", ""), (second, "Fermer l’eau", "")]
    repairer_client.post(edit, data=form(*rows, copy=first))
    repairer_client.post(f"{edit.removesuffix('/edit')}/ready")
    with open_app.app_context():
        guide = newest()
        shown, bare = guide.steps
        assert shown.picture
        assert shown.picture != "home.jpg"  # a copy: the case may be erased
        assert (bare.picture, bare.still_id) == ("", None)
    guide_path = edit.removesuffix("/edit")
    with repairer_client.get(f"{guide_path}/picture/{first}") as picture:
        assert picture.mimetype == "image/jpeg"
    assert repairer_client.get(f"{guide_path}/picture/{second}").status_code == 404


def test_a_picture_is_taken_out_of_a_guide_again(open_app: Flask, repairer_client: FlaskClient, finished: str) -> None:
    edit = repairer_client.post(f"{finished}/guide").headers["Location"]
    with open_app.app_context():
        first = str(newest().steps[0].id)
    repairer_client.post(edit, data=form((first, "Ôter", ""), copy=first))
    repairer_client.post(edit, data=form((first, "Ôter", ""), bare=first))
    with open_app.app_context():
        assert [step.picture for step in newest().steps] == [""]


def test_a_case_that_is_not_finished_makes_no_guide(
    open_app: Flask, repairer_client: FlaskClient, booked_key: str
) -> None:
    with open_app.app_context():
        visit = booking.find(booked_key)
        assert visit is not None
        path = f"/desk/cases/{visit.case.key}"
    assert repairer_client.post(f"{path}/guide").status_code == 409
    assert "En faire un guide" not in repairer_client.get(f"{path}/steps").text


def test_unknown_guides_are_not_found(repairer_client: FlaskClient) -> None:
    for path in ("/desk/guides/nothing", "/desk/guides/nothing/edit", "/desk/guides/nothing/picture/1"):
        assert repairer_client.get(path).status_code == 404
    assert repairer_client.post("/desk/guides/nothing/ready").status_code == 404
