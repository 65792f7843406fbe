"""A whole review in a browser: opened, voted on phones and by code, counted with paper, decided, read by a member."""

from __future__ import annotations

import re
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from pointsvc.permissions import Role
from tests import factories
from tests.browser.visitors import PHONE, Site, overflow

pytestmark = pytest.mark.browser

# M001 and M003 are of the made-up district; M003 has no telephone and votes on paper.
VOTERS = {"M001": "member", "M021": "m021", "M022": "m022"}
NARROW = (320, 640)


def comrades() -> None:
    """Two members more with accounts, so that three vote on phones."""
    for number, name in (("M021", "温素云"), ("M022", "石向前")):
        factories.member(number, "QS0101", name, joined_on=date(2020, 1, 1))
        factories.sign_in(VOTERS[number], Role.MEMBER, "QS0101", number)
        factories.give_password(VOTERS[number])


def beyond(page: Page) -> list[str]:
    """The parts of the page itself that reach beyond a narrow window."""
    script = "[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth)"
    return list(page.evaluate(f"{script}.map(e => e.outerHTML.slice(0, 80))"))


def vote(page: Page, choice: str) -> None:
    """Choose the same for everybody, one by one: there is no other way. Then look it over and send it."""
    assert overflow(page) == 0
    for group in page.locator(".ballot").get_by_role("group").all():
        group.get_by_role("radio", name=choice, exact=True).check()
    page.get_by_role("button", name="下一步：核对").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("请核对测评票")
    page.get_by_role("button", name="投票", exact=True).click()


def test_a_review_from_the_opening_to_the_members_own_result(site: Site) -> None:
    site.inside(comrades)
    secretary = site.signed_in("secretary")

    # The roster: who has no telephone votes on paper.
    secretary.goto("/reviews")
    secretary.get_by_label("评议会议日期").fill("2026-08-20")
    secretary.get_by_role("button", name="建立", exact=True).click()
    secretary.get_by_role("link", name="核对名单").click()
    secretary.locator("[id='on_paper-M003']").check()
    secretary.get_by_role("button", name="保存名单").click()
    secretary.get_by_role("button", name="开启投票").click()
    expect(secretary.get_by_text("投票已开启。")).to_be_visible()
    here = secretary.url
    site.work()

    # Three members vote on their phones, led there by the notice.
    for number, account in VOTERS.items():
        phone = site.signed_in(account, PHONE)
        phone.goto("/notices")
        phone.get_by_role("link", name=re.compile("民主评议党员已经开始")).click()
        if number == "M021":
            phone.get_by_role("link", name="填写").click()
            phone.get_by_role("radio", name="合格", exact=True).check()
            phone.get_by_label("自评简述").fill("按时参加组织生活")
            phone.get_by_role("button", name="保存").click()
        phone.get_by_role("link", name="去投票").click()
        vote(phone, "合格")
        expect(phone.get_by_text("投票成功。")).to_be_visible()
        expect(phone.get_by_role("link", name="去投票")).to_have_count(0)

    # A representative of the masses votes by the code of a slip, on a phone without scripts.
    secretary.get_by_role("link", name="群众投票码单").click()
    secretary.get_by_label("增加张数").fill("2")
    secretary.get_by_role("button", name="生成投票码单").click()
    code = secretary.locator(".ballot-code").first.inner_text()
    oldest = site.window(NARROW, scripts=False)
    oldest.goto("/vote")
    oldest.get_by_label("投票码").fill(code.lower())
    oldest.get_by_role("button", name="去投票").click()
    vote(oldest, "优秀")
    expect(oldest.get_by_text("此投票码已完成投票，感谢参与。")).to_be_visible()

    # One paper ballot, typed in with a slip of the pen first.
    secretary.goto(here)
    expect(secretary.get_by_text("3 / 4")).to_be_visible()
    secretary.get_by_role("link", name="录入票数").first.click()
    for label in ("发出票数", "收回票数", "有效票数"):
        secretary.get_by_label(label).fill("1")
    secretary.get_by_label("计票人").fill("苏晓红")
    secretary.get_by_label("监票人").fill("江国栋")
    for group in secretary.locator(".counts").get_by_role("group").all():
        group.get_by_label("合格", exact=True).fill("1")
    secretary.get_by_role("group", name="温素云").get_by_label("合格", exact=True).fill("2")
    secretary.get_by_role("button", name="核对并保存").click()
    expect(secretary.get_by_text("与有效票数 1 不符").first).to_be_visible()
    assert site.faults == [f"422 POST {secretary.url}", "console: " + FAILED]
    site.faults.clear()
    secretary.get_by_role("group", name="温素云").get_by_label("合格", exact=True).fill("1")
    secretary.get_by_role("button", name="核对并保存").click()
    secretary.get_by_role("button", name="截止投票并计票").click()

    # Five ballots in two parts, the smaller of one: the counts are shown together.
    secretary.get_by_role("link", name="登记组织评定意见").click()
    expect(secretary.get_by_role("group", name="温素云")).to_contain_text("测评合计")
    for group in secretary.locator(".ballot").get_by_role("group").all():
        group.get_by_role("radio", name="合格", exact=True).check()
    secretary.get_by_role("group", name="温素云").get_by_role("radio", name="优秀").check()
    secretary.get_by_role("radio", name="支部党员大会").check()
    secretary.get_by_label("会议记录").fill("记录本第 12 页")
    secretary.get_by_role("button", name="保存评定意见").click()
    secretary.get_by_role("button", name="在支部内公示").click()
    expect(secretary.get_by_text("评议结果已在支部内公示。")).to_be_visible()

    # The member reads the own grade and counts, and how to object.
    phone = site.signed_in("m021", PHONE)
    phone.goto("/reviews/mine")
    expect(phone.locator(".grade")).to_have_text("优秀")
    # Two comrades on phones and one on paper, and one of the masses; not the own ballot.
    expect(phone.get_by_text("合格 3", exact=True)).to_be_visible()
    expect(phone.get_by_text("优秀 1", exact=True)).to_be_visible()
    expect(phone.get_by_text("2026年8月21日")).to_be_visible()
    assert overflow(phone) == 0


FAILED = "Failed to load resource: the server responded with a status of 422 (UNPROCESSABLE ENTITY)"


def test_the_pages_of_a_review_fit_a_narrow_phone_in_large_type(site: Site) -> None:
    site.inside(comrades)
    secretary = site.signed_in("secretary", NARROW)
    secretary.get_by_role("button", name="大字版").click()
    secretary.goto("/reviews")
    secretary.get_by_label("评议会议日期").fill("2026-08-20")
    secretary.get_by_role("button", name="建立", exact=True).click()
    here = secretary.url
    secretary.get_by_role("button", name="开启投票").click()
    secretary.goto(f"{here}/codes")
    secretary.get_by_label("增加张数").fill("1")
    secretary.get_by_role("button", name="生成投票码单").click()
    for address in ("", "/roster", "/codes", "/counts/peers", "/members/M001/self", "/results"):
        secretary.goto(here + address)
        assert (address, beyond(secretary)) == (address, [])
    member = site.signed_in("member", NARROW)
    member.get_by_role("button", name="大字版").click()
    for address in ("/reviews/mine", f"{here}/ballot", f"{here}/self"):
        member.goto(address)
        assert (address, beyond(member)) == (address, [])
    secretary.goto(here)
    secretary.get_by_role("button", name="截止投票并计票").click()
    for address in ("/decide", "/results"):
        secretary.goto(here + address)
        assert (address, beyond(secretary)) == (address, [])
