"""Orders of the built-in shop: what a customer of a case committed to buy, from its basket.

    ordered ─┬─ send ──> sent ──┬─ received ─> done     (delivered)
             ├─ ready ─> ready ─┴─ hand out ─> done     (collected)
             └─ cancel (ordered or ready) ─> cancelled  its stock is given back, its invoice taken back

The stock is taken and the invoice sealed in the transaction that keeps the order: of two people who want the last piece
one gets it, and the other is told. What comes back later is a return: a credit note on these lines alone. What was paid
by card over the network goes back to it by itself; the rest is the shop's to give back.
Goods may be renounced until 14 days after they were received (:func:`may_withdraw`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import ForeignKey, func, select
from sqlalchemy.orm import Mapped, contains_eager, mapped_column, relationship

from shopvisio import baskets, billing, cards, catalogue, imprint, invoices, payments, settings
from shopvisio.accounts import Actor
from shopvisio.baskets import BasketLine, Goods
from shopvisio.cards import refunds
from shopvisio.cases import Case, record
from shopvisio.catalogue import Variant
from shopvisio.db import Base, db
from shopvisio.errors import Conflict, Invalid, NotFound, WrongState
from shopvisio.i18n import _, day_year, lazy, use
from shopvisio.invoices import Address, Buyer, Facts, Kind, Line, Paper, Visit
from shopvisio.jobs import enqueue

STATES = {
    "ordered": lazy("À préparer"),
    "ready": lazy("À retirer"),
    "sent": lazy("En route"),
    "done": lazy("Remise"),
    "cancelled": lazy("Annulée"),
}
WAYS = {"deliver": lazy("Livraison à domicile"), "collect": lazy("Retrait au magasin")}
PAYS = {
    "card": lazy("Par carte, maintenant"),
    "transfer": lazy("Par virement"),
    "shop": lazy("Au magasin, en venant la chercher"),
}
MOVES = {"ordered": {"ready", "sent", "cancelled"}, "ready": {"done", "cancelled"}, "sent": {"done"}}
GOING = ("ordered", "ready", "sent")
WITHDRAWAL = timedelta(days=14)  # from the day after the goods were received
LONGEST = 120  # signs of a street, of a reason


class Order(Base):
    """One order. ``state``, ``way`` and ``pay`` are words of STATES, WAYS and PAYS; ``delivery`` is cents with tax;
    ``paper_id`` its invoice; ``withdrawn`` is when the customer renounced it."""

    __tablename__ = "orders"  # a bare "order" is a word of SQL

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)  # C2026-0001
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    state: Mapped[str] = mapped_column(default="ordered", index=True)
    way: Mapped[str]
    pay: Mapped[str]
    name: Mapped[str]
    street: Mapped[str] = mapped_column(default="")
    postcode: Mapped[str] = mapped_column(default="")
    city: Mapped[str] = mapped_column(default="")
    delivery: Mapped[int] = mapped_column(default=0)
    carrier: Mapped[str] = mapped_column(default="")
    tracking: Mapped[str] = mapped_column(default="")
    paper_id: Mapped[int | None] = mapped_column(ForeignKey("papers.id"), index=True)
    placed: Mapped[datetime] = mapped_column(index=True)
    moved: Mapped[datetime]  # when it came to where it stands
    done: Mapped[datetime | None]
    withdrawn: Mapped[datetime | None]

    case: Mapped[Case] = relationship()
    lines: Mapped[list["OrderLine"]] = relationship(order_by="OrderLine.id", back_populates="order")
    paper: Mapped[Paper | None] = relationship()

    @property
    def total(self) -> int:
        """Cents with tax, the delivery included."""
        return sum(line.gross for line in self.lines) + self.delivery

    @property
    def pieces(self) -> int:
        """How many things it is about."""
        return sum(line.quantity for line in self.lines)

    @property
    def is_back(self) -> bool:
        """Whether every piece came back."""
        return all(line.returned == line.quantity for line in self.lines)


class OrderLine(Goods, Base):
    """A line as the basket had it; ``returned`` of its pieces came back."""

    __tablename__ = "order_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"))
    returned: Mapped[int] = mapped_column(default=0)

    order: Mapped[Order] = relationship(back_populates="lines")
    variant: Mapped[Variant] = relationship()


@dataclass(frozen=True)
class Wish:
    """What the customer typed: how it comes to them, how they pay."""

    way: str
    pay: str
    street: str = ""
    postcode: str = ""
    city: str = ""


# -- what may be ordered


def ways() -> dict[str, str]:
    """How an order may come to the customer, in this shop: word -> label."""
    offered = {"deliver": settings.get("delivery") == "yes", "collect": settings.get("collect") == "yes"}
    return {name: str(WAYS[name]) for name, is_on in offered.items() if is_on}


def pays() -> dict[str, str]:
    """How an order may be paid: word -> label. At the shop goes with collecting alone."""
    offered = {"card": cards.is_on(), "transfer": bool(settings.get("iban")), "shop": "collect" in ways()}
    return {name: str(PAYS[name]) for name, is_on in offered.items() if is_on}


def is_open() -> bool:
    """Whether customers may order here: the shop has no web shop of its own, hands goods over in some way, and its
    papers are in order."""
    return not baskets.has_web_shop() and bool(ways() and pays()) and not settings.missing()


def delivery_cost(goods: int, way: str) -> int:
    """Cents with tax for bringing goods of that price."""
    free_from = settings.get("delivery_free_from")
    is_free = way != "deliver" or (free_from and goods >= free_from)
    return 0 if is_free else int(settings.get("delivery_price"))


# -- ordering


def place(case: Case, wish: Wish, actor: Actor, now: datetime) -> Order:
    """What is in the basket is ordered: taken from the shelf, sealed as an invoice; the basket is empty then.

    Raises Invalid naming each field, Conflict with a sentence when the basket is empty or too old, when a piece went to
    somebody else, or when the shop takes no orders.
    """
    lines = baskets.of(case)
    if not lines:
        raise Conflict(_("Le panier est vide."))
    if not is_open() or case.is_practice:
        raise Conflict(_("La boutique ne prend pas de commande sur cette page : appelez-nous."))
    if not baskets.is_open(case, now):
        raise Conflict(_("Ces prix ont valu sept jours : appelez-nous, nous refaisons le panier avec vous."))
    _check(wish)
    for line in lines:
        catalogue.take(line.variant, line.quantity)
    order = _keep(case, wish, lines, now)
    with use(settings.get("language"), settings.zone()):
        paper = invoices.issue(Kind.INVOICE, _facts(order, now), case.id, now)
    order.paper_id = paper.id
    baskets.empty(case)
    if wish.way == "deliver":
        case.customer.street, case.customer.postcode, case.customer.city = order.street, order.postcode, order.city
    if case.state == "closed" and case.outcome == "not_sold":
        case.outcome = "sold"  # they made up their mind later
    record(case, "ordered", actor, now, order=order.number, cents=order.total)
    enqueue("pdf", now, paper=paper.id)
    enqueue("order", now, order=order.id, what="ordered")
    return order


def _check(wish: Wish) -> None:
    wrong = {}
    if wish.way not in ways():
        wrong["way"] = _("Choisissez comment la recevoir.")
    if wish.pay not in pays():
        wrong["pay"] = _("Choisissez comment la payer.")
    elif wish.pay == "shop" and wish.way == "deliver":
        wrong["pay"] = _("Le paiement au magasin va avec le retrait au magasin.")
    if wish.way == "deliver":
        asked = {
            "street": _("Il manque le numéro et la rue."),
            "postcode": _("Il manque le code postal."),
            "city": _("Il manque la ville."),
        }
        wrong |= {name: why for name, why in asked.items() if not getattr(wish, name).strip()}
    too_long = _("C’est trop long : {n} signes au plus.", n=LONGEST)
    wrong |= {name: too_long for name in ("street", "postcode", "city") if len(getattr(wish, name)) > LONGEST}
    if wrong:
        raise Invalid(_("Quelques réponses sont à corriger."), wrong)


def _keep(case: Case, wish: Wish, lines: Sequence[BasketLine], now: datetime) -> Order:
    place = {name: " ".join(getattr(wish, name).split()) for name in ("street", "postcode", "city")}
    order = Order(
        number=_next_number(now),
        case=case,
        state="ordered",
        way=wish.way,
        pay=wish.pay,
        name=case.customer.name,
        delivery=delivery_cost(baskets.total(lines), wish.way),
        placed=now,
        moved=now,
        **(place if wish.way == "deliver" else {}),
    )
    for line in lines:
        order.lines.append(
            OrderLine(
                variant_id=line.variant_id,
                name=line.name,
                option=line.option,
                sku=line.sku,
                price=line.price,
                rate=line.rate,
                quantity=line.quantity,
                returned=0,
            )
        )
    db.session.add(order)
    db.session.flush()
    return order


def _next_number(now: datetime) -> str:
    year = now.astimezone(settings.zone()).year
    newest = select(Order.number).where(Order.number.like(f"C{year}-%")).order_by(Order.id.desc()).limit(1)
    last = db.session.scalar(newest)
    return f"C{year}-{(int(last.partition('-')[2]) if last else 0) + 1:04}"


def _facts(order: Order, now: datetime) -> Facts:
    today, case = now.astimezone(settings.zone()).date(), order.case
    lines = _paper_lines(order)
    buyer = _buyer(order)
    accepted = _("Conditions générales acceptées le {day}.", day=day_year(now))
    return Facts(
        seller=imprint.seller(today),
        buyer=buyer,
        case=case.number,
        service=_("Commande {number}", number=order.number),
        visits=(Visit(order.placed, order.placed),),
        lines=lines,
        due_on=today + timedelta(days=settings.get("due_days")) if order.pay == "transfer" else today,
        pay_at_shop=_("à la remise") if order.pay == "shop" else "",
        texts=(*imprint.texts(lines, today), accepted),
        notes=imprint.notes(today) if buyer.is_business else (),
        language=settings.get("language"),
        zone=settings.get("zone"),
        test=settings.is_test(),
    )


def _buyer(order: Order) -> Buyer:
    """Who is billed: the business that staff entered for the case, else the customer where it is brought."""
    buyer = billing.buyer(order.case)
    if buyer.is_business or order.way != "deliver":
        return buyer
    return Buyer(order.name, Address(order.street, order.postcode, order.city))


def _paper_lines(order: Order) -> tuple[Line, ...]:
    """The delivery comes last, at the highest rate of what it brings, and like it is goods."""
    lines = [
        Line(line.whole_name, line.price, line.rate, line.quantity, _reference(line), goods=True)
        for line in order.lines
    ]
    if order.delivery:
        lines.append(Line(_("Livraison"), order.delivery, max(line.rate for line in order.lines), goods=True))
    return tuple(lines)


def _reference(line: OrderLine) -> str:
    return _("réf. {reference}", reference=line.sku) if line.sku else ""


# -- on its way


def ready(order: Order, actor: Actor, now: datetime) -> None:
    """It waits at the shop. Raises WrongState."""
    if order.way != "collect":
        raise WrongState(_("Cette commande se livre."), order.state, "ready")
    _move(order, "ready", now)
    record(order.case, "order_ready", actor, now, order=order.number)
    enqueue("order", now, order=order.id, what="ready")


def send(order: Order, carrier: str, tracking: str, actor: Actor, now: datetime) -> None:
    """It has left. Raises WrongState, or Invalid for a link that is none."""
    if order.way != "deliver":
        raise WrongState(_("Cette commande se retire au magasin."), order.state, "sent")
    carrier, tracking = " ".join(carrier.split())[:80], tracking.strip()
    if tracking and not _is_link(tracking):
        raise Invalid(fields={"tracking": _("Le lien commence par https://.")})
    _move(order, "sent", now)
    order.carrier, order.tracking = carrier, tracking
    record(order.case, "order_sent", actor, now, order=order.number, carrier=carrier, tracking=tracking)
    enqueue("order", now, order=order.id, what="sent")


def _is_link(typed: str) -> bool:
    try:
        parts = urlsplit(typed)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and len(typed) <= 500
    except ValueError:
        return False


def hand_out(order: Order, actor: Actor, now: datetime) -> None:
    """The customer has it: they say so, or staff gave it to them. Raises WrongState."""
    _move(order, "done", now)
    order.done = now
    record(order.case, "order_done", actor, now, order=order.number)


def cancel(order: Order, reason: str, actor: Actor, now: datetime) -> Paper | None:
    """It will not be: the stock is given back, the invoice taken back by the credit note that is answered. Raises
    WrongState once it is sent or handed out, Invalid where staff give no reason."""
    reason = " ".join(reason.split())[:LONGEST]
    if actor.kind == "staff" and not reason:
        raise Invalid(fields={"reason": _("Indiquez le motif.")})
    _move(order, "cancelled", now)
    for line in order.lines:
        catalogue.give_back(line.variant, line.quantity)
    record(order.case, "order_cancelled", actor, now, order=order.number, reason=reason)
    enqueue("order", now, order=order.id, what="cancelled")
    paper = order.paper
    if paper is None or invoices.is_taken_back(paper):
        return None
    with use(settings.get("language"), settings.zone()):
        note = invoices.credit(paper, now, _("Commande {number} annulée", number=order.number))
    _hand_on(note, actor, now)
    return note


def _hand_on(note: Paper, actor: Actor, now: datetime) -> None:
    """A credit note is drawn, and the money goes back to the card that it came from."""
    enqueue("pdf", now, paper=note.id)
    if cents := refunds.most(note):
        refunds.begin(note, cents, actor, now)


def _move(order: Order, state: str, now: datetime) -> None:
    if state not in MOVES.get(order.state, ()):
        raise WrongState(_("Ce n’est plus possible : la commande a changé entre-temps."), order.state, state)
    order.state, order.moved = state, now
    db.session.flush()


# -- coming back


def may_cancel(order: Order) -> bool:
    """Whether the customer may still call it off by one tap."""
    return "cancelled" in MOVES.get(order.state, ())


def may_withdraw(order: Order, now: datetime) -> bool:
    """Whether the customer may renounce it: until 14 whole days after the day they had it, and before."""
    if order.withdrawn is not None or order.state == "cancelled":
        return False
    zone = settings.zone()
    return order.done is None or now.astimezone(zone).date() <= order.done.astimezone(zone).date() + WITHDRAWAL


def withdraw(order: Order, now: datetime) -> Paper | None:
    """The customer renounces it. What has not left is cancelled; what has comes back, and is then credited as a return.
    Raises WrongState."""
    if not may_withdraw(order, now):
        raise WrongState(_("Le délai de 14 jours est passé : appelez-nous."), order.state, "cancelled")
    order.withdrawn = now
    record(order.case, "order_withdrawn", order.case.customer.actor, now, order=order.number)
    enqueue("order", now, order=order.id, what="withdrawn")
    return cancel(order, "", order.case.customer.actor, now) if may_cancel(order) else None


def take_return(order: Order, back: Mapping[int, int], with_delivery: bool, actor: Actor, now: datetime) -> Paper:
    """Goods came back: ``back`` is line id -> pieces. They are on the shelf again, and credited; ``with_delivery`` what
    bringing them cost, too. Raises WrongState, or Invalid for nothing or more than was bought."""
    paper = order.paper
    if order.state not in ("sent", "done") or paper is None:
        raise WrongState(_("Cette commande n’est pas encore partie : annulez-la."), order.state, order.state)
    left = invoices.left_of(paper)
    taken = {place: cents for place, cents in _taken_back(order, back, left) if cents}
    if with_delivery and order.delivery and left[-1]:
        taken[len(order.lines)] = left[-1]
    with use(settings.get("language"), settings.zone()):
        note = invoices.credit(paper, now, _("Retour sur la commande {number}", number=order.number), taken)
    record(order.case, "order_returned", actor, now, order=order.number, paper=note.number, cents=note.gross)
    _hand_on(note, actor, now)
    return note


def _taken_back(order: Order, back: Mapping[int, int], left: Sequence[int]) -> Iterator[tuple[int, int]]:
    """For each line of which something came back: its place on the invoice, and the cents to credit."""
    if not any(back.values()):
        raise Invalid(fields={"back": _("Dites ce qui est revenu.")})
    for place, line in enumerate(order.lines):
        pieces = back.get(line.id, 0)
        if not 0 <= pieces <= line.quantity - line.returned:
            raise Invalid(fields={"back": _("Il est revenu plus que ce qui a été vendu : vérifiez les nombres.")})
        line.returned += pieces
        catalogue.give_back(line.variant, pieces)
        yield place, min(pieces * line.price, left[place])


@dataclass(frozen=True)
class GoesBack:
    """Cents that the customer gets back: what is left for the shop to do by hand, what is on its way to their card, and
    what they have had. ``note`` is the credit note on which the first is noted."""

    by_hand: int = 0
    on_its_way: int = 0
    done: int = 0
    note: Paper | None = None


def goes_back(order: Order) -> GoesBack:
    """What becomes of the money of what was cancelled or came back."""
    notes = invoices.credits_of(order.paper) if order.paper else []
    if order.paper is None or not notes:
        return GoesBack()
    on_its_way = sum(refunds.on_its_way(note) for note in notes)
    due = [note for note in notes if payments.to_give_back(note) > refunds.on_its_way(note)]
    by_hand = max(0, -payments.balance(order.paper) - on_its_way) if due else 0
    done = -sum(line.cents for note in notes for line in payments.of_paper(note))
    return GoesBack(by_hand, on_its_way, done, due[0] if due else None)


# -- what is read


def of_case(case: Case) -> list[Order]:
    """The orders of a case, the newest first."""
    return list(db.session.scalars(select(Order).where(Order.case_id == case.id).order_by(Order.id.desc())))


def find(number: str) -> Order:
    """The order of this number. Raises NotFound."""
    found = db.session.scalar(select(Order).where(Order.number == number))
    if found is None:
        raise NotFound
    return found


def of_customer(case: Case, number: str) -> Order:
    """The same, of this case. Raises NotFound."""
    found = find(number)
    if found.case_id != case.id:
        raise NotFound
    return found


def renounceable(case: Case, now: datetime) -> Order | None:
    """The newest order of the case that may still be renounced."""
    return next((order for order in of_case(case) if may_withdraw(order, now)), None)


def paper_ids(case: Case) -> set[int]:
    """The papers of the case that belong to its orders: their invoices and what takes these back."""
    theirs = select(Order.paper_id).where(Order.case_id == case.id, Order.paper_id.is_not(None))
    found = select(Paper.id).where(Paper.id.in_(theirs) | Paper.corrects_id.in_(theirs))
    return set(db.session.scalars(found))


def listed(states: Sequence[str], limit: int = 200) -> list[Order]:
    """The orders in these states: those to be seen to the oldest first, all others the newest."""
    found = select(Order).join(Order.case).join(Case.customer).where(Order.state.in_(states)).limit(limit)
    found = found.options(contains_eager(Order.case).contains_eager(Case.customer))
    is_going = set(states) <= set(GOING)
    return list(db.session.scalars(found.order_by(Order.id if is_going else Order.id.desc())))


def count_by_state() -> dict[str, int]:
    """How many orders are in each state; a state without any is left out."""
    return {state: n for state, n in db.session.execute(select(Order.state, func.count()).group_by(Order.state))}


def count_going() -> int:
    """How many wait for the shop's own hand."""
    counts = count_by_state()
    return counts.get("ordered", 0)


def standing(case: Case) -> list[Order]:
    """The orders of the case that were not called off."""
    return [order for order in of_case(case) if order.state != "cancelled"]
