"""Log lines as JSON: one object a line, with what a search wants to find it by."""

import json
import logging
from typing import Any

from servicedesk.core.logs import DiscreetFormatter
from servicedesk.core.operations.request_ids import doing


class JsonFormatter(DiscreetFormatter):
    """Time, level, logger and message; the request, page, person and task it belongs to.

    Of a person it holds the number and of a page the name; of customers nothing. What
    errors of the database quote is left out, as in plain lines.
    """

    def format(self, record: logging.LogRecord) -> str:
        record.message = record.getMessage()
        line: dict[str, Any] = {
            "time": self.formatTime(record),
            "level": record.levelname,
            "logger": record.name,
            "message": self.formatMessage(record),
            "process": record.process,
            **_whose(),
        }
        if record.exc_info:
            # Not kept on the record: another formatter would find it there.
            line["error"] = self.formatException(record.exc_info)
        if record.stack_info:
            line["stack"] = self.formatStack(record.stack_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def _whose() -> dict[str, Any]:
    what = doing()
    if what is None:
        return {}
    found = {
        "request_id": what.id,
        "page": what.page,
        "user": what.user_id,
        "task": what.task,
        "task_id": what.task_id,
    }
    return {name: value for name, value in found.items() if value}
