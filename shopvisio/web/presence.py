"""Who is in which call at this moment. Kept in memory: after a restart everybody comes back by themselves."""

from dataclasses import dataclass, field
from typing import Any

from shopvisio.errors import Conflict
from shopvisio.i18n import _

ROLES = ("customer", "staff", "guest")  # one seat each; in this order everybody receives the others
# paused: the telephone took it away (an incoming call, another app); held: the connection is too weak for a picture
CAMERAS = ("on", "off", "paused", "held")


@dataclass(eq=False)
class Person:
    """One person in a call. ``sid`` names their page's connection and is empty while it is gone;
    ``media`` is what the relay says of theirs: none (yet), live or lost."""

    sid: str
    seat: str
    role: str  # of ROLES
    name: str
    mic: bool = False
    camera: str = "off"
    sound: bool = True  # whether they hear: browsers may hold the sound back until the page is touched
    voice: bool = False  # whether they want voice and stills only
    lens: dict[str, Any] | None = None  # what their camera has and how it stands, once they told
    media: str = "none"
    awaits: str = ""  # a customer: the seat of the colleague they wait for
    awaited: str = ""  # and their name
    late: int = 0  # a customer: how many minutes late the colleague said they will be
    wait: dict[str, Any] = field(default_factory=dict)  # what they were told of their wait

    @property
    def link(self) -> str:
        """``live``, or ``lost`` while they are being waited back."""
        return "live" if self.sid and self.media != "lost" else "lost"

    def told(self) -> dict[str, Any]:
        """What the others in the call are told of them."""
        return {
            "seat": self.seat,
            "role": self.role,
            "name": self.name,
            "mic": self.mic,
            "camera": self.camera,
            "sound": self.sound,
            "voice": self.voice,
            "link": self.link,
            "lens": self.lens,
        }


@dataclass
class _Calls:
    seats: dict[str, dict[str, Person]] = field(default_factory=dict)  # appointment key -> seat -> person
    desks: dict[str, int] = field(default_factory=dict)  # sid of a desk's page -> whose it is
    places: dict[str, tuple[str, Person]] = field(default_factory=dict)  # sid -> where it sits


_now = _Calls()


def enter(key: str, person: Person) -> str:
    """Take a seat. The same seat taken again goes to the newer page: the older one's sid is returned, else "".

    Raises Conflict while a colleague sits in the staff's place, or another guest in the guest's.
    """
    seats = _now.seats.setdefault(key, {})
    for other in list(seats.values()):
        another = other.seat != person.seat or (person.role == "guest" and other.name != person.name)
        if other.role == person.role and another:
            if other.sid:
                raise Conflict(_("{name} est déjà dans cet appel.", name=other.name))
            del seats[other.seat]  # they are gone, and a colleague takes over
    older = seats.get(person.seat)
    if older is not None:
        person.media, person.lens = older.media, older.lens
        _now.places.pop(older.sid, None)
    seats[person.seat] = person
    _now.places[person.sid] = (key, person)
    return older.sid if older and older.sid != person.sid else ""


def at(sid: str) -> tuple[str, Person] | None:
    """The call and the person behind a page's connection, if it has a seat."""
    return _now.places.get(sid)


def drop(sid: str) -> tuple[str, Person] | None:
    """The page's connection is gone without a word: its seat is kept for a while."""
    place = _now.places.pop(sid, None)
    if place:
        place[1].sid = ""
    return place


def give_up(key: str, person: Person) -> bool:
    """End the wait for somebody who did not come back; False when they did."""
    if person.sid or _now.seats.get(key, {}).get(person.seat) is not person:
        return False
    _remove(key, person.seat)
    return True


def leave(sid: str) -> tuple[str, Person] | None:
    """Somebody leaves of their own will."""
    place = drop(sid)
    if place:
        _remove(place[0], place[1].seat)
    return place


def media(key: str, seat: str, state: str) -> bool:
    """Note that a seat's media is live or lost; False when nobody sits there or nothing changed.

    What never came cannot be lost: it stays none.
    """
    person = _now.seats.get(key, {}).get(seat)
    if person is None or person.media == state or (state == "lost" and person.media == "none"):
        return False
    person.media = state
    return True


def put_out(key: str, seat: str) -> Person | None:
    """Somebody is put out of the call. Returns who it was."""
    person = _now.seats.get(key, {}).get(seat)
    if person is not None:
        _now.places.pop(person.sid, None)
        _remove(key, seat)
    return person


def empty(key: str) -> list[Person]:
    """The call is over: everybody out. Returns who was there."""
    gone = list(_now.seats.pop(key, {}).values())
    for person in gone:
        _now.places.pop(person.sid, None)
    return gone


def people(key: str) -> list[Person]:
    """Who is in a call, those being waited back included."""
    return list(_now.seats.get(key, {}).values())


def here(key: str) -> dict[str, bool]:
    """Which sides of an appointment are in their call now."""
    roles = {person.role for person in people(key)}
    return {"customer": "customer" in roles, "staff": "staff" in roles}


def is_seated(seat: str) -> bool:
    """Whether somebody is in any call at this moment, or awaited back in it."""
    return any(seat in seats for seats in _now.seats.values())


def open_desk(sid: str, staff_id: int) -> None:
    """A colleague has a page of the desk before them."""
    _now.desks[sid] = staff_id


def shut_desk(sid: str) -> None:
    """One of those pages is gone."""
    _now.desks.pop(sid, None)


def is_at_desk(staff_id: int) -> bool:
    """Whether a colleague has a page of the desk open."""
    return staff_id in _now.desks.values()


def waiting() -> list[str]:
    """The keys of appointments whose customer is in the waiting room with nobody of the shop."""
    return [key for key in _now.seats if here(key) == {"customer": True, "staff": False}]


def talking() -> set[int]:
    """The ids of the colleagues who are in a call."""
    seats = {person.seat for seats in _now.seats.values() for person in seats.values() if person.role == "staff"}
    return {int(seat.partition(":")[2]) for seat in seats}


def be_late(key: str, minutes: int) -> None:
    """The colleague says how late they will be, or with 0 that they have caught up."""
    for person in people(key):
        person.late = minutes


def await_another(key: str, seat: str, name: str) -> None:
    """The visit has another colleague, who is not late: its customer waits for them."""
    for person in people(key):
        person.awaits, person.awaited, person.late = seat, name, 0


def new_waits() -> list[Person]:
    """The customers in a waiting room whose wait is another than they were told; from now on they were told it."""
    found = [person for key in waiting() for person in people(key) if person.sid]
    changed = [person for person in found if person.wait != wait_of(person)]
    for person in changed:
        person.wait = wait_of(person)
    return changed


def wait_of(person: Person) -> dict[str, Any]:
    """How late their colleague said to be, whether they are with somebody else at this moment, and their name."""
    rooms = [seats for seats in _now.seats.values() if person.awaits in seats]
    talks = any(other.role == "customer" and other is not person for seats in rooms for other in seats.values())
    return {"late": person.late, "busy": talks, "name": person.awaited}


def _remove(key: str, seat: str) -> None:
    seats = _now.seats.get(key, {})
    seats.pop(seat, None)
    if not seats:
        _now.seats.pop(key, None)
