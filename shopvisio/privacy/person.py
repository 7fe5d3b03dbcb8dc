"""All that is kept of somebody, to hand over: one ZIP of their cases, to read without any program of ours."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from shopvisio import (
    baskets,
    billing,
    booking,
    calls,
    cases,
    child,
    invoices,
    orders,
    parts,
    payments,
    ratings,
    recordings,
    settings,
    trials,
)
from shopvisio.accounts import Customer
from shopvisio.cases import Case
from shopvisio.db import db
from shopvisio.i18n import _, money, when
from shopvisio.mail import Mail
from shopvisio.orders import Order
from shopvisio.stills import Still

SECONDS = 300
Told = dict[str, Any]


def cases_of(case: Case) -> list[Case]:
    """The cases of the person of this one, who is known by their e-mail (else by their number), the newest first."""
    who = case.customer
    if case.erased is not None:
        return [case]
    same = func.lower(Customer.email) == who.email.lower() if who.email else Customer.phone == who.phone
    if not (who.email or who.phone):
        return [case]
    found = select(Case).join(Customer).where(same, Case.erased.is_(None)).order_by(Case.id.desc())
    return list(db.session.scalars(found))


def told(case: Case, story: Sequence[str]) -> Told:
    """Everything about a case in words, by names that a person reads; ``story`` is its journal in sentences."""
    who = case.customer
    about: Told = {
        _("Dossier"): case.number,
        _("Ouvert"): when(case.created),
        _("Ce que c’est"): str(cases.KINDS[case.kind]),
        _("État"): str(cases.OUTCOMES.get(case.outcome, cases.STATES[case.state])),
        _("Personne"): _filled(
            {
                _("Nom"): who.name,
                _("E-mail"): who.email,
                _("Téléphone"): who.phone,
                _("Adresse"): ", ".join(line for line in (who.street, f"{who.postcode} {who.city}".strip()) if line),
                _("Langue"): who.language,
                _("Fuseau horaire"): who.zone,
            }
        ),
        _("Demande"): _filled(
            {
                _("Appareil"): case.thing,
                _("Ce qui a été dit"): case.symptom,
                **dict(case.answered),
                _("Fait"): case.tried,
                _("Conseil"): case.advice,
            }
        ),
        _("Rendez-vous"): [_visit(visit) for visit in booking.appointments(case)],
        _("Panier"): [f"{line.quantity} × {line.whole_name}, {money(line.gross)}" for line in baskets.of(case)],
        _("Commandes"): [_order(order) for order in orders.of_case(case)],
        _("Pièces"): [f"{part.name}, {money(part.price)}, {parts.STATES[part.state]}" for part in case.parts],
        _("Accords"): [
            {_("Le"): when(one.at), _("Texte"): one.text, _("Réseau"): one.address} for one in cases.consents(case)
        ],
        _("Enregistrement"): _agreed(case),
        _("Messages"): _messages(case),
        _("E-mails"): _mails(case),
        _("Journal"): list(story),
        _("Papiers"): [_paper(paper) for paper in invoices.of_case(case.id)],
    }
    return _filled(about | _besides(case))


def _filled(about: Told) -> Told:
    return {name: value for name, value in about.items() if value}


def _visit(visit: booking.Appointment) -> str:
    cancelled = _(", annulé") if visit.cancelled else ""
    return f"{when(visit.start)}, {visit.staff.name}{cancelled}"


def _order(order: Order) -> str:
    place = ", ".join(line for line in (order.name, order.street, f"{order.postcode} {order.city}".strip()) if line)
    things = ", ".join(f"{line.quantity} × {line.whole_name}" for line in order.lines)
    return f"{order.number}, {when(order.placed)}, {things}, {money(order.total, decimals=True)}, {place}"


def _messages(case: Case) -> list[str]:
    known = calls.of_all(booking.appointments(case))
    said = [message for call in known.values() for message in call.messages]
    return [f"{when(one.at)}, {one.name} : {one.text}" for one in said if one.text]


def _mails(case: Case) -> list[Told]:
    found = db.session.scalars(select(Mail).where(Mail.case_id == case.id).order_by(Mail.id))
    return [
        {_("Le"): when(one.created), _("À"): one.to, _("Objet"): one.subject, _("Texte"): one.text} for one in found
    ]


def _paper(paper: invoices.Paper) -> Told:
    received = [
        f"{when(one.at)}, {money(one.cents, decimals=True)}, {payments.METHODS[one.method]}"
        for one in payments.of_paper(paper)
    ]
    return _filled(
        {
            _("Numéro"): paper.number,
            _("Établi"): when(paper.issued_at),
            _("Total TTC"): money(paper.gross, decimals=True),
            _("Paiements"): received,
        }
    )


def _besides(case: Case) -> Told:
    rating, trial, billed = ratings.of(case), trials.latest(case), billing.of(case)
    return {
        _("Note"): f"{rating.stars}/5 {rating.words}".strip() if rating else "",
        _("Matériel testé"): trial.browser if trial else "",
        _("Facturé à"): f"{billed.company} {billed.siren}".strip() if billed else "",
    }


def order(told_cases: Sequence[tuple[Case, Told]], folder: Path, base: Path, file: Path, now: datetime) -> Told:
    """What the child that writes the ZIP is to do."""
    return {
        "file": str(file),
        "folder": str(folder),
        "base": str(base),
        "title": _("Ce que {shop} garde de vous, {when}", shop=settings.get("shop_name"), when=when(now)),
        "cases": [about for _case, about in told_cases],
        "pictures": [(name, kept) for case, _about in told_cases for name, kept in _pictures(case)],
        "films": [(name, kept) for case, _about in told_cases for name, kept in _films(case)],
        "papers": [paper.id for case, _about in told_cases for paper in invoices.of_case(case.id)],
    }


def _pictures(case: Case) -> list[tuple[str, str]]:
    """The name in the ZIP and the file in the uploads folder, of each photo and each still."""
    taken = db.session.scalars(select(Still).where(Still.case_id == case.id).order_by(Still.id))
    found = [*case.photos, *taken]
    return [(f"photos/{case.number}-{place}.jpg", one.file) for place, one in enumerate(found, 1)]


def _films(case: Case) -> list[tuple[str, str]]:
    """The same of each recording."""
    found = [(made, one) for made in recordings.of_case(case) if made.ended for one in made.files]
    return [(f"appels/{case.number}-{made.id}-{one.role}.webm", one.file) for made, one in found]


def _agreed(case: Case) -> list[str]:
    """Who agreed to be recorded, and who did not."""
    words = {True: _("oui"), False: _("non")}
    return [f"{when(one['at'])}, {one['name']} : {words[one['is_yes']]}" for one in recordings.told(case)]


def write(asked: Told) -> None:
    """Write the ZIP. It blocks: from a thread. Raises Unavailable."""
    child.run("shopvisio.privacy.zipped", json.dumps(asked).encode(), SECONDS)
