import pytest
from playwright.sync_api import expect

from tests.browser.pages import PUBLIC, places, record_of, show
from tests.browser.people import Colleague, Customer
from tests.browser.words import Words

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("stack")]
say = Words("zh-hans")


def test_one_pane_at_a_time_on_a_phone(visits):
    customer = Customer(visits.open(width=390, height=844), say)
    number = customer.ask(contact="139 5555 0001", subject="手机上看")
    li = Colleague(
        visits.sign_in("agent", language="zh-hans", width=390, height=844), say
    )
    li.queue("team")
    expect(li.row(number)).to_be_visible()
    expect(li.page.locator(".pane--conversation")).to_be_hidden()

    li.row(number).click()
    expect(li.page.locator("#reply-body")).to_be_visible()
    expect(li.page.locator("#list")).to_be_hidden()

    li.page.get_by_role("link", name=say("Back to the list")).click()
    expect(li.row(number)).to_be_visible()
    expect(li.page.locator(".pane--conversation")).to_be_hidden()


# Words that stand in a column of letters, because what is beside them left no room.
SQUEEZED = """all => all
  .filter(e => e.clientWidth && e.clientWidth < 72 && e.clientHeight > 4 * e.clientWidth)
  .map(e => e.textContent.trim().slice(0, 30))"""


@pytest.mark.parametrize(("width", "language"), [(390, "en"), (320, "zh-hans")])
def test_no_page_scrolls_sideways_or_squeezes_its_words(visits, width, language):
    customer = Customer(visits.open(width=width), say)
    number = customer.ask(contact="139 5555 0002", subject="窄屏幕" * 12)
    record = record_of(visits.sign_in("agent"))
    all_places = places(number=number, link=customer.link, customer=record)
    wide = []
    for who in dict.fromkeys(place.who for place in all_places):
        options = {"width": width, "height": 800}
        page = (
            visits.open(**options)
            if who == PUBLIC
            else visits.sign_in(who, language=language, **options)
        )
        for place in all_places:
            if place.who != who or place.opens or place.path.startswith("/admin/"):
                continue
            show(page, place)
            over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            if over > 0:
                wide.append(f"{place.name}: {over} px")
            words = page.locator(
                "main :is(h1, h2, h3, p, span, dd, caption, td, label, a)"
            )
            wide += [f"{place.name}: {each}" for each in words.evaluate_all(SQUEEZED)]
    assert not wide
