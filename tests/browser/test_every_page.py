"""What holds of every page and for every role, and the two choices of the frame: language and sign-out."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from pointsvc.permissions import Role
from tests.browser.visitors import Site, overflow
from tests.factories import BY_ROLE

pytestmark = pytest.mark.browser

NARROW = (320, 640)


def ways(page: Page) -> list[str]:
    """The addresses of the main pages of whoever is signed in."""
    links = page.locator("nav.ways a").all()
    return [link.get_attribute("href") or "" for link in links]


@pytest.mark.parametrize("role", list(Role))
def test_every_way_of_a_role_opens_quietly_and_fits_a_narrow_phone(site: Site, role: Role) -> None:
    page = site.signed_in(BY_ROLE[role], NARROW)
    addresses = ways(page)
    assert len(addresses) >= 3
    for address in addresses:
        answer = page.goto(address)
        assert answer is not None
        assert (address, answer.status) == (address, 200)
        expect(page.locator("nav.ways [aria-current=page]")).to_have_attribute("href", address)
        assert (address, overflow(page)) == (address, 0)
        first = page.locator("main tbody th a, main .lines a").first
        if first.count():
            first.click()
            expect(page.locator("h1")).not_to_be_empty()
            assert (page.url, overflow(page)) == (page.url, 0)
    # That nothing failed, spoke in the console or asked elsewhere is checked by ``site`` at its end.


def test_the_page_speaks_english_when_asked_and_goes_on_doing_so(site: Site) -> None:
    page = site.signed_in("secretary")
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    page.get_by_role("button", name="English").click()
    for _ in range(2):
        expect(page.locator("html")).to_have_attribute("lang", "en")
        expect(page.get_by_role("link", name="Record a meeting")).to_be_visible()
        page.reload()
    again = site.signed_in("secretary")
    expect(again.locator("html")).to_have_attribute("lang", "en")


def test_after_signing_out_an_old_page_does_nothing(site: Site) -> None:
    page = site.signed_in("secretary")
    page.goto("/meetings/new")
    old = page.context.new_page()
    old.goto("/meetings/new")
    page.locator("summary").filter(has_text="secretary").click()
    page.get_by_role("button", name="退出登录").click()
    expect(page).to_have_url(re.compile("/sign-in$"))

    old.get_by_role("button", name="签到").click()
    expect(old.get_by_role("heading", level=1)).not_to_have_text("登记会议")
    page.go_back()
    expect(page).to_have_url(re.compile("/sign-in"))
    page.goto("/meetings")
    expect(page).to_have_url(re.compile("/sign-in"))
