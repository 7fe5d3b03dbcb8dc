"""A booking that a machine may have sent: its time is held, and booked by a button behind the link in the mail."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shopvisio import clock, holds, intake, links
from shopvisio.db import db, writing
from shopvisio.errors import Conflict, Invalid, ShopVisioError
from shopvisio.intake import Draft
from shopvisio.mail import Mail
from shopvisio.web import guard, presence, wake_jobs
from shopvisio.web.book import chosen_start, draft_of, to_case
from shopvisio.web.guard import anybody

blueprint = Blueprint("confirm", __name__)


@blueprint.get("/draft/<key>/held")
@anybody
def held(key: str) -> ResponseReturnValue:
    """What is held until when, and what became of the mail."""
    draft, now = draft_of(key), clock.now()
    hold = holds.of(draft.id)
    if draft.case_id is not None or hold is None:
        return redirect(url_for("book.person", key=key), 303)
    letter = db.session.get(Mail, hold.mail_id) if hold.mail_id else None
    return render_template(
        "book/held.html",
        draft=draft,
        hold=hold,
        is_held=now < hold.expires,
        reason=letter.reason if letter and letter.state != "sent" else "",
    )


@blueprint.route("/confirm/<token>", methods=["GET", "POST"])
@anybody
def booking(token: str) -> ResponseReturnValue:
    """What is about to be booked, and the button that books it; pressed late, it books what is still free."""
    draft, now = draft_of(links.read(guard.secret_key(), links.HOLD, token)), clock.now()
    if draft.case_id is not None:
        return to_case(draft)
    if request.method == "GET":
        return _page(draft, token)
    try:
        with writing():
            if draft.case_id is None:  # the other of two clicks may have made it
                if "start" in request.form:
                    intake.move(draft, chosen_start())
                intake.submit(draft, now, presence.talking())
    except (Invalid, Conflict) as refusal:
        return _page(draft, token, refusal), 409 if isinstance(refusal, Conflict) else 422
    wake_jobs()
    return to_case(draft)


def _page(draft: Draft, token: str, refusal: ShopVisioError | None = None) -> str:
    return render_template("book/confirm.html", draft=draft, token=token, refusal=refusal)
