"""Passwords that are made of this place's own words."""

import pytest
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils import translation

from servicedesk.core.passwords import OwnWordsValidator
from servicedesk.staff.models import User


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def complaints(password):
    """Return what the form for a new password says to whoever types this one twice."""
    typed = {"new_password1": password, "new_password2": password}
    return SetPasswordForm(User(username="mei"), typed).errors


@pytest.mark.parametrize(
    "password",
    [
        "Servicedesk2026!",
        "customer-service-1",
        "客服密码2026客服密码",
        "Kefu-Gongdan-123456",
        "Acmedesk-Admin-99",
    ],
)
def test_words_of_the_desk_and_of_its_host_will_not_do(password, settings):
    settings.BASE_URL = "https://help.acmedesk.example"
    with pytest.raises(ValidationError, match="Choose other words"):
        OwnWordsValidator().validate(password)


@pytest.mark.parametrize(
    "password",
    ["correct-horse-battery", "service und pflaumenkuchen", "春眠不觉晓处处闻啼鸟夜来"],
)
def test_words_of_ones_own_are_enough(password):
    assert complaints(password) == {}


def test_it_is_asked_wherever_a_password_is_set():
    with pytest.raises(ValidationError, match="Choose other words"):
        validate_password("servicedesk-admin-1")


def test_long_passwords_of_any_signs_are_taken():
    """From 12 to far more than 64 signs, with spaces, without digits or capitals."""
    assert complaints("aussergewohnlich grune pflaumen " * 4) == {}
    assert list(complaints("plum-cake-7")) == ["new_password2"]
