"""The rights of a customer over what is kept of them: a copy of all of it, and its erasure. The owner's alone."""

import os
from datetime import datetime
from pathlib import Path

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from shopvisio import cases, clock, hub, invoices
from shopvisio.cases import Case
from shopvisio.config import Config
from shopvisio.db import db, public_id, writing
from shopvisio.errors import Conflict, NotFound
from shopvisio.i18n import _, here, n_, time
from shopvisio.privacy import forgetting, person
from shopvisio.web import guard, story
from shopvisio.web.guard import staff

blueprint = Blueprint("erasing", __name__, url_prefix="/desk/cases")

WORD = "EFFACER"  # typed by who means it


def _found(key: str) -> Case:
    found = cases.find(key)
    if found is None:
        raise NotFound
    return found


@blueprint.get("/<key>/person")
@staff("settings")
def page(key: str) -> ResponseReturnValue:
    """What may be done."""
    return _page(_found(key))


def _page(case: Case, wrong: str = "") -> str:
    found = person.cases_of(case)
    papers = {one.id: len(invoices.of_case(one.id)) for one in found}
    return render_template("desk/person_data.html", case=case, found=found, papers=papers, word=WORD, wrong=wrong)


def _chosen(case: Case) -> list[Case]:
    """Those of the person's cases that are ticked."""
    ticked = set(request.form.getlist("case"))
    return [one for one in person.cases_of(case) if one.key in ticked]


@blueprint.post("/<key>/person/copy")
@staff("settings")
def copy(key: str) -> ResponseReturnValue:
    """All that is kept of them, as a ZIP."""
    case = _found(key)
    chosen = _chosen(case)
    if not chosen:
        return _page(case, _("Cochez au moins un dossier.")), 422
    config: Config = current_app.config["SHOP"]
    file, now = config.arriving / f"{public_id(20)}.zip", clock.now()
    told = [(one, person.told(one, _story(one))) for one in chosen]
    asked = person.order(told, config.uploads, config.data / "shop.db", file, now)
    name = f"{case.number}-{now:%Y%m%d}.zip"
    db.session.rollback()
    try:
        hub.in_turn(person.write, asked, timeout=2 * person.SECONDS)
        return _sent(file, name)
    finally:
        file.unlink(missing_ok=True)


def _sent(file: Path, name: str) -> Response:
    """The file as an answer; its name may go, its bytes are read through what is open."""
    opened = file.open("rb")
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Length": str(os.stat(file).st_size)}
    answer = Response(iter(lambda: opened.read(1 << 18), b""), mimetype="application/zip", headers=headers)
    answer.call_on_close(opened.close)
    return answer


def _story(case: Case) -> list[str]:
    lines = [line for _day, lines in story.by_day(case.journal) for line in lines]
    return [f"{_stamp(one.at)} {one.who} {one.text} {one.words}".strip() for one in reversed(lines)]


def _stamp(at: datetime) -> str:
    return f"{here(at):%d/%m/%Y} {time(at)}"


@blueprint.post("/<key>/person/erase")
@staff("settings")
def erase(key: str) -> ResponseReturnValue:
    """Everything about a person goes from the ticked cases; the papers stay."""
    case, me = _found(key), guard.me()
    assert me is not None  # the rule of the view says so
    chosen = _chosen(case)
    if not chosen:
        return _page(case, _("Cochez au moins un dossier.")), 422
    if request.form.get("word", "").strip().upper() != WORD:
        return _page(case, _("Écrivez {word} pour confirmer : rien n’est effacé.", word=WORD)), 422
    ids, actor, now = [one.id for one in chosen], me.actor, clock.now()
    try:
        with writing():
            files = [file for one in ids for file in forgetting.erase(db.session.get_one(Case, one), actor, now)]
    except Conflict as refusal:
        return _page(_found(key), f"{refusal.message} {_('Rien n’est effacé.')}"), 409
    config: Config = current_app.config["SHOP"]
    forgetting.drop(config.uploads, files)
    number = len(ids)
    flash(n_("Effacé : {n} dossier ne nomme personne.", "Effacé : {n} dossiers ne nomment personne.", number))
    return redirect(url_for("desk.listing"), 303)
