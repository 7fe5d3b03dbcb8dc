"""The web side, thin: parse, one domain call, commit, render."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Flask, current_app, render_template, request, session, url_for
from flask.sessions import SecureCookieSessionInterface
from flask_wtf.csrf import CSRFProtect
from werkzeug.routing import IntegerConverter
from werkzeug.wrappers import Response

from shopvisio import accounts, clock, i18n, logo, settings
from shopvisio.hub import Alarm
from shopvisio.web import errors, guard, restoring

CSP = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "frame-ancestors 'none'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # a secret link never leaves the shop in a Referer
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
# what a search may find; no page behind a link
INDEXED = {"book.home", "book.times", "book.entrance", "legal.page", "legal.version"}
LONGEST_FORM = 1 << 20  # bytes
# the pages that photos, or a catalogue, come by whole
HEAVY = {"book.fault", "inquiries.add_photos", "products.pictures", "products.bring", "look.put"}
OPEN_UNCLAIMED = {"static", "door.claim", "health.ready", "public.brand", "public.icon"}
OPEN_UNCLAIMED |= {"restoring.code", "restoring.page", "restoring.bring"}

csrf = CSRFProtect()


class _Number(IntegerConverter):
    """A number in an address: no row, and no year, has one beyond these; that is no page."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **{"max": 2**31 - 1} | named)


class _Sessions(SecureCookieSessionInterface):
    """Cookies are Secure wherever the page came by HTTPS; plain HTTP is this machine's own."""

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure


def register(app: Flask) -> None:
    """Everything the pages share: who reads, who is signed in, headers, errors, filters."""
    app.session_interface = _Sessions()
    app.url_map.converters["int"] = _Number
    app.before_request(_small_forms)  # first: the body is read for the form's token already
    csrf.init_app(app)
    errors.register(app)
    app.before_request(guard.refuse_views_without_rule)
    app.before_request(choose_eyes)
    app.before_request(_until_claimed)
    app.after_request(_headers)
    app.after_request(guard.note_seen)
    app.context_processor(_context)
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(i18n._, i18n.n_, newstyle=False)  # type: ignore[attr-defined]
    app.jinja_env.globals["n_"] = i18n.n_
    app.jinja_env.globals["in_language"] = in_language
    app.jinja_env.filters.update(_filters())
    app.jinja_env.optimized = False  # {{ 0|money }} is not the same in every language: nothing is reckoned in advance


def _filters() -> dict[str, Callable[..., str]]:
    return {
        "money": i18n.money,
        "day": i18n.day,
        "day_short": i18n.day_short,
        "day_year": i18n.day_year,
        "weekday_short": i18n.weekday_short,
        "time": i18n.time,
        "when": i18n.when,
        "elsewhere": i18n.elsewhere,
        "theirs": i18n.theirs,
        "phone": settings.phone_for_eyes,
    }


def choose_eyes() -> None:
    """Whose language: the one asked for, else the one chosen before, else the browser's best, else the shop's."""
    asked = request.args.get("lang")
    if asked in i18n.LANGUAGES:
        session["lang"], session.permanent = asked, True
    chosen = session.get("lang") or request.accept_languages.best_match(list(i18n.LANGUAGES))
    i18n.set_eyes(chosen or settings.get("language"), ZoneInfo(settings.get("zone")))


def _small_forms() -> None:
    """Photos come by a few pages alone, a whole backup by one, for who has the code; whatever else is sent is text."""
    if request.endpoint == "restoring.bring":
        request.max_content_length = restoring.room()
    elif request.endpoint not in HEAVY:
        request.max_content_length = LONGEST_FORM


def _until_claimed() -> Any:
    """Before there is an owner, nothing of the shop answers."""
    if request.endpoint in OPEN_UNCLAIMED or accounts.is_claimed():
        return None
    return render_template("door/unclaimed.html"), 503


def in_language(code: str) -> str:
    """The address of this page in another language; of the home page, where this one cannot be asked for again."""
    rule = request.url_rule
    path = request.path if rule is None or "GET" in (rule.methods or ()) else url_for("book.home")
    asked = request.args.to_dict(flat=False) if path == request.path else {}
    return f"{path}?{urlencode(asked | {'lang': [code]}, doseq=True)}"


def _headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint not in INDEXED or response.status_code != 200:
        response.headers.setdefault("X-Robots-Tag", "noindex")
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")  # pages hold secret links and people's data
    return response


class ShopFacts:
    """What every page says of the shop."""

    def __init__(self) -> None:
        self.name: str = settings.get("shop_name") or "ShopVisio"
        self.tagline: str = settings.get("tagline")
        self.phone_href: str = settings.get("phone")
        self.phone = settings.phone_for_eyes(self.phone_href)
        self.fee: int = settings.get("fee")
        self.brand: str = settings.get("brand")

    @property
    def logo_url(self) -> str:
        """Where the logo is; empty where there is none."""
        found = logo.digest()
        return url_for("public.emblem", v=found) if found else ""

    @property
    def initials(self) -> str:
        """Two letters that stand for the logo."""
        words = [word for word in self.name.split() if word[0].isalnum()]
        return "".join(word[0] for word in words[:2]).upper()


def _context() -> dict[str, Any]:
    told = {"_": i18n._, "language": i18n.language(), "now": clock.now()}
    return told | {"shop": ShopFacts(), "is_test": settings.is_test(), "me": guard.me()}


def wake_jobs() -> None:
    """Have the worker look at its table now, not at its next round."""
    alarm = current_app.extensions.get("jobs_alarm")
    if isinstance(alarm, Alarm):
        alarm.ring()


def sent_json() -> dict[str, Any]:
    """The JSON object that was sent; empty for anything else, however deep it goes."""
    try:
        found = request.get_json(silent=True)
    except RecursionError:
        found = None
    return found if isinstance(found, dict) else {}


def moment(text: str) -> datetime | None:
    """An aware instant from an address or a form (ISO 8601), None for anything else, and for one of another millennium:
    at the ends of time no clock can be set to another zone."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo and 2000 <= found.year <= 2999 else None
