"""How the connection went, told by each page."""

from datetime import datetime
from typing import Any

from shopvisio import calls, figures
from shopvisio.db import writing
from shopvisio.figures import Sample
from shopvisio.web import shapes, wire
from shopvisio.web.wire import Events, Who

MOST_SAMPLES = 12  # at once: two minutes


def _figures(who: Who, now: datetime, setup: int | None, samples: list[dict[str, Any]]) -> None:
    wire.seated()
    with writing():
        call = calls.of(who.appointment)
        figures.note(call, who.actor, who.seat, setup, [Sample(**told) for told in samples], now)


_SAMPLE: shapes.Shape = {
    "ago": shapes.whole(3600),
    "rtt": shapes.known(shapes.whole(60_000)),  # ms
    "loss": shapes.whole(1000),  # of a thousand
    "received": shapes.whole(1_000_000),  # kbit/s
    "sent": shapes.whole(1_000_000),
    "rung": shapes.whole(figures.VOICE),
    "redials": shapes.whole(100),
    "freezes": shapes.whole(1000),
}

EVENTS: Events = {
    "figures": (
        _figures,
        {"setup": shapes.known(shapes.whole(600_000)), "samples": shapes.some(MOST_SAMPLES, _SAMPLE)},
    ),
}
