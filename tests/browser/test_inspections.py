"""An inspection from the drawn plan to the closed rectification: two inspectors on phones, the unit, the supervision.

And without a connection: what was entered stays in the browser and is sent later, once.
"""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from pointsvc.db import db, transaction
from pointsvc.evidence import service as evidence
from pointsvc.evidence.models import Evidence
from pointsvc.inspections.models import Finding, InspectionAnswer
from pointsvc.people.models import SignIn
from pointsvc.permissions import Role
from tests import factories
from tests.browser.visitors import PHONE, Site, overflow
from tests.conftest import FrozenClock
from tests.evidence import files
from tests.inspections import scene

pytestmark = pytest.mark.browser


def drawn() -> int:
    """A drawn plan with its second inspector and one who looks again."""
    for name in ("second", "other"):
        factories.sign_in(name, Role.SUPERVISOR, "QS")
        factories.give_password(name)
    with transaction():
        db.session.execute(db.update(SignIn).values(toured=True))
    return scene.plan()


def arrived() -> int:
    """The same, and overseer has come to the first unit; the inspection's id."""
    return scene.opened(drawn())


def kept() -> dict[str, tuple[str | None, int]]:
    """The answers that the service has: answer and revision, by item."""
    return {row.item: (row.answer, row.revision) for row in db.session.scalars(select(InspectionAnswer))}


def found() -> list[str]:
    """The words of the findings that the service has."""
    return list(db.session.scalars(select(Finding.text).where(Finding.taken_back_at.is_(None))))


def fill(page: Page) -> None:
    """Answer the whole checklist with one finding."""
    items = page.locator("[data-item]")
    items.nth(0).get_by_role("radio", name="有问题").check()
    items.nth(0).get_by_label("发现的问题").fill(scene.SAID)
    items.nth(0).get_by_role("radio", name="较重").check()
    items.nth(1).get_by_role("radio", name="符合", exact=True).check()
    items.nth(2).get_by_role("radio", name="不适用").check()


def without_connection(site: Site) -> None:
    """Nothing has failed but what had to: requests while there was no connection."""
    assert site.faults
    assert all("ERR_INTERNET_DISCONNECTED" in fault for fault in site.faults)
    site.faults.clear()


WHOLE = {"meetings": ("finding", 1), "dues": ("conforms", 1), "boards": ("not_applicable", 1)}


def test_four_roles_from_the_draw_to_the_closed_rectification(site: Site, frozen_clock: FrozenClock) -> None:
    site.inside(drawn)
    inspector = site.signed_in("overseer", PHONE)
    inspector.goto("/inspections")
    assert overflow(inspector) == 0
    inspector.locator(".visit").filter(has_text="第一党支部").get_by_role("button", name="已到达，开始检查").click()
    expect(inspector.get_by_text("免报清单")).to_be_visible()
    expect(inspector.locator("input:checked")).to_have_count(0)
    fill(inspector)
    assert overflow(inspector) == 0
    expect(inspector.locator("[data-whole]")).to_have_text("已保存")
    inspector.get_by_role("button", name="保存并签字").click()
    expect(inspector.get_by_text("一人已签字")).to_be_visible()
    assert overflow(inspector) == 0

    second = site.signed_in("second", PHONE)
    second.goto("/")
    second.get_by_role("link", name="个单位待您检查").click()
    second.locator(".visit").filter(has_text="第一党支部").get_by_role("link", name="继续检查").click()
    expect(second.get_by_text(scene.SAID).first).to_be_visible()
    second.get_by_role("button", name="签字").click()
    expect(second.get_by_text("待确认事实").first).to_be_visible()

    # The unit is led to the facts from its first page, and says that it was so.
    frozen_clock.advance(minutes=1)
    site.work()
    secretary = site.signed_in("secretary", PHONE)
    secretary.get_by_role("link", name="次检查待确认事实").click()
    secretary.get_by_role("link", name="第一党支部").first.click()
    secretary.get_by_role("radio", name="属实", exact=True).check()
    assert overflow(secretary) == 0
    secretary.get_by_role("button", name="提交").click()
    expect(secretary.get_by_text("已提交，并已告知检查组。")).to_be_visible()

    inspector.reload()
    inspector.get_by_label("整改要求").fill("立即补开并建立台账")
    inspector.get_by_role("button", name="下发督办单").click()
    expect(inspector.get_by_role("link", name="督办单 DC-2026-03-01")).to_be_visible()

    secretary.goto("/branch")
    secretary.get_by_role("link", name="个问题待整改").click()
    secretary.get_by_role("link", name="DC-2026-03-01").click()
    secretary.get_by_label("整改情况").fill("已补开支部党员大会，会议记录已归档。")
    assert overflow(secretary) == 0
    secretary.get_by_role("button", name="提交整改情况").click()
    expect(secretary.get_by_text("已反馈，待复核")).to_be_visible()

    # Who ordered it is told that somebody else closes it; somebody else does.
    inspector.get_by_role("link", name="督办单 DC-2026-03-01").click()
    expect(inspector.get_by_text("由其他同志复核")).to_be_visible()
    other = site.signed_in("other")
    other.get_by_role("link", name="件整改待复核").click()
    other.get_by_role("link", name="DC-2026-03-01").click()
    other.get_by_role("radio", name="已整改，销号").check()
    other.get_by_label("复核情况").fill("现场查看会议记录，属实。")
    other.get_by_role("button", name="保存结论").click()
    expect(other.get_by_text("已整改销号").first).to_be_visible()

    # The bulletin: what was drawn and not visited is explained, then it is issued.
    other.goto("/bulletins")
    other.get_by_role("button", name="起草通报").click()
    other.get_by_label("抽中未检查的原因").fill("因防汛应急响应暂缓检查")
    other.get_by_role("button", name="保存并预览").click()
    other.get_by_role("button", name="印发通报").click()
    expect(other.get_by_text("通报已印发")).to_be_visible()
    secretary.goto("/bulletins")
    secretary.get_by_role("link", name="关于2026年三季度党建工作抽查情况的通报").click()
    expect(secretary.locator(".official")).to_contain_text("已整改销号1件，整改率100%")
    assert overflow(secretary) == 0


def test_what_was_entered_without_a_connection_is_sent_when_it_is_back(site: Site) -> None:
    number = site.inside(arrived)
    page = site.signed_in("overseer", PHONE)
    page.goto(f"/inspections/{number}")
    page.context.set_offline(True)
    fill(page)
    expect(page.get_by_text("没有网络。已填内容保存在本机")).to_be_visible()
    assert site.inside(kept) == {}

    # Pressing a button loses nothing either.
    page.get_by_role("button", name="保存并签字").click()
    expect(page.locator("[data-item]").nth(0).get_by_label("发现的问题")).to_have_value(scene.SAID)

    page.context.set_offline(False)
    expect(page.locator("[data-whole]")).to_have_text("已保存")
    assert (site.inside(kept), site.inside(found)) == (WHOLE, [scene.SAID])
    page.reload()
    expect(page.locator("[data-item]").nth(0).get_by_label("发现的问题")).to_have_value(scene.SAID)
    assert (site.inside(kept), site.inside(found)) == (WHOLE, [scene.SAID])
    without_connection(site)


def test_it_is_still_there_when_the_browser_was_closed_meanwhile(site: Site) -> None:
    number = site.inside(arrived)
    page = site.signed_in("overseer", PHONE)
    page.goto(f"/inspections/{number}")
    page.context.set_offline(True)
    fill(page)
    expect(page.get_by_text("没有网络。已填内容保存在本机")).to_be_visible()
    page.close()
    page.context.set_offline(False)
    again = page.context.new_page()
    again.goto(f"/inspections/{number}")
    expect(again.locator("[data-whole]")).to_have_text("已保存")
    assert (site.inside(kept), site.inside(found)) == (WHOLE, [scene.SAID])
    assert again.evaluate("Object.keys(localStorage).filter(key => key.startsWith('inspection:')).length") == 0
    without_connection(site)


def test_two_phones_do_not_write_over_each_other(site: Site) -> None:
    number = site.inside(arrived)
    page = site.signed_in("overseer", PHONE)
    page.goto(f"/inspections/{number}")
    site.inside(lambda: scene.answered(number, {"item": "dues", "answer": "not_applicable"}, by="second"))
    dues = page.locator("[data-item='dues']")
    dues.get_by_role("radio", name="符合", exact=True).check()
    expect(dues.get_by_text("另一名检查人员已改过这一项")).to_be_visible()
    assert site.inside(kept) == {"dues": ("not_applicable", 1)}
    dues.get_by_role("radio", name="有问题").check()
    dues.get_by_label("发现的问题").fill("二季度少交一个月")
    dues.get_by_role("radio", name="一般", exact=True).check()
    expect(page.locator("[data-whole]")).to_have_text("已保存")
    assert site.inside(kept) == {"dues": ("finding", 2)}


# ---- photos

WAITS = "1 张照片待发送"


def take(page: Page, item: int = 0, colour: str = "red") -> bytes:
    """Take a photo at this item; what the service shall make of it."""
    content = files.photo(colour)
    photo = {"name": "现场.jpg", "mimeType": "image/jpeg", "buffer": content}
    page.locator("[data-item]").nth(item).locator("input[type=file]").set_input_files(files=[photo])  # type: ignore[list-item]
    return evidence.clean("现场.jpg", content).content


def photos() -> list[bytes]:
    """The photos that the service has, by the order in which they came."""
    return list(db.session.scalars(select(Evidence.content).order_by(Evidence.id)))


def state(page: Page, item: int = 0) -> Any:
    return page.locator("[data-item]").nth(item).locator("[data-photo-state]")


def test_a_photo_taken_without_a_connection_arrives_once(site: Site) -> None:
    """Taken before the service knows of its finding, kept while the browser is closed, sent after the answers."""
    number = site.inside(arrived)
    page = site.signed_in("overseer", PHONE)
    page.goto(f"/inspections/{number}")
    page.context.set_offline(True)
    fill(page)
    made = take(page)
    expect(state(page)).to_contain_text(WAITS)
    assert overflow(page) == 0
    page.get_by_role("button", name="保存并签字").click()
    expect(page.get_by_text("没有网络。已填内容保存在本机")).to_be_visible()
    page.close()

    page.context.set_offline(False)
    again = page.context.new_page()
    again.goto(f"/inspections/{number}")
    expect(again.get_by_role("img", name="照片 1")).to_be_visible()
    expect(state(again)).to_have_text("")
    assert (site.inside(kept), site.inside(photos)) == (WHOLE, [made])
    again.reload()
    expect(again.get_by_role("img", name="照片 1")).to_be_visible()
    assert site.inside(photos) == [made]
    # The same photo chosen once more is the same photo.
    with again.expect_response("**/evidence"):
        take(again)
    expect(state(again)).to_have_text("")
    assert site.inside(photos) == [made]
    again.get_by_role("button", name="保存并签字").click()
    expect(again.get_by_text("一人已签字")).to_be_visible()
    without_connection(site)


def test_a_photo_whose_answer_was_lost_is_sent_again_and_counts_once(site: Site) -> None:
    number = site.inside(arrived)
    page = site.signed_in("overseer", PHONE)
    page.goto(f"/inspections/{number}")
    fill(page)
    expect(page.locator("[data-whole]")).to_have_text("已保存")
    keys: list[str | None] = []

    def lose(route: Route) -> None:
        keys.append(route.request.headers.get("idempotency-key"))
        answer = route.fetch()
        if len(keys) == 1:
            route.abort("internetdisconnected")
        else:
            route.fulfill(response=answer)

    page.route("**/findings/*/evidence", lose)
    made = take(page)
    expect(state(page)).to_contain_text(WAITS)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.get_by_role("img", name="照片 1")).to_be_visible()
    assert (len(keys), len(set(keys)), site.inside(photos)) == (2, 1, [made])
    without_connection(site)


def test_what_waits_is_sent_before_it_is_signed_and_can_be_let_go(site: Site) -> None:
    number = site.inside(arrived)
    page = site.signed_in("overseer", PHONE)
    page.goto(f"/inspections/{number}")
    fill(page)
    expect(page.locator("[data-whole]")).to_have_text("已保存")
    page.route("**/findings/*/evidence", lambda route: route.abort("internetdisconnected"))
    take(page)
    expect(state(page)).to_contain_text(WAITS)
    page.get_by_role("button", name="保存并签字").click()
    expect(page).to_have_url(f"{site.base}/inspections/{number}")
    expect(page.get_by_text("一人已签字")).to_have_count(0)
    page.get_by_role("button", name="不再发送").click()
    expect(state(page)).to_have_text("")
    page.get_by_role("button", name="保存并签字").click()
    expect(page.get_by_text("一人已签字")).to_be_visible()
    assert site.inside(photos) == []
    without_connection(site)


def test_what_is_no_photo_is_refused_in_words(site: Site) -> None:
    number = site.inside(arrived)
    page = site.signed_in("overseer", PHONE)
    page.goto(f"/inspections/{number}")
    fill(page)
    expect(page.locator("[data-whole]")).to_have_text("已保存")
    broken = {"name": "现场.jpg", "mimeType": "image/jpeg", "buffer": b"no photo"}
    page.locator("[data-item]").nth(0).locator("input[type=file]").set_input_files(files=[broken])  # type: ignore[list-item]
    expect(state(page)).to_contain_text("照片未被接收")
    page.reload()
    expect(state(page)).to_have_text("")
    assert site.inside(photos) == []
    assert all("422" in fault for fault in site.faults)
    site.faults.clear()


def test_a_phone_that_keeps_nothing_says_so_and_loses_nothing(site: Site) -> None:
    number = site.inside(arrived)
    page = site.signed_in("overseer", PHONE)
    page.add_init_script(
        "IDBObjectStore.prototype.add = () => { throw new DOMException('full', 'QuotaExceededError') }"
    )
    page.goto(f"/inspections/{number}")
    fill(page)
    made = take(page)
    expect(state(page)).to_contain_text("本机无法保存照片")
    expect(page.locator("[data-item]").nth(0).get_by_label("发现的问题")).to_have_value(scene.SAID)
    expect(page.locator("[data-whole]")).to_have_text("已保存")
    # The service knows the finding when the page is opened anew, and its own form takes the photo.
    page.reload()
    take(page)
    page.get_by_role("button", name="上传照片").click()
    expect(page.get_by_role("img", name="照片 1")).to_be_visible()
    assert site.inside(photos) == [made]


def test_without_scripts_a_photo_is_added_by_the_form(site: Site) -> None:
    number = site.inside(arrived)
    site.inside(
        lambda: scene.answered(number, {"item": "meetings", "answer": "finding", "severity": "minor", "text": "x"})
    )
    page = site.signed_in("overseer", PHONE, scripts=False)
    page.goto(f"/inspections/{number}")
    expect(page.locator("input[type=file]:visible")).to_have_count(1)
    made = take(page)
    page.get_by_role("button", name="上传照片").click()
    expect(page.get_by_role("img", name="照片 1")).to_be_visible()
    assert site.inside(photos) == [made]
