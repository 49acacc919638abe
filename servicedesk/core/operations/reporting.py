"""Tell a server that speaks Sentry's protocol of errors, and of nothing that people said.

Off unless SENTRY_DSN is set. What leaves is built anew from a short list: the kind of
the error, where in our code it arose, the words of our own log line without its values,
and the numbers by which our log tells the rest. The error's own message stays here,
because it may quote a customer: so do requests, local variables and breadcrumbs.
"""

import socket
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from servicedesk.core.operations.request_ids import doing

LEFT_OUT: Final = "(left out: see the log)"
_KEPT: Final = (
    *("event_id", "timestamp", "platform", "level", "logger"),
    *("release", "environment", "server_name", "sdk"),
)
_OF_EXCEPTIONS: Final = ("type", "module", "mechanism")
_OF_FRAMES: Final = ("filename", "function", "module", "lineno", "in_app")
_OURS: Final = (
    *("servicedesk", "customers", "knowledge", "equipment"),
    *("tickets", "training", "complaints", "quality"),
)


def connect() -> None:
    """Begin to report, if there is somebody to report to."""
    if not settings.SENTRY_DSN:
        return
    import sentry_sdk  # noqa: PLC0415 - costs a tenth of a second, and most have none
    from sentry_sdk.integrations.atexit import AtexitIntegration  # noqa: PLC0415
    from sentry_sdk.integrations.logging import LoggingIntegration  # noqa: PLC0415
    from sentry_sdk.utils import BadDsn  # noqa: PLC0415

    # The log is the one place that hears of everything: failed pages and failed tasks.
    heard = LoggingIntegration(level=None, sentry_logs_level=None)
    quiet = AtexitIntegration(callback=lambda _pending, _timeout: None)
    try:
        sentry_sdk.init(
            dsn=settings.SENTRY_DSN,
            default_integrations=False,
            auto_enabling_integrations=False,
            integrations=[heard, quiet],
            before_send=before_send,
            release=f"servicedesk@{settings.VERSION}",
            environment=settings.SENTRY_ENVIRONMENT,
            server_name=socket.gethostname(),
            # Its own way of leaving people out stays on by default (send_default_pii).
            include_local_variables=False,
            include_source_context=False,
            max_request_body_size="never",
            max_breadcrumbs=0,
            auto_session_tracking=False,
            send_client_reports=False,
            propagate_traces=False,
        )
    except BadDsn as error:
        raise ImproperlyConfigured(
            "SENTRY_DSN is no address of an error server, such as "
            "https://key@errors.example.com/1"
        ) from error


def before_send(event: Any, hint: dict[str, Any]) -> Any:
    """Return what leaves: built anew, so that nothing comes along unasked."""
    sent = {name: event[name] for name in _KEPT if name in event}
    record = hint.get("log_record")
    if record is not None and record.name.split(".")[0] in _OURS:
        # The words as they stand in our code, without the values put into them.
        sent["logentry"] = {"message": str(record.msg)}
    found = (event.get("exception") or {}).get("values") or []
    if found:
        sent["exception"] = {"values": [_exception(each) for each in found]}
    sent["tags"] = _tags()
    return sent


def _exception(value: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value[name] for name in _OF_EXCEPTIONS if value.get(name)}
    frames = (value.get("stacktrace") or {}).get("frames") or []
    kept["value"] = LEFT_OUT
    kept["stacktrace"] = {
        "frames": [{n: each[n] for n in _OF_FRAMES if n in each} for each in frames]
    }
    return kept


def _tags() -> dict[str, str]:
    what = doing()
    if what is None:
        return {}
    tags = {"request_id": what.id, "page": what.page, "task": what.task}
    return {name: value for name, value in tags.items() if value}
