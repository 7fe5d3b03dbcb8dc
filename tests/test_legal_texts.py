"""What the shop says of itself: every version is kept, and the owner's own words go before the starting ones."""

from zoneinfo import ZoneInfo

import pytest
from conftest import NOW, Clock, Shop
from flask import Flask

from shopvisio import legal, settings
from shopvisio.db import writing
from shopvisio.errors import Conflict, Invalid
from shopvisio.i18n import LANGUAGES, use


def test_a_starting_text_says_what_the_settings_say_and_is_still_to_be_checked(shop: Shop) -> None:
    for name in legal.TEXTS:
        for language in LANGUAGES:
            version = legal.current(name, language, NOW)
            assert "{" not in version.text
            assert (version.own, version.checked) == (False, None)
            assert len(version.digest) == 64
    assert "29\u00a0€" in legal.current("terms", "fr", NOW).text
    assert "€29" in legal.current("terms", "en", NOW).text


def test_a_line_about_nothing_is_left_out(shop: Shop) -> None:
    assert "Directeur de la publication" not in legal.current("notice", "fr", NOW).text
    with writing():
        settings.put({"publisher": "Claire Fontaine"}, "Claire", NOW)
    assert "- Directeur de la publication\u00a0: Claire Fontaine" in legal.current("notice", "fr", NOW).text


def test_the_terms_say_how_long_a_repair_is_guaranteed_or_nothing_of_it(shop: Shop) -> None:
    assert "garantit la réparation 3 mois" in legal.current("terms", "fr", NOW).text
    with writing():
        settings.put({"guarantee_months": "12"}, "Claire", NOW)
    assert "guarantees the repair for 12 months" in legal.current("terms", "en", NOW).text
    with writing():
        settings.put({"guarantee_months": "0"}, "Claire", NOW)
    assert "garantit la réparation" not in legal.current("terms", "fr", NOW).text


def test_a_setting_that_changes_makes_a_version_and_the_one_before_stays(shop: Shop, clock_: Clock) -> None:
    with writing():
        legal.keep(NOW)
        legal.keep(NOW)
    (first,) = legal.versions("terms", "fr")
    with writing():
        settings.put({"fee": "35"}, "Claire", clock_.pass_(days=3))
        legal.keep(clock_.now)
    second, kept = legal.versions("terms", "fr")
    assert kept.id == first.id
    assert "29\u00a0€" in kept.text
    assert "35\u00a0€" in second.text
    assert second.at == clock_.now
    assert len(legal.versions("mediator", "fr")) == 1  # no price in it


def test_what_the_owner_confirmed_stays_confirmed_when_only_a_price_changes(shop: Shop) -> None:
    with writing():
        legal.confirm("terms", "fr", legal.current("terms", "fr", NOW).digest, "Claire", NOW)
        settings.put({"fee": "35"}, "Claire", NOW)
        legal.keep(NOW)
    version = legal.current("terms", "fr", NOW)
    assert (version.checked, version.checked_by) == (NOW, "Claire")
    assert "terms" not in [one.name for one in legal.to_check(NOW)]


def test_only_what_was_read_is_confirmed(shop: Shop) -> None:
    read = legal.current("terms", "fr", NOW).digest
    with writing():
        settings.put({"fee": "35"}, "Claire", NOW)
    with pytest.raises(Conflict), writing():
        legal.confirm("terms", "fr", read, "Claire", NOW)


def test_the_owners_own_words_follow_the_settings_too(shop: Shop) -> None:
    with writing():
        legal.word("terms", "fr", "Nous réparons pour {fee}.\n", "Claire", NOW)
    version = legal.current("terms", "fr", NOW)
    assert version.text == "Nous réparons pour 29\u00a0€."
    assert (version.own, version.by, version.checked) == (True, "Claire", NOW)
    with writing():
        settings.put({"fee": "35"}, "Claire", NOW)
        legal.keep(NOW)
    assert legal.current("terms", "fr", NOW).text == "Nous réparons pour 35\u00a0€."
    assert legal.current("terms", "fr", NOW).own


def test_until_they_are_translated_everybody_reads_the_owners_own_words(shop: Shop) -> None:
    with writing():
        legal.word("terms", "fr", "Nos conditions.", "Claire", NOW)
    assert (legal.current("terms", "en", NOW).language, legal.current("terms", "en", NOW).text) == (
        "fr",
        "Nos conditions.",
    )
    with writing():
        legal.word("terms", "en", "Our terms.", "Claire", NOW)
    assert legal.current("terms", "en", NOW).text == "Our terms."


def test_no_words_of_ones_own_is_the_starting_text_again_to_be_checked(shop: Shop) -> None:
    with writing():
        legal.word("terms", "fr", "Nos conditions.", "Claire", NOW)
        legal.word("terms", "fr", " ", "Claire", NOW)
    version = legal.current("terms", "fr", NOW)
    assert version.text.startswith("## 1. Qui nous sommes")
    assert (version.own, version.checked) == (False, None)
    assert len(legal.versions("terms", "fr")) == 2


@pytest.mark.parametrize("wording", ["Pour {prix}.", "x" * 40_000])
def test_a_place_nobody_knows_and_a_text_without_end_are_refused(shop: Shop, wording: str) -> None:
    with pytest.raises(Invalid) as refusal, writing():
        legal.word("terms", "fr", wording, "Claire", NOW)
    assert "wording" in refusal.value.fields
    assert legal.versions("terms", "fr") == []


def test_a_name_full_of_signs_stays_a_name(shop: Shop) -> None:
    with writing():
        settings.put({"shop_name": "[Chez] *Nous* | <Fils>"}, "Claire", NOW)
    assert r"\[Chez\] \*Nous\* \| \<Fils\>" in legal.current("notice", "fr", NOW).text


def test_what_is_ticked_is_the_text_itself_in_the_readers_language(shop: Shop, house: Flask) -> None:
    with use("en", ZoneInfo("Europe/Paris")):
        assert legal.ticked("immediate", NOW) == legal.current("immediate", "en", NOW).text
        assert "Atelier Lumière" in legal.ticked("terms", NOW)
