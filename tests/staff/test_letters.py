import pytest
from django.core import mail
from django.urls import reverse

from servicedesk.core.models import Notification
from servicedesk.core.tasks import send_notifications
from servicedesk.staff.models import User
from tests.staff.conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client, person):
    user = person("Bai Lu", "administrator")
    client.force_login(user)
    return user


def test_who_gets_an_account_hears_of_it_in_chinese(
    client, admin, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        client.post(
            reverse("admin:staff_user_add"),
            {
                "username": "new.agent",
                "display_name": "新同事",
                "email": "new@example.com",
                "password1": PASSWORD,
                "password2": PASSWORD,
            },
        )

    made = Notification.objects.get(kind="staff.account_made")
    assert mail.outbox == []
    assert made.mail_state == "due"
    assert send_notifications.apply().get() == 1
    assert send_notifications.apply().get() == 0
    letter = mail.outbox[0]
    assert letter.to == ["new@example.com"]
    assert "new.agent" in letter.body
    assert "新同事" in letter.body
    assert "账号" in letter.subject
    assert PASSWORD not in letter.body


@pytest.mark.parametrize("address", ["shen.yi@example.com", ""])
def test_who_is_given_a_new_password_hears_of_it(
    client, admin, person, address, django_capture_on_commit_callbacks
):
    shen = person("Shen Yi", email=address)
    where = reverse("admin:auth_user_password_change", args=[shen.pk])

    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(
            where,
            {
                "password1": "another-horse-battery",
                "password2": "another-horse-battery",
            },
        )

    assert answer.status_code == 302
    assert User.objects.get(pk=shen.pk).check_password("another-horse-battery")
    send_notifications.apply()
    assert [each.to for each in mail.outbox] == ([[address]] if address else [])
    assert all("set a new password" in each.body for each in mail.outbox)
