"""Passwords that are made of this place's own words, or that others know."""

import hashlib
import random

import pytest
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils import translation

from servicedesk.core.passwords import OwnWordsValidator, is_listed
from servicedesk.staff.models import User


@pytest.fixture(autouse=True)
def _english():
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


STOLEN = "summer-at-the-lake-1998"


def hashed(text):
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest().upper()


@pytest.fixture
def listed(settings, tmp_path):
    """A list as Have I Been Pwned gives it, of a few hundred passwords."""
    words = [STOLEN, *(f"word {number}" for number in range(300))]
    lines = [f"{each}:{len(each)}" for each in sorted(map(hashed, words))]
    path = tmp_path / "stolen.txt"
    path.write_text("\r\n".join(lines) + "\r\n")
    settings.KNOWN_PASSWORDS_LIST = str(path)
    return path, lines


def test_a_password_from_a_theft_of_data_is_refused_wherever_one_is_set(listed):
    with pytest.raises(ValidationError, match="known from a theft of data"):
        validate_password(STOLEN)
    validate_password("correct-horse-battery-lake")


def test_without_a_list_djangos_own_is_asked_all_the_same(settings):
    settings.KNOWN_PASSWORDS_LIST = ""
    validate_password(STOLEN)
    with pytest.raises(ValidationError, match="too common"):
        validate_password("1q2w3e4r5t6y")


@pytest.mark.parametrize("ending", ["\r\n", "\n", ""])
def test_each_hash_of_the_list_is_found_and_no_other(listed, ending):
    path, lines = listed
    path.write_bytes("\n".join(lines).encode() + ending.encode())
    chance = random.Random(1)
    for line in lines:
        assert is_listed(path, line[:40].lower())
        other = f"{chance.getrandbits(160):040X}"
        assert not is_listed(path, other)
    for edge in ("0" * 40, "F" * 40):
        assert not is_listed(path, edge)
    path.write_bytes(b"")
    assert not is_listed(path, lines[0][:40])


def test_a_list_that_is_away_keeps_nobody_from_a_new_password(settings, caplog):
    settings.KNOWN_PASSWORDS_LIST = "/no/such/list"
    validate_password(STOLEN)
    assert "KNOWN_PASSWORDS_LIST cannot be read" in caplog.text
    assert STOLEN not in caplog.text
