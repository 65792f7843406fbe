"""Members' service in a browser: three people from the check-in to the card that comes back to the home unit."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from pointsvc.db import db, transaction
from pointsvc.people.models import SignIn
from tests import factories
from tests.browser.visitors import PHONE, Site, overflow
from tests.checkins import scene
from tests.conftest import FrozenClock
from workers import schedule

pytestmark = pytest.mark.browser

NARROW = (320, 640)
OCTOBER = datetime(2026, 10, 8, 1, 0, tzinfo=UTC)


def people() -> None:
    """The communities, the office, and those who sign in here."""
    scene.around()
    for name in ("official", "host", "home"):
        factories.give_password(name)
    with transaction():
        db.session.execute(db.update(SignIn).values(toured=True))


@pytest.mark.parametrize("scripts", [True, False])
def test_from_the_check_in_to_the_card_by_three_people(site: Site, frozen_clock: FrozenClock, scripts: bool) -> None:
    site.inside(people)
    site.inside(schedule.ask_for_due)
    host = site.signed_in("host", scripts=scripts)
    host.goto("/community")
    host.get_by_role("link", name="设置岗位").click()
    host.get_by_label("岗位名称").fill("水电义务维修岗")
    host.get_by_text("帮困助老", exact=True).click()
    host.get_by_label("名额").fill("2")
    host.get_by_role("button", name="发布岗位").click()
    expect(host.get_by_text("岗位已发布，已报到的党员可以认领。")).to_be_visible()

    member = site.signed_in("official", PHONE, scripts=scripts)
    member.goto("/my-service")
    member.get_by_role("link", name="到社区报到").click()
    member.get_by_label("社区").select_option("QS0110")
    member.get_by_label("特长").fill("水电维修")
    member.get_by_role("button", name="提交报到").click()
    expect(member.get_by_text("已提交，请等待社区接收。")).to_be_visible()

    host.goto("/")
    host.get_by_role("link", name="有 1 名党员报到待接收").click()
    host.get_by_role("button", name="接收报到").click()
    expect(host.get_by_text("已接收，系统将通知本人。")).to_be_visible()

    member.goto("/posts")
    member.get_by_role("button", name="认领岗位").click()
    expect(member.get_by_text("岗位认领成功，感谢您的付出。")).to_be_visible()
    member.get_by_role("link", name="登记服务时长").first.click()
    member.get_by_label("服务时长").fill("2.5")
    member.get_by_label("事由说明").fill("为两户老人检修水管")
    member.get_by_role("button", name="登记").click()
    expect(member.get_by_text("已提交，社区确认后生效。")).to_be_visible()
    assert overflow(member) <= 0
    assert site.points() == {}

    host.goto("/community")
    host.get_by_role("checkbox").check()
    host.get_by_role("button", name="确认所选记录").click()
    expect(host.get_by_text("已确认 1 条服务记录。")).to_be_visible()
    assert site.points() == {"K001": Decimal("3.00")}
    host.get_by_role("link", name="高远山").click()
    host.get_by_label("本季度表现").fill("热心负责，老人们都认得他")
    host.get_by_role("button", name="保存").click()

    frozen_clock.set(OCTOBER)
    site.inside(schedule.ask_for_due)
    site.work()
    home = site.signed_in("home", scripts=scripts)
    home.goto("/branch")
    home.get_by_role("link", name="有 1 张服务登记卡已返回，待签收").click()
    home.get_by_role("link", name="高远山").click()
    expect(home.get_by_text("热心负责，老人们都认得他")).to_be_visible()
    printed = PdfReader(BytesIO(home.pdf(prefer_css_page_size=True)))
    assert len(printed.pages) == 1
    home.get_by_role("button", name="签收").click()
    expect(home.get_by_text("已签收。")).to_be_visible()


def test_the_circle_is_read_on_a_phone_without_signing_in(site: Site) -> None:
    site.inside(people)
    host = site.signed_in("host")
    host.goto("/circle/QS0110")
    host.get_by_role("link", name="录入服务点").click()
    for label, value in (
        ("服务点名称", "南巷老年食堂"),
        ("地点", "南巷 3 号"),
        ("开放时间", "每天 10:30—13:00"),
        ("步行分钟数", "5"),
    ):
        host.get_by_label(label).fill(value)
    host.get_by_text("养老助餐", exact=True).click()
    host.get_by_role("button", name="录入").click()

    anybody = site.window(NARROW)
    anybody.goto("/circle")
    anybody.get_by_role("link", name="清泉社区党委").click()
    expect(anybody.get_by_text("南巷老年食堂")).to_be_visible()
    expect(anybody.locator("svg.circle-sketch .dot")).to_have_count(1)
    anybody.get_by_label("步行时间").select_option("10")
    anybody.get_by_role("button", name="查找").click()
    expect(anybody.get_by_text("南巷老年食堂")).to_be_visible()
    assert overflow(anybody) <= 0
