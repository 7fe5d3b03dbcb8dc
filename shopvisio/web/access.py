"""What opens the desk for somebody has changed: the log of acts has it, and they read it in their mail."""

from datetime import datetime

from flask import url_for

from shopvisio import audit, mail, passkeys
from shopvisio.accounts import Staff
from shopvisio.i18n import _, language, lazy
from shopvisio.web import browsers, guard

TOLD = {
    "password": lazy("Votre mot de passe a été changé. Vos autres connexions sont fermées."),
    "password_chosen": lazy("Un mot de passe a été choisi par le lien reçu. Vos autres connexions sont fermées."),
    "second_on": lazy("La connexion en deux étapes est en place : un code vous est demandé après le mot de passe."),
    "second_off": lazy("La connexion en deux étapes est retirée : le mot de passe suffit."),
    "recovery_new": lazy("Dix nouveaux codes de secours ont été faits. Ceux d’avant ne servent plus."),
    "passkey_on": lazy("Une clé d’accès a été ajoutée : {name}."),
    "passkey_off": lazy("Une clé d’accès a été retirée : {name}."),
    "passkeys_off": lazy("Toutes vos clés d’accès ont été retirées."),
}
NEW_PASSWORD = ("password", "password_chosen")


def changed(kind: str, person: Staff, by: str, now: datetime, **facts: str) -> None:
    """Note it and write to ``person``, in the caller's write; ``kind`` is a word of TOLD, ``by`` names who did it."""
    audit.note(kind, by, now, whose=person.name, **facts)
    mail.compose(
        "access",
        person.email,
        language(),
        now,
        whom=person.name,
        by=by,
        what=str(TOLD[kind]).format(**facts),
        keys=keys_left(person) if kind in NEW_PASSWORD else "",
        when=now,
        device=browsers.theirs().words or _("navigateur inconnu"),
        network=guard.network(),
        url=url_for("account.page", _external=True),
    )


def keys_left(person: Staff) -> str:
    """What to say of the keys that another password leaves in place; empty where there is none."""
    if not passkeys.of(person):
        return ""
    return _("Vos clés d’accès, elles, ouvrent toujours le bureau : retirez celles que vous n’avez plus.")
