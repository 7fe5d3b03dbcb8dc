"""From the one colour a shop sets to every tone the pages need, as plain hex. Pure.

The lightness and the chroma of each tone are clamped in OKLCH, so that any brand, white and black
included, keeps its contrast on light pages, on dark ones and in the call; old phones that do not know
relative colours get the same result.
"""

import math
import re
from dataclasses import dataclass, fields

Rgb = tuple[float, float, float]  # sRGB, each from 0 to 1
Lab = tuple[float, float, float]  # OKLab: lightness from 0 to 1, a, b

SURFACES = {"light": "#ffffff", "dark": "#161c1d", "call": "#131819"}
DARK_ON = "#101819"


@dataclass(frozen=True)
class Tones:
    """The brand on one ground, as ``#rrggbb``: fill and its hover, the text on them, a tint, a border."""

    fill: str
    fill_2: str
    on: str
    tint: str
    line: str


@dataclass(frozen=True)
class Palette:
    """The brand on the three grounds of the product."""

    light: Tones
    dark: Tones
    call: Tones


def palette(brand: str) -> Palette:
    """The tones of ``brand`` (``#rrggbb``). Raises ValueError for anything else."""
    lightness, chroma, hue = _to_lch(_from_hex(brand))
    fill = _hex(_clamp(lightness, 0.34, 0.47), min(chroma, 0.14), hue)
    light = Tones(
        fill=fill,
        fill_2=_hex(_clamp(lightness - 0.06, 0.28, 0.41), min(chroma, 0.14), hue),
        on="#ffffff",
        tint=_hex(0.958, min(chroma, 0.12) * 0.17, hue),
        line=mix(fill, SURFACES["light"], 0.7),
    )
    return Palette(light, _on_dark("dark", lightness, chroma, hue), _on_dark("call", lightness, chroma, hue))


def _on_dark(ground: str, lightness: float, chroma: float, hue: float) -> Tones:
    fill = _hex(_clamp(lightness, 0.77, 0.84), min(chroma, 0.1), hue)
    return Tones(
        fill=fill,
        fill_2=_hex(_clamp(lightness + 0.06, 0.83, 0.9), min(chroma, 0.1), hue),
        on=DARK_ON,
        tint=_hex(0.29, min(chroma, 0.12) * 0.36, hue),
        line=mix(fill, SURFACES[ground], 0.58),
    )


def stylesheet(brand: str) -> str:
    """The brand's custom properties, as the stylesheet that stands beside ``shop.css``."""
    tones = palette(brand)
    return (
        f":root {{\n{_properties(tones.light)}}}\n"
        f"@media (prefers-color-scheme: dark) {{\n:root {{\n{_properties(tones.dark)}}}\n}}\n"
        f".call {{\n{_properties(tones.call)}}}\n"
    )


def _properties(tones: Tones) -> str:
    names = {"on": "on-brand"}
    return "".join(
        f"  --{names.get(f.name, 'brand-' + f.name.replace('_', '-'))}: {getattr(tones, f.name)};\n"
        for f in fields(tones)
    )


def mix(one: str, other: str, share: float) -> str:
    """``share`` of ``one`` in ``other``, mixed in OKLab."""
    a, b = _to_lab(_from_hex(one)), _to_lab(_from_hex(other))
    lightness, green_red, blue_yellow = (x * share + y * (1 - share) for x, y in zip(a, b, strict=True))
    return _to_hex(_from_lab((lightness, green_red, blue_yellow)))


def contrast(one: str, other: str) -> float:
    """The contrast of two colours as WCAG 2 reckons it: from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(c) for c in _from_hex(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


# -- OKLCH, by the matrices its author published


def _hex(lightness: float, chroma: float, hue: float) -> str:
    """The colour, with as much of its chroma as sRGB can show at this lightness."""
    low, high = 0.0, chroma
    if _is_shown(_from_lch(lightness, chroma, hue)):
        low = chroma
    else:
        for _ in range(12):
            middle = (low + high) / 2
            low, high = (middle, high) if _is_shown(_from_lch(lightness, middle, hue)) else (low, middle)
    return _to_hex(_from_lch(lightness, low, hue))


def _is_shown(colour: Rgb) -> bool:
    return all(-0.0005 <= c <= 1.0005 for c in colour)


def _clamp(value: float, low: float, high: float) -> float:
    return max(low, min(value, high))


def _from_hex(text: str) -> Rgb:
    if not re.fullmatch("#[0-9a-fA-F]{6}", text):
        raise ValueError(text)
    red, green, blue = (int(text[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


def _to_hex(colour: Rgb) -> str:
    return "#" + "".join(f"{round(_clamp(c, 0, 1) * 255):02x}" for c in colour)


def _linear(c: float) -> float:
    return c / 12.92 if c <= 0.04045 else float(((c + 0.055) / 1.055) ** 2.4)


def _gamma(c: float) -> float:
    return 12.92 * c if c <= 0.0031308 else float(1.055 * c ** (1 / 2.4) - 0.055)


def _to_lab(colour: Rgb) -> Lab:
    r, g, b = (_linear(c) for c in colour)
    long = math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    medium = math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    short = math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def _from_lab(colour: Lab) -> Rgb:
    lightness, a, b = colour
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        _gamma(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
        _gamma(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
        _gamma(-0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short),
    )


def _to_lch(colour: Rgb) -> tuple[float, float, float]:
    lightness, a, b = _to_lab(colour)
    return lightness, math.hypot(a, b), math.atan2(b, a)


def _from_lch(lightness: float, chroma: float, hue: float) -> Rgb:
    return _from_lab((lightness, chroma * math.cos(hue), chroma * math.sin(hue)))
