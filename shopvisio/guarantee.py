"""After a repair: "still working after a week?", and a fault that comes back within the guarantee, at 0 €."""

from datetime import datetime

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column

from shopvisio import settings
from shopvisio.cases import Case, move_to, record
from shopvisio.db import Base, db
from shopvisio.errors import WrongState
from shopvisio.i18n import _
from shopvisio.jobs import enqueue


class Check(Base):
    """One time that a customer was asked whether it still works; ``works`` is None until they say."""

    __tablename__ = "still_working"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    asked: Mapped[datetime] = mapped_column(index=True)
    answered: Mapped[datetime | None]
    works: Mapped[bool | None]


def is_running(case: Case, now: datetime) -> bool:
    """Whether a fault that comes back now is repaired for nothing."""
    today = now.astimezone(settings.zone()).date()
    return is_repaired(case) and case.guaranteed is not None and today <= case.guaranteed


def is_repaired(case: Case) -> bool:
    """Whether the case is closed as a repair that succeeded."""
    return case.state == "closed" and case.outcome == "repaired" and case.is_repair


def ask(case: Case, entry: int, now: datetime) -> Check | None:
    """The question, asked once for each closing (its line is ``entry``); None when it is void: the case went on."""
    closing = [line.id for line in case.journal if line.kind in ("answered_yes", "confirmed_by_staff")]
    if not is_repaired(case) or not closing or closing[-1] != entry:
        return None
    check = of(case)
    if check is None or (case.closed_at and check.asked < case.closed_at):
        check = Check(case_id=case.id, asked=now)
        db.session.add(check)
        db.session.flush()
    return check


def of(case: Case) -> Check | None:
    """The last time that the customer was asked."""
    return db.session.scalar(select(Check).where(Check.case_id == case.id).order_by(Check.id.desc()).limit(1))


def still_works(case: Case, now: datetime) -> None:
    """The customer says that it does. Said twice, it is noted once. Raises WrongState once the case went on."""
    _refuse_gone_on(case)
    check = of(case)
    if check is not None and check.works:
        return
    if check is not None:
        check.answered, check.works = now, True
    record(case, "still_works", case.customer.actor, now)


def come_back(case: Case, words: str, now: datetime) -> None:
    """The customer says that the fault is back. Within the guarantee the case is open again, for a visit at 0 €; later
    the shop is told. Raises WrongState once the case went on."""
    _refuse_gone_on(case)
    check = of(case)
    if check is not None:
        check.answered, check.works = now, False
    if is_running(case, now):
        move_to(case, "open")
        record(case, "returned", case.customer.actor, now, words=words.strip())
        case.returned, case.outcome, case.closed_at, case.confirmed_by = now, "", None, ""
        enqueue("tell-staff", now, case=case.id, what="returned")
    else:
        record(case, "failed_again", case.customer.actor, now, words=words.strip())
        enqueue("tell-staff", now, case=case.id, what="failed_again")


def _refuse_gone_on(case: Case) -> None:
    if not is_repaired(case):
        raise WrongState(_("Ce n’est plus possible : le dossier a changé entre-temps."), case.state, "open")
