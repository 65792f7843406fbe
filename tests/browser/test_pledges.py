"""The whole life of a pledge: written on a phone, returned, approved, published, changed, settled, rated, closed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from pointsvc import clock
from pointsvc.db import transaction
from pointsvc.people import settings
from pointsvc.permissions import SYSTEM, Role
from tests import factories
from tests.browser.visitors import PHONE, Site, overflow
from tests.conftest import FrozenClock

pytestmark = pytest.mark.browser

MINUTE = "2026年8月15日支委会会议纪要第2号"
TEXT = "每月上门看望独居老人两次"


def prepare() -> None:
    """A fulfilled pledge gives the one point of a meeting; somebody else of the branch has an account."""
    with transaction():
        settings.decide(actor=SYSTEM, at=clock.now(), organisation="QS", name="pledge_rule_fulfilled", value="meeting")
    factories.sign_in("fellow", Role.MEMBER, "QS0101", member="M003", password=factories.PASSWORD)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def fold(page: Page, words: str) -> None:
    """Open what is folded away under these words."""
    page.locator("summary").filter(has_text=words).click()


def approve(page: Page) -> None:
    """Decide what waits by the minute of the meeting."""
    page.goto("/pledges/review")
    page.locator("#several").wait_for()
    page.get_by_role("checkbox", name=TEXT).first.check()
    page.get_by_label("会议纪要").fill(MINUTE)
    press(page, "审诺通过所选承诺")
    expect(page.get_by_text("1 项承诺已审诺通过。")).to_be_visible()


def test_a_pledge_lives_from_the_members_phone_to_its_end(site: Site, frozen_clock: FrozenClock) -> None:
    site.inside(prepare)
    member, secretary = site.signed_in("member", PHONE), site.signed_in("secretary")

    # A vague one is noticed gently and taken all the same; the branch returns it.
    member.goto("/pledges/own")
    member.get_by_role("link", name="我要承诺").first.click()
    member.get_by_label("承诺事项").fill("进一步加强服务意识")
    press(member, "提交审诺")
    expect(member.get_by_text("提交前请看一看：能不能核查？")).to_be_visible()
    assert overflow(member) == 0
    press(member, "就这样提交")
    expect(member.get_by_text("已提交，待支部会议审诺。")).to_be_visible()
    assert overflow(member) == 0
    secretary.goto("/branch")
    secretary.get_by_role("link", name="1 项承诺待审诺").click()
    fold(secretary, "退回修改")
    secretary.get_by_label("原因").fill("请写明做什么、做多少次")
    press(secretary, "退回修改")
    expect(secretary.get_by_text("承诺已退回")).to_be_visible()

    # Written anew with indicator, baseline and target, it is approved and published.
    frozen_clock.advance(minutes=1)
    member.goto("/pledges/own")
    member.get_by_role("link", name="进一步加强服务意识").click()
    member.get_by_role("link", name="修改", exact=True).click()
    member.get_by_label("承诺事项").fill(TEXT)
    member.get_by_label("可核查指标").fill("上门次数")
    member.get_by_label("基数").fill("去年6次")
    member.get_by_label("目标").fill("24次")
    press(member, "提交审诺")
    expect(member.get_by_text("已提交，待支部会议审诺。")).to_be_visible()
    approve(secretary)
    secretary.get_by_role("checkbox", name=TEXT).check()
    press(secretary, "公开所选承诺")
    expect(secretary.get_by_text("1 项承诺已公开。")).to_be_visible()

    # It goes on, and a change is decided again.
    frozen_clock.advance(minutes=1)
    member.goto("/score")
    member.get_by_role("link", name=TEXT).click()
    fold(member, "填写践诺进展")
    member.get_by_label("进展如何").fill("已上门4次")
    press(member, "添加")
    expect(member.get_by_text("进展已记录。")).to_be_visible()
    member.get_by_role("link", name="申请变更").click()
    member.get_by_label("目标").fill("20次")
    member.get_by_label("变更理由").fill("住院一个月")
    press(member, "提交变更申请")
    expect(member.get_by_text("审诺通过前按原承诺执行")).to_be_visible()
    approve(secretary)

    # Somebody else settles it, the point is there, and others say what they think of it.
    frozen_clock.advance(minutes=1)
    secretary.goto("/pledges")
    secretary.get_by_role("link", name=TEXT).click()
    fold(secretary, "办结认定")
    secretary.get_by_role("radio", name="已兑现", exact=True).check()
    secretary.get_by_label("核实情况或原因").fill("走访记录已核对")
    press(secretary, "办结")
    expect(secretary.get_by_text("已办结认定。", exact=True)).to_be_visible()
    assert site.points() == {"M001": Decimal("1.00")}
    fellow = site.signed_in("fellow", PHONE)
    fellow.goto("/pledges")
    fellow.get_by_role("link", name=TEXT).click()
    fellow.get_by_role("radio", name="好", exact=True).check()
    press(fellow, "提交评价")
    expect(fellow.get_by_text("您的评价已记录。")).to_be_visible()
    assert overflow(fellow) == 0
    assert "请写明做什么" not in fellow.content()
    fold(secretary, "录入群众纸质评议票数")
    secretary.locator("#count-4").fill("20")
    press(secretary, "保存票数")
    expect(secretary.get_by_text("好 20 · 较好 0 · 一般 0 · 差 0")).to_be_visible()
    press(secretary, "办结归档")
    expect(secretary.get_by_text("承诺已办结归档。")).to_be_visible()

    # The member is told of each decision; the district sees how many were kept.
    site.work()
    member.goto("/notices")
    expect(member.get_by_text("已认定兑现")).to_be_visible()
    overseer = site.signed_in("overseer")
    overseer.goto("/pledges")
    expect(overseer.locator(".figure").first).to_contain_text("1 / 4")
    assert site.faults == []


def test_it_works_without_scripts(site: Site) -> None:
    site.inside(prepare)
    member = site.signed_in("member", PHONE, scripts=False)
    member.goto("/pledges/new")
    member.get_by_label("承诺事项").fill(TEXT)
    press(member, "存为草稿")
    expect(member.get_by_text("已存为草稿")).to_be_visible()
    member.goto("/pledges/paper?pledge=1")
    expect(member.get_by_text("承诺人签字")).to_be_visible()
    assert overflow(member) == 0
