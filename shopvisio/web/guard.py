"""Who may come in by which route. Every view names its rule; one without a rule is shut to everybody."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import wraps
from ipaddress import ip_address, ip_network
from typing import Any, TypeVar

from flask import abort, current_app, g, redirect, request, session, url_for
from werkzeug.wrappers import Response

from shopvisio import calls, cases, clock, invitations, links, practice, resets, signins
from shopvisio.accounts import Staff, behind_feed, may
from shopvisio.calls import Call
from shopvisio.cases import Case
from shopvisio.db import writing
from shopvisio.errors import DiskFailed, Forbidden, NotFound
from shopvisio.i18n import _
from shopvisio.invitations import Invitation
from shopvisio.resets import Reset
from shopvisio.signins import SEEN_EVERY, SignIn

REMEMBERED, YEAR = "known", 365 * 24 * 3600  # the cookie and its life, in seconds
PRACTISED = frozenset({  # behind the link of a practice call there is its call, and nothing else
    "call.customer", "stills.send", "stills.customer", "stills.customer_marks", "baskets.piece", "phone.code",
    "phone.screen",
})  # fmt: skip
View = TypeVar("View", bound=Callable[..., Any])


def anybody(view: View) -> View:
    """A page that is public."""
    view.rule = "anybody"  # type: ignore[attr-defined]
    return view


def case_link(view: Callable[..., Any]) -> Callable[..., Any]:
    """A page behind the customer's secret link: ``<token>`` in the address becomes the ``case``, which the foot of the
    page knows too."""

    @wraps(view)
    def checked(token: str, **given: Any) -> Any:
        g.case = case_behind(token, request.endpoint in PRACTISED)
        return view(case=g.case, **given)

    checked.rule = "case_link"  # type: ignore[attr-defined]
    return checked


def feed_link(view: Callable[..., Any]) -> Callable[..., Any]:
    """A calendar behind a colleague's secret link: ``<token>`` becomes ``person`` and whether it is ``of_all``, which
    is the owner's alone."""

    @wraps(view)
    def checked(token: str, **given: Any) -> Any:
        key, _dot, _signature = token.partition(".")
        person = behind_feed(key)
        for purpose, of_all in ((links.FEED, False), (links.SHOP_FEED, True)):
            if person and is_signed(purpose, token) and (person.is_owner or not of_all):
                return view(person=person, of_all=of_all, **given)
        raise NotFound

    checked.rule = "feed_link"  # type: ignore[attr-defined]
    return checked


def is_signed(purpose: str, token: str) -> bool:
    """Whether the appliance wrote this token for this purpose."""
    try:
        links.read(secret_key(), purpose, token)
    except NotFound:
        return False
    return True


def staff(act: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A page of the desk for those whose role allows ``act`` (a word of ``accounts.MAY``)."""

    def shut(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def checked(*args: Any, **given: Any) -> Any:
            if me() is None:
                return _to_sign_in()
            if not may(me(), act):
                raise Forbidden(_("Cette page n’est pas pour votre rôle."))
            return view(*args, **given)

        checked.rule = f"staff:{act}"  # type: ignore[attr-defined]
        return checked

    return shut


def _to_sign_in() -> Response:
    if request.method != "GET" or request.accept_mimetypes.best == "application/json":
        abort(401)
    return redirect(url_for("door.sign_in", next=request.full_path.rstrip("?")))


def me() -> Staff | None:
    """The colleague who is signed in."""
    found = my_signin()
    return found.staff if found else None


def my_signin() -> SignIn | None:
    """The sign-in that this request comes by, unless it was ended since."""
    if "signin" not in g:
        token, now = session.get("signin"), clock.now()
        g.signin = signins.behind(token, now) if isinstance(token, str) else None
        g.is_seen_late = g.signin is not None and now - g.signin.seen >= SEEN_EVERY
    found: SignIn | None = g.signin
    return found


def note_seen(response: Response) -> Response:
    """After a request: the row of a sign-in knows to the hour when it was used."""
    if g.get("is_seen_late"):
        with suppress(DiskFailed), writing():  # the page is shown all the same
            used = signins.behind(session.get("signin", ""), clock.now())
            if used:  # it may have been ended just now
                used.seen = clock.now()
    return response


def network() -> str:
    """Where the request comes from, for counting: an IPv4 address, or the first half of an IPv6 one. Empty for this
    machine and for private networks: behind one of those may stand everybody."""
    try:
        address = ip_address((request.remote_addr or "").removeprefix("::ffff:"))
    except ValueError:
        return ""
    if not address.is_global:
        return ""
    return str(address) if address.version == 4 else str(ip_network(f"{address}/64", strict=False))


def secret_key() -> bytes:
    """The appliance's own secret."""
    key = current_app.config["SHOP"].secret_key
    assert isinstance(key, bytes)
    return key


def token_of(case: Case) -> str:
    """What stands in the customer's link."""
    return links.sign(secret_key(), links.CASE, case.key)


def case_behind(token: str, practised: bool = False) -> Case:
    """The case a customer's link opens, a practice call's where it is ``practised``; raises NotFound for a forged or
    outlived one."""
    key = links.read(secret_key(), links.CASE, token)
    case = cases.find(key) or (practice.behind(key) if practised else None)
    if case is None:
        raise NotFound
    return case


def guest_link(view: Callable[..., Any]) -> Callable[..., Any]:
    """A page behind a third person's link: ``<token>`` becomes the ``call``, None once the invitation is withdrawn."""

    @wraps(view)
    def checked(token: str, **given: Any) -> Any:
        return view(call=invited_by(token), token=token, **given)

    checked.rule = "guest_link"  # type: ignore[attr-defined]
    return checked


def guest_token(call: Call) -> str:
    """What stands in the link of the third person who is invited."""
    return links.sign(secret_key(), links.GUEST, call.guest)


def invited_by(token: str) -> Call | None:
    """The call a third person's link is for, None once it is withdrawn; raises NotFound for a forged one."""
    return calls.invited(links.read(secret_key(), links.GUEST, token))


def remember(answer: Response, case: Case) -> Response:
    """Have this device know its customer again, who asked for it: a signed name, and nothing else."""
    value = links.sign(secret_key(), links.DEVICE, case.key)
    answer.set_cookie(REMEMBERED, value, YEAR, secure=request.is_secure, httponly=True, samesite="Lax")
    return answer


def remembered() -> Case | None:
    """The last case of the customer whom this device remembers."""
    try:
        return cases.find(links.read(secret_key(), links.DEVICE, request.cookies.get(REMEMBERED, "")))
    except NotFound:
        return None


def _colleagues_link(
    rule: str, purpose: str, name: str, find: Callable[[str, datetime], Any]
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The rule of pages behind a link sent to a colleague: ``<token>`` becomes the argument ``name``, None once what it
    stands for was used, withdrawn, or outlived."""

    def ruled(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def checked(token: str, **given: Any) -> Any:
            given[name] = find(links.read(secret_key(), purpose, token), clock.now())
            return view(**given)

        checked.rule = rule  # type: ignore[attr-defined]
        return checked

    return ruled


join_link = _colleagues_link("join_link", links.JOIN, "invitation", invitations.find)  # who is asked to work here
reset_link = _colleagues_link("reset_link", links.RESET, "reset", resets.find)  # who forgot their password


def join_token(invitation: Invitation) -> str:
    """What stands in the link of a colleague to come."""
    return links.sign(secret_key(), links.JOIN, invitation.key)


def reset_token(reset: Reset) -> str:
    """What stands in the link of a colleague who forgot their password."""
    return links.sign(secret_key(), links.RESET, reset.key)


def refuse_views_without_rule() -> None:
    """Before each request: a route that names no rule is shut."""
    view = current_app.view_functions.get(request.endpoint or "")
    if view is not None and request.endpoint != "static" and not hasattr(view, "rule"):
        abort(403)
