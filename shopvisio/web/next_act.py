"""The one next act on a case, in a line with its button: whose move it is, and where it is made."""

from dataclasses import dataclass
from datetime import datetime

from flask import url_for

from shopvisio import calls, cases, invoices, orders, parts, payments
from shopvisio.booking import Appointment
from shopvisio.cases import OUTCOMES, Case
from shopvisio.i18n import _, day, money, n_, when


@dataclass(frozen=True)
class NextAct:
    """A sentence, and its button (none when ``label`` is empty); ``is_ours`` when the shop has the move."""

    text: str
    label: str = ""
    url: str = ""
    is_ours: bool = True


def of(case: Case, upcoming: Appointment | None, now: datetime) -> NextAct:
    """What is to be done about the case now."""
    told = {
        "booked": _booked,
        "open": _open,
        "proposed": _proposed,
        "part_offered": _offered,
        "part_accepted": _accepted,
        "part_sent": _sent,
        "part_received": _received,
        "closed": _closed,
    }
    return told[case.state](case, upcoming, now)


def unagreed(case: Case, upcoming: Appointment | None, now: datetime) -> str:
    """What the customer of a repair has not agreed to yet, and what follows; empty where nothing waits for it."""
    if case.state == "closed" or not case.is_repair:
        return ""
    if cases.is_turned(case) and cases.unwritten(case):
        return _("Le client n’a pas encore accepté le forfait : rien n’est dû avant. Il le fait depuis son lien.")
    first = cases.begins(case)
    if first is None or not cases.is_early(case, upcoming.start if upcoming else now):
        return ""
    return _(
        "Le client n’a pas demandé que la réparation commence avant le {day} : cela lui est demandé à l’entrée de "
        "l’appel. S’il préfère attendre, déplacez le rendez-vous.",
        day=day(first),
    )


def _booked(case: Case, upcoming: Appointment | None, now: datetime) -> NextAct:
    if upcoming is None or now >= upcoming.end:
        return NextAct(_("L’appel est passé : dites comment il s’est terminé."), _("Conclure"), "#act-propose")
    url, name = url_for("call.desk", key=upcoming.key), upcoming.staff.name.split()[0]
    if now < calls.opens(upcoming):
        return NextAct(_("{name} l’appelle {when}.", name=name, when=when(upcoming.start)), is_ours=False)
    return NextAct(_("{name} l’appelle {when}.", name=name, when=when(upcoming.start)), _("Entrer dans l’appel"), url)


def _open(case: Case, _upcoming: Appointment | None, _now: datetime) -> NextAct:
    told = _("À vous de reprendre : concluez, proposez une pièce, ou invitez le client à reprendre rendez-vous.")
    return NextAct(told, _("Conclure"), "#act-propose")


def _proposed(case: Case, _upcoming: Appointment | None, now: datetime) -> NextAct:
    from_, outcome = cases.may_confirm_from(case), str(OUTCOMES[case.outcome]).lower()
    if from_ is not None and now >= from_:
        told = _("« {outcome} » est resté sans réponse : vous pouvez confirmer, avec un motif.", outcome=outcome)
        return NextAct(told, _("Confirmer"), "#act-confirm")
    return NextAct(_("Le client répond Oui ou Non à « {outcome} ».", outcome=outcome), *_telephone(case))


def _offered(case: Case, _upcoming: Appointment | None, _now: datetime) -> NextAct:
    told = _(
        "Le client accepte ou refuse ce que vous proposez ({total}).",
        total=money(parts.total(case.parts_in("offered"))),
    )
    return NextAct(told, *_telephone(case))


def _accepted(case: Case, _upcoming: Appointment | None, _now: datetime) -> NextAct:
    part = case.parts_in("accepted", "ordered")[0]
    if part.state == "accepted":
        return NextAct(_("À commander ou à envoyer : {part}.", part=part.name), _("Commander"), f"#part-{part.id}")
    return NextAct(_("À envoyer : {part}.", part=part.name), _("Noter l’envoi"), f"#part-{part.id}")


def _sent(case: Case, _upcoming: Appointment | None, now: datetime) -> NextAct:
    sent = case.parts_in("sent")[0].sent
    days = (now - sent).days if sent else 0
    since = n_("depuis {n} jour", "depuis {n} jours", days) if days else _("depuis aujourd’hui")
    return NextAct(_("La pièce est en route {since} : le client en note l’arrivée.", since=since), *_telephone(case))


def _received(case: Case, _upcoming: Appointment | None, _now: datetime) -> NextAct:
    return NextAct(_("La pièce est arrivée : le client choisit un nouvel horaire, sans frais."), *_telephone(case))


def _closed(case: Case, _upcoming: Appointment | None, _now: datetime) -> NextAct:
    order = next((one for one in orders.of_case(case) if one.state == "ordered"), None)
    if order is not None:
        url = url_for("orders.desk", number=order.number)
        return NextAct(_("La commande {number} est à préparer.", number=order.number), _("Ouvrir la commande"), url)
    owed = sum(payments.owed(paper) for paper in invoices.of_case(case.id))
    if owed:
        return NextAct(_("Reste à payer : {amount}.", amount=money(owed)), _("Noter le paiement"), "#act-paid")
    if case.parts_in("to_return"):
        return NextAct(_("Le client doit renvoyer une pièce, à nos frais."), _("Elle est revenue"), "#parts", False)
    return NextAct(_("Rien à faire : le dossier est clos."), is_ours=False)


def _telephone(case: Case) -> tuple[str, str, bool]:
    return _("Appeler"), f"tel:{case.customer.phone}", False
