"""Taking away and bringing back in a browser, and the district's line about the nightly reconciliation."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from pointsvc import clock
from pointsvc.db import transaction
from pointsvc.ledger import service as ledger
from pointsvc.permissions import SYSTEM
from tests.browser.test_district import figure
from tests.browser.visitors import PHONE, Site, overflow
from workers import schedule

pytestmark = pytest.mark.browser


def record(site: Site) -> None:
    def act() -> None:
        for rule, more in (
            ("volunteer", {"quantity": Decimal("1.5"), "note": "=慰问，“困难”党员"}),
            ("advice", {"points": Decimal("2.5"), "matter": "路灯"}),
            ("meeting", {}),
        ):
            with transaction():
                made = ledger.record(
                    actor=SYSTEM, at=clock.now(), member="M001", rule=rule, occurred_on=date(2026, 7, 5), **more
                )
        with transaction():
            ledger.reverse(actor=SYSTEM, at=clock.now(), entry_id=made.id, reason="登错了")

    site.inside(act)


@pytest.mark.parametrize("form", ["Excel 工作簿", "CSV（GB18030 编码）"])
def test_a_secretary_takes_the_entries_away_and_brings_them_back(site: Site, form: str) -> None:
    record(site)
    before = site.points()
    page = site.signed_in("secretary")
    page.goto("/exports")
    page.get_by_text("积分记录", exact=True).check()
    page.get_by_text(form, exact=True).check()
    with page.expect_download() as download:
        page.get_by_role("button", name="下载").click()
    name = download.value.suggested_filename
    assert name.startswith("积分记录-松岭街道第一党支部.")

    page.goto("/imports")
    page.get_by_text("积分申报", exact=True).first.click()
    content = download.value.path().read_bytes()
    page.get_by_label("文件").set_input_files({"name": name, "mimeType": "application/octet-stream", "buffer": content})
    page.get_by_role("button", name="试导入").click()
    expect(page.get_by_text("正在排队")).to_be_visible()
    site.work()
    expect(page.get_by_role("button", name="导入 4 行")).to_be_visible()
    assert [figure(page, what).inner_text() for what in ("文件行数", "已有，未变", "未通过")] == ["4", "4", "0"]
    page.get_by_role("button", name="导入 4 行").click()
    site.work()
    expect(page.get_by_text("导入完成。")).to_be_visible()
    assert site.points() == before


def test_an_archive_is_made_while_one_waits_and_fetched(site: Site) -> None:
    record(site)
    page = site.signed_in("secretary")
    page.goto("/exports")
    page.get_by_role("button", name="生成数据包").click()
    expect(page.get_by_text("正在排队")).to_be_visible()
    site.work()
    # The page comes by this itself: nobody loads it again.
    download_link = page.get_by_role("link", name="下载")
    expect(download_link).to_be_visible()
    with page.expect_download() as download:
        download_link.click()
    assert download.value.path().read_bytes()[:2] == b"PK"


def test_the_district_sees_that_everything_agrees(site: Site) -> None:
    record(site)
    site.inside(schedule.ask_for_due)
    site.work()
    page = site.signed_in("admin")
    expect(page.get_by_text("账实相符", exact=True)).to_be_visible()
    page.get_by_role("link", name="最近核对于").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("账实核对")
    page.get_by_role("button", name="立即核对").click()
    site.work()
    expect(page.get_by_role("button", name="立即核对")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(2)


@pytest.mark.parametrize("address", ["/exports", "/members/M001/card", "/members/M001", "/members", "/meetings"])
def test_the_pages_fit_a_phone(site: Site, address: str) -> None:
    record(site)
    page = site.signed_in("secretary", PHONE)
    page.goto(address)
    assert overflow(page) == 0


def test_the_card_is_one_sheet_of_paper(site: Site) -> None:
    record(site)
    page = site.signed_in("secretary")
    page.goto("/members/M001/card")
    paper = page.pdf(format="A4", prefer_css_page_size=True)
    assert paper.startswith(b"%PDF")
    assert paper.count(b"/Type /Page\n") + paper.count(b"/Type /Page ") == 1
