"""The basket of a case: beside the call, on the recap that outlives it, and on its way into the shop's web shop."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shopvisio import baskets, booking, cases, catalogue, clock, orders, practice, settings, stills
from shopvisio.baskets import BasketLine
from shopvisio.cases import Case
from shopvisio.catalogue import Product
from shopvisio.db import writing
from shopvisio.errors import Conflict, NotFound, ShopVisioError
from shopvisio.orders import Order
from shopvisio.web import guard, wire
from shopvisio.web.guard import case_link, staff
from shopvisio.webshops import Way

blueprint = Blueprint("baskets", __name__)


@dataclass(frozen=True)
class Selling:
    """What a page says of the basket of a case: ``lines`` and what they come to, ``until`` when the prices hold;
    ``switch`` is where the customer buys: ``web_shop``, ``order``, empty while neither is there, or ``practice``;
    ``handed_over`` when they last went on to the web shop."""

    lines: list[BasketLine]
    total: int
    until: datetime
    is_open: bool
    orders: list[Order]
    switch: str
    handed_over: datetime | None

    @property
    def pieces(self) -> int:
        """How many things are in the basket."""
        return sum(line.quantity for line in self.lines)


@blueprint.app_template_global("selling_of")
def selling_of(case: Case) -> Selling:
    """The basket of this case and its orders, as pages show them."""
    lines, until = baskets.of(case), baskets.until(case)
    switch = "web_shop" if baskets.has_web_shop() else "order" if orders.is_open() else ""
    switch = "practice" if case.is_practice else switch
    is_open = baskets.is_open(case, clock.now())
    return Selling(lines, baskets.total(lines), until, is_open, orders.of_case(case), switch, baskets.handed_over(case))


def tell(case: Case) -> None:
    """The basket has changed: whoever is in the call of the case sees it anew."""
    visits = booking.appointments(case)
    if visits:
        wire.socketio.emit("basket", {}, to=wire.room(visits[-1].key))


# -- the customer's


@blueprint.get("/case/<token>/basket")
@case_link
def recap(case: Case) -> ResponseReturnValue:
    """What was shown and chosen, for seven days after the call."""
    return _recap(case)


def _recap(case: Case, refusal: str = "") -> str:
    found = selling_of(case)
    return render_template(
        "basket/recap.html",
        case=case,
        token=guard.token_of(case),
        selling=found,
        shown=_others(case, found.lines),
        details=_details(case),
        still_url=partial(url_for, "stills.customer", token=guard.token_of(case)),
        marks_url=partial(url_for, "stills.customer_marks", token=guard.token_of(case)),
        refusal=refusal,
        most=baskets.MOST_PIECES,
        web_shop=web_shop_name(),
    )


def _details(case: Case) -> dict[str, list[int]]:
    """The stills of the list of what to show, by the name of the product they show (empty where none was on screen)."""
    found: dict[str, list[int]] = {}
    for still in stills.of_case(case):
        if still.shot:
            found.setdefault(still.product.name if still.product else "", []).append(still.id)
    return found


def _others(case: Case, lines: list[BasketLine]) -> list[Product]:
    """What was shown and is not in the basket."""
    chosen = {line.variant.product_id for line in lines}
    return [product for product in baskets.shown(case) if product.id not in chosen and product.active]


def web_shop_name() -> str:
    """The host of the shop's web shop, as people know it."""
    own = settings.get("web_shop_pattern") if settings.get("web_shop") == "own" else settings.get("web_shop_url")
    return (urlsplit(own).hostname or "").removeprefix("www.")


@blueprint.get("/case/<token>/basket/piece")
@case_link
def piece(case: Case) -> ResponseReturnValue:
    """The basket as the call's page shows it over the picture."""
    token = guard.token_of(case)
    return render_template("call/_basket.html", case=case, selling=selling_of(case), token=token, is_desk=False)


@blueprint.post("/case/<token>/basket/pick")
@case_link
def pick(case: Case) -> ResponseReturnValue:
    """One more of a variant that was shown."""
    variant = _number("variant")
    return _act(case, lambda: baskets.pick(case, variant, case.customer.actor, clock.now()))


@blueprint.post("/case/<token>/basket/change")
@case_link
def change(case: Case) -> ResponseReturnValue:
    """More, fewer, or none of a line."""
    line, quantity = _number("line"), _number("quantity")
    return _act(case, lambda: baskets.change(case, line, quantity, case.customer.actor, clock.now()))


def _number(name: str) -> int:
    typed = request.form.get(name, "")
    if not (typed.isascii() and typed.isdigit() and len(typed) < 10):
        raise NotFound
    return int(typed)


def _act(case: Case, do: Callable[[], object]) -> ResponseReturnValue:
    """Done, the page as it is now; refused, the same page with the sentence."""
    try:
        with writing():
            do()
    except ShopVisioError as refusal:
        if not refusal.message:
            raise
        return _recap(case, refusal.message), 409 if isinstance(refusal, Conflict) else 422
    tell(case)
    return redirect(url_for("baskets.recap", token=guard.token_of(case)), 303)


@blueprint.post("/case/<token>/basket/switch")
@case_link
def switch(case: Case) -> ResponseReturnValue:
    """To the shop's web shop, in a tab of its own: one link leads on by itself, several are a list. A page in between:
    browsers hold a form that is sent to us and led on elsewhere for an attack."""
    try:
        with writing():
            way = baskets.hand_over(case, case.customer.actor, clock.now())
    except Conflict as refusal:
        return _recap(case, refusal.message), 409
    tell(case)
    return _away(way, selling_of(case), guard.token_of(case))


def _away(way: Way, selling: Selling, token: str) -> str:
    return render_template("basket/away.html", way=way, selling=selling, token=token, web_shop=web_shop_name())


# -- the desk's


@blueprint.get("/desk/cases/<key>/basket")
@staff("cases")
def desk_piece(key: str) -> ResponseReturnValue:
    """The basket as the call's page shows it to staff, beside the picture."""
    case = cases.find(key) or practice.behind(key)
    if case is None:
        raise NotFound
    return render_template("call/_basket.html", case=case, selling=selling_of(case), token="", is_desk=True)


# -- trying the links


@dataclass(frozen=True)
class Trial:
    """The link of one product, or what keeps it from being one."""

    name: str
    way: Way


TRIED = 3  # products


@blueprint.app_template_global("web_shop_trials")
def trials() -> list[Trial]:
    """A few products of the catalogue as they would reach the web shop: the settings' page shows them to be tried."""
    if not baskets.has_web_shop():
        return []
    found = catalogue.search("", TRIED)
    return [Trial(one.name, baskets.way([baskets.item(one.variants[0], 1)])) for one in found]
