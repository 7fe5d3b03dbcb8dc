"""A message when nobody can talk: left by anybody, answered from the desk."""

import re

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import StringField, TextAreaField

from shopvisio import clock, inquiries
from shopvisio.db import db, public_id, writing
from shopvisio.errors import Conflict, Invalid, NotFound
from shopvisio.i18n import _, lazy
from shopvisio.inquiries import Inquiry, InquiryPhoto
from shopvisio.web import guard, uploads, wake_jobs
from shopvisio.web.guard import anybody, staff
from shopvisio.web.typed import blame

blueprint = Blueprint("inquiries", __name__)

KEY = re.compile(r"[0-9A-Za-z]{20}")


class InquiryForm(FlaskForm):  # type: ignore[misc]
    """Who asks, where to answer, what about."""

    name = StringField(lazy("Votre nom"), render_kw={"autocomplete": "name"})
    contact = StringField(
        lazy("Votre téléphone ou votre e-mail"),
        description=lazy("Là où vous voulez notre réponse."),
        render_kw={"autocomplete": "tel"},
    )
    words = TextAreaField(
        lazy("Votre message"),
        description=lazy("Ce qui ne marche pas, ou ce que vous cherchez. Les photos viennent après."),
    )
    website = StringField(lazy("Laissez cette case vide"))


@blueprint.route("/message", methods=["GET", "POST"])
@anybody
def leave() -> ResponseReturnValue:
    """The words; what cannot be used is named, and all that was typed stays."""
    form, now = InquiryForm(), clock.now()
    key = request.form.get("key", "")
    if request.method == "GET" or not KEY.fullmatch(key):
        return _page(form, public_id(20)), 200 if request.method == "GET" else 422
    try:
        if form.website.data:
            raise Invalid(fields={"website": _("Laissez cette case vide.")})
        with writing():
            inquiries.leave(key, {name: form.data[name] or "" for name in inquiries.LONGEST}, guard.network(), now)
    except Invalid as refusal:
        blame(form, refusal)
        return _page(form, key), 422
    except Conflict as refusal:
        return _page(form, key, refusal.message), 409
    wake_jobs()
    return redirect(url_for("inquiries.left", key=key), 303)


def _page(form: FlaskForm, key: str, refusal: str = "") -> str:
    return render_template("inquiries/leave.html", form=form, key=key, refusal=refusal)


@blueprint.get("/message/<key>")
@anybody
def left(key: str) -> ResponseReturnValue:
    """It has arrived; photos may follow."""
    return _left_page(_found(key))


@blueprint.post("/message/<key>/photos")
@anybody
def add_photos(key: str) -> ResponseReturnValue:
    """Photos to what was written."""
    inquiry = _found(key)
    room = 0 if inquiry.answered else inquiries.PHOTOS - len(inquiry.photos)
    sent, refusal = uploads.usable(request.files.getlist("photos"), room, inquiries.PHOTOS)
    unused = []
    with writing():
        for photo in sent:
            try:
                inquiries.add_photo(inquiry, photo.file)
            except Conflict:  # as many came from another page meanwhile
                unused.append(photo.file)
    uploads.forget(unused)
    if refusal:
        return _left_page(inquiry, refusal), 422
    return redirect(url_for("inquiries.left", key=key, _anchor="photos"), 303)


def _left_page(inquiry: Inquiry, refusal: str = "") -> str:
    room = inquiries.PHOTOS - len(inquiry.photos)
    return render_template("inquiries/left.html", inquiry=inquiry, room=room, photo_refusal=refusal)


@blueprint.get("/message/<key>/photo/<int:photo_id>")
@anybody
def photo(key: str, photo_id: int) -> ResponseReturnValue:
    """A photo, for whoever sent it."""
    return _photo(_found(key), photo_id)


def _photo(inquiry: Inquiry, photo_id: int) -> ResponseReturnValue:
    found = db.session.get(InquiryPhoto, photo_id)
    if found is None or found.inquiry_id != inquiry.id:
        raise NotFound
    return uploads.send(found.file)


def _found(key: str) -> Inquiry:
    inquiry = inquiries.find(key)
    if inquiry is None:
        raise NotFound
    return inquiry


# -- the desk


@blueprint.get("/desk/messages")
@staff("cases")
def listing() -> ResponseReturnValue:
    """Who waits for an answer, then who had one."""
    return render_template("inquiries/listing.html", found=inquiries.latest())


@blueprint.post("/desk/messages/<key>")
@staff("cases")
def mark(key: str) -> ResponseReturnValue:
    """Answered, or after all not."""
    now, me = clock.now(), guard.me()
    assert me is not None  # the rule of the view says so
    with writing():
        inquiries.mark(_found(key), request.form.get("answered") == "yes", me.actor, now)
    return redirect(url_for("inquiries.listing"), 303)


@blueprint.get("/desk/messages/<key>/photo/<int:photo_id>")
@staff("cases")
def desk_photo(key: str, photo_id: int) -> ResponseReturnValue:
    """A photo, for staff."""
    return _photo(_found(key), photo_id)
