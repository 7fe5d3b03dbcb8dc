"""What waits for the shop's own hand: read from the cases, in the order of urgency, each with where it is done."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import url_for

from shopvisio import booking, calls, cases, jobs, letters, mail, orders, payments, settings
from shopvisio.backup import keeping, recovery
from shopvisio.booking import Appointment
from shopvisio.calls import Call
from shopvisio.cases import OUTCOMES, Case
from shopvisio.i18n import _, day, day_short, n_
from shopvisio.web import troubles as standing
from shopvisio.web.story import mid, part_price
from shopvisio.web.troubles import Trouble

WHY_OPEN = ("answered_no", "contested", "part_refused", "part_dropped", "cancelled", "returned", "consented")
PAPER_JOBS = ("paper", "credit", "pdf")
LATE, ALONE = timedelta(hours=50), timedelta(days=31)  # of backups: of the last one, of the last that left the disk


@dataclass(frozen=True)
class Todo:
    """One thing to do: a sentence, a detail, the page where it is done; ``waits`` while others have the next move."""

    text: str
    small: str
    url: str
    waits: bool = False


def todos(now: datetime) -> list[Todo]:
    """What waits for staff, over the whole shop."""
    waiting = cases.listed([state for state in cases.STATES if state != "closed"], limit=500)
    visits = booking.last_visits([case for case in waiting if case.state == "booked"])
    over = {case: visit for case, visit in visits.items() if now >= visit.until}
    known = calls.of_all(over.values())
    unfinished = {case: _unfinished(visit, known.get(visit.id)) for case, visit in over.items()}
    found = [todo for case in reversed(waiting) if (todo := unfinished.get(case.id) or _todo(case, now)) is not None]
    return sorted([*found, *_orders()], key=lambda todo: todo.waits)


def _orders() -> Iterator[Todo]:
    for order in orders.listed(("ordered",)):
        owed = payments.owed(order.paper) if order.paper else 0
        paid = _("à payer au retrait") if order.pay == "shop" else _("reste à payer")
        paid = paid if owed else _("payée")
        small = ", ".join((n_("{n} article", "{n} articles", order.pieces), paid))
        url = url_for("orders.desk", number=order.number)
        yield Todo(_("Commande à préparer, {name}", name=order.name), small, url, bool(owed) and order.pay != "shop")


def _todo(case: Case, now: datetime) -> Todo | None:
    name, url = case.customer.name, url_for("desk.case", key=case.key)
    if case.state == "open" and cases.is_turned(case) and cases.unwritten(case):
        small = _("Le client n’a pas encore accepté le forfait")
        return Todo(_("Accord attendu, {name}", name=name), small, url, True)
    if case.state == "open":
        return Todo(_("À reprendre, {name}", name=name), _why_open(case), url)
    if case.state == "proposed" and case.proposed_at:
        return _unanswered(case, case.proposed_at, now, url)
    if case.state == "part_accepted":
        part = case.parts_in("accepted", "ordered")[0]
        small = _("Acceptée par {name}, {price}", name=name, price=part_price(part.price))
        what = _("Envoyer : {part}", part=part.name) if part.ordered else _("Commander : {part}", part=part.name)
        return Todo(what, small, f"{url}#part-{part.id}")
    if case.state == "part_received":
        received = case.parts_in("received")[-1].received
        days = max(0, (now - received).days) if received else 0
        since = n_("depuis {n} jour", "depuis {n} jours", days) if days else _("aujourd’hui")
        return Todo(
            _("Pièce reçue, {name}", name=name), _("Pas encore de nouvel horaire, {since}", since=since), url, True
        )
    return None


def _unanswered(case: Case, proposed: datetime, now: datetime, url: str) -> Todo:
    outcome, from_ = str(OUTCOMES[case.outcome]).lower(), cases.may_confirm_from(case)
    if from_ is not None and now >= from_:
        small = _("« {outcome} » sans réponse : vous pouvez confirmer", outcome=outcome)
        return Todo(_("Sans réponse, {name}", name=case.customer.name), small, url)
    small = _("Proposé « {outcome} » {day}", outcome=outcome, day=day(proposed))
    return Todo(_("Réponse attendue, {name}", name=case.customer.name), small, url, True)


def _why_open(case: Case) -> str:
    last = next((e for e in reversed(case.journal) if e.kind in WHY_OPEN), None)
    told = {
        "answered_no": _("Le client répond que ce n’est pas réparé"),
        "contested": _("Le client conteste"),
        "part_refused": _("Le client refuse la pièce"),
        "part_dropped": _("La pièce est retirée"),
        "cancelled": _("Le client annule son rendez-vous"),
        "returned": _("La panne est revenue, sous garantie"),
        "consented": _("Le client a donné son accord"),
    }
    if last and last.kind == "cancelled" and last.actor == "staff":
        return f"{_('La boutique annule le rendez-vous')}, {day_short(last.at)}"
    return f"{told[last.kind]}, {day_short(last.at)}" if last else mid(case.thing)


def _unfinished(visit: Appointment, call: Call | None) -> Todo:
    """A visit that is over and whose case nobody concluded."""
    case = visit.case
    small = _("Appel du {day}", day=day(visit.start))
    if call is None or call.customer_came is None:
        small = _("Le client n’est pas venu, {day}", day=day(visit.start))
    return Todo(_("À conclure, {name}", name=case.customer.name), small, url_for("desk.case", key=case.key))


def troubles(now: datetime) -> list[Trouble]:
    """What the owner should mend, the worst first."""
    found = [*standing.of_installation(now), *_mail_trouble(), *_paper_trouble(now), *_backup_trouble(now), *_missing()]
    return sorted(found, key=lambda trouble: trouble.kind != "bad")


def _mail_trouble() -> Iterator[Trouble]:
    url, act = url_for("owner.mails"), _("Voir pourquoi")
    if not mail.is_configured():
        fact = _("Les e-mails ne partent pas : aucun serveur d’envoi n’est réglé.")
        then = _("Vos clients ne reçoivent que le lien affiché à l’écran.")
        yield Trouble("warn", "mail", fact, then, url_for("owner.group", group="mail"), _("Régler"))
    failed = mail.failing()
    if mails := sum(row.way == "mail" for row in failed):
        fact = n_("{n} e-mail n’est pas parti.", "{n} e-mails ne sont pas partis.", mails)
        yield Trouble("bad", "mail", fact, _("Vos clients ne l’ont pas reçu."), url, act)
    if short := sum(row.way == "sms" for row in failed):
        fact = n_("{n} SMS n’est pas parti.", "{n} SMS ne sont pas partis.", short)
        yield Trouble("bad", "mail", fact, _("Vos clients ne l’ont pas reçu."), url, act)


def _paper_trouble(now: datetime) -> Iterator[Trouble]:
    late = [case for case in letters.papers_waiting() if case.closed_at and now - case.closed_at > timedelta(minutes=2)]
    failed = max(len(late), len(jobs.in_trouble(*PAPER_JOBS)))
    if failed:
        fact = n_("{n} papier n’a pas pu être fait.", "{n} papiers n’ont pas pu être faits.", failed)
        then, url = _("La page des papiers dit pourquoi."), url_for("owner.papers")
        yield Trouble("bad", "doc", fact, then, url, _("Voir"), "papers")


def _backup_trouble(now: datetime) -> Iterator[Trouble]:
    url, act = url_for("backups.page"), _("Voir")
    if not recovery.recipient():
        fact = _("La boutique n’est pas sauvegardée.")
        then = _("Créez la clé de secours : une minute, une feuille à ranger.")
        yield Trouble("warn", "save", fact, then, url, _("Créer la clé"))
        return
    failed, test, last = jobs.in_trouble("backup"), keeping.last_test(), keeping.latest()
    if failed:
        yield Trouble("bad", "save", _("La sauvegarde n’a pas pu être faite."), failed[-1].reason, url, act)
    elif last is not None and now - last.made > LATE:
        fact = _("Pas de sauvegarde depuis le {day}.", day=day(last.made))
        yield Trouble("bad", "save", fact, _("La page des sauvegardes dit pourquoi."), url, act)
    if unsent := jobs.in_trouble("send-backup"):
        yield Trouble("bad", "save", _("La sauvegarde n’est pas arrivée dans le bucket."), unsent[-1].reason, url, act)
    if test and test.fault:
        yield Trouble("bad", "save", _("La dernière sauvegarde essayée ne se rouvre pas."), test.fault, url, act)
    away = keeping.last_away()
    if last is not None and now - (away or keeping.first() or now) > ALONE:
        fact = _("Aucune sauvegarde n’a quitté ce disque depuis un mois.")
        yield Trouble("warn", "save", fact, _("Téléchargez-en une, et gardez-la ailleurs."), url, act)


def _missing() -> Iterator[Trouble]:
    lacking = settings.missing()
    if lacking:
        fact = n_("Il manque {n} réponse pour vos factures.", "Il manque {n} réponses pour vos factures.", len(lacking))
        names = ", ".join(str(setting.label) for setting in lacking)
        yield Trouble("warn", "gear", fact, names, url_for("owner.group", group=lacking[0].group), _("Compléter"))
