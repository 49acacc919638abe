"""A process in which everything goes wrong that can, with customers' values all about.

`python -m tests.core.operations.falling`: a page that raises with values in the message,
in local variables, in the form, in cookies, headers and the query; an error of the
database that quotes one; a task that fails; a line of the log with a value in it.
"""

import logging
import os

import django
from django.db import connection
from django.http import HttpResponse
from django.urls import path

NAME, PHONE, EMAIL = (os.environ[f"PLANTED_{n}"] for n in ("NAME", "PHONE", "EMAIL"))
NUMBER = "0123456789abcdef0123456789abcdef"


def falls(request, token):
    """Raise, while local variables hold what was sent."""
    said = dict(request.POST)
    customer = {"name": NAME, "phone": PHONE}
    try:
        {}[PHONE]
    except KeyError as error:
        raise ValueError(f"{NAME} {EMAIL} {said} {customer}") from error


def quotes(_request):
    """Let the database quote a value."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT cast(%s AS integer)", [NAME])
    return HttpResponse()


urlpatterns = [path("falls/<str:token>/", falls, name="falls"), path("q/", quotes)]


def main():
    """Fall, several times."""
    django.setup()
    from celery import shared_task  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.test.utils import override_settings  # noqa: PLC0415

    @shared_task(name="tests.falls")
    def task(value):
        raise RuntimeError(f"{value} {EMAIL}")

    with override_settings(ROOT_URLCONF=__name__, TRUSTED_PROXIES=1):
        browser = Client(
            raise_request_exception=False,
            headers={"X-Request-ID": NUMBER, "User-Agent": NAME, "X-Other": EMAIL},
        )
        browser.cookies["customer"] = PHONE
        form = {"name": NAME, "contact": PHONE, "body": EMAIL}
        browser.post(f"/falls/secret-token/?phone={PHONE}", form)
        browser.get("/q/")
    task.apply(args=[PHONE])
    logging.getLogger("tickets.actions").error("A letter to %s was not sent", EMAIL)
    logging.getLogger("library").error(f"{NAME} was here")  # noqa: G004

    import sentry_sdk  # noqa: PLC0415

    sentry_sdk.flush(20)


if __name__ == "__main__":
    main()
