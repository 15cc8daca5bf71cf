"""Log lines people can read: time, level, logger, message, then `extra` as key=value."""

import logging
import re

PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "data"}

# Whoever has such a link may change a person's settings.
LINK = re.compile(r"(/(?:p|w|u|l|t/[co])/)[A-Za-z0-9_\-.:~%=]{12,}")


def without_links(text: str) -> str:
    """The tokens of people's links are taken out."""
    return LINK.sub(r"\1…", text)


def mask_access(record: logging.LogRecord) -> bool:
    """A filter of granian's access log."""
    if isinstance(record.args, dict) and "path" in record.args:
        record.args = {**record.args, "path": without_links(str(record.args["path"]))}
    return True


class PlainFormatter(logging.Formatter):
    default_time_format = "%H:%M:%S"

    def format(self, record: logging.LogRecord) -> str:
        extra = " ".join(f"{k}={v}" for k, v in vars(record).items() if k not in PLAIN)
        line = f"{self.formatTime(record)} {record.levelname.lower()} {record.name}: "
        line += record.getMessage() + (f" {extra}" if extra else "")
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return without_links(line)
