"""The journal in words: a line of a case becomes an icon and a sentence, for the desk or for the customer."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from babel.support import LazyProxy

from shopvisio.booking import Appointment
from shopvisio.cases import BARRIERS, CONDITIONS, OUTCOMES, STATES, Case, Entry
from shopvisio.gates import CHECKS
from shopvisio.i18n import _, day_short, here, joined, lazy, money, n_, time, when
from shopvisio.payments import METHODS
from shopvisio.safety import DANGERS
from shopvisio.stops import CAUSES
from shopvisio.trials import VERDICTS

KEY, PLAIN, AUTO = "key", "", "auto"  # how loud: an event that turns the case, an ordinary one, the appliance's own


@dataclass(frozen=True)
class Telling:
    """How a kind of line is told: of somebody at the desk, and to the customer (``you`` when it is their own act).

    The customer is not shown a kind whose ``customer`` is empty.
    """

    icon: str
    weight: str
    desk: LazyProxy
    customer: LazyProxy | str = ""


@dataclass(frozen=True)
class Line:
    """One line for eyes: ``who`` stands in bold before ``text``; ``words`` is what they wrote."""

    at: datetime
    icon: str
    weight: str
    who: str
    text: str
    words: str = ""
    link: str = ""
    stills: tuple[int, ...] = ()


TELLINGS: dict[str, Telling] = {
    "booked": Telling(
        "cal",
        KEY,
        lazy("réserve le {visit} appel, {when}{free}."),
        lazy("avez réservé le {visit} appel, {when}{free}."),
    ),
    "plate_read": Telling("pen", PLAIN, lazy("a lu la plaque : {plate}.")),
    "taken_down": Telling(
        "phone", PLAIN, lazy("note le rendez-vous au téléphone."), lazy("a noté votre demande au téléphone.")
    ),
    "said_yes": Telling("phone", PLAIN, lazy("note un accord donné de vive voix : {consent}.")),
    "handed_over": Telling(
        "hand", KEY, lazy("confie le {visit} appel à {to}."), lazy("a confié le {visit} appel à {to}.")
    ),
    "moved": Telling(
        "cal", KEY, lazy("déplace le {visit} appel au {when}."), lazy("avez déplacé le {visit} appel au {when}.")
    ),
    "cancelled": Telling("x", KEY, lazy("annule l’appel du {when}."), lazy("avez annulé l’appel du {when}.")),
    "late": Telling("clock", PLAIN, lazy("annonce {late} de retard."), lazy("a annoncé {late} de retard.")),
    "caught_up": Telling("clock", PLAIN, lazy("a rattrapé son retard."), lazy("a rattrapé son retard.")),
    "missed": Telling("bell", AUTO, lazy("{missed} pendant le {visit} appel.")),
    "withdrawn": Telling("doc", KEY, lazy("renonce au contrat."), lazy("avez renoncé au contrat.")),
    "not_at_once": Telling(
        "clock",
        PLAIN,
        lazy("ne demande pas que la réparation commence pendant les 14 jours où il peut renoncer."),
        lazy("n’avez pas demandé que la réparation commence pendant les 14 jours où vous pouvez renoncer."),
    ),
    "consented": Telling("doc", PLAIN, lazy("accepte : {consent}."), lazy("avez accepté : {consent}.")),
    "safety": Telling("shield", PLAIN, lazy("répond à la sécurité : {safety}."), lazy("avez répondu : {safety}.")),
    "tried": Telling(
        "check", PLAIN, lazy("teste son matériel : {verdict}."), lazy("avez testé votre matériel : {verdict}.")
    ),
    "code_renewed": Telling("lock", AUTO, lazy("fait un nouveau code d’entrée.")),
    "customer_came": Telling("bell", PLAIN, lazy("est en salle d’attente.")),
    "guest_came": Telling(
        "team", PLAIN, lazy("rejoint le {visit} appel, sur invitation."), lazy("a rejoint le {visit} appel.")
    ),
    "call_started": Telling("video", PLAIN, lazy("Le {visit} appel commence."), lazy("Le {visit} appel a commencé.")),
    "call_ended": Telling(
        "video", PLAIN, lazy("termine le {visit} appel{minutes}."), lazy("a terminé le {visit} appel{minutes}.")
    ),
    "still": Telling("cam", PLAIN, lazy("Photo prise pendant l’appel."), lazy("Photo prise pendant l’appel.")),
    "marked": Telling("pen", PLAIN, lazy("dessine sur une photo."), lazy("avez dessiné sur une photo.")),
    "guide_started": Telling(
        "book", PLAIN, lazy("ouvre le guide « {guide} » : {checks}."), lazy("a ouvert le guide « {guide} » : {checks}.")
    ),
    "gate_stopped": Telling(
        "hand",
        KEY,
        lazy("arrête le guide « {guide} » : {checks}, non."),
        lazy("avez arrêté le guide « {guide} » : {checks}, non."),
    ),
    "step_done": Telling("check", PLAIN, lazy("coche : {step}."), lazy("avez coché : {step}.")),
    "step_undone": Telling("undo", PLAIN, lazy("décoche : {step}."), lazy("avez décoché : {step}.")),
    "step_left_out": Telling("x", PLAIN, lazy("laisse de côté : {step}."), lazy("a laissé de côté : {step}.")),
    "step_put_back": Telling("list", PLAIN, lazy("remet dans la liste : {step}.")),
    "stopped": Telling(
        "hand",
        KEY,
        lazy("arrête tout pour danger{cause}."),
        lazy("avez tout arrêté pour danger{cause}."),
    ),
    "stop_cause": Telling("hand", PLAIN, lazy("précise le danger{cause}."), lazy("avez précisé le danger{cause}.")),
    "stop_lifted": Telling("check", KEY, lazy("reprend après l’arrêt."), lazy("a repris après l’arrêt.")),
    "recording_asked": Telling(
        "video",
        PLAIN,
        lazy("propose d’enregistrer le {visit} appel, et dit oui."),
        lazy("a proposé d’enregistrer le {visit} appel."),
    ),
    "recording_yes": Telling(
        "check",
        PLAIN,
        lazy("accepte l’enregistrement du {visit} appel."),
        lazy("avez accepté l’enregistrement du {visit} appel."),
    ),
    "recording_no": Telling(
        "x",
        PLAIN,
        lazy("refuse l’enregistrement du {visit} appel."),
        lazy("avez refusé l’enregistrement du {visit} appel."),
    ),
    "recording_began": Telling(
        "video", KEY, lazy("Le {visit} appel est enregistré."), lazy("Le {visit} appel est enregistré.")
    ),
    "recording_ended": Telling(
        "video", PLAIN, lazy("arrête l’enregistrement."), lazy("avez arrêté l’enregistrement.")
    ),
    "recording_cut": Telling(
        "video", AUTO, lazy("L’enregistrement s’arrête{cut}."), lazy("L’enregistrement s’est arrêté{cut}.")
    ),
    "recording_erased": Telling(
        "x",
        AUTO,
        lazy("Enregistrement du {visit} appel effacé{by}."),
        lazy("L’enregistrement du {visit} appel est effacé."),
    ),
    "product_shown": Telling("bag", PLAIN, lazy("montre : {product}."), lazy("a montré : {product}.")),
    "turned_to_repair": Telling(
        "wrench",
        KEY,
        lazy("fait du dossier une réparation, {cents} si c’est réparé."),
        lazy("a fait de votre dossier une réparation : {cents} si c’est réparé, 0 € sinon."),
    ),
    "turned_to_sale": Telling(
        "bag", KEY, lazy("fait du dossier un achat."), lazy("a fait de votre dossier un achat : l’appel ne coûte rien.")
    ),
    "handed_to_web_shop": Telling(
        "ext",
        KEY,
        lazy("passe à la boutique en ligne : {pieces}, {cents}."),
        lazy("êtes passé à la boutique en ligne : {pieces}, {cents}."),
    ),
    "ordered": Telling("bag", KEY, lazy("commande {order} : {cents}."), lazy("avez commandé : {order}, {cents}.")),
    "order_ready": Telling("box", KEY, lazy("a préparé {order}."), lazy("a préparé votre commande {order}.")),
    "order_sent": Telling(
        "truck", KEY, lazy("a envoyé {order}{carrier}."), lazy("a envoyé votre commande {order}{carrier}.")
    ),
    "order_done": Telling("check", KEY, lazy("note {order} comme remise."), lazy("avez reçu {order}.")),
    "order_cancelled": Telling("x", KEY, lazy("annule {order}."), lazy("avez annulé {order}.")),
    "order_withdrawn": Telling("doc", KEY, lazy("renonce à {order}."), lazy("avez renoncé à {order}.")),
    "order_returned": Telling(
        "undo",
        KEY,
        lazy("note un retour sur {order} : avoir {paper}, {cents}."),
        lazy("a reçu votre retour sur {order} : avoir {paper}, {cents}."),
    ),
    "proposed": Telling("wrench", KEY, lazy("conclut : {outcome}."), lazy("a conclu : {outcome}.")),
    "outcome": Telling("check", KEY, lazy("conclut : {outcome}."), lazy("a conclu : {outcome}.")),
    "still_works": Telling(
        "check", PLAIN, lazy("dit que ça marche toujours."), lazy("avez dit que ça marche toujours.")
    ),
    "returned": Telling(
        "refresh", KEY, lazy("dit que la panne est revenue, sous garantie."), lazy("avez dit que la panne est revenue.")
    ),
    "failed_again": Telling(
        "refresh", KEY, lazy("dit que la panne est revenue, hors garantie."), lazy("avez dit que la panne est revenue.")
    ),
    "rated": Telling("chart", PLAIN, lazy("donne la note {stars} sur 5."), lazy("avez donné la note {stars} sur 5.")),
    "advised": Telling("pen", PLAIN, lazy("écrit un conseil au client."), lazy("vous donne un conseil.")),
    "answered_yes": Telling("check", KEY, lazy("répond Oui : {outcome}."), lazy("avez répondu Oui : {outcome}.")),
    "answered_no": Telling("x", KEY, lazy("répond Non à « {outcome} »."), lazy("avez répondu Non à « {outcome} ».")),
    "confirmed_by_staff": Telling(
        "check",
        KEY,
        lazy("confirme sans réponse du client : {outcome}."),
        lazy("a confirmé sans votre réponse : {outcome}."),
    ),
    "contested": Telling("x", KEY, lazy("conteste « {outcome} »."), lazy("avez contesté « {outcome} ».")),
    "dismissed": Telling("x", KEY, lazy("clôt le dossier : {outcome}."), lazy("a clos le dossier : {outcome}.")),
    "part_offered": Telling(
        "box", KEY, lazy("propose une pièce : {part}, {price}."), lazy("a proposé : {part}, {price}.")
    ),
    "part_changed": Telling(
        "pen",
        KEY,
        lazy("change la pièce : {part}, {price}, à accepter de nouveau."),
        lazy("a changé la proposition : {part}, {price}."),
    ),
    "part_dropped": Telling("x", KEY, lazy("retire la pièce {part}."), lazy("a retiré la pièce {part}.")),
    "part_ordered": Telling("bag", PLAIN, lazy("a commandé : {part}{supplier}."), lazy("a commandé : {part}.")),
    "part_accepted": Telling(
        "check",
        KEY,
        lazy("accepte : {part}, {price}, à livrer {address}."),
        lazy("avez accepté : {part}, {price}, à livrer {address}."),
    ),
    "part_refused": Telling("x", KEY, lazy("refuse la pièce {part}."), lazy("avez refusé la pièce {part}.")),
    "part_sent": Telling("truck", KEY, lazy("a envoyé : {part}{carrier}."), lazy("a envoyé : {part}{carrier}.")),
    "part_to_return": Telling(
        "box", KEY, lazy("demande le retour de {part}."), lazy("vous demande de renvoyer {part}, à ses frais.")
    ),
    "part_left": Telling("box", KEY, lazy("laisse {part} au client."), lazy("vous laisse {part}, sans frais.")),
    "part_returned": Telling("box", KEY, lazy("a récupéré {part}."), lazy("a récupéré {part}.")),
    "nudged": Telling("mail", AUTO, lazy("Le client est relancé pour sa pièce.")),
    "paid": Telling(
        "euro",
        KEY,
        lazy("note le paiement de {paper} : {cents}, {method}."),
        lazy("a reçu {cents}, {method} ({paper})."),
    ),
    "paid_online": Telling(
        "euro", KEY, lazy("paie {cents} par carte en ligne ({paper})."), lazy("avez payé {cents} par carte ({paper}).")
    ),
    "covered": Telling(
        "euro",
        KEY,
        lazy("Le Bonus Réparation couvre {cents} de la facture {paper}."),
        lazy("Le Bonus Réparation couvre {cents} de la facture {paper}."),
    ),
    "uncovered": Telling(
        "undo",
        KEY,
        lazy("La facture {paper} étant annulée, son Bonus Réparation de {cents} l’est aussi."),
        lazy("La facture {paper} étant annulée, son Bonus Réparation de {cents} l’est aussi."),
    ),
    "card_refund_failed": Telling(
        "alert", KEY, lazy("Le remboursement de {cents} par carte n’a pas abouti ({paper}) : remboursez autrement.")
    ),
    "card_given_back": Telling(
        "euro",
        KEY,
        lazy("{cents} payés en trop repartent vers la carte ({paper})."),
        lazy("{cents} payés en trop repartent vers votre carte ({paper})."),
    ),
    "credited": Telling(
        "doc",
        KEY,
        lazy("établit l’avoir {paper} de {cents}."),
        lazy("a établi l’avoir {paper} de {cents}."),
    ),
    "billing": Telling("doc", "", lazy("précise la facturation."), lazy("avez précisé la facturation.")),
    "refunded": Telling(
        "euro",
        KEY,
        lazy("note le remboursement de {cents}, {method} ({paper})."),
        lazy("vous a remboursé {cents}, {method} ({paper})."),
    ),
    "payment_undone": Telling(
        "undo",
        KEY,
        lazy("annule une ligne notée par erreur : {cents}, {method} ({paper})."),
        lazy("corrige une ligne notée par erreur : {cents}, {method} ({paper})."),
    ),
    "part_received": Telling("box", KEY, lazy("a bien reçu : {part}."), lazy("avez bien reçu : {part}.")),
    "note": Telling("pen", PLAIN, lazy("laisse une note à l’équipe.")),
    "erased": Telling("x", AUTO, lazy("Effacé du dossier{by} : {erased}.")),
    "mail_sent": Telling("mail", AUTO, lazy("E-mail « {subject} » envoyé.")),
    "mail_failed": Telling("mail", AUTO, lazy("E-mail « {subject} » refusé, il n’est pas parti.")),
}
CONSENTS = {
    "terms": lazy("les conditions générales"),
    "immediate": lazy("le début immédiat de la réparation"),
    "terms_said": lazy("les conditions générales, de vive voix"),
    "immediate_said": lazy("le début immédiat de la réparation, de vive voix"),
    "safety": lazy("ce qui est coupé avant l’appel"),
}
PAPERS = {"invoice": lazy("Facture"), "credit_note": lazy("Avoir"), "no_charge_note": lazy("Compte rendu sans frais")}
MISSED = {
    "customer": lazy("Le client n’est pas venu"),
    "staff": lazy("Le client a attendu, personne de la boutique n’est venu"),
    "both": lazy("Personne n’est venu"),
}
EITHER = {  # the customer's own act, or another's
    "booked", "moved", "cancelled", "safety", "marked", "part_received", "billing",
    "recording_yes", "recording_no", "recording_ended",
    "step_done", "step_undone", "gate_stopped", "stopped", "stop_cause", "order_done", "order_cancelled",
}  # fmt: skip
# nobody's own act: told without a name
ON_THEIR_PAGE = {"late", "caught_up", "confirmed_by_staff"}  # the customer reads of it there in any case
IMPERSONAL = {
    "recording_began", "recording_cut", "recording_erased",
    "call_started", "card_refund_failed", "covered", "uncovered", "missed", "still", "nudged", "erased",
    "mail_sent", "mail_failed", "sms_sent", "sms_failed",
}  # fmt: skip


CUTS = {
    "left": lazy(" avec l’appel"),
    "full": lazy(" faute de place"),
    "failed": lazy(" à cause d’un défaut de l’appareil"),
    "restart": lazy(" au redémarrage de l’appareil"),
}


def tell(entry: Entry, to_customer: bool = False) -> Line | None:
    """The line in words; None when the customer is not shown this kind."""
    told = entry.told
    telling = TELLINGS.get(entry.kind)
    if telling is None:
        return None if to_customer else Line(entry.at, "info", AUTO, entry.name, entry.kind)
    sentence = telling.customer if to_customer else telling.desk
    if not sentence:
        return None
    if entry.kind in EITHER and entry.actor in ("staff", "guest"):
        sentence = telling.desk
    who = _("Vous") if to_customer and entry.actor == "customer" else entry.name
    text = str(sentence).format(**_words(told))
    if told.get("quiet") and not to_customer:
        text += " " + (_("Sans e-mail.") if entry.kind in ON_THEIR_PAGE else _("Sans prévenir le client."))
    return Line(
        entry.at,
        telling.icon,
        telling.weight,
        "" if entry.kind in IMPERSONAL else who,
        text,
        str(told.get("words") or told.get("reason") or ""),
        str(told.get("tracking") or ""),
        (int(told["still"]),) if "still" in told else (),
    )


def by_day(entries: Iterable[Entry], to_customer: bool = False) -> list[tuple[date, list[Line]]]:
    """The story by the reader's local days, the latest first."""
    days: dict[date, list[Line]] = {}
    for entry in reversed(_gathered(entries)):
        line = tell(entry, to_customer)
        if line is None:
            continue
        lines = days.setdefault(here(line.at).date(), [])
        if line.stills and lines and lines[-1].stills:
            lines[-1] = _together(line, lines[-1])
        else:
            lines.append(line)
    return list(days.items())


def _gathered(entries: Iterable[Entry]) -> list[Entry]:
    """What one person ticked, one step after the other, is told at once."""
    found: list[Entry] = []
    for entry in entries:
        last = found[-1] if found else None
        if last is None or entry.kind != "step_done" or not _is_same_hand(last, entry):
            found.append(entry)
            continue
        ticked = [*last.told.get("steps", [last.told.get("step")]), entry.told["step"]]
        facts = json.dumps({"steps": ticked})
        found[-1] = Entry(at=last.at, actor=entry.actor, name=entry.name, kind=entry.kind, facts=facts)
    return found


def _is_same_hand(last: Entry, entry: Entry) -> bool:
    day = (here(last.at).date(), here(entry.at).date())
    return (last.kind, last.actor, last.name) == (entry.kind, entry.actor, entry.name) and day[0] == day[1]


def _together(earlier: Line, later: Line) -> Line:
    """Stills taken one after the other are one line."""
    taken = earlier.stills + later.stills
    text = n_("Photo prise pendant l’appel.", "{n} photos prises pendant l’appel.", len(taken))
    return replace(earlier, text=text, stills=taken)


def nth(visit: int) -> str:
    """``1er``, ``2e``."""
    return _("1er") if visit == 1 else _("{n}e", n=visit)


def mid(text: str) -> str:
    """The text as it stands inside a sentence: ``Lave-linge`` is ``lave-linge``, ``TV`` stays."""
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def part_price(cents: int) -> str:
    """What a part costs, or that it is included."""
    return money(cents) if cents else _("comprise dans le forfait")


def safety_words(told: dict[str, Any]) -> str:
    """The answers of the safety gate: ``du courant et de l’eau qui coule, coupé avant l’appel``."""
    named = [mid(str(DANGERS[name].name)) for name in told.get("dangers", ()) if name in DANGERS]
    if not named:
        return _("rien de dangereux")
    return _("{dangers}, coupé avant l’appel", dangers=joined(named))


def checks_words(told: dict[str, Any]) -> str:
    """The gate of a guide: ``courant coupé et eau coupée``, each answered Yes."""
    named = [told["check"]] if "check" in told else told.get("checks", ())
    return joined([mid(str(CHECKS[name].name)) for name in named if name in CHECKS]) or _("rien à couper")


def safety_of(case: Case) -> str:
    """What the customer answered at the safety gate, empty when they never were asked."""
    return next((safety_words(entry.told) for entry in case.journal if entry.kind == "safety"), "")


def _words(told: dict[str, Any]) -> dict[str, str]:
    """The facts of a line, each as it reads inside a sentence."""
    visit = int(told.get("visit", 1))
    minutes = int(told.get("minutes", 0))
    address = (told.get("street", ""), f"{told.get('postcode', '')} {told.get('city', '')}".strip())
    return {
        "visit": nth(visit),
        "to": str(told.get("to", "")),
        "missed": str(MISSED.get(told.get("who", ""), "")),
        "free": _(", sans frais") if visit > 1 else "",
        "when": when(datetime.fromisoformat(told["start"])) if "start" in told else "",
        "late": n_("{n} minute", "{n} minutes", minutes),
        "minutes": _(", après {time}", time=n_("{n} minute", "{n} minutes", minutes)) if minutes else "",
        "outcome": _outcome(told),
        "stars": str(told.get("stars", "")),
        "consent": str(CONSENTS.get(told.get("consent", ""), told.get("consent", ""))),
        "safety": safety_words(told),
        "plate": ", ".join(str(told[name]) for name in ("brand", "model", "serial") if told.get(name)),
        "part": str(told.get("part", "")),
        "price": part_price(int(told.get("price", 0))),
        "supplier": _(" chez {supplier}", supplier=told["supplier"]) if told.get("supplier") else "",
        "carrier": _(" par {carrier}", carrier=told["carrier"]) if told.get("carrier") else "",
        "address": ", ".join(line for line in address if line),
        "paper": str(told.get("paper", "")),
        "cents": money(int(told.get("cents", 0))),
        "method": str(METHODS.get(told.get("method", ""), "")).lower(),
        "product": str(told.get("product", "")),
        "order": str(told.get("order", "")),
        "pieces": n_("{n} article", "{n} articles", int(told.get("n", 0))),
        "subject": str(told.get("subject", "")),
        "guide": str(told.get("guide", "")),
        "checks": checks_words(told),
        "step": joined([mid(step) for step in told.get("steps", [told.get("step", "")])]),
        "cause": f" ({mid(str(CAUSES[told['cause']].name))})" if told.get("cause") in CAUSES else "",
        "erased": _erased(told),
        "cut": str(CUTS.get(told.get("cut", ""), "")),
        "by": _(" par {name}", name=told["by"]) if told.get("by") else "",
        "verdict": mid(str(VERDICTS.get(told.get("verdict", ""), ""))),
    }


def _erased(told: dict[str, Any]) -> str:
    """What was forgotten, without it: ``3 photos``, ``2 messages et 5 e-mails``."""
    if told.get("everything"):
        return _("tout ce qui nomme une personne, sauf les papiers")
    counts = {
        "pictures": n_("{n} photo", "{n} photos", told.get("pictures", 0)),
        "messages": n_("{n} message", "{n} messages", told.get("messages", 0)),
        "mails": n_("{n} e-mail", "{n} e-mails", told.get("mails", 0)),
    }
    return joined([words for name, words in counts.items() if told.get(name)]) or _("ce qui décrivait le client")


def _outcome(told: dict[str, Any]) -> str:
    """``non réparé (réparable, pièce introuvable)``."""
    reasons = (CONDITIONS.get(told.get("condition", "")), BARRIERS.get(told.get("barrier", "")))
    why = ", ".join(mid(str(reason)) for reason in reasons if reason)
    outcome = str(OUTCOMES.get(told.get("outcome", ""), "")).lower()
    return f"{outcome} ({why})" if why else outcome


@dataclass(frozen=True)
class Step:
    """One stage of a case for eyes: ``phase`` is was, is or empty (still to come)."""

    label: str
    small: str
    phase: str


STAGES = {
    "part_offered": lazy("Pièce proposée"),
    "part_accepted": lazy("Pièce acceptée"),
    "part_refused": lazy("Pièce refusée"),
    "part_dropped": lazy("Pièce retirée"),
    "part_sent": lazy("Pièce envoyée"),
    "part_received": lazy("Pièce reçue"),
    "cancelled": lazy("Annulé"),
    "proposed": lazy("Conclu"),
    "answered_no": lazy("Réponse Non"),
    "contested": lazy("Contesté"),
    "returned": lazy("Revenu sous garantie"),
}
STAGES_SHOWN = 4  # of the past: the line stays one line


def stages(case: Case, upcoming: Appointment | None) -> list[Step]:
    """The line of a case: what happened last, where it stands, and its end."""
    past = [("", Step(_("Réservé"), day_short(case.created), "was"))]
    past += [(entry.kind, step) for entry in case.journal if (step := _stage(entry)) is not None]
    if past[-1][0] in {case.state, case.outcome} - {""}:
        past.pop()  # where it stands says it already
    was = [step for _kind, step in past[-STAGES_SHOWN:]]
    if case.state == "closed":
        end = str(OUTCOMES.get(case.outcome, STATES["closed"]))
        return [*was, Step(end, day_short(case.closed_at) if case.closed_at else "", "is")]
    return [*was, _present(case, upcoming), Step(str(STATES["closed"]), "", "")]


def _stage(entry: Entry) -> Step | None:
    if entry.kind in STAGES:
        return Step(str(STAGES[entry.kind]), day_short(entry.at), "was")
    if entry.kind != "call_ended":
        return None
    told = entry.told
    length = n_("{n} min", "{n} min", told["minutes"]) if told["minutes"] else _("bref")
    return Step(_("{visit} appel", visit=nth(told["visit"])), f"{day_short(entry.at)}, {length}", "was")


def _present(case: Case, upcoming: Appointment | None) -> Step:
    if upcoming is None:
        return Step(str(STATES[case.state]), "", "is")
    label = _("{visit} appel", visit=nth(upcoming.visit))
    if case.is_repair and upcoming.visit > 1:
        label += _(", {amount}", amount=money(0))
    return Step(label, f"{day_short(upcoming.start)}, {time(upcoming.start)}", "is")
