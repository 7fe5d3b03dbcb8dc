"""The brand's tones: what the look promises for the shop's own colour and for every other."""

import math
from collections.abc import Iterator
from functools import cache

import pytest

from shopvisio import brand
from shopvisio.brand import Palette, Tones, contrast, palette, stylesheet

GROUNDS = {  # what the tones stand on, as shop.css says: page, surface, sunken, ink, soft ink
    "light": ("#f8fbfb", "#ffffff", "#eff3f4", "#162022", "#4d595b"),
    "dark": ("#0f1415", "#161c1d", "#1f2627", "#ebeff0", "#acb4b6"),
    "call": ("#090d0e", "#131819", "#1d2425", "#eff2f3", "#b0b9bb"),
}


@cache
def palettes() -> list[Palette]:
    """Of black to white, all hues: 2,376 colours a shop might set."""
    return [palette(colour) for colour in _brands()]


def _brands() -> Iterator[str]:
    for lightness in range(11):
        for chroma in (0, 0.04, 0.08, 0.14, 0.2, 0.28):
            for hue in range(0, 360, 10):
                yield brand._to_hex(brand._from_lch(lightness / 10, chroma, math.radians(hue)))


def weakest(ground: str) -> dict[str, float]:
    """The worst contrast of each pair over all brands, on one ground."""
    page, surface, sunken, ink, soft = GROUNDS[ground]
    worst = dict.fromkeys(("words on the fill", "words in brand", "words on the tint", "borders"), 21.0)
    for one in palettes():
        tones: Tones = getattr(one, ground)
        found = {
            "words on the fill": (contrast(tones.on, tones.fill), contrast(tones.on, tones.fill_2)),
            "words in brand": tuple(contrast(tones.fill, under) for under in (page, surface, sunken, tones.tint)),
            "words on the tint": (contrast(ink, tones.tint), contrast(soft, tones.tint)),
            "borders": (contrast(tones.line, surface), contrast(tones.fill, surface)),
        }
        for pair, contrasts in found.items():
            worst[pair] = min(worst[pair], *contrasts)
    return worst


@pytest.mark.parametrize("ground", GROUNDS)
def test_any_brand_keeps_its_words_readable_and_its_borders_seen(ground: str) -> None:
    worst = weakest(ground)
    assert worst.pop("borders") >= 3
    assert min(worst.values()) >= 4.5, worst


def test_the_first_colour_gives_the_tones_that_were_drawn() -> None:
    drawn = palette("#0f5c66")
    assert drawn.light == Tones("#0f5c66", "#004b54", "#ffffff", "#e8f4f5", "#5e8a92")
    assert drawn.dark == Tones("#7dc1cc", "#90d5e0", "#101819", "#1c2f32", "#4f767c")
    assert drawn.call.fill == drawn.dark.fill


def test_a_brand_of_middling_strength_is_kept_as_it_is() -> None:
    assert palette("#0f5c66").light.fill == "#0f5c66"
    assert palette("#7dc1cc").dark.fill == "#7dc1cc"


def test_black_on_white_is_the_strongest_contrast_and_a_colour_on_itself_none() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#8c2f2a", "#8c2f2a") == 1


def test_the_stylesheet_names_every_tone_on_each_ground() -> None:
    text = stylesheet("#8c2f2a")
    for name in ("--brand-fill:", "--brand-fill-2:", "--on-brand:", "--brand-tint:", "--brand-line:"):
        assert text.count(name) == 3
    assert "prefers-color-scheme: dark" in text
    assert ".call {" in text


@pytest.mark.parametrize("nonsense", ["", "0f5c66", "#0f5c6", "#0f5c666", "red", "#0f5c6g", "#+f5c66 ", "#0f5c66;"])
def test_it_refuses_what_is_no_colour(nonsense: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - there is but one
        palette(nonsense)
