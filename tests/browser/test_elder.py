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


def test_three_ways_in_large_type_with_targets_for_a_thumb(site: Site) -> None:
    page = site.signed_in("member", PHONE)
    page.get_by_role("button", name="大字版").click()
    expect(page.locator("html")).to_have_attribute("data-elder", "")
    expect(page.locator("nav.bottom li")).to_have_count(3)
    assert float(page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")) >= 24
    small = page.evaluate(
        "[...document.querySelectorAll('nav.bottom a, button, .button')]"
        ".filter(part => part.getBoundingClientRect().height > 0 && part.getBoundingClientRect().height < 59)"
        ".map(part => part.textContent.trim())"
    )
    assert small == []


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
