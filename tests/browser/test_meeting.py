"""The meeting screen in a browser: by keyboard, without scripts, without a connection; and what a member then sees."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from pointsvc import clock
from pointsvc.activities import service as activities
from pointsvc.db import transaction
from pointsvc.permissions import SYSTEM
from tests.browser.visitors import PHONE, Site, overflow

pytestmark = pytest.mark.browser

# 欧阳凯敏 came late, 曾晓岚 was on leave, 阿里木·江 was there: 2 for the theme day, 0.5 off for coming late.
POINTS = {"M001": Decimal("1.50"), "M002": Decimal("0.00"), "M003": Decimal("2.00")}

# Every click, key and choice, over all pages of one window.
COUNT_TOUCHES = """
for (const kind of ["pointerdown", "keydown", "change"])
  addEventListener(kind, (event) => {
    if (kind !== "change" || event.target.matches("select"))
      sessionStorage.touches = Number(sessionStorage.touches ?? 0) + 1;
  }, true);
"""


def count(page: Page, what: str) -> Locator:
    """The running count of this mark."""
    return page.locator("#strip div").filter(has=page.get_by_text(what, exact=True)).locator("dd")


def marked(page: Page) -> dict[str, str]:
    """Which mark stands for whom: by number."""
    checked = page.locator("#attendance input:checked").all()
    return {(one.get_attribute("name") or "")[5:]: one.get_attribute("value") or "" for one in checked}


def held() -> int:
    """A theme day of 5 August with nobody marked; its id."""
    with transaction():
        day = date(2026, 8, 5)
        return activities.open_meeting(
            actor=SYSTEM, at=clock.now(), organisation="QS0101", kind="主题党日", held_on=day
        ).id


def test_a_meeting_is_recorded_in_a_few_touches_and_saved_as_it_is_ticked(site: Site) -> None:
    page = site.signed_in("secretary")
    page.add_init_script(COUNT_TOUCHES)
    page.goto("/")
    page.get_by_role("link", name="登记会议").click()
    expect(page.get_by_label("日期")).to_have_value("2026-08-15")
    page.get_by_label("类型").select_option("主题党日")
    page.get_by_role("button", name="签到").click()
    page.get_by_role("button", name="全部到会").click()
    expect(count(page, "实到")).to_have_text("3")
    assert 1 <= int(page.evaluate("sessionStorage.touches")) <= 8

    for initials, digit, counted in (("zxl", "3", "请假"), ("oykm", "2", "其中迟到")):
        page.keyboard.press("/")
        page.keyboard.type(initials)
        page.keyboard.press(digit)
        expect(count(page, counted)).to_have_text("1")
        expect(page.get_by_label("查找姓名")).to_have_value("")

    expect(page.locator("#strip .saved")).to_contain_text("已保存")
    page.reload()
    assert marked(page) == {"M001": "late", "M002": "leave", "M003": "present"}
    assert site.points() == POINTS


def test_the_same_meeting_is_recorded_without_scripts(site: Site) -> None:
    page = site.signed_in("secretary", scripts=False)
    page.get_by_role("link", name="登记会议").click()
    page.get_by_label("类型").select_option("主题党日")
    page.get_by_role("button", name="签到").click()
    page.get_by_role("button", name="全部到会").click()
    for name, mark in (("曾晓岚", "请假"), ("欧阳凯敏", "迟到")):
        page.get_by_role("group", name=name).get_by_role("radio", name=mark).check()
    page.get_by_role("button", name="保存签到").click()
    expect(count(page, "请假")).to_have_text("1")
    assert marked(page) == {"M001": "late", "M002": "leave", "M003": "present"}
    assert site.points() == POINTS


def test_a_mark_that_was_not_saved_says_so_until_it_is(site: Site) -> None:
    meeting = site.inside(held)
    page = site.signed_in("secretary")
    page.goto(f"/meetings/{meeting}")
    page.context.set_offline(True)
    page.get_by_role("group", name="曾晓岚").get_by_role("radio", name="到会").check()
    expect(page.get_by_text("刚才的登记没有保存。")).to_be_visible()
    assert site.points() == {}

    page.context.set_offline(False)
    site.faults.clear()
    page.get_by_role("button", name="重试").click()
    expect(page.get_by_text("刚才的登记没有保存。")).to_be_hidden()
    expect(count(page, "实到")).to_have_text("1")
    assert site.points() == {"M002": Decimal("2.00")}


def test_a_mark_that_is_made_while_the_roll_is_exchanged_is_not_lost(site: Site) -> None:
    meeting = site.inside(held)
    page = site.signed_in("secretary")
    page.goto(f"/meetings/{meeting}")
    waiting: list[Route] = []
    page.route("**/marks", lambda route: route.continue_() if waiting else waiting.append(route))
    page.get_by_role("button", name="全部到会").click()
    page.get_by_role("group", name="曾晓岚").get_by_role("radio", name="请假").check()
    page.get_by_role("group", name="欧阳凯敏").get_by_role("radio", name="迟到").check()
    waiting[0].continue_()
    expect(count(page, "请假")).to_have_text("1")
    expect(count(page, "其中迟到")).to_have_text("1")
    assert marked(page) == {"M001": "late", "M002": "leave", "M003": "present"}
    page.reload()
    assert marked(page) == {"M001": "late", "M002": "leave", "M003": "present"}
    assert site.points() == POINTS


def test_a_member_comes_from_the_door_straight_to_the_explained_score(site: Site) -> None:
    meeting = site.inside(held)

    def mark() -> None:
        with transaction():
            activities.mark(actor=SYSTEM, at=clock.now(), meeting_id=meeting, marks={"M001": "late"})

    site.inside(mark)
    page = site.signed_in("member", PHONE)
    expect(page).to_have_url(re.compile("/score$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("我的积分")
    expect(page.locator(".total .numeral")).to_have_text("61.50")
    entries = page.locator(".entry")
    expect(entries).to_have_count(2)
    expect(entries.filter(has_text="参加主题党日")).to_contain_text("+2.00")
    expect(entries.filter(has_text="迟到早退")).to_contain_text("−0.50")
    page.set_viewport_size({"width": 320, "height": 640})
    assert overflow(page) <= 0
