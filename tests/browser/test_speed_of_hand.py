"""How many touches the daily work takes, counted in the browser; what is slower than paper is not used."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from pointsvc import clock
from pointsvc.db import transaction
from pointsvc.people import service as people
from pointsvc.permissions import SYSTEM
from tests.browser.test_meeting import COUNT_TOUCHES, count
from tests.browser.visitors import PHONE, Site

pytestmark = pytest.mark.browser

# Made-up names whose initials differ: one of A to Z and a given name of two.
SURNAMES = "安白陈戴鄂方高何纪柯林马倪欧潘秦任孙唐吴徐杨周艾鲍蔡邓冯葛韩姜孔罗莫聂彭齐荣苏谭魏夏叶郑卞褚段贺"
GIVEN = "思源"


def touches(page: Page) -> int:
    return int(page.evaluate("Number(sessionStorage.touches ?? 0)"))


def fill(site: Site) -> None:
    """Let the branch have fifty members."""

    def act() -> None:
        rows = [people.NewMember(f"P{n:03}", surname + GIVEN, "QS0101") for n, surname in enumerate(SURNAMES)]
        with transaction():
            people.add_members(actor=SYSTEM, at=clock.now(), rows=rows[:47])

    site.inside(act)


def test_a_meeting_of_fifty_takes_at_most_eight_touches_beyond_its_exceptions(site: Site) -> None:
    fill(site)
    page = site.signed_in("secretary")
    page.add_init_script(COUNT_TOUCHES)
    page.goto("/")
    page.get_by_role("link", name="登记会议").click()
    page.get_by_label("类型").select_option("主题党日")
    page.get_by_role("button", name="签到").click()
    page.get_by_role("button", name="全部到会").click()
    expect(count(page, "实到")).to_have_text("50")
    assert touches(page) <= 8

    for number, (surname, digit, counted, n) in enumerate(
        [("bsy", "3", "请假", 1), ("csy", "3", "请假", 2), ("dsy", "3", "请假", 3), ("fsy", "2", "其中迟到", 1)]
    ):
        page.get_by_label("查找姓名").fill(surname)
        expect(page.locator("#attendance [data-initials]:visible")).not_to_have_count(0)
        while page.locator("#attendance [data-initials]:visible").count() > 1:
            # Two of the same initials: the name itself tells them apart.
            page.get_by_label("查找姓名").fill("白陈戴方"[number])
        page.get_by_label("查找姓名").press(digit)
        expect(count(page, counted)).to_have_text(str(n))
    expect(count(page, "实到")).to_have_text("47")
    expect(page.locator("#strip .saved")).to_contain_text("已保存")


def test_the_next_meeting_begins_with_the_kind_of_the_last(site: Site) -> None:
    page = site.signed_in("secretary")
    page.goto("/meetings/new")
    page.get_by_label("类型").select_option("主题党日")
    page.get_by_role("button", name="签到").click()
    page.goto("/meetings/new")
    expect(page.get_by_label("类型")).to_have_value("主题党日")
    expect(page.get_by_label("日期")).to_have_value("2026-08-15")


def test_a_wrong_tick_is_undone_with_one_touch_and_without_a_question(site: Site) -> None:
    page = site.signed_in("secretary")
    page.goto("/meetings/new")
    page.get_by_role("button", name="签到").click()
    page.get_by_role("button", name="全部到会").click()
    expect(count(page, "实到")).to_have_text("3")
    page.get_by_role("button", name="撤回").click()
    expect(count(page, "实到")).to_have_text("0")


def test_a_member_is_at_the_explained_score_as_soon_as_signed_in(site: Site) -> None:
    page = site.signed_in("member", PHONE)
    expect(page.get_by_role("heading", level=1)).to_have_text("我的积分")
    expect(page.locator(".total .numeral")).to_be_visible()
