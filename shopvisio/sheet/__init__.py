"""What a customer's report says, as values: for the child process that draws it. It is no paper: nothing is sealed."""

from dataclasses import dataclass
from datetime import date, datetime

from shopvisio.invoices.facts import Seller, Visit


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
