"""Photograph every page of a running desk: `python -m tests.browser.shots [folder]`.

With `--readme` only the few pictures of the README. BASE_URL names the desk, DATA_DIR its data
folder with the demonstration password. The pictures of the README go to docs/img.
"""

import os
import sys
from itertools import product
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Page, sync_playwright

from servicedesk.embedded.browser import MISSING, find_chromium
from tests.browser.chrome import LOCALES, launch
from tests.browser.pages import PUBLIC, Place, places, record_of, show

ROOT = Path(__file__).resolve().parents[2]
SIZES = {"wide": (1440, 900), "phone": (390, 844)}
THEMES = ("light", "dark")
README = {
    "zh-hans-light-wide-ticket": "inbox.png",
    "en-dark-wide-ticket": "inbox-dark.png",
    "zh-hans-light-phone-ticket": "phone.png",
    "en-light-wide-desk": "desk.png",
    "en-light-wide-progress": "progress.png",
    "en-light-wide-login": "login.png",
}


class Desk(NamedTuple):
    """Where the desk is, and the password of its demonstration."""

    address: str
    password: str


def sign_in(page: Page, who: str, password: str, language: str) -> None:
    """Sign in, and read in this language."""
    page.goto("/accounts/login/")
    page.locator("#id_login").fill(who)
    page.locator("#id_password").fill(password)
    page.locator("form:has(#id_password) button[type=submit]").click()
    page.locator(".rail").wait_for()
    page.locator("[popovertarget=user-menu]").click()
    page.locator(f"#user-menu button[name=language][value={language}]").click()
    page.locator(f"html[lang^={language[:2]}] .rail").wait_for()


def customers_page(browser: Browser, address: str) -> str:
    """Send a request, and return the address of the customer's own page."""
    page = browser.new_page(base_url=address, locale=LOCALES["en"])
    page.goto("/help/request/")
    page.locator("#id_name").fill("Grace Miller")
    page.locator("#id_contact").fill("grace.miller@example.com")
    page.locator("#id_category").select_option(index=1)
    page.locator("#id_subject").fill("The left earphone stays silent")
    page.locator("#id_body").fill(
        "It worked for two days. Now only the right one plays."
    )
    page.wait_for_timeout(2300)
    page.locator("form.card button[type=submit]").click()
    link = page.locator("a.button--primary").get_attribute("href")
    page.context.close()
    return str(link)


def to_show(browser: Browser, address: str, password: str) -> tuple[str, str]:
    """Return the number of a ticket in the middle of its conversation, and of a record."""
    page = browser.new_page(base_url=address)
    sign_in(page, "agent", password, "zh-hans")
    page.goto("/inbox/?queue=mine")
    found = page.locator("#rows .row").first.get_attribute("data-number")
    record = record_of(page)
    page.context.close()
    return str(found), str(record)


def photograph(
    browser: Browser, desk: Desk, all_places: list[Place], folder: Path, only: set[str]
) -> None:
    """Save a picture of every page in both languages, themes and sizes.

    `only` names the pictures, such as en-dark-wide-desk; empty means all.
    """
    everybody = dict.fromkeys(place.who for place in all_places)
    for language, theme, size, who in product(LOCALES, THEMES, SIZES, everybody):
        name = f"{language}-{theme}-{size}"
        those = [place for place in all_places if place.who == who]
        if only:
            those = [place for place in those if f"{name}-{place.name}" in only]
        if not those:
            continue
        width, height = SIZES[size]
        context = browser.new_context(
            base_url=desk.address,
            locale=LOCALES[language],
            color_scheme=theme,  # type: ignore[arg-type]
            viewport={"width": width, "height": height},
            reduced_motion="reduce",
        )
        page = context.new_page()
        if who != PUBLIC:
            sign_in(page, who, desk.password, language)
        _save(page, those, name, theme, folder)
        context.close()


def _save(page: Page, those: list[Place], name: str, theme: str, folder: Path) -> None:
    for place in those:
        if place.name == "user-menu" or (place.opens and "phone" in name):
            continue
        show(page, place)
        page.evaluate("it => { document.documentElement.dataset.theme = it }", theme)
        page.wait_for_timeout(250)
        file = folder / f"{name}-{place.name}.png"
        page.screenshot(path=file)
        kept = README.get(f"{name}-{place.name}")
        if kept:
            target = ROOT / "docs" / "img" / kept
            target.parent.mkdir(parents=True, exist_ok=True)
            if "wide" in name:
                page.set_viewport_size({"width": 1300, "height": 780})
            page.screenshot(path=target)
            if "wide" in name:
                page.set_viewport_size({"width": 1440, "height": 900})


def main(arguments: list[str]) -> int:
    """Take the pictures; the exit code."""
    only = set(README) if "--readme" in arguments else set()
    folder = Path(next((each for each in arguments if each != "--readme"), "shots"))
    folder.mkdir(parents=True, exist_ok=True)
    address = os.environ.get("BASE_URL", "http://127.0.0.1:8000")
    data = Path(os.environ.get("DATA_DIR", ROOT / ".data"))
    password = (data / "demo-password").read_text(encoding="ascii").strip()
    chromium = find_chromium()
    if chromium is None:
        print(MISSING, file=sys.stderr)  # noqa: T201
        return 1
    with sync_playwright() as playwright:
        browser = launch(playwright, chromium)
        link = customers_page(browser, address)
        number, record = to_show(browser, address, password)
        found = places(number=number, link=link, customer=record)
        photograph(browser, Desk(address, password), found, folder, only)
        browser.close()
    print(f"The pictures are in {folder}.")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
