"""Comforts of every page: what is being written is kept, what was done is undone, long work tells how far it is;
and what remains without scripts and on paper."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from pointsvc import clock, queues
from pointsvc.db import db, transaction
from pointsvc.permissions import Role
from pointsvc.tallies.models import Tally
from tests.browser.test_every_page import ways
from tests.browser.visitors import DESKTOP, Site, overflow
from tests.factories import BY_ROLE

pytestmark = pytest.mark.browser

# An A4 sheet between its margins, in CSS pixels.
PAPER = (657, 940)
# What a Chinese page may say in Latin letters: names of programs and formats, and codes that somebody gave.
LATIN = re.compile(r"\b(?!English\b|Excel\b|CSV\b|UTF\b|xlsx?\b|GB\d*\b|JPEG\b|PNG\b|WebP\b|PDF\b|MB\b)[A-Za-z]{4,}\b")
# Commands for the server's administrator, and accounts of the made-up district.
SAID = ("pointsvc", "Python", "Redis", "scheduler", "backup", "sqlite", "neighbour", "street")


# ---- writing


def test_what_is_being_written_survives_leaving_the_page_and_is_gone_once_sent(site: Site) -> None:
    page = site.signed_in("secretary")
    address = "/entries/new?rule=volunteer&member=M001"
    page.goto(address)
    page.get_by_label("备注").fill("在社区值守三个小时")
    page.goto("/branch")
    page.goto(address)
    expect(page.get_by_label("备注")).to_have_value("在社区值守三个小时")
    expect(page.get_by_text("已恢复上次未提交的内容。")).to_be_visible()
    page.get_by_label(re.compile("数量|多少|小时")).first.fill("3")
    page.get_by_role("button", name="登记积分").click()
    expect(page.get_by_text("已登记 1 条积分")).to_be_visible()
    page.goto(address)
    expect(page.get_by_label("备注")).to_have_value("")


def test_whoever_signs_in_next_at_this_computer_sees_nothing_of_it(site: Site) -> None:
    page = site.signed_in("secretary")
    page.goto("/entries/new?rule=volunteer&member=M001")
    page.get_by_label("备注").fill("只是草稿")
    page.locator("summary").filter(has_text="secretary").click()
    page.get_by_role("button", name="退出登录").click()
    expect(page).to_have_url(re.compile("/sign-in$"))
    kept = page.evaluate("Object.keys(sessionStorage)")
    assert [name for name in kept if name.startswith(("draft:", "sent:"))] == []


# ---- undoing


def test_recorded_points_are_undone_with_one_touch_and_without_a_question(site: Site) -> None:
    page = site.signed_in("secretary")
    page.on("dialog", lambda dialog: site.faults.append(f"asks: {dialog.message}"))
    page.goto("/entries/new?rule=volunteer&member=M001")
    page.get_by_label(re.compile("数量|多少|小时")).first.fill("2")
    page.get_by_role("button", name="登记积分").click()
    page.locator(".note-line").get_by_role("button", name="撤回").click()
    expect(page.get_by_text("已撤回 1 条积分记录。")).to_be_visible()
    assert {number: str(total) for number, total in site.points().items()} == {"M001": "0.00"}


# ---- long work


def test_long_work_says_how_far_it_is_and_how_long_it_takes_also_to_whoever_comes_back(site: Site) -> None:
    page = site.signed_in("admin")
    page.goto("/tallies")
    page.get_by_label("统计期").select_option("2026-Q2")
    page.get_by_role("button", name="开始汇总").click()
    address = page.url

    def half_done() -> None:
        with transaction():
            job = db.session.scalars(db.select(queues.Job).where(queues.Job.topic == queues.TALLY_COMPUTE)).one()
            job.status, job.progress, job.size = "running", 120, 480
            job.started_at, job.lease_until = clock.now() - timedelta(minutes=2), clock.now() + timedelta(minutes=1)
            db.session.execute(db.update(Tally).values(status="running"))

    site.inside(half_done)
    page.goto("/branch?organisation=QS0101")
    page.goto(address)
    line = page.locator(".progress-line")
    expect(line).to_contain_text("120")
    expect(line).to_contain_text("480")
    expect(line).to_contain_text("6 分钟")
    assert page.get_by_role("progressbar").get_attribute("value") == "120"


# ---- people


def test_somebody_is_found_by_initials_wherever_a_person_is_written_down(site: Site) -> None:
    page = site.signed_in("operator")
    page.goto("/accounts/new")
    page.get_by_label("账号", exact=True).fill("xiaolan")
    page.get_by_label("角色").select_option("member")
    page.get_by_label(re.compile("管理范围")).select_option("QS0101")
    page.get_by_label(re.compile("本人党员信息")).fill("zz")
    page.get_by_role("button", name="建立账号").click()
    expect(page.locator("#member-error")).to_contain_text("zz")
    site.faults.clear()
    page.get_by_label(re.compile("本人党员信息")).fill("zxl")
    page.get_by_role("button", name="建立账号").click()
    expect(page.get_by_text("曾晓岚")).to_be_visible()

    page.goto("/accounts?q=oykm")
    expect(page.locator("main tbody tr")).to_have_count(1)

    secretary = site.signed_in("secretary")
    secretary.goto("/away-receipts/new")
    labels = secretary.locator("#own-members option").all_inner_texts()
    assert "欧阳凯敏 oykm" in labels
    for address in ("/members?q=oykm", "/standings?q=oykm"):
        secretary.goto(address)
        expect(secretary.locator("main tbody tr")).to_have_count(1)


# ---- the ways


def test_ways_that_do_not_fit_are_behind_more_and_reachable_by_keyboard(site: Site) -> None:
    page = site.signed_in("secretary")
    line = page.locator("nav.ways > .frame > ul")
    assert line.bounding_box()["height"] < 60  # type: ignore[index] # it is visible
    more = page.locator("nav.ways summary")
    more.focus()
    page.keyboard.press("Enter")
    page.get_by_role("navigation").get_by_role("link", name="数据导入").first.click()
    expect(page).to_have_url(re.compile("/imports$"))
    expect(page.locator("nav.ways summary")).to_have_class("current")
    page.locator("nav.ways summary").click()
    page.keyboard.press("Escape")
    expect(page.locator("nav.ways details")).not_to_have_attribute("open", "")


# ---- without scripts, on paper, in Chinese


@pytest.mark.parametrize("role", list(Role))
def test_every_way_is_read_without_scripts_on_paper_and_in_chinese(site: Site, role: Role) -> None:
    with_scripts = site.signed_in(BY_ROLE[role])
    page = site.signed_in(BY_ROLE[role], scripts=False)
    for address in ways(with_scripts):
        with_scripts.goto(address)
        page.goto(address)
        heading = with_scripts.get_by_role("heading", level=1).inner_text()
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        # Nothing of the content waits for a script: the same headings stand there.
        parts = [part.inner_text() for part in with_scripts.locator("main h2:visible").all()]
        assert (address, [part.inner_text() for part in page.locator("main h2:visible").all()]) == (address, parts)

        # A folder of the server is no word.
        text = re.sub(r"/\S+", "", with_scripts.locator("main").inner_text())
        foreign = [word for word in LATIN.findall(text) if word not in (*BY_ROLE.values(), *SAID)]
        assert (address, foreign) == (address, [])

        page.set_viewport_size({"width": PAPER[0], "height": PAPER[1]})
        page.emulate_media(media="print")
        for frame in ("nav.ways", "nav.bottom", ".page-action", ".tools"):
            expect(page.locator(frame).first).to_be_hidden()
        assert (address, overflow(page)) == (address, 0)
        page.emulate_media(media="screen")
        page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
