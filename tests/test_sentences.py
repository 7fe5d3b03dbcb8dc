"""A law that changes: each paper keeps the sentence of its day."""

from datetime import date, timedelta

import pytest
from conftest import NOW, Shop
from flask import Flask
from test_payments import bill

from shopvisio import invoices, sentences, settings
from shopvisio.db import writing
from shopvisio.errors import Invalid

TODAY = date(2026, 11, 23)


def put(text: str, day: date) -> None:
    with writing():
        sentences.put("franchise", text, day, "Claire Fontaine", TODAY, NOW)


def test_a_paper_keeps_the_sentence_of_its_day(shop: Shop) -> None:
    with writing():
        settings.put({"vat_regime": "franchise", "vat_number": ""}, "tests", NOW)
    put("TVA non applicable, art. L223-1 du CIBS", TODAY + timedelta(days=1))
    before, after = bill(shop), bill(shop, NOW + timedelta(days=1))
    said = [invoices.read(one.invoice).facts.seller.vat_text for one in (before, after)]
    assert said == ["TVA non applicable, art. 293 B du CGI", "TVA non applicable, art. L223-1 du CIBS"]


def test_the_last_word_about_a_day_holds(house: Flask) -> None:
    put("Un", TODAY)
    put("Trois", TODAY + timedelta(days=9))
    put("Deux", TODAY)
    days = (TODAY - timedelta(days=1), TODAY, TODAY + timedelta(days=8), TODAY + timedelta(days=9))
    assert [sentences.in_force("franchise", day) for day in days] == [
        sentences.SUBJECTS["franchise"].start, "Deux", "Deux", "Trois"]


@pytest.mark.parametrize(("text", "day", "field"), [
    ("", TODAY, "text"), ("a" * 401, TODAY, "text"), ("Un", None, "valid_from"),
    ("Un", TODAY - timedelta(days=1), "valid_from"),
])
def test_a_sentence_without_words_or_of_yesterday_is_refused(
    house: Flask, text: str, day: date | None, field: str
) -> None:
    with pytest.raises(Invalid) as refused, writing():
        sentences.put("franchise", text, day, "Claire Fontaine", TODAY, NOW)
    assert list(refused.value.fields) == [field]
