"""The pages of those who handle requests of the person."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers.actions.package import ask_package
from customers.models import RightsRequest, RightsState
from servicedesk.staff.models import RoleKey
from tests.core.test_jobs import work
from tests.customers.persons import asked_by, ding, guo, zhang
from tests.desk import chen, desk, fresh, sun, wang, zhao
from tests.factories import NOW, CustomerFactory, UserFactory

__all__ = ["chen", "desk", "ding", "guo", "sun", "wang", "zhang", "zhao"]
ONE = [
    "rights-request", "rights-take", "rights-check", "rights-answer", "rights-refuse",
    "rights-take-back", "rights-package", "rights-password", "rights-mail-password",
    "rights-propose", "rights-approve",
]  # fmt: skip
POSTED = {
    "rights-take", "rights-take-back", "rights-package", "rights-password",
    "rights-mail-password", "rights-propose",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _own_folders(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.ERASURES_DIR = tmp_path / "ledger"


def of(person):
    client = Client()
    client.force_login(person)
    return client


def address(name, asked):
    return reverse(f"customers:{name}", args=[asked.number])


def touch(client, name, asked):
    act = client.post if name in POSTED else client.get
    return act(address(name, asked))


@pytest.mark.parametrize("name", ONE)
def test_strangers_learn_of_no_request(zhang, ding, wang, name):
    asked = asked_by(zhang, "delete", by=ding)

    assert touch(Client(), name, asked).status_code == 302
    assert touch(of(wang), name, asked).status_code == 404
    assert fresh(asked).state == RightsState.CHECKED


@pytest.mark.parametrize("role", RoleKey.values)
def test_only_officers_see_the_list_and_whoever_approves_erasures(zhang, ding, role):
    asked_by(zhang, "access", by=ding)
    reader = UserFactory(display_name="Reader", role=role, team="call-centre")
    seen = of(reader).get("/customers/rights/")

    may = role in {"data_protection_officer", "supervisor"}
    assert seen.status_code == (200 if may else 404)
    assert ("A copy of my data" in seen.content.decode()) == (
        role == "data_protection_officer"
    )


def test_a_supervisor_sees_what_there_is_to_approve_and_erases(zhang, ding, zhao):
    asked = asked_by(zhang, "delete", by=ding)
    desk = of(zhao)
    assert desk.get(address("rights-request", asked)).status_code == 404
    of(ding).post(address("rights-propose", asked))

    page = desk.get(address("rights-request", asked)).content.decode()
    assert "Approve and erase" in page
    assert desk.post(address("rights-take", asked)).status_code == 403
    assert desk.get(address("rights-approve", asked)).status_code == 200
    desk.post(address("rights-approve", asked))

    assert fresh(zhang).erased_at is not None
    shown = of(ding).get(address("rights-request", asked)).content.decode()
    assert "What was kept, and why" in shown


def test_whoever_proposed_cannot_approve(zhang, ding):
    asked = asked_by(zhang, "delete", by=ding)
    of(ding).post(address("rights-propose", asked))
    refused = of(ding).post(address("rights-approve", asked))

    assert refused.status_code == 422
    assert "Another person" in refused.content.decode()
    assert fresh(zhang).erased_at is None


def test_an_agent_writes_down_what_somebody_asks_at_the_telephone(zhang, wang):
    new = reverse("customers:rights-new", args=[zhang.number])
    said = {"kind": "access", "way": "phone", "words": "", "facts": ["name", "order"]}

    assert of(wang).get(new).status_code == 200
    assert of(wang).post(new, said).status_code == 302
    asked = RightsRequest.objects.get()
    assert (asked.state, asked.recorded_by) == (RightsState.CHECKED, wang)
    panel = of(wang).get(reverse("customers:rights-panel", args=[zhang.number]))
    assert asked.code in panel.content.decode()


def test_an_officer_writes_down_what_somebody_of_any_team_asks(zhang, ding):
    new = reverse("customers:rights-new", args=[zhang.number])
    said = {"kind": "delete", "way": "paper", "words": "", "facts": ["document"]}

    assert of(ding).post(new, said).status_code == 302
    assert RightsRequest.objects.get().checked_facts == ["document"]


def test_one_fact_is_refused_with_a_sentence_and_nothing_is_lost(zhang, wang):
    new = reverse("customers:rights-new", args=[zhang.number])
    said = {"kind": "access", "way": "phone", "words": "All of it", "facts": ["name"]}
    refused = of(wang).post(new, said)

    assert refused.status_code == 422
    assert "two facts" in refused.content.decode()
    assert "All of it" in refused.content.decode()


@pytest.mark.parametrize("name", ["rights-panel", "rights-new"])
def test_whoever_does_not_see_the_customer_sees_no_panel(zhang, chen, name):
    page = reverse(f"customers:{name}", args=[zhang.number])

    assert Client().get(page).status_code == 302
    assert of(chen).get(page).status_code == 404


def test_the_password_is_shown_once_and_never_kept_by_a_browser(zhang, ding):
    asked = asked_by(zhang, "access", by=ding, now=timezone.now())
    ask_package(asked=asked, by=ding, now=timezone.now())
    work(timezone.now())
    desk = of(ding)

    first = desk.post(address("rights-password", asked))
    again = desk.post(address("rights-password", asked), follow=True)

    assert first["Cache-Control"] == "no-store, private"
    assert first.content.decode().count("-") > 4
    assert "told already" in again.content.decode()


def test_an_answer_and_a_refusal_go_through_their_forms(zhang, ding):
    asked = asked_by(zhang, "explain", by=ding)
    desk = of(ding)
    assert desk.post(address("rights-answer", asked), {"words": ""}).status_code == 422
    desk.post(address("rights-answer", asked), {"words": "To serve you."})

    assert fresh(asked).state == RightsState.ANSWERED
    late = desk.post(address("rights-refuse", asked), {"words": "No."})
    assert "over" in late.content.decode()


def test_the_times_are_changed_on_a_page(ding, wang):
    page = "/customers/rights/settings/"
    given = {"aim_days": 10, "limit_days": 20, "warn_days": 5, "source": "Policy 7"}

    assert of(wang).get(page).status_code == 404
    assert of(ding).get(page).status_code == 200
    assert of(ding).post(page, given | {"warn_days": 25}).status_code == 422
    assert of(ding).post(page, given).status_code == 302


def test_no_page_shows_the_person(zhang, ding):
    asked = asked_by(zhang, "access", by=ding, words="Please")
    desk = of(ding)

    for page in ("/customers/rights/", address("rights-request", asked)):
        text = desk.get(page).content.decode()
        assert zhang.code in text
        assert "张" not in text


def test_the_list_asks_the_same_of_one_and_of_three(
    zhang, ding, django_assert_max_num_queries
):
    desk = of(ding)
    asked_by(zhang, "access", by=ding)
    desk.get("/customers/rights/")
    counts = []
    for more in (0, 2):
        for _each in range(more):
            asked_by(CustomerFactory(), "access", by=ding)
        with django_assert_max_num_queries(15) as seen:
            desk.get("/customers/rights/")
        counts.append(len(seen.captured_queries))

    assert counts[0] == counts[1]
    assert RightsRequest.objects.filter(received_at=NOW).count() == 3
