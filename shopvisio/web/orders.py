"""Orders of the built-in shop: the customer's one page to order, each order's own page, and the desk's list of them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from stdnum import iban as stdnum_iban
from wtforms import BooleanField, RadioField, StringField, URLField

from shopvisio import baskets, cards, cases, clock, invoices, legal, mail, orders, payments, settings
from shopvisio.accounts import Actor
from shopvisio.cases import Case
from shopvisio.db import writing
from shopvisio.errors import Conflict, Invalid
from shopvisio.i18n import _, language, lazy
from shopvisio.invoices import Paper
from shopvisio.orders import GOING, PAYS, STATES, WAYS, Order, Wish
from shopvisio.web import baskets as basket_pages
from shopvisio.web import guard, wake_jobs, wire
from shopvisio.web.baskets import selling_of
from shopvisio.web.guard import case_link, staff
from shopvisio.web.typed import blame, choices_of

blueprint = Blueprint("orders", __name__)


class OrderForm(FlaskForm):  # type: ignore[misc]
    """How it comes, where to, how it is paid."""

    way = RadioField(lazy("Comment la recevoir"), validate_choice=False)
    street = StringField(lazy("Adresse de livraison"), render_kw={"autocomplete": "street-address", "maxlength": 120})
    postcode = StringField(
        lazy("Code postal"), render_kw={"autocomplete": "postal-code", "inputmode": "numeric", "maxlength": 12}
    )
    city = StringField(lazy("Ville"), render_kw={"autocomplete": "address-level2", "maxlength": 80})
    pay = RadioField(lazy("Comment la payer"), validate_choice=False)
    terms = BooleanField(lazy("Conditions générales"))


# -- the customer's


@blueprint.route("/case/<token>/order", methods=["GET", "POST"])
@case_link
def order(case: Case) -> ResponseReturnValue:
    """The one page to order: lines, delivery, address, payment, terms, and the button that commits."""
    now, token = clock.now(), guard.token_of(case)
    placed = orders.of_case(case)
    if not baskets.of(case) and placed:  # sent twice: it is ordered once
        return redirect(url_for("orders.customer", token=token, number=placed[0].number), 303)
    if selling_of(case).switch != "order" or not baskets.of(case):
        return redirect(url_for("baskets.recap", token=token), 303)
    if request.method == "GET":
        return _order_page(case, _known(case))
    form = OrderForm()
    try:
        with writing():
            _place(case, form, now)
    except Invalid as refusal:
        blame(form, refusal)
        return _order_page(case, form), 422
    except Conflict as refusal:
        return _order_page(case, form, refusal.message), 409
    basket_pages.tell(case)
    wire.tell_desk()
    wake_jobs()
    return redirect(url_for("orders.customer", token=token, number=orders.of_case(case)[0].number), 303)


def _known(case: Case) -> OrderForm:
    """The form as it begins: what we know of the customer, and the only choice where there is one."""
    form = OrderForm(formdata=None)
    ways, pays = orders.ways(), orders.pays()
    form.way.data = next(iter(ways)) if len(ways) == 1 else ""
    form.pay.data = next(iter(pays)) if len(pays) == 1 else ""
    for name in ("street", "postcode", "city"):
        form[name].data = getattr(case.customer, name)
    return form


def _order_page(case: Case, form: OrderForm, refusal: str = "") -> str:
    found = selling_of(case)
    form.way.choices, form.pay.choices = choices_of(orders.ways()), choices_of(orders.pays())
    return render_template(
        "order/order.html",
        case=case,
        token=guard.token_of(case),
        selling=found,
        form=form,
        refusal=refusal,
        ways=orders.ways(),
        cost=orders.delivery_cost(found.total, "deliver"),
        free_from=settings.get("delivery_free_from"),
        address=_shop_address(),
        terms=legal.ticked("terms", clock.now()),
        mail_leaves=mail.is_configured() and bool(case.customer.email),
    )


def _shop_address() -> str:
    return f"{settings.get('street')}, {settings.get('postcode')} {settings.get('city')}"


def _place(case: Case, form: OrderForm, now: datetime) -> None:
    wish = Wish(*(form[name].data or "" for name in ("way", "pay", "street", "postcode", "city")))
    if not form.terms.data:
        raise Invalid(fields={"terms": _("Cochez cette case pour commander.")})
    orders.place(case, wish, case.customer.actor, now)
    version = legal.in_force("terms", language(), now).id
    cases.consent(case, "terms", legal.ticked("terms", now), request.remote_addr or "", now, version)


@blueprint.get("/case/<token>/orders/<number>")
@case_link
def customer(case: Case, number: str) -> ResponseReturnValue:
    """An order as its customer sees it: where it stands, what is to be paid and how, what may still be done."""
    found = orders.of_customer(case, number)
    return _customer_page(found)


def _customer_page(order: Order) -> str:
    paper = order.paper
    owed = payments.owed(paper) if paper else 0
    return render_template(
        "order/customer.html",
        case=order.case,
        token=guard.token_of(order.case),
        order=order,
        owed=owed,
        is_drawn=paper is not None and invoices.pdf_of(paper) is not None,
        may_pay=paper is not None and cards.may_pay(paper),
        papers=_papers(order),
        may_withdraw=orders.may_withdraw(order, clock.now()),
        may_cancel=orders.may_cancel(order),
        back=orders.goes_back(order),
        ways=WAYS,
        pays=PAYS,
        address=_shop_address(),
        iban=stdnum_iban.format(settings.get("iban")),
        bic=settings.get("bic"),
        mail_leaves=mail.is_configured() and bool(order.case.customer.email),
    )


def _papers(order: Order) -> list[Paper]:
    """Its invoice, and what took it back."""
    return [order.paper, *invoices.credits_of(order.paper)] if order.paper else []


@blueprint.post("/case/<token>/orders/<number>/received")
@case_link
def received(case: Case, number: str) -> ResponseReturnValue:
    """The customer has it. Said twice, it is noted once."""
    found = orders.of_customer(case, number)
    if found.state == "sent":
        with writing():
            orders.hand_out(found, case.customer.actor, clock.now())
    return redirect(url_for("orders.customer", token=guard.token_of(case), number=number), 303)


@blueprint.route("/case/<token>/orders/<number>/renounce", methods=["GET", "POST"])
@case_link
def renounce(case: Case, number: str) -> ResponseReturnValue:
    """ "Renoncer au contrat ici": the declaration to read, then the button. Pressed twice, it is done once."""
    now, found = clock.now(), orders.of_customer(case, number)
    home = url_for("orders.customer", token=guard.token_of(case), number=number)
    if not orders.may_withdraw(found, now):
        return redirect(home, 303)
    if request.method == "GET":
        leaves = mail.is_configured() and bool(case.customer.email)
        may_cancel = orders.may_cancel(found)
        return render_template(
            "order/renounce.html", case=case, order=found, back=home, mail_leaves=leaves, may_cancel=may_cancel
        )
    with writing():
        orders.withdraw(found, now)
    wake_jobs()
    return redirect(home, 303)


# -- the desk's

FILTERS = {"going": lazy("À suivre"), **STATES, "all": lazy("Toutes")}


class SendForm(FlaskForm):  # type: ignore[misc]
    """The parcel has left."""

    carrier = StringField(lazy("Transporteur"), render_kw={"maxlength": 80})
    tracking = URLField(lazy("Lien de suivi"), description=lazy("Facultatif ; celui que donne le transporteur."))


class CancelForm(FlaskForm):  # type: ignore[misc]
    """It will not be."""

    reason = StringField(lazy("Motif"), description=lazy("Le client le lit."), render_kw={"maxlength": 120})


class ReturnForm(FlaskForm):  # type: ignore[misc]
    """What came back: the pieces stand beside the lines."""

    back = StringField(lazy("Ce qui est revenu"))
    delivery = BooleanField(lazy("Rembourser aussi la livraison"))


class PlainForm(FlaskForm):  # type: ignore[misc]
    """A button, and nothing to type."""


FORMS: dict[str, type[FlaskForm]] = {
    "ready": PlainForm,
    "send": SendForm,
    "done": PlainForm,
    "cancel": CancelForm,
    "return": ReturnForm,
}
NEXT = {  # what is due next, and whose move it is
    ("ordered", "deliver"): (lazy("L’emballer et l’envoyer"), True),
    ("ordered", "collect"): (lazy("La préparer"), True),
    ("ready", "collect"): (lazy("Le client vient la chercher"), False),
    ("sent", "deliver"): (lazy("Le client la reçoit"), False),
}


@blueprint.get("/desk/orders")
@staff("cases")
def listing() -> ResponseReturnValue:
    """The orders by state: what is due next, what is paid."""
    wanted = request.args.get("state", "")
    shown = wanted if wanted in FILTERS else "going"
    states = {"going": GOING, "all": tuple(STATES)}.get(shown, (shown,))
    now = clock.now()
    rows = [
        (one, NEXT.get((one.state, one.way)), payments.owed(one.paper) if one.paper else 0, (now - one.moved).days)
        for one in orders.listed(states)
    ]
    return render_template(
        "desk/orders.html",
        rows=rows,
        shown=shown,
        filters=FILTERS,
        counts=orders.count_by_state(),
        states=STATES,
        ways=WAYS,
        pays=PAYS,
        has_web_shop=baskets.has_web_shop(),
    )


@blueprint.get("/desk/orders/<number>")
@staff("cases")
def desk(number: str) -> ResponseReturnValue:
    """One order: what is in it, and its next act."""
    return _desk_page(orders.find(number))


def _desk_page(order: Order, **forms: FlaskForm) -> str:
    paper = order.paper
    return render_template(
        "desk/order.html",
        order=order,
        case=order.case,
        owed=payments.owed(paper) if paper else 0,
        papers=[(one, payments.to_give_back(one), payments.standing(one)) for one in _papers(order)],
        back=orders.goes_back(order),
        form={name: made(formdata=None, delivery=bool(order.withdrawn)) for name, made in FORMS.items()} | forms,
        posted=set(forms),
        next_act=NEXT.get((order.state, order.way)),
        states=STATES,
        ways=WAYS,
        pays=PAYS,
        methods=payments.METHODS,
        typed=request.form,
    )


@blueprint.post("/desk/orders/<number>/<any(ready, send, done, cancel, return):act>")
@staff("outcomes")
def do(number: str, act: str) -> ResponseReturnValue:
    """One act on an order; on a refusal the same page, with what was typed and each field named."""
    form, me = FORMS[act](), guard.me()
    assert me is not None  # the rule of the view says so
    try:
        with writing():
            ACTS[act](orders.find(number), form, me.actor, clock.now())
    except Invalid as refusal:
        blame(form, refusal)
        return _desk_page(orders.find(number), **{act: form}), 422
    wake_jobs()
    flash(str(DONE[act]))
    return redirect(url_for("orders.desk", number=number), 303)


def _send(order: Order, form: Any, actor: Actor, now: datetime) -> None:
    orders.send(order, form.carrier.data or "", form.tracking.data or "", actor, now)


def _cancel(order: Order, form: Any, actor: Actor, now: datetime) -> None:
    orders.cancel(order, form.reason.data or "", actor, now)


def _return(order: Order, form: Any, actor: Actor, now: datetime) -> None:
    typed = {line.id: request.form.get(f"line-{line.id}", "").strip() for line in order.lines}
    if any(not (text.isascii() and text.isdigit() and len(text) < 4) for text in typed.values() if text):
        raise Invalid(fields={"back": _("Un nombre de pièces, comme 1.")})
    back = {line: int(text) for line, text in typed.items() if text}
    orders.take_return(order, back, bool(form.delivery.data), actor, now)


ACTS: dict[str, Callable[[Order, Any, Actor, datetime], object]] = {
    "ready": lambda order, form, actor, now: orders.ready(order, actor, now),
    "send": _send,
    "done": lambda order, form, actor, now: orders.hand_out(order, actor, now),
    "cancel": _cancel,
    "return": _return,
}
DONE = {
    "ready": lazy("Prête : le client est prévenu."),
    "send": lazy("Envoyée : le client est prévenu."),
    "done": lazy("Remise au client."),
    "cancel": lazy("Annulée : le stock est rendu, l’avoir se prépare."),
    "return": lazy("Retour noté : l’avoir se prépare."),
}
