"""A device tried before the call: what works there, how good its connection is; kept with the case."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, func, select
from sqlalchemy.orm import Mapped, mapped_column

from shopvisio.cases import Case, record
from shopvisio.db import Base, db
from shopvisio.i18n import lazy

MOST_KEPT = 50  # of a case; the latest is what counts
WEAK_LOSS, WEAK_RTT, WEAK_RATE = 0.05, 400, 500  # a share, ms, kbit/s: from here on the picture suffers
BROKEN_LOSS = 0.3  # a share: from here on the voice does too

VERDICTS = {
    "ready": lazy("Tout est prêt"),
    "blind": lazy("Tout est prêt, sauf la caméra"),
    "weak": lazy("Connexion faible"),
    "mute": lazy("Le micro ne s’entend pas"),
    "deaf": lazy("Le son ne s’entend pas"),
    "cut": lazy("L’appel ne passe pas"),
}
SHORT = {  # beside a visit of the day
    "ready": lazy("Test bon"),
    "blind": lazy("Test bon, sans caméra"),
    "weak": lazy("Connexion faible"),
    "mute": lazy("Micro muet"),
    "deaf": lazy("Son muet"),
    "cut": lazy("L’appel ne passe pas"),
}
PILLS = {"ready": "ok", "blind": "ok", "weak": "warn", "mute": "warn", "deaf": "warn", "cut": "bad"}


@dataclass(frozen=True)
class Result:
    """What was found. ``loss`` is the share of media packets that did not come back, ``rtt`` ms to the shop and back,
    ``rate`` kbit/s that came back: 0 when nothing did."""

    camera: bool
    mic: bool
    sound: bool
    loss: float
    rtt: int
    rate: int

    @property
    def network(self) -> str:
        """``good``, ``weak`` (the voice passes, the picture may not) or ``cut``."""
        if not self.rate or self.loss >= BROKEN_LOSS:
            return "cut"
        return "weak" if self.loss >= WEAK_LOSS or self.rtt >= WEAK_RTT or self.rate < WEAK_RATE else "good"

    @property
    def verdict(self) -> str:
        """A word of VERDICTS: what stands most in the way of the call."""
        if self.network == "cut":
            return "cut"
        if not self.sound:
            return "deaf"
        if not self.mic:
            return "mute"
        return "weak" if self.network == "weak" else "ready" if self.camera else "blind"


class Trial(Base):
    """One device tried by a customer; ``browser`` names it for eyes, the rest is as in :class:`Result`."""

    __tablename__ = "trial"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    at: Mapped[datetime]
    browser: Mapped[str]
    camera: Mapped[bool]
    mic: Mapped[bool]
    sound: Mapped[bool]
    loss: Mapped[float]
    rtt: Mapped[int]
    rate: Mapped[int]

    @property
    def result(self) -> Result:
        """What was found."""
        return Result(self.camera, self.mic, self.sound, self.loss, self.rtt, self.rate)


def keep(case: Case, result: Result, browser: str, now: datetime) -> None:
    """Note what was found; the case's story tells it. Beyond MOST_KEPT the oldest are forgotten."""
    before = latest(case)
    if before is None or (before.result.verdict, before.browser) != (result.verdict, browser):
        record(case, "tried", case.customer.actor, now, verdict=result.verdict, browser=browser)
    db.session.add(Trial(case_id=case.id, at=now, browser=browser, **asdict(result)))
    db.session.flush()
    kept = select(Trial).where(Trial.case_id == case.id).order_by(Trial.id.desc()).offset(MOST_KEPT)
    for old in db.session.scalars(kept):
        db.session.delete(old)


def latest(case: Case) -> Trial | None:
    """What the customer tried last."""
    return db.session.scalar(select(Trial).where(Trial.case_id == case.id).order_by(Trial.id.desc()).limit(1))


def latest_of(cases: Collection[Case]) -> dict[int, Trial]:
    """What was tried last, by the case's id, with one query for however many."""
    newest = select(func.max(Trial.id)).where(Trial.case_id.in_([case.id for case in cases])).group_by(Trial.case_id)
    return {trial.case_id: trial for trial in db.session.scalars(select(Trial).where(Trial.id.in_(newest)))}


def told(trial: Trial) -> tuple[str, str]:
    """The kind of its pill, and a word or two."""
    verdict = trial.result.verdict
    return PILLS[verdict], str(SHORT[verdict])
