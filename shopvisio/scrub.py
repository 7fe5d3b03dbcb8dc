"""A text made fit to be shown to strangers: no names, no addresses of mail or network, no numbers to call, no secrets.

What is known by value goes by value; what is not goes by its shape.
"""

import re
from collections.abc import Iterable

GONE = "•••"
SHORTEST = 3  # signs of a name that goes by value: shorter ones are words of any text

_SHAPES = (
    re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+"),  # mail
    re.compile(r"(?<![\w.])(\d{1,3}\.){3}\d{1,3}(?![\w.])"),  # IPv4
    re.compile(r"(?<![\w:])(?=[0-9A-Fa-f:]*:[0-9A-Fa-f:]*:)[0-9A-Fa-f]{0,4}(:[0-9A-Fa-f]{0,4}){2,7}(?![\w:])"),  # IPv6
    re.compile(r"(?<!\w)(\+|00)\d([ .\u00a0-]?\d){7,13}(?!\w)|(?<!\w)0[1-9]([ .\u00a0-]?\d\d){4}(?!\w)"),  # telephone
    re.compile(r"\b[A-Z]{2}\d{2}([ \u00a0]?[A-Z0-9]{4}){3,7}([ \u00a0]?[A-Z0-9]{1,4})?\b"),  # IBAN
    re.compile(r"https?://[^\s\"'<>]+"),
    re.compile(r"/(case|confirm|phone|guest|knock|feed)/[^\s\"'<>]+"),  # what holds a secret link
    re.compile(r"(?<![\w-])(?=[\w.-]*[A-Za-z])(?=[\w.-]*\d)[\w-]{12,}(\.[\w-]{12,})?"),  # a token
)
_TIME = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?([+-]\d\d:\d\d|Z)?)?")


def scrub(text: str, known: Iterable[str] = ()) -> str:
    """The text without what identifies anybody. ``known``: values that must go whatever they look like."""
    for value in sorted({value.strip() for value in known}, key=len, reverse=True):
        if len(value) >= SHORTEST:
            text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", GONE, text)
    times: list[str] = []

    def keep(found: re.Match[str]) -> str:
        times.append(found[0])
        return f"\x00{len(times) - 1}\x00"

    text = _TIME.sub(keep, text)  # an hour is no telephone number
    for shape in _SHAPES:
        text = shape.sub(GONE, text)
    return re.sub("\x00(\\d+)\x00", lambda found: times[int(found[1])], text)
