import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.pages import PUBLIC, places, record_of, show
from tests.browser.people import Customer
from tests.browser.words import LANGUAGES, Words

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("stack")]
PATHS = "all => all.map(a => a.pathname)"
ALL = {"resultTypes": ["violations"]}
OF_COLOUR = {**ALL, "runOnly": ["color-contrast", "link-in-text-block"]}
"""What the other theme of the same page can change."""
# Django's lists that are edited in place give their controls no name, and its tables
# of related rows a first column no head.
KNOWN = {("admin-matrix", "select-name"), ("admin-person", "empty-table-header")}


@pytest.fixture
def all_places(visits, stack):
    customer = Customer(visits.open(), Words("zh-hans"))
    number = customer.ask(contact="139 4444 0001", subject="无障碍检查")
    record = record_of(visits.sign_in("agent"))
    return places(number=number, link=customer.link, customer=record)


def complaints_of(axe, page, place):
    """Return what axe finds wrong in either theme, one line a rule."""
    show(page, place)
    wrong = []
    for theme, options in (("light", ALL), ("dark", OF_COLOUR)):
        page.evaluate("it => { document.documentElement.dataset.theme = it }", theme)
        found = (
            page.evaluate("options => axe.run(document, options)", options)
            if page.evaluate("typeof axe === 'object'")
            else axe.run(page, options=options).response
        )
        assert found["passes"], f"axe looked at nothing: {place.name} {theme}"
        wrong += [
            f"{place.name} {theme}: {rule['id']}: {rule['nodes'][0]['html'][:120]}"
            for rule in found["violations"]
            if (place.name, rule["id"]) not in KNOWN
        ]
    return wrong


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_accessible_in_both_themes(visits, stack, all_places, language):
    axe = Axe()
    wrong = []
    for who in dict.fromkeys(place.who for place in all_places):
        options = {"language": language, "bypass_csp": True}
        page = (
            visits.open(**options) if who == PUBLIC else visits.sign_in(who, **options)
        )
        for place in all_places:
            if place.who == who:
                wrong += complaints_of(axe, page, place)
    assert not wrong, "\n".join(wrong)


def test_every_page_of_the_rail_is_among_them(visits, stack, all_places):
    known = {place.path.split("?")[0] for place in all_places}
    for who in ("agent", "supervisor", "admin"):
        page = visits.sign_in(who)
        stops = page.locator(".rail nav a").evaluate_all(PATHS)
        assert set(stops) <= known
        for stop in stops:
            page.goto(f"{stack.url}{stop}")
            tabs = page.locator(".section a").evaluate_all(PATHS)
            assert set(tabs) <= known
