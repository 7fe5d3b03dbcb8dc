"""What a customer's report, estimate or summary of a sale says, as values: for the child process that draws it. They
are no papers: nothing is sealed."""

from dataclasses import dataclass
from datetime import date, datetime

from shopvisio.invoices.facts import Seller, Visit
from shopvisio.money import Price


@dataclass(frozen=True)
class Done:
    """A step that was done, and when."""

    text: str
    at: datetime


@dataclass(frozen=True)
class Picture:
    """A still: its ``file`` in the uploads folder, its marks as SVG of the same size, and both in words."""

    file: str
    width: int
    height: int
    at: datetime
    marks: str = ""
    words: str = ""


@dataclass(frozen=True)
class Thing:
    """A part, what it costs and what became of it, in words."""

    name: str
    reference: str
    price: str
    state: str


@dataclass(frozen=True)
class Story:
    """A repair from its beginning to where it stands."""

    case: str
    customer: str
    device: str
    symptom: str
    result: str  # "Réparé."
    meaning: str  # what it means for them, in a sentence
    visits: tuple[Visit, ...]
    tried: str
    steps: tuple[Done, ...]
    pictures: tuple[Picture, ...]
    parts: tuple[Thing, ...]
    advice: str
    guaranteed: date | None
    then: str  # the next step
    language: str
    zone: str


@dataclass(frozen=True)
class Sheet:
    """A report, whole. ``folder`` is where the pictures are, ``made`` the day it bears."""

    shop: Seller
    story: Story
    folder: str
    made: datetime

    @property
    def language(self) -> str:
        """The customer's."""
        return self.story.language

    @property
    def zone(self) -> str:
        """The shop's."""
        return self.story.zone


@dataclass(frozen=True)
class Offered:
    """A part on an estimate: ``price`` in cents with tax, 0 when it is included."""

    name: str
    reference: str
    price: int


@dataclass(frozen=True)
class Estimate:
    """What dear parts will cost, whole; ``fee`` is cents, None under guarantee."""

    shop: Seller
    number: str  # D2026-0118-2: the case, and the version of what is proposed
    customer: str
    address: tuple[str, ...]
    device: str
    lines: tuple[Offered, ...]
    price: Price
    fee: int | None
    made: datetime
    until: datetime
    accepted: datetime | None
    language: str
    zone: str


@dataclass(frozen=True)
class Chosen:
    """So many of one thing, at ``price`` cents with tax each. One that was only shown has no ``quantity``; then
    ``is_from`` says that others of its variants are dearer."""

    name: str
    option: str
    reference: str
    price: int
    quantity: int = 0
    is_from: bool = False

    @property
    def gross(self) -> int:
        """Cents with tax for all of them."""
        return self.price * self.quantity


@dataclass(frozen=True)
class Summary:
    """What a sale came to, whole: an order by its ``number``, or the basket of a case to when its prices hold
    (``until``). ``delivery`` is cents, None where nothing is brought; ``way`` and ``pay`` are words, ``texts`` what the
    law has said."""

    shop: Seller
    number: str
    case: str
    customer: str
    address: tuple[str, ...]
    lines: tuple[Chosen, ...]
    shown: tuple[Chosen, ...]
    delivery: int | None
    total: int
    way: str
    pay: str
    made: datetime
    until: datetime | None
    texts: tuple[str, ...]
    language: str
    zone: str
