"""The library on the desk: looked through, read, printed, written, put in service and retired."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shopvisio import accounts, cases, clock, gates, guides, i18n, steps, stills
from shopvisio.accounts import Actor
from shopvisio.cases import Case
from shopvisio.db import db, writing
from shopvisio.errors import Invalid, NotFound
from shopvisio.guides import DRAWING, LONGEST, Guide, GuideStep
from shopvisio.i18n import _
from shopvisio.steps import Wording
from shopvisio.web import guard, uploads
from shopvisio.web.guard import staff
from shopvisio.web.steps import drawing

blueprint = Blueprint("guides", __name__, url_prefix="/desk")


@dataclass(frozen=True)
class Row:
    """One step as its boxes show it. ``id`` is empty for one that is new; ``copy`` asks for its photo of the case,
    ``bare`` for no picture any more."""

    id: str = ""
    text: str = ""
    how: str = ""
    danger: str = ""
    copy: bool = False
    bare: bool = False


@blueprint.get("/guides")
@staff("cases")
def listing() -> ResponseReturnValue:
    """The guides of one state that hold the words looked for."""
    words = request.args.get("q", "").strip()[:100]
    shown = request.args.get("state", "")
    shown = shown if shown in guides.STATES else "ready"
    found = {state: guides.listed(i18n.language(), words, (state,)) for state in guides.STATES}
    return render_template(
        "guides/listing.html", found=found, words=words, shown=shown, states=guides.STATES, may_write=_may_write()
    )


@blueprint.post("/guides")
@staff("guides")
def begin() -> ResponseReturnValue:
    """An empty draft, to be written."""
    with writing():
        key = guides.begin(i18n.language(), _me(), clock.now()).key
    return redirect(url_for("guides.edit", key=key), 303)


@blueprint.post("/cases/<key>/guide")
@staff("guides")
def of_case(key: str) -> ResponseReturnValue:
    """One click: a finished case becomes a draft."""
    with writing():
        case = cases.find(key)
        if case is None:
            raise NotFound
        made = guides.of_case(case, _me(), clock.now()).key
    flash(_("Voici le brouillon. Relisez-le : aucune photo du client n’y est, sauf celles que vous cochez."))
    return redirect(url_for("guides.edit", key=made), 303)


@blueprint.get("/guides/<key>")
@staff("cases")
def guide(key: str) -> ResponseReturnValue:
    """One guide, to read and to print."""
    found = guides.find(key)
    return render_template(
        "guides/guide.html",
        guide=found,
        checks=gates.CHECKS,
        states=guides.STATES,
        picture_of=_picture_of(found),
        may_write=_may_write(),
    )


def _picture_of(guide: Guide) -> dict[int, str]:
    """Where the pictures of its steps are, by their ids."""
    return {
        step.id: drawing(step.picture) or url_for("guides.picture", key=guide.key, step_id=step.id)
        for step in guide.steps
        if step.picture
    }


@blueprint.get("/guides/<key>/picture/<int:step_id>")
@staff("cases")
def picture(key: str, step_id: int) -> ResponseReturnValue:
    """A picture that was copied into the guide."""
    step = next((step for step in guides.find(key).steps if step.id == step_id), None)
    if step is None or not step.picture or step.picture.startswith(DRAWING):
        raise NotFound
    return uploads.send(step.picture)


@blueprint.post("/guides/<key>/<any(ready,draft,retired):state>")
@staff("guides")
def set_state(key: str, state: str) -> ResponseReturnValue:
    """Put in service, taken back, or retired."""
    with writing():
        guides.set_state(guides.find(key), state, _me(), clock.now())
    return redirect(url_for("guides.guide", key=key), 303)


# -- writing one


@blueprint.route("/guides/<key>/edit", methods=["GET", "POST"])
@staff("guides")
def edit(key: str) -> ResponseReturnValue:
    """Every box of a guide on one page. Each button keeps all of it first; then it moves a step, or asks for more."""
    found = guides.find(key)
    if request.method == "GET":
        return _edit_page(found, _facts_of(found), found.checks, _rows_of(found), {})
    rows, act = _rows_typed(), request.form.get("act", "save")
    rows = _moved(rows, act)
    facts, checks = request.form.to_dict(), request.form.getlist("check")
    copied = _copies(found, rows)
    try:
        with writing():
            kept = guides.find(key)
            guides.save(kept, facts, checks, _lines(kept, rows, copied), _me(), clock.now())
    except Invalid as refusal:
        uploads.forget(copied.values())
        return _edit_page(guides.find(key), facts, checks, rows, refusal.fields), 422
    if act == "save":
        return redirect(url_for("guides.guide", key=key), 303)
    return redirect(url_for("guides.edit", key=key, _anchor="steps"), 303)


def _edit_page(
    guide: Guide, facts: dict[str, str], ticked: Sequence[str], rows: Sequence[Row], wrong: dict[str, str]
) -> str:
    by_id = {str(step.id): step for step in guide.steps}
    source = db.session.get(Case, guide.case_id) if guide.case_id else None
    return render_template(
        "guides/edit.html",
        guide=guide,
        facts=facts,
        checks=gates.CHECKS,
        ticked=ticked,
        rows=[(row, by_id.get(row.id)) for row in (*rows, Row())],
        wrong=wrong,
        picture_of=_picture_of(guide),
        source=source,
        longest=LONGEST | {"text": steps.LONGEST_TEXT, "how": steps.LONGEST_HOW},
    )


def _facts_of(guide: Guide) -> dict[str, str]:
    return {name: getattr(guide, name) for name in LONGEST} | {"minutes": str(guide.minutes or "")}


def _rows_of(guide: Guide) -> list[Row]:
    return [Row(str(step.id), step.text, step.how, step.danger) for step in guide.steps]


def _rows_typed() -> list[Row]:
    """The boxes as they came; a row without words is none."""
    columns = [request.form.getlist(name) for name in ("id", "text", "how", "danger")]
    copied, bare = request.form.getlist("copy"), request.form.getlist("bare")
    rows = [
        Row(id_, text, how, danger, id_ in copied, id_ in bare)
        for id_, text, how, danger in zip(*columns, strict=False)
    ]
    return [row for row in rows if row.text.strip() or row.how.strip()]


def _moved(rows: list[Row], act: str) -> list[Row]:
    """``up-2``, ``down-0``, ``drop-1``: that done to the row at this place."""
    name, _dash, place = act.partition("-")
    at = int(place) if place.isascii() and place.isdigit() and len(place) < 4 else -1
    if not 0 <= at < len(rows):
        return rows
    row = rows.pop(at)
    if name != "drop":
        rows.insert(max(0, at + {"up": -1, "down": 1}.get(name, 0)), row)
    return rows


def _copies(guide: Guide, rows: Sequence[Row]) -> dict[int, str]:
    """The photos of the customer's home that staff ticked, each copied: the step's id -> the copy's file."""
    wanted = {row.id for row in rows if row.copy}
    found = {}
    for step in guide.steps:
        if str(step.id) in wanted and step.still_id:
            found[step.id] = uploads.copy(db.session.get_one(stills.Still, step.still_id).file)
    return found


def _lines(guide: Guide, rows: Sequence[Row], copied: dict[int, str]) -> list[GuideStep]:
    """The steps as typed, those that were there before with their pictures. Raises Invalid with every box at fault."""
    by_id = {str(step.id): step for step in guide.steps}
    lines: list[GuideStep] = []
    wrong: dict[str, str] = {}
    for place, row in enumerate(rows):
        try:
            said = Wording(row.text, row.how, row.danger)
        except Invalid as refusal:
            wrong |= {f"{name}-{place}": why for name, why in refusal.fields.items()}
            continue
        line = by_id.pop(row.id, None) or GuideStep()
        line.text, line.how, line.danger = said.text, said.how, said.danger
        if row.bare:
            line.picture = ""
        if line.id in copied:
            line.picture, line.still_id = copied[line.id], None
        lines.append(line)
    if wrong:
        raise Invalid(_("Quelques réponses sont à corriger."), wrong)
    return lines


def _may_write() -> bool:
    return accounts.may(guard.me(), "guides")


def _me() -> Actor:
    me = guard.me()
    assert me is not None  # every view here asks for a role
    return me.actor
