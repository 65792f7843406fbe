"""A resident's need on a telephone without an account, from the form to the thanks; and a problem closed by two."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.visitors import PHONE, Site, overflow, sticking_out

pytestmark = pytest.mark.browser

NARROW = (320, 640)


def test_a_residents_need_from_the_form_to_the_thanks(site: Site) -> None:
    phone = site.window(PHONE, scripts=False)
    phone.goto("/need/at/QS0101")
    assert sticking_out(phone) == []
    phone.get_by_label("您需要什么帮助").fill("家中老人需要上门理发")
    phone.get_by_label("大致地点").fill("松岭小区")
    phone.get_by_label("您的姓名").fill("周大娘")
    phone.get_by_label("您的电话").fill("13800001234")
    phone.get_by_role("button", name="提交").click()
    expect(phone.get_by_text("您的需求已收到")).to_be_visible()
    assert sticking_out(phone) == []
    code = phone.locator(".slip-letters").inner_text()
    assert re.fullmatch(r"[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}", code)

    # Another branch claims it; it reads no name and no number.
    neighbour = site.signed_in("neighbour")
    neighbour.goto("/lists")
    neighbour.get_by_role("link", name="需求清单").first.click()
    neighbour.get_by_role("link", name="家中老人需要上门理发").click()
    assert "周大娘" not in neighbour.content()
    neighbour.get_by_label("打算怎么办").fill("周六上门")
    neighbour.get_by_role("button", name="认领", exact=True).click()
    expect(neighbour.get_by_text("认领成功")).to_be_visible()
    here = neighbour.url

    # The secretary of the place sees whom to call, and agrees.
    secretary = site.signed_in("secretary", PHONE)
    secretary.goto(here)
    expect(secretary.get_by_text("周大娘")).to_be_visible()
    assert sticking_out(secretary) == []
    secretary.get_by_role("button", name="对接完成，签约确认").click()

    neighbour.goto(here)
    neighbour.get_by_role("button", name="开始实施").click()
    neighbour.get_by_label("办理情况").fill("已为老人理发")
    neighbour.get_by_role("button", name="已办完").click()
    expect(neighbour.get_by_text("等待需求方确认评价")).to_be_visible()

    # The resident types the code in on a small telephone, rates it and says thanks.
    small = site.window(NARROW, scripts=False)
    small.goto("/need")
    small.get_by_label("查询码").fill(code.lower())
    small.get_by_role("button", name="查询进度").click()
    assert overflow(small) == 0
    expect(small.get_by_text("松岭街道第二党支部").first).to_be_visible()
    small.get_by_role("radio", name="满意", exact=True).check()
    small.get_by_label("感谢的话").fill("谢谢师傅")
    small.get_by_role("button", name="确认", exact=True).click()
    expect(small.get_by_text("感谢您的确认和评价")).to_be_visible()
    expect(small.get_by_text("谢谢师傅")).to_be_visible()

    secretary.goto(here)
    secretary.get_by_role("button", name="公示", exact=True).click()
    expect(secretary.locator(".page-title .badge").get_by_text("已公示")).to_be_visible()


def test_a_problem_is_closed_by_two_people_and_opened_again(site: Site) -> None:
    secretary = site.signed_in("secretary")
    secretary.goto("/lists")
    secretary.get_by_role("link", name="问题清单").first.click()
    secretary.get_by_role("link", name="登记事项").click()
    secretary.get_by_label("事项名称").fill("活动记录不全")
    secretary.get_by_label("整改措施").fill("补齐七月记录")
    secretary.get_by_label("责任人").fill("高建国")
    secretary.get_by_label("完成期限").fill("2026-08-31")
    secretary.get_by_role("button", name="列入清单").click()
    here = secretary.url
    secretary.get_by_role("button", name="开始整改").click()
    secretary.get_by_label("办理情况").fill("已补齐")
    secretary.get_by_role("button", name="申请销号").click()
    expect(secretary.get_by_text("等待申请人以外的同志核实销号")).to_be_visible()

    overseer = site.signed_in("overseer", PHONE)
    overseer.goto(here)
    assert sticking_out(overseer) == []
    overseer.get_by_role("button", name="核实销号").click()
    overseer.locator("summary", has_text="回头看重新立项").click()
    overseer.get_by_label("回头看发现的情况").fill("八月又缺两次")
    overseer.get_by_role("button", name="回头看重新立项").click()
    expect(overseer.get_by_text("第 2 轮").first).to_be_visible()
