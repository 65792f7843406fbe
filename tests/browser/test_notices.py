"""An announcement from the district to a member's telephone, and back as a receipt; wishes; a channel's secret."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.visitors import PHONE, Site, sticking_out, work

pytestmark = pytest.mark.browser
KEY = "12345678-abcd-4abc-8abc-1234567890ab"


def test_an_announcement_is_read_on_the_telephone_and_receipted(site: Site) -> None:
    district = site.signed_in("admin")
    district.goto("/announcements/new")
    district.get_by_label("标题").fill("国庆前安全检查")
    district.get_by_label("正文").fill("请各支部于9月20日前完成自查。")
    district.get_by_label("党组织").select_option("QS01")
    district.get_by_role("button", name="发布通知").click()
    expect(district.get_by_text("通知正在发出。")).to_be_visible()
    work(site.app)

    member = site.signed_in("member", PHONE)
    member.goto("/notices")
    member.get_by_role("link", name="通知：国庆前安全检查").click()
    expect(member.get_by_text("请各支部于9月20日前完成自查。")).to_be_visible()
    assert sticking_out(member) == []
    member.goto("/notices")
    expect(member.get_by_text("没有未读通知")).to_be_visible()

    district.goto("/announcements")
    expect(district.get_by_text("1/4 人")).to_be_visible()
    district.get_by_role("link", name="国庆前安全检查").click()
    district.get_by_role("link", name="1/4 人").click()
    district.get_by_role("link", name="未阅读人员").click()
    expect(district.get_by_role("rowheader")).to_have_count(3)
    expect(district.get_by_role("rowheader", name="欧阳凯敏")).to_have_count(0)


def test_wishes_and_a_channel_without_scripts_on_a_telephone(site: Site) -> None:
    secretary = site.signed_in("secretary", PHONE, scripts=False)
    secretary.goto("/notices/wishes")
    secretary.get_by_label("您的邮箱").fill("li@example.org")
    secretary.get_by_label("每天上午汇总发送一次未读通知").check()
    assert sticking_out(secretary) == []
    secretary.get_by_role("button", name="保存").click()
    expect(secretary.get_by_text("接收方式已保存。")).to_be_visible()
    secretary.goto("/channels")
    secretary.get_by_role("link", name="新增发送渠道").click()
    secretary.get_by_role("link", name="企业微信群机器人").click()
    secretary.get_by_label("渠道名称").fill("第一支部工作群")
    secretary.get_by_label("地址").fill(f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}")
    secretary.get_by_role("button", name="保存渠道").click()
    expect(secretary.get_by_text("…90ab")).to_be_visible()
    assert KEY not in secretary.content()
    assert sticking_out(secretary) == []
