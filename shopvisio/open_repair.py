"""What came of each repair, for the Open Repair Alliance: a sheet in its Open Repair Data Standard 0.3, where the owner
chose to share. Nothing in it was typed by or about a customer: words of fixed lists, a day, and a brand that staff read
or that several people named.

The standard is about things with electricity: a tap is left out, and so is what the list of words does not know.
"""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import select

from shopvisio import settings
from shopvisio.cases import Case
from shopvisio.db import db
from shopvisio.gates import Gate
from shopvisio.guides import Guide
from shopvisio.plates import Plate
from shopvisio.settings import plain

CATEGORIES = {  # the standard's numbers and names
    1: "Aircon/dehumidifier", 2: "Battery/charger/adapter", 3: "Decorative or safety lights", 4: "Desktop computer",
    5: "Digital compact camera", 6: "DSLR/video camera", 7: "Fan", 8: "Flat screen", 9: "Hair & beauty item",
    10: "Handheld entertainment device", 11: "Headphones", 12: "Hi-Fi integrated", 13: "Hi-Fi separates", 14: "Kettle",
    15: "Lamp", 16: "Laptop", 17: "Large home electrical", 18: "Misc", 19: "Mobile", 20: "Musical instrument",
    21: "Paper shredder", 22: "PC accessory", 23: "Portable radio", 24: "Power tool", 25: "Printer/scanner",
    26: "Projector", 27: "Sewing machine", 28: "Small home electrical", 29: "Small kitchen item", 30: "Tablet",
    31: "Toaster", 32: "Toy", 33: "TV and gaming-related accessories", 34: "Vacuum", 35: "Watch/clock",
    36: "Coffee maker", 37: "Food processor", 38: "Games console", 39: "Hair dryer", 40: "Iron",
}  # fmt: skip
WORDS = {  # what people call them, French then English; of several that fit, the longest word counts
    1: "climatiseur, climatisation, déshumidificateur, purificateur d'air, dehumidifier, air conditioner",
    2: "chargeur, batterie, adaptateur, charger, battery, adapter",
    3: "guirlande lumineuse, éclairage de vélo, fairy lights, bike light",
    4: "ordinateur, unité centrale, pc, computer, desktop",
    5: "appareil photo, camera",
    6: "reflex, caméscope, caméra, camcorder, dslr",
    7: "ventilateur, fan",
    8: "téléviseur, télévision, télé, tv, moniteur, écran, monitor, television",
    9: "tondeuse à cheveux, tondeuse à barbe, rasoir, brosse à dents, épilateur, lisseur, shaver, toothbrush",
    10: "baladeur, gameboy, ipod, walkman",
    11: "casque audio, casque, écouteurs, headphones, earphones",
    12: "chaîne hi-fi, chaîne hifi, radiocassette, poste cd, stereo, boombox",
    13: "amplificateur, ampli, platine, enceinte, turntable, amplifier, loudspeaker",
    14: "bouilloire, kettle",
    15: "lampe, lampadaire, luminaire, lamp",
    16: "ordinateur portable, pc portable, macbook, laptop",
    17: "lave-linge, machine à laver, lave-vaisselle, sèche-linge, réfrigérateur, frigo, congélateur, four, "
    "cuisinière, plaque de cuisson, hotte, chauffe-eau, chaudière, radiateur électrique, tondeuse, tondeuse à gazon, "
    "volet roulant électrique, washing machine, dishwasher, tumble dryer, fridge, freezer, oven, lawnmower, boiler",
    19: "téléphone portable, téléphone, smartphone, iphone, mobile phone, phone",
    20: "piano numérique, synthétiseur, guitare électrique, keyboard instrument, electric guitar",
    21: "destructeur de papier, paper shredder",
    22: "clavier, souris, webcam, disque dur, keyboard, mouse, hard drive",
    23: "radio-réveil, radio, transistor, clock radio",
    24: "perceuse, visseuse, ponceuse, scie sauteuse, meuleuse, taille-haie, tronçonneuse, drill, sander, "
    "hedge trimmer",
    25: "imprimante, scanner, photocopieur, printer",
    26: "vidéoprojecteur, rétroprojecteur, projector",
    27: "machine à coudre, surjeteuse, sewing machine",
    28: "sonnette, interphone, babyphone, thermostat, multimètre, pèse-personne, doorbell, baby monitor",
    29: "micro-ondes, micro-onde, friteuse, gaufrier, cuiseur, machine à pain, yaourtière, raclette, microwave, "
    "breadmaker, rice cooker",
    30: "tablette, liseuse, ipad, gps, tablet, e-reader",
    31: "grille-pain, toaster",
    32: "jouet, toy",
    33: "lecteur dvd, décodeur, manette, dvd player, games controller, set-top box",
    34: "aspirateur, vacuum cleaner, vacuum, hoover",
    35: "montre, horloge, réveil, pendule, watch, clock",
    36: "cafetière, machine à café, expresso, nespresso, percolateur, coffee maker, coffee machine",
    37: "robot de cuisine, robot, mixeur, mixer, blender, batteur, centrifugeuse, extracteur de jus, hachoir, "
    "food processor, juicer",
    38: "console de jeux, console, playstation, xbox, games console",
    39: "sèche-cheveux, hair dryer",
    40: "fer à repasser, centrale vapeur, steam iron, iron",
}
STATUSES = {"repaired": "Fixed", "repairable": "Repairable", "end_of_life": "End of life"}
BARRIERS = {  # of cases.BARRIERS, as the standard has them; the others it does not know
    "no_part": "Spare parts not available",
    "too_dear": "Spare parts too expensive",
    "no_opening": "No way to open product",
    "no_documentation": "Repair information not available",
    "no_tool": "Lack of equipment",
    "worn_out": "Item too worn out",
}
SEVERAL = 2  # people who named a brand before it is told
COUNTRY = "FRA"


@dataclass(frozen=True)
class Attempt:
    """One repair, in the words and the order of the standard's field reference. What nobody asks of customers stays
    empty."""

    id: str
    partner_product_category: str
    product_category: str
    product_category_id: int
    brand: str
    year_of_manufacture: str
    product_age_estimate: str
    problem: str
    repair_status: str
    repair_barrier_if_end_of_life: str
    group_identifier: str
    event_date: str
    data_provider: str
    country: str
    record_date: str


@dataclass(frozen=True)
class Shared:
    """The repairs that may be told, and how many could not."""

    attempts: list[Attempt]
    left_out: int

    def csv(self) -> str:
        """The sheet: commas, a head, a line a repair."""
        text = io.StringIO()
        sheet = csv.writer(text, lineterminator="\r\n")
        sheet.writerow([field.name for field in fields(Attempt)])
        sheet.writerows(astuple(attempt) for attempt in self.attempts)
        return text.getvalue()


def shared() -> Shared:
    """Every repair that came to an end."""
    ended = select(*_READ).where(Case.kind == "repair", Case.state == "closed", Case.outcome.in_(_ENDS))
    found = list(db.session.execute(ended.order_by(Case.id)))
    provider, brands, problems = settings.get("shop_name"), _brands(found), _problems()
    attempts = [*_attempts(found, provider, brands, problems)]
    return Shared(attempts, len(found) - len(attempts))


_ENDS = ("repaired", "not_repaired")
_READ = (
    Case.id, Case.customer_id, Case.device, Case.brand, Case.outcome, Case.condition, Case.barrier, Case.proposed_at,
    Case.closed_at,
)  # fmt: skip


def file_name(now: datetime) -> str:
    """As the Alliance names its own files."""
    return f"OpenRepairData_v0.3_{_letters(settings.get('shop_name'))}_{now:%Y%m}.csv"


def _attempts(
    found: Sequence[Any], provider: str, brands: Mapping[int, str], problems: Mapping[int, str]
) -> Iterator[Attempt]:
    zone, prefix = settings.zone(), _letters(provider)
    for case in found:
        word, number = category(case.device)
        said, ended = case.proposed_at or case.closed_at, case.closed_at
        if not number or said is None or ended is None:
            continue
        status = STATUSES.get("repaired" if case.outcome == "repaired" else case.condition, "Unknown")
        yield Attempt(
            id=f"{prefix}-{case.id}",
            partner_product_category=word,
            product_category=CATEGORIES[number],
            product_category_id=number,
            brand=brands.get(case.id, ""),
            year_of_manufacture="",
            product_age_estimate="",
            problem=problems.get(case.id, ""),
            repair_status=status,
            repair_barrier_if_end_of_life=BARRIERS.get(case.barrier, "") if status == "End of life" else "",
            group_identifier=provider,
            event_date=f"{said.astimezone(zone):%Y-%m-%d}",
            data_provider=provider,
            country=COUNTRY,
            record_date=f"{ended.astimezone(zone):%Y-%m-%d}",
        )


@lru_cache(4096)
def category(device: str) -> tuple[str, int]:
    """The word of WORDS that tells what this is, and its category; nothing and 0 where none does."""
    said = f" {' '.join(re.findall(r'[a-z0-9]+', plain(device)))} "
    fitting = [(word, number) for word, (sought, number) in _SOUGHT.items() if sought in said]
    return max(fitting, key=lambda one: len(one[0]), default=("", 0))


_SOUGHT = {
    word: (f" {' '.join(re.findall(r'[a-z0-9]+', plain(word)))} ", number)
    for number, words in WORDS.items()
    for word in words.split(", ")
}


def _brands(found: Sequence[Any]) -> dict[int, str]:
    """The brand of each case, where staff read it off the device or several people named the same."""
    read = set(db.session.scalars(select(Plate.case_id)))
    named: dict[str, set[int]] = defaultdict(set)
    for case in found:
        named[plain(case.brand)].add(case.customer_id)
    return {
        case.id: case.brand
        for case in found
        if re.fullmatch(r"\w[\w &.'-]{0,39}", case.brand)
        and (case.id in read or len(named[plain(case.brand)]) >= SEVERAL)
    }


def _problems() -> dict[int, str]:
    """By case, the title of the guide of the product that was followed last."""
    followed = select(Gate.case_id, Guide.title).join(Guide, Guide.id == Gate.guide_id).order_by(Gate.id)
    followed = followed.where(Gate.opened.is_not(None), Guide.starter != "", ~Guide.edited)
    return {case_id: title for case_id, title in db.session.execute(followed)}


def _letters(name: str) -> str:
    return re.sub("[^a-z]", "", plain(name)) or "shop"
