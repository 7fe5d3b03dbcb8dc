"""The outbox: every mail is a row before it leaves, and the row says what really happened to it."""

import json
import re
import smtplib
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, make_msgid
from pathlib import Path
from socket import gaierror
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from sqlalchemy import ForeignKey, func, select
from sqlalchemy.orm import Mapped, mapped_column

from shopvisio import i18n, settings, sms
from shopvisio.brand import palette
from shopvisio.db import Base, db
from shopvisio.errors import MailFailed
from shopvisio.i18n import _
from shopvisio.jobs import enqueue

SECONDS = 20  # of patience with a mail server, for each exchange

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")  # no head of a mail may hold them
_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "mails"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    extensions=["jinja2.ext.i18n"],
    optimized=False,  # {{ 0|money }} is not the same in every language: nothing is reckoned in advance
)
_templates.install_gettext_callables(i18n._, i18n.n_, newstyle=False)  # type: ignore[attr-defined]
_templates.filters |= {
    "money": i18n.money,
    "when": i18n.when,
    "elsewhere": i18n.elsewhere,
    "day": i18n.day,
    "day_year": i18n.day_year,
    "time": i18n.time,
    "phone": settings.phone_for_eyes,
}


class Mail(Base):
    """One mail or, by ``way``, one short message (then the subject is all of it, ``to`` a telephone).

    ``state`` is waiting, sent, failed or off (no mail server was set); ``reason`` says why it failed.
    """

    __tablename__ = "mail"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"), index=True)
    way: Mapped[str] = mapped_column(default="mail", server_default="mail")  # or sms
    name: Mapped[str]
    to: Mapped[str]
    subject: Mapped[str]
    text: Mapped[str]
    html: Mapped[str]
    files: Mapped[str] = mapped_column(default="[]")  # JSON: [{"name", "type", "text" | "paper", "method"?}]
    state: Mapped[str] = mapped_column(default="waiting", index=True)
    reason: Mapped[str] = mapped_column(default="")
    created: Mapped[datetime]
    sent: Mapped[datetime | None]


@dataclass(frozen=True)
class Server:
    """How to reach the shop's mail server: values for a thread."""

    host: str
    port: int
    security: str
    user: str
    password: str


def is_configured() -> bool:
    """Whether mails can leave at all."""
    return bool(settings.get("smtp_host"))


def compose(
    name: str,
    to: str,
    language: str,
    now: datetime,
    case_id: int | None = None,
    files: Sequence[dict[str, str | int]] = (),
    **facts: Any,
) -> Mail:
    """Write the mail ``mails/<name>.txt`` and ``.html`` into the outbox, in the caller's transaction.

    The text's first line is the subject. Without a mail server the row is kept, marked as not sent.
    """
    subject, text = preview(name, language, **facts)
    facts |= _shop()
    with i18n.use(language, settings.zone()):
        html = _templates.get_template(f"{name}.html").render(facts, subject=subject, language=language)
    mail = Mail(
        case_id=case_id,
        name=name,
        to=to,
        subject=subject,
        text=text,
        html=html,
        files=json.dumps(list(files)),
        created=now,
        state="waiting" if is_configured() else "off",
    )
    db.session.add(mail)
    db.session.flush()
    if mail.state == "waiting":
        enqueue("mail", now, mail=mail.id)
    return mail


def compose_short(
    name: str, to: str, language: str, now: datetime, case_id: int | None = None, **facts: Any
) -> Mail:
    """Write the short message ``mails/sms/<name>.txt`` into the outbox, in the caller's transaction."""
    with i18n.use(language, settings.zone()):
        text = sms.plain(_templates.get_template(f"sms/{name}.txt").render(facts | _shop()))
    row = Mail(case_id=case_id, way="sms", name=name, to=to, subject=text, text=text, html="", created=now)
    db.session.add(row)
    db.session.flush()
    enqueue("mail", now, mail=row.id)
    return row


def preview(name: str, language: str, **facts: Any) -> tuple[str, str]:
    """The subject and the text of a mail, as it would be written now."""
    with i18n.use(language, settings.zone()):
        subject, _blank, text = _templates.get_template(f"{name}.txt").render(facts | _shop()).partition("\n")
    mark = "[Test] " if settings.is_test() else ""
    return mark + _CONTROLS.sub(" ", subject).strip(), text.strip() + "\n"


def _shop() -> dict[str, Any]:
    tones = palette(settings.get("brand"))  # a pale brand still carries white words
    return {
        "shop": settings.get("shop_name"),
        "phone": settings.get("phone"),
        "tones": tones,
        "brand": tones.light.fill,
    }


def message(mail: Mail, papers: dict[int, bytes], now: datetime) -> EmailMessage:
    """The mail as it goes over the wire; ``papers`` holds the PDF bytes of the papers it carries, by id."""
    sender = settings.get("mail_from") or settings.get("email")
    made = EmailMessage()
    made["From"] = formataddr((settings.get("shop_name"), sender))
    made["To"] = mail.to
    made["Reply-To"] = settings.get("email")
    made["Subject"] = mail.subject
    made["Date"] = format_datetime(now)
    made["Message-ID"] = make_msgid(f"mail-{mail.id}", domain=sender.rpartition("@")[2])
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(mail.text)
    made.add_alternative(mail.html, subtype="html")
    for file in files_of(mail):
        main, _slash, sub = file["type"].partition("/")
        data = papers[file["paper"]] if "paper" in file else file["text"].encode()
        said = {"charset": "utf-8"} if "text" in file else {}
        said |= {"method": file["method"]} if "method" in file else {}
        made.add_attachment(data, maintype=main, subtype=sub, filename=file["name"], params=said)
    return made


def files_of(mail: Mail) -> list[dict[str, Any]]:
    """What the mail carries: name, type, and text or the id of a paper; a calendar file says its method."""
    return list(json.loads(mail.files))


def server() -> Server:
    """The mail server of the settings."""
    return Server(*(settings.get(f"smtp_{name}") for name in ("host", "port", "security", "user", "password")))


def deliver(to: Server, made: EmailMessage) -> None:
    """Hand the message to the server. It blocks: call it in a thread. Raises MailFailed with the reason."""
    _speak(to, lambda smtp: smtp.send_message(made))


def greet(to: Server) -> None:
    """Knock at the server and sign in, as for a message, without one. Blocks, and raises, as :func:`deliver`."""
    _speak(to, lambda smtp: smtp.noop())


def _speak(to: Server, say: Callable[[smtplib.SMTP], object]) -> None:
    try:
        with _connect(to) as smtp:
            if to.user:
                smtp.login(to.user, to.password)
            say(smtp)
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        raise MailFailed(f"{code} {said.decode(errors='replace')}", permanent=500 <= code < 600) from None
    except smtplib.SMTPResponseException as error:
        words = error.smtp_error.decode(errors="replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
        raise MailFailed(f"{error.smtp_code} {words}", permanent=500 <= error.smtp_code < 600) from None
    except gaierror:
        raise MailFailed(_("Le serveur {host} est introuvable : vérifiez son nom.", host=to.host)) from None
    except (ConnectionRefusedError, TimeoutError) as error:
        told = _("{host} ne répond pas sur le port {port} : vérifiez l’un et l’autre.", host=to.host, port=to.port)
        raise MailFailed(f"{told} ({error})") from None
    except (OSError, smtplib.SMTPException) as error:
        raise MailFailed(str(error) or type(error).__name__) from None


def _connect(to: Server) -> smtplib.SMTP:
    if to.security == "tls":
        return smtplib.SMTP_SSL(to.host, to.port, timeout=SECONDS, context=ssl.create_default_context())
    smtp = smtplib.SMTP(to.host, to.port, timeout=SECONDS)
    if to.security == "starttls":
        try:
            smtp.starttls(context=ssl.create_default_context())
        except BaseException:
            smtp.close()
            raise
    return smtp


def in_trouble() -> list[Mail]:
    """The mails that did not leave, newest first."""
    return list(db.session.scalars(select(Mail).where(Mail.state.in_(("failed", "off"))).order_by(Mail.id.desc())))


def failing() -> list[Mail]:
    """The mails whose last try failed, newest first: given up, or to be tried again."""
    unwell = select(Mail).where(Mail.reason != "", Mail.state.in_(("waiting", "failed")))
    return list(db.session.scalars(unwell.order_by(Mail.id.desc())))


def waiting() -> int:
    """How many are to leave."""
    return db.session.scalar(select(func.count()).select_from(Mail).where(Mail.state == "waiting")) or 0


def latest(limit: int = 100) -> list[Mail]:
    """The last mails written, newest first."""
    return list(db.session.scalars(select(Mail).order_by(Mail.id.desc()).limit(limit)))


def retry(mail: Mail, now: datetime) -> None:
    """Try once more to send a mail that did not leave."""
    if mail.state != "sent" and (sms.is_configured() if mail.way == "sms" else is_configured()):
        mail.state, mail.reason = "waiting", ""
        enqueue("mail", now, mail=mail.id)


def send_short_test(to: str, language: str, now: datetime) -> Mail:
    """The same by short message."""
    return compose_short("test", to, language, now)


def send_test(to: str, language: str, now: datetime) -> Mail:
    """ "Send me a test"."""
    return compose("test", to, language, now)
