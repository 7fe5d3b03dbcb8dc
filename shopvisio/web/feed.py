"""A colleague's calendar for their own telephone: the secret link, how to add it, and what it opens."""

import hashlib
from datetime import timedelta

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shopvisio import accounts, audit, booking, clock, ics, links, settings
from shopvisio.accounts import Staff
from shopvisio.booking import Appointment
from shopvisio.db import writing
from shopvisio.i18n import _, here, use
from shopvisio.web import guard
from shopvisio.web.guard import feed_link, staff

blueprint = Blueprint("feed", __name__)

PAST = 30  # days a calendar still shows
FRESH = 300  # seconds before a calendar service needs to ask again


@blueprint.get("/desk/calendar")
@staff("desk")
def page() -> ResponseReturnValue:
    """My link, if I have one, and how it is added to the usual calendars."""
    me = guard.me()
    assert me is not None  # the rule of the view says so
    urls = [(_("Mes rendez-vous"), _url(me, links.FEED))]
    if me.is_owner:
        urls.append((_("Ceux de toute la boutique"), _url(me, links.SHOP_FEED)))
    return render_template("desk/feed.html", urls=urls if me.feed else [], webcal=_webcal)


def _webcal(url: str) -> str:
    """The same address as telephones know it: it opens in their calendar."""
    return "webcal:" + url.partition(":")[2]


def _url(me: Staff, purpose: str) -> str:
    token = links.sign(guard.secret_key(), purpose, me.feed)
    return url_for("feed.calendar", token=token, _external=True)


@blueprint.post("/desk/calendar")
@staff("desk")
def renew() -> ResponseReturnValue:
    """A first link, or another one: then the one before opens nothing any more."""
    me = guard.me()
    assert me is not None  # the rule of the view says so
    had = bool(me.feed)
    with writing():
        accounts.renew_feed(me)
        audit.note("feed", me.name, clock.now(), whose=me.name)
    flash(_("Votre lien est neuf : l’ancien n’ouvre plus rien.") if had else _("Votre lien est prêt."))
    return redirect(url_for("feed.page"), 303)


@blueprint.get("/calendar/<token>.ics")
@feed_link
def calendar(person: Staff, of_all: bool) -> ResponseReturnValue:
    """The calendar itself, in the shop's language and zone; what has not changed since is not sent again."""
    since = booking.local_days(here(clock.now()).date() - timedelta(days=PAST), 1).start
    found = booking.kept_and_cancelled(since, None if of_all else person)
    with use(settings.get("language"), settings.zone()):
        shop = settings.get("shop_name")
        body = ics.feed(shop if of_all else f"{shop}, {person.name}", found, _case_url, of_all)
    file = Response(body, mimetype="text/calendar")
    file.headers["Content-Disposition"] = "inline; filename=rendez-vous.ics"
    file.set_etag(hashlib.sha256(body).hexdigest()[:32])
    file.cache_control.private = True
    file.cache_control.max_age = FRESH
    return file.make_conditional(request)


def _case_url(appointment: Appointment) -> str:
    return url_for("desk.case", key=appointment.case.key, _external=True)
