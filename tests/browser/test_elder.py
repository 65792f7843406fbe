"""The large display: three ways, big targets, and the page read aloud by the browser's own speech."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.visitors import PHONE, Site

pytestmark = pytest.mark.browser

# A browser without voices says nothing in a test: what it is asked to say is kept instead.
LISTEN = """() => {
    window.heard = [];
    window.SpeechSynthesisUtterance = function (text) { this.text = text; };
    window.speechSynthesis.speak = (said) => { window.heard.push([said.lang, said.text]); said.onstart(); };
}"""

SMALL_TARGETS = """[...document.querySelectorAll('nav.bottom a, button, .button, summary, main a')]
    .filter(part => part.getBoundingClientRect().height > 0 && part.getBoundingClientRect().height < 59)
    .map(part => part.textContent.trim())"""


def test_three_ways_in_large_type_with_targets_for_a_thumb(site: Site) -> None:
    page = site.signed_in("member", PHONE)
    page.get_by_role("button", name="大字版").click()
    expect(page.locator("html")).to_have_attribute("data-elder", "")
    expect(page.locator("nav.bottom li")).to_have_count(3)
    assert float(page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")) >= 24
    assert page.evaluate(SMALL_TARGETS) == []


def test_a_member_sees_three_screens_and_nothing_beside_them(site: Site) -> None:
    page = site.signed_in("member", PHONE)
    page.get_by_role("button", name="大字版").click()
    ways = page.locator("nav.bottom a")
    assert [(one.inner_text(), one.get_attribute("href")) for one in ways.all()] == [
        ("我的积分", "/score"),
        ("通知", "/notices"),
        ("联系书记", "/secretary"),
    ]
    screens = {"/score", "/notices", "/secretary"}
    found = set()
    for screen in sorted(screens):
        page.goto(screen)
        links = page.evaluate("[...document.querySelectorAll('a[href^=\"/\"]')].map(link => link.pathname)")
        found |= {(screen, link) for link in links if link not in screens}
        assert float(page.evaluate("parseFloat(getComputedStyle(document.querySelector('main p')).fontSize)")) >= 24
        assert page.evaluate(SMALL_TARGETS) == []
        expect(page.get_by_role("button", name="朗读")).to_be_visible()
    # The title leads home, which is the score; the sheet of the account keeps the password; and the right
    # to object stands beside each entry in every display.
    assert {link for _, link in found} <= {"/", "/password", "/disputes/new"}


def test_whoever_works_with_the_service_keeps_every_way_in_large_type(site: Site) -> None:
    page = site.signed_in("secretary", PHONE)
    every = {link.get_attribute("href") for link in page.locator("#ways a").all()}
    page.get_by_role("button", name="大字版").click()
    expect(page.locator("nav.bottom li")).to_have_count(4)
    page.get_by_role("link", name="更多").click()
    expect(page.locator("#ways a").first).to_be_in_viewport()
    assert {link.get_attribute("href") for link in page.locator("#ways a").all()} == every
    assert page.evaluate(SMALL_TARGETS) == []


def test_the_usual_display_brings_every_way_back(site: Site) -> None:
    page = site.signed_in("member", PHONE)
    page.get_by_role("button", name="大字版").click()
    expect(page.get_by_role("link", name="积分回执")).to_have_count(0)
    page.get_by_role("button", name="标准版").click()
    expect(page.locator("nav.bottom li")).to_have_count(5)
    assert page.locator("main a[href^='/members/']").count() >= 1


def test_the_page_is_read_aloud_on_request(site: Site) -> None:
    page = site.signed_in("member", PHONE)
    expect(page.locator("[data-aloud]")).to_have_count(0)
    page.get_by_role("button", name="大字版").click()
    page.evaluate(LISTEN)
    button = page.get_by_role("button", name="朗读")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    ((language, text),) = page.evaluate("window.heard")
    assert language == "zh-CN"
    assert "我的积分" in text
    assert "60.00" in text
