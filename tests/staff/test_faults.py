import pytest
from django.test import RequestFactory
from django.utils import translation

from servicedesk.core import views


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize(
    ("page", "status"),
    [
        (lambda request: views.bad_request(request, Exception()), 400),
        (lambda request: views.forbidden(request, Exception()), 403),
        (lambda request: views.not_found(request, Exception()), 404),
        (views.too_many, 429),
        (views.server_error, 500),
        (views.csrf_failure, 403),
    ],
)
def test_the_pages_for_trouble_speak_and_need_no_database(page, status, language):
    with translation.override(language):
        answer = page(RequestFactory().get("/"))

    assert answer.status_code == status
    tag = {"zh-hans": "zh-Hans", "en": "en"}[language]
    assert f'lang="{tag}"' in answer.content.decode()


def test_a_broken_page_for_errors_still_leaves_words(settings):
    broken = {**settings.TEMPLATES[0], "DIRS": [], "APP_DIRS": False}
    settings.TEMPLATES = [broken]

    answer = views.server_error(RequestFactory().get("/"))

    assert answer.status_code == 500
    assert "Something went wrong" in answer.content.decode()


def test_a_form_from_an_old_page_is_explained(client, settings):
    client.handler.enforce_csrf_checks = True

    answer = client.post("/accounts/login/", {"login": "x", "password": "y"})

    assert answer.status_code == 403
    assert "csrf" not in answer.content.decode().lower()
