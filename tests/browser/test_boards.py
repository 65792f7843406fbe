"""Boards in a browser: a screen on a wall, sheets of paper, and what somebody passing by says."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from pathlib import Path

from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.boards import scene
from tests.browser.visitors import PHONE, Site, overflow, sticking_out
from tests.conftest import FrozenClock

WALL = (1920, 1080)


def hung() -> None:
    """A board of three people, each with a pledge."""
    scene.decide("QS", "supervision_phone", scene.PHONE)
    scene.profiles()
    for number, *_ in scene.PEOPLE:
        scene.consent(number, "photo")
        scene.photo(number)
        scene.pledge(number)
    scene.hung(fields=["photo"])


def on_wall(site: Site) -> Page:
    site.inside(hung)
    page = site.window(WALL)
    page.goto("/b/first/screen")
    return page


def test_a_screen_shows_a_change_within_seconds_and_survives_without_a_network(
    site: Site, frozen_clock: FrozenClock
) -> None:
    page = on_wall(site)
    expect(page.locator(".person:visible")).to_have_count(3)
    expect(page.locator(".screen .board-phone")).to_contain_text(scene.PHONE)
    assert overflow(page) == 0
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    # What was promised anew, and who opts out, is there within seconds.
    site.inside(lambda: scene.pledge("M002", "每季度讲一次微党课", due_on=date(2026, 9, 30)))
    frozen_clock.advance(seconds=2)
    expect(page.get_by_text("每季度讲一次微党课")).to_be_visible()
    site.inside(lambda: scene.refuse("M003"))
    frozen_clock.advance(seconds=2)
    expect(page.locator(".person:visible")).to_have_count(2)

    page.context.set_offline(True)
    expect(page.get_by_text("网络中断")).to_be_visible()
    expect(page.locator(".person:visible")).to_have_count(2)
    # The machine is started again, still without a network: the last good copy is there.
    page.reload()
    expect(page.locator(".person:visible")).to_have_count(2)
    expect(page.get_by_text("每季度讲一次微党课")).to_be_visible()
    expect(page.get_by_text("网络中断")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_text("网络中断")).to_be_hidden()
    site.faults[:] = [fault for fault in site.faults if "net::ERR_" not in fault]


def test_a_screen_turns_by_itself(site: Site) -> None:
    def many() -> None:
        hung()
        scene.pledge(None, "全年开放式组织生活不少于四次")

    site.inside(many)
    page = site.window(WALL)
    page.clock.install()
    page.goto("/b/first/screen")
    expect(page.get_by_text("全年开放式组织生活不少于四次")).to_be_visible()
    expect(page.locator("[data-number]")).to_have_text("1 / 2")
    page.clock.run_for(7_500)
    assert 0.3 < page.locator("[data-bar]").evaluate("bar => bar.value") < 0.7
    page.clock.run_for(9_000)
    expect(page.locator("[data-number]")).to_have_text("2 / 2")
    expect(page.locator(".person:visible")).to_have_count(3)


def test_without_scripts_all_of_it_stands_there(site: Site) -> None:
    site.inside(hung)
    page = site.window(WALL, scripts=False)
    page.goto("/b/first/screen")
    expect(page.locator(".person")).to_have_count(3)


def test_each_sheet_is_one_page_of_its_paper(site: Site, tmp_path: Path) -> None:
    site.inside(hung)
    page = site.window()
    for size, (width, height) in {"a4": (595, 842), "a3": (1191, 842)}.items():
        page.goto(f"/b/first/print/{size}")
        made = PdfReader(BytesIO(page.pdf(prefer_css_page_size=True, print_background=True)))
        assert len(made.pages) == 1
        box = made.pages[0].mediabox
        assert (round(box.width), round(box.height)) == (width, height)


def test_somebody_passing_by_rates_a_pledge(site: Site) -> None:
    site.inside(hung)
    page = site.window(PHONE)
    page.goto("/b/first")
    assert sticking_out(page) == []
    page.get_by_role("link", name="留言评议").click()
    page.get_by_label("针对哪项承诺").select_option(index=1)
    page.get_by_text("兑现良好").click()
    page.get_by_label("留言内容").fill("说到做到")
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_text("谢谢您的留言")).to_be_visible()
    assert overflow(page) == 0

    secretary = site.signed_in("secretary")
    secretary.get_by_role("link", name="群众留言待处理").click()
    secretary.get_by_label("公开答复").fill("谢谢监督，继续努力")
    secretary.get_by_role("button", name="同意公开").click()
    expect(secretary.get_by_text("已公开", exact=True)).to_be_visible()
