"""Orders: the last piece goes to one, the invoice is sealed with it, and what comes back is credited."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from conftest import NOW, TUESDAY_10, Shop, book_visit

from shopvisio import (
    baskets,
    booking,
    books,
    calls,
    cases,
    catalogue,
    invoices,
    orders,
    overview,
    papers,
    payments,
    settings,
)
from shopvisio.cases import Case
from shopvisio.catalogue import Variant
from shopvisio.db import db, writing
from shopvisio.errors import Conflict, Invalid, NotFound, WrongState
from shopvisio.invoices import Kind
from shopvisio.jobs import Job
from shopvisio.orders import Order, Wish

HOME = Wish("deliver", "transfer", "4 impasse des Tilleuls", "69003", "Lyon")
SHOP = Wish("collect", "shop")


@pytest.fixture
def maker(shop: Shop) -> Variant:
    """The coffee maker, 89,90 €: two are left."""
    variant = catalogue.search("cafetière")[0].variants[0]
    with writing():
        variant.stock = 2
    return variant


@pytest.fixture
def lamp(shop: Shop) -> Variant:
    """A book lamp at another rate, of which nobody counts."""
    with writing():
        variant = catalogue.add("Livre des lampes", "21,10", "", "", NOW).variants[0]
        variant.product.vat, variant.sku = 550, "LIV-1"
    return variant


Ordered = Callable[..., Order]


@pytest.fixture
def ordered(shop: Shop, maker: Variant, lamp: Variant) -> Ordered:
    """ordered(wish, makers=1, lamps=1, at=…): a sale's basket, committed to."""
    hours = iter((0, 1, 4, 5, 6))  # after ten; at noon they eat

    def place(wish: Wish = HOME, makers: int = 1, lamps: int = 1, at: datetime = NOW) -> Order:
        with writing():
            case = a_basket(shop, maker, lamp, makers, lamps, TUESDAY_10 + timedelta(hours=next(hours)))
        with writing():
            return orders.place(case, wish, case.customer.actor, at)

    return place


def a_basket(shop: Shop, maker: Variant, lamp: Variant, makers: int, lamps: int, start: datetime = TUESDAY_10) -> Case:
    case = book_visit(shop.sale, start).case
    for variant, number in ((maker, makers), (lamp, lamps)):
        for _ in range(number):
            baskets.pick(case, variant.id, shop.seller.actor, NOW)
    return case


def stock(variant: Variant) -> int | None:
    db.session.rollback()
    return db.session.get_one(Variant, variant.id).stock


def test_an_order_takes_from_the_shelf_and_is_sealed_as_an_invoice_at_once(ordered: Ordered, maker: Variant) -> None:
    order = ordered(makers=2)
    assert (order.number, order.state, order.total) == ("C2026-0001", "ordered", 2 * 8990 + 2110 + 590)
    assert stock(maker) == 0
    assert baskets.of(order.case) == []
    assert order.paper is not None
    said = invoices.read(order.paper)
    assert said.nature == "goods"
    assert [(line.label, line.quantity, line.rate, line.gross) for line in said.facts.lines] == [
        ("Cafetière Lumio 12 tasses", 2, 2000, 17980),
        ("Livre des lampes", 1, 550, 2110),
        ("Livraison", 1, 2000, 590),
    ]
    assert said.facts.buyer.address.street == "4 impasse des Tilleuls"
    assert (said.facts.service, said.totals.price.gross) == ("Commande C2026-0001", order.total)
    assert payments.owed(order.paper) == order.total
    assert invoices.verify() == []
    kinds = set(db.session.scalars(db.select(Job.kind)))
    assert {"pdf", "order"} <= kinds


def test_of_two_who_want_the_last_piece_one_gets_it_and_the_other_is_told(
    shop: Shop, maker: Variant, lamp: Variant
) -> None:
    with writing():
        maker.stock = 1
        one = a_basket(shop, maker, lamp, 1, 0)
        other = a_basket(shop, maker, lamp, 1, 1, TUESDAY_10 + timedelta(hours=5))
    with writing():
        won = orders.place(one, HOME, one.customer.actor, NOW)
    with pytest.raises(Conflict, match=r"Cafetière Lumio 12 tasses\W+il n’y en a plus"), writing():
        orders.place(other, HOME, other.customer.actor, NOW)
    assert stock(maker) == 0
    assert [order.number for order in orders.listed(orders.GOING)] == [won.number]
    assert len(baskets.of(other)) == 2, "nothing of the loser's is lost"
    assert invoices.count() == 1


def test_ordered_twice_it_is_ordered_once(ordered: Ordered) -> None:
    order = ordered()
    with pytest.raises(Conflict, match="vide"), writing():
        orders.place(order.case, HOME, order.case.customer.actor, NOW)


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (Wish("", "transfer"), "way"),
        (Wish("pigeon", "transfer"), "way"),
        (Wish("collect", ""), "pay"),
        (Wish("collect", "card"), "pay"),  # no key of Stripe
        (Wish("deliver", "shop", "4 rue", "69003", "Lyon"), "pay"),
        (Wish("deliver", "transfer", " ", "69003", "Lyon"), "street"),
        (Wish("deliver", "transfer", "4 rue", "", "Lyon"), "postcode"),
        (Wish("deliver", "transfer", "4 rue", "69003", ""), "city"),
        (Wish("deliver", "transfer", "4 rue" * 50, "69003", "Lyon"), "street"),
    ],
)
def test_what_is_missing_is_named_and_nothing_is_taken(
    shop: Shop, maker: Variant, lamp: Variant, wish: Wish, field: str
) -> None:
    with writing():
        case = a_basket(shop, maker, lamp, 1, 0)
    with pytest.raises(Invalid) as refusal, writing():
        orders.place(case, wish, case.customer.actor, NOW)
    assert field in refusal.value.fields
    assert (stock(maker), invoices.count()) == (2, 0)


def test_seven_days_after_the_call_it_is_too_late(shop: Shop, maker: Variant, lamp: Variant) -> None:
    with writing():
        case = a_basket(shop, maker, lamp, 1, 0)
    late = baskets.until(case)
    with pytest.raises(Conflict, match="sept jours"), writing():
        orders.place(case, SHOP, case.customer.actor, late)
    with writing():
        assert orders.place(case, SHOP, case.customer.actor, late - timedelta(minutes=1)).state == "ordered"


def test_a_shop_whose_papers_are_not_in_order_takes_none(shop: Shop, maker: Variant, lamp: Variant) -> None:
    with writing():
        case = a_basket(shop, maker, lamp, 1, 0)
        settings.put({"web_shop": "shopify", "web_shop_url": "https://boutique.example"}, "tests", NOW)
    with pytest.raises(Conflict, match="ne prend pas de commande"), writing():
        orders.place(case, SHOP, case.customer.actor, NOW)
    with writing():
        settings.put({"web_shop": "", "delivery": "no", "collect": "no"}, "tests", NOW)
    assert not orders.is_open()


def test_delivery_is_flat_and_free_from_what_the_shop_says(shop: Shop) -> None:
    assert [orders.delivery_cost(goods, way) for goods, way in ((100, "deliver"), (100, "collect"))] == [590, 0]
    with writing():
        settings.put({"delivery_free_from": "60"}, "tests", NOW)
    assert [orders.delivery_cost(goods, "deliver") for goods in (5999, 6000)] == [590, 0]


# -- its way


def test_a_delivery_is_sent_then_received(ordered: Ordered, shop: Shop) -> None:
    order = ordered()
    with pytest.raises(WrongState), writing():
        orders.ready(order, shop.seller.actor, NOW)
    with pytest.raises(Invalid), writing():
        orders.send(order, "", "ftp://x.example", shop.seller.actor, NOW)
    with writing():
        orders.send(order, "Colissimo", "https://suivi.example/6A1", shop.seller.actor, NOW)
    with pytest.raises(WrongState), writing():
        orders.send(order, "", "", shop.seller.actor, NOW)
    with writing():
        orders.hand_out(order, order.case.customer.actor, NOW)
    assert (order.state, order.done) == ("done", NOW)
    told = [entry.kind for entry in order.case.journal]
    assert told[-3:] == ["ordered", "order_sent", "order_done"]


def test_what_is_collected_is_made_ready_then_handed_out(ordered: Ordered, shop: Shop) -> None:
    order = ordered(SHOP)
    assert (order.delivery, order.street, order.total) == (0, "", 8990 + 2110)
    with pytest.raises(WrongState), writing():
        orders.send(order, "", "", shop.seller.actor, NOW)
    with writing():
        orders.ready(order, shop.seller.actor, NOW)
        orders.hand_out(order, shop.seller.actor, NOW)
    assert order.state == "done"


def test_cancelled_the_stock_is_given_back_and_the_invoice_taken_back(
    ordered: Ordered, shop: Shop, maker: Variant
) -> None:
    order = ordered(makers=2)
    with pytest.raises(Invalid), writing():
        orders.cancel(order, " ", shop.seller.actor, NOW)
    with writing():
        note = orders.cancel(order, "Plus livrable", shop.seller.actor, NOW)
    assert note is not None
    assert (note.kind, note.gross) == (Kind.CREDIT_NOTE.value, order.total)
    assert stock(maker) == 2
    with pytest.raises(WrongState), writing():
        orders.cancel(order, "encore", shop.seller.actor, NOW)
    assert payments.owed_in_all() == 0


def test_what_has_left_is_not_cancelled_it_comes_back(ordered: Ordered, shop: Shop, maker: Variant) -> None:
    order = ordered(makers=2)
    first, second = order.lines
    with writing():
        orders.send(order, "", "", shop.seller.actor, NOW)
    with pytest.raises(WrongState), writing():
        orders.cancel(order, "trop tard", shop.seller.actor, NOW)
    with writing():
        note = orders.take_return(order, {first.id: 1}, False, shop.seller.actor, NOW)
    assert (note.gross, stock(maker)) == (8990, 1)
    for back in ({}, {first.id: 2}, {first.id: -1}, {first.id: 0}):
        with pytest.raises(Invalid), writing():
            orders.take_return(order, back, False, shop.seller.actor, NOW)
    with writing():
        note = orders.take_return(order, {first.id: 1, second.id: 1}, True, shop.seller.actor, NOW)
    assert note.gross == 8990 + 2110 + 590
    assert invoices.is_taken_back(note) is False
    assert order.paper is not None
    assert invoices.is_taken_back(order.paper)
    assert invoices.verify() == []


def test_a_paid_order_that_comes_back_is_to_be_refunded(ordered: Ordered, shop: Shop) -> None:
    order = ordered()
    assert order.paper is not None
    with writing():
        payments.note(order.case, order.paper, order.total, "transfer", shop.seller.actor, NOW)
        orders.send(order, "", "", shop.seller.actor, NOW)
        note = orders.take_return(order, {order.lines[0].id: 1}, False, shop.seller.actor, NOW)
    assert payments.to_give_back(note) == 8990


# -- the right to renounce


def test_before_it_leaves_renouncing_cancels(ordered: Ordered) -> None:
    order = ordered()
    with writing():
        note = orders.withdraw(order, NOW)
    assert (order.state, order.withdrawn) == ("cancelled", NOW)
    assert note is not None
    assert not orders.may_withdraw(order, NOW)


def test_goods_may_be_renounced_until_fourteen_days_after_they_were_received(ordered: Ordered, shop: Shop) -> None:
    order = ordered()
    with writing():
        orders.send(order, "", "", shop.seller.actor, NOW)
    assert orders.may_withdraw(order, NOW + timedelta(days=60)), "the days count from the reception"
    got = NOW + timedelta(days=61)
    with writing():
        orders.hand_out(order, order.case.customer.actor, got)
    assert orders.may_withdraw(order, got + timedelta(days=14, hours=14))  # the last day's evening
    assert not orders.may_withdraw(order, got + timedelta(days=15))
    with writing():
        assert orders.withdraw(order, got + timedelta(days=3)) is None, "the money comes back with the goods"
    assert (order.state, orders.renounceable(order.case, got)) == ("done", None)


# -- beside the rest of the shop


def test_a_call_that_led_to_an_order_later_led_to_a_sale(shop: Shop, maker: Variant, lamp: Variant) -> None:
    with writing():
        case = a_basket(shop, maker, lamp, 1, 0)
        visit = booking.appointments(case)[0]
        calls.end(calls.arrive(visit, shop.seller.actor, TUESDAY_10), shop.seller.actor, TUESDAY_10)
        cases.propose(case, "not_sold", "", shop.seller.actor, TUESDAY_10)
    with writing():
        orders.place(case, SHOP, case.customer.actor, TUESDAY_10 + timedelta(days=2))
    assert case.outcome == "sold"


def test_orders_stand_in_the_books_and_in_e_reporting_as_goods(ordered: Ordered, shop: Shop) -> None:
    order = ordered()
    assert order.paper is not None
    with writing():
        payments.note(order.case, order.paper, order.total, "cash", shop.seller.actor, NOW)
        books.close_due(NOW + timedelta(days=1))
    day = next(one for one in books.closed("day") if json.loads(one.totals)["invoices"])
    totals = json.loads(day.totals)
    assert (totals["invoiced"], totals["received"]) == (order.total, {"cash": order.total})
    assert {rate: figures[2] for rate, figures in totals["rates"].items()} == {"2000": 8990 + 590, "550": 2110}
    report = books.sheet("e-reporting", "2026-11")
    assert ";biens;20;" in report
    assert ";biens;5,5;" in report
    assert ";services;" not in report
    assert books.verify() == []


def test_an_order_beside_a_repair_is_another_contract(shop: Shop, maker: Variant) -> None:
    with writing():
        case = book_visit(shop.repair, TUESDAY_10).case
        baskets.pick(case, maker.id, shop.seller.actor, NOW)
    with writing():
        order = orders.place(case, SHOP, case.customer.actor, NOW)
        cases.propose(case, "repaired", "Joint changé.", shop.repairer.actor, NOW)
        cases.answer(case, True, "", NOW)
    assert papers.current(case) is None, "the order's invoice is not the repair's"
    with writing():
        paper = papers.issue(case, NOW)
        taken = papers.take_back(case, NOW)
    assert paper is not None
    assert [note.corrects_id for note in taken] == [paper.id]
    assert order.paper is not None
    assert not invoices.is_taken_back(order.paper)


def test_the_months_count_the_orders_that_stand(ordered: Ordered, shop: Shop) -> None:
    first, second = ordered(), ordered(SHOP, lamps=0)
    with writing():
        orders.cancel(second, "Cassée", shop.seller.actor, NOW)
    month = overview.months(NOW)[-1]
    assert (month.orders, month.ordered) == (1, first.total)


def test_another_customers_order_is_not_found(ordered: Ordered, shop: Shop) -> None:
    order = ordered()
    with writing():
        other = book_visit(shop.sale, TUESDAY_10 + timedelta(hours=5)).case
    with pytest.raises(NotFound):
        orders.of_customer(other, order.number)


def test_what_a_colleague_sold_stands_in_its_week(ordered: Ordered, shop: Shop) -> None:
    last, first, gone = ordered(makers=0, at=NOW - timedelta(weeks=1)), ordered(makers=0), ordered(makers=0)
    with writing():
        orders.cancel(gone, "Erreur", shop.seller.actor, NOW)
    sales = overview.sales(NOW)
    assert [(one.name, one.ordered[-2:], sum(one.ordered[:-2])) for one in sales] == [
        (shop.seller.name, [last.total, first.total], 0)
    ]
    assert len(overview.weeks(NOW)) == len(sales[0].ordered)
    assert overview.sales(NOW + timedelta(weeks=overview.WEEKS)) == []
