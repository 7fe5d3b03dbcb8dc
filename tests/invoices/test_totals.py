import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopvisio.invoices.mentions import RATES
from shopvisio.invoices.totals import Amount, total
from shopvisio.money import Price

amounts = st.lists(st.builds(Amount, gross=st.integers(0, 500_000), rate=st.sampled_from((0, *RATES))), max_size=40)


@pytest.mark.parametrize("rate", RATES)
def test_every_price_up_to_200_euros_is_paid_as_advertised(rate: int) -> None:
    for gross in range(1, 20_001):
        price = total([Amount(gross, rate)]).price
        assert (price.gross, price.net + price.vat) == (gross, gross)
        assert abs(price.net * (10_000 + rate) - gross * 10_000) <= (10_000 + rate) / 2, "more than half a cent off"


def test_a_price_whose_vat_rounds_badly_is_still_paid_to_the_cent() -> None:
    assert total([Amount(2997, 2000)]).price == Price(net=2498, vat=499, gross=2997)


def test_an_exempt_shop_adds_no_vat() -> None:
    assert total([Amount(2900, 0)]).price == Price(net=2900, vat=0, gross=2900)


def test_the_rates_stand_apart_highest_first() -> None:
    found = total([Amount(1055, 550), Amount(1200, 2000), Amount(2110, 550)])
    assert [(rate.rate, rate.price) for rate in found.rates] == [
        (2000, Price(1000, 200, 1200)), (550, Price(3000, 165, 3165))]
    assert found.nets == (1000, 1000, 2000)


def test_many_equal_lines_do_not_add_up_their_roundings() -> None:
    found = total([Amount(999, 2000)] * 40)   # 832.5 net each: line by line the shop would owe 20 cents less
    assert found.price == Price(net=33300, vat=6660, gross=39960)
    assert set(found.nets) == {832, 833}


@given(amounts)
def test_what_is_paid_is_the_sum_of_the_prices(lines: list[Amount]) -> None:
    assert total(lines).price.gross == sum(line.gross for line in lines)


@given(amounts)
def test_the_lines_of_each_rate_sum_to_its_net(lines: list[Amount]) -> None:
    found = total(lines)
    for rate in found.rates:
        nets = sum(net for net, line in zip(found.nets, lines, strict=True) if line.rate == rate.rate)
        assert nets == rate.price.net
    assert sum(found.nets) == found.price.net


@given(amounts)
def test_no_line_is_more_than_a_cent_from_its_own_net(lines: list[Amount]) -> None:
    found = total(lines)
    for net, line in zip(found.nets, lines, strict=True):
        assert abs(net - line.gross * 10_000 / (10_000 + line.rate)) <= 1
