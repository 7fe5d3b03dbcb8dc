"""The gate between a fault and a person: what may hurt somebody who is guided from afar, and what is done first."""

from collections.abc import Collection
from dataclasses import dataclass

from babel.support import LazyProxy

from shopvisio.errors import Invalid
from shopvisio.i18n import _, lazy

NOTHING = "nothing"  # the answer of who is in none of these dangers


@dataclass(frozen=True)
class Danger:
    """One thing that may hurt. With ``done`` the visit goes on once the customer says so, ``how`` says the way to it;
    without it the visit stops, for the reason in ``why``."""

    icon: str
    name: LazyProxy
    example: LazyProxy
    how: LazyProxy | None = None
    done: LazyProxy | None = None
    why: LazyProxy | None = None


DANGERS: dict[str, Danger] = {
    "gas": Danger(
        "flame",
        lazy("Du gaz"),
        lazy("Chaudière, cuisinière ou chauffe-eau à gaz, ou une odeur de gaz."),
        why=lazy("Le gaz ne se répare jamais à distance"),
    ),
    "mains": Danger(
        "bolt",
        lazy("Du courant"),
        lazy("Une prise, un interrupteur, un appareil branché sur le secteur."),
        how=lazy("Débranchez l’appareil. Si la prise est cachée, abaissez son disjoncteur au tableau électrique."),
        done=lazy("Le courant est coupé, et je ne le remets que si le réparateur me le demande."),
    ),
    "water": Danger(
        "drop",
        lazy("De l’eau qui coule"),
        lazy("Une fuite, un robinet, une chasse d’eau, une machine pleine."),
        how=lazy("Fermez le petit robinet près de l’appareil, ou le robinet général, souvent près du compteur."),
        done=lazy("L’eau est coupée, et je ne la remets que si le réparateur me le demande."),
    ),
    "height": Danger(
        "ladder",
        lazy("Un travail en hauteur"),
        lazy("Il faudrait une échelle, ou monter plus haut qu’un marchepied."),
        why=lazy("Nous ne guidons personne en hauteur"),
    ),
}


def check(answer: Collection[str]) -> list[str]:
    """What was answered, in the order of the table: dangers, or NOTHING. Raises Invalid when there is no answer, or
    two that contradict each other."""
    found = [name for name in DANGERS if name in answer]
    if bool(found) == (NOTHING in answer):
        raise Invalid(_("Cochez ce qui vous concerne, ou « Rien de tout cela »."))
    return found or [NOTHING]


def stops(named: Collection[str]) -> list[str]:
    """The dangers among these with which nobody is guided from afar."""
    return [name for name, danger in DANGERS.items() if name in named and danger.done is None]


def to_do_first(named: Collection[str]) -> list[str]:
    """The dangers among these that are ended by the customer's own hand first."""
    return [name for name, danger in DANGERS.items() if name in named and danger.done is not None]


def is_open(answer: Collection[str], done: Collection[str]) -> bool:
    """Whether the gate is open: answered, nothing that stops, and all that was to be done first is done."""
    return bool(answer) and not stops(answer) and set(to_do_first(answer)) <= set(done)
