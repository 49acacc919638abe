import re

import pytest
from playwright.sync_api import expect

from tests.browser.words import LANGUAGES

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("stack")]


@pytest.fixture(params=LANGUAGES)
def page(visits, request):
    """The administrator's page, reached through the one login."""
    return visits.sign_in("admin", language=request.param)


def save(page):
    page.locator("input[name=_save]").click()
    expect(page.locator(".messagelist .success")).to_be_visible()


def test_a_category_gets_another_name(page, visits, stack):
    [[key]] = stack.ask("SELECT id FROM tickets_category WHERE slug = 'suggestion'")
    page.goto(f"/admin/tickets/category/{key}/change/")
    page.locator("#id_name_zh").fill("意见建议")
    page.locator("#id_name_en").fill("Idea")
    save(page)

    form = visits.open(language="en")
    form.goto("/help/request/")
    expect(form.locator("#id_category")).to_contain_text("Idea")


def test_a_cell_of_the_priority_matrix_changes(page, stack):
    page.goto("/admin/tickets/priorityrule/")
    cell = page.locator("#result_list select").last
    other = "3" if cell.input_value() == "4" else "4"
    cell.select_option(value=other)
    page.locator("input[name=_save]").click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    assert page.locator("#result_list select").last.input_value() == other


def test_a_service_level_gets_a_new_version(page, stack):
    [[key]] = stack.ask("SELECT id FROM tickets_servicelevel WHERE slug = 'web'")
    count = "SELECT count(*) FROM tickets_servicelevelversion WHERE level_id = %s"
    [[before]] = stack.ask(count, key)
    page.goto(f"/admin/tickets/servicelevel/{key}/change/")
    field = page.locator("#id_first_response")
    field.fill(str(int(field.input_value()) + 60))
    save(page)
    assert stack.ask(count, key) == [(before + 1,)]


def test_a_role_loses_a_permission_and_the_agent_the_button(page, visits, stack):
    [[group]] = stack.ask("SELECT group_id FROM staff_role WHERE key = 'agent'")
    [[permission]] = stack.ask(
        "SELECT id FROM auth_permission WHERE codename = 'add_ticket'"
    )
    agent = visits.sign_in("agent")
    agent.goto("/inbox/")
    expect(agent.locator("#list a[href='/inbox/new/']")).to_have_count(1)
    try:
        _set(page, group, permission, given=False)
        agent.reload()
        expect(agent.locator("#list a[href='/inbox/new/']")).to_have_count(0)
    finally:
        _set(page, group, permission, given=True)
    agent.reload()
    # What opens customer data waits for a second person.
    expect(agent.locator("#list a[href='/inbox/new/']")).to_have_count(0)
    officer = visits.sign_in("dpo")
    officer.goto("/powers/")
    officer.locator("form[action$='/confirm/'] button").click()
    expect(officer.locator("form[action$='/confirm/']")).to_have_count(0)
    agent.reload()
    expect(agent.locator("#list a[href='/inbox/new/']")).to_have_count(1)


def _set(page, group, permission, *, given):
    """Move the permission between Django's two lists of available and chosen ones."""
    page.goto(f"/admin/auth/group/{group}/change/")
    source, button = ("from", "add") if given else ("to", "remove")
    page.locator(f"#id_permissions_{source}").select_option(str(permission))
    page.locator(f".field-permissions .selector-{button}").click()
    page.locator("#id_why").fill("Taken away by mistake")
    save(page)


def test_for_everybody_else_there_is_no_administration(visits):
    visits.complaints.allow(404)
    for username in ("agent", "supervisor", "manager"):
        page = visits.sign_in(username)
        for path in ("/admin/", "/admin/staff/user/", "/admin/tickets/category/"):
            assert page.goto(path).status == 404
    stranger = visits.open()
    stranger.goto("/admin/")
    expect(stranger).to_have_url(re.compile("/accounts/login/"))
