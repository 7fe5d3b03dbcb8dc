"""One line per event on standard output: UTC, level, request id, names of things; no personal data.

Addresses of pages are never logged (they hold secret links), nor bodies, names or e-mail addresses.
"""

import json
import logging
import sys
from collections import deque
from contextvars import ContextVar
from datetime import UTC, datetime

request_id: ContextVar[str] = ContextVar("request_id", default="")

_STANDARD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class _Line(logging.Formatter):
    """JSON, one object a line."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        told: dict[str, object] = {"at": at, "level": record.levelname.lower(), "from": record.name}
        if request_id.get():
            told["request"] = request_id.get()
        told["event"] = record.getMessage()
        told |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info:
            told["trace"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False, default=str)


class Recent(logging.Handler):
    """The last lines, for the page that tells how the appliance is."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(_Line())
        self.lines: deque[str] = deque(maxlen=200)

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


recent = Recent()


def start(level: str) -> None:
    """Send every record of ``level`` and above to standard output."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_Line())
    logging.basicConfig(level=level.upper(), handlers=[handler, recent], force=True)
    for noisy in ("aioice", "aiortc", "engineio", "socketio", "fontTools", "weasyprint", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
