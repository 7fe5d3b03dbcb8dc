"""Who may send which event of a call: one that is not here is shut to everybody. Routes carry theirs (``guard``).

``customer`` holds the case's link, ``guest`` a third person's; ``staff`` are those whose role allows ``calls``.
"""

from collections.abc import Mapping

ALL = frozenset({"customer", "guest", "staff"})
OF_THE_CASE = frozenset({"customer", "staff"})
STAFF = frozenset({"staff"})
CUSTOMER = frozenset({"customer"})

MAY_SEND: Mapping[str, frozenset[str]] = {
    "enter": ALL,
    "offer": ALL,
    "media": ALL,
    "here": ALL,
    "leave": ALL,
    "say": ALL,
    "figures": ALL,
    "lens": ALL,
    "stop": ALL,
    "point": ALL,
    "stroke": ALL,
    "mark": ALL,
    "erase": ALL,
    "agree": ALL,
    "unrecord": ALL,
    "pick": OF_THE_CASE,
    "pieces": OF_THE_CASE,
    "board": OF_THE_CASE,
    "freeze": OF_THE_CASE,
    "choose": OF_THE_CASE,
    "watch": CUSTOMER,
    "want": CUSTOMER,
    "show": STAFF,
    "compare": STAFF,
    "wish": STAFF,
    "ask": STAFF,
    "invite": STAFF,
    "uninvite": STAFF,
    "record": STAFF,
}


def may_send(event: str, seat: str) -> bool:
    """Whether whoever has this seat may send the event."""
    role, _colon, _number = seat.partition(":")
    return role in MAY_SEND.get(event, frozenset())
