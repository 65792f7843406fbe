"""A seal pressed by the secretary, proven by the member, and checked by anybody in a browser that trusts nobody."""

from __future__ import annotations

import json
import os
import random
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from pointsvc import clock
from pointsvc.db import transaction
from pointsvc.permissions import SYSTEM
from pointsvc.seals import proofs
from pointsvc.tallies import fingerprint, sealed, sealing
from tests.browser.visitors import PHONE, Site, overflow
from tests.seals.mutants import Document, mutants
from tests.tallies import sheets, work

pytestmark = pytest.mark.browser

MEMBERS = ("M001", "M002", "M003", "M004", "M005")
# Hands each text to the page as if somebody had chosen that file; answers with what the page then says.
CHECK = """
async (texts) => {
  const input = document.querySelector("#proof");
  const place = document.querySelector("[data-checked]");
  const found = [];
  for (const text of texts) {
    place.dataset.checked = "";
    const files = new DataTransfer();
    files.items.add(new File([text], "proof.json"));
    input.files = files.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    while (!place.dataset.checked) await new Promise((resolve) => setTimeout(resolve));
    found.push(place.dataset.checked);
  }
  return found;
}
"""


def publicised() -> int:
    """The district's quarter, with an entry of each member, publicised until yesterday; the tally's id."""
    for number in MEMBERS:
        sheets.record(number, "themeday", "2026-07-05")
    found = work.over("QS", "2026-Q3", clock.today() - timedelta(days=1))
    with transaction():
        fingerprint.plant(actor=SYSTEM, at=clock.now(), tally=found, version=1)
    return found.id


def documents() -> list[Document]:
    """The proofs of all results and entries of the sealed quarter."""
    tally_id = publicised()
    with transaction():
        tally = sealing.seal(actor=SYSTEM, at=clock.now(), tally_id=tally_id)
    found = [sealed.proof(actor=SYSTEM, tally_id=tally.id, member=number) for number in MEMBERS]
    found += [proofs.of_entry(actor=SYSTEM, entry_id=n) for n in range(1, len(MEMBERS) + 1)]
    return [{**one.document, "words": str(one.words)} for one in found]


def say(page: Page, texts: list[str]) -> list[str]:
    found: list[str] = page.evaluate(CHECK, texts)
    return found


def test_sealed_proven_and_checked(site: Site, tmp_path: Path) -> None:
    tally = site.inside(publicised)
    page = site.signed_in("admin")
    page.goto(f"/tallies/{tally}")
    page.get_by_role("button", name="封存").click()
    expect(page.locator("#seal")).to_contain_text("第 1 号封存")
    chain = page.locator("#seal .fingerprint").first.inner_text()

    member = site.signed_in("member", PHONE)
    member.goto("/score?period=2026-Q3")
    assert overflow(member) == 0
    with member.expect_download() as download:
        member.get_by_role("link", name="下载存证证明").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)

    anybody = site.window(PHONE)
    anybody.goto("/verify")
    anybody.get_by_label("下载的存证证明文件").set_input_files(path)
    expect(anybody.get_by_text("证明本身前后一致。")).to_be_visible()
    anybody.get_by_label("公示名单或封存公告上的指纹").fill(chain)
    anybody.keyboard.press("Tab")
    expect(anybody.get_by_text("验证通过。")).to_be_visible()
    expect(anybody.locator("[data-step] .badge.good:visible")).to_have_count(5)
    expect(anybody.locator("[data-field=member]")).to_have_text("M001")
    assert overflow(anybody) == 0

    forged = tmp_path / "forged.json"
    forged.write_text(path.read_text("utf-8").replace("60.00", "90.00"), "utf-8")
    anybody.get_by_label("下载的存证证明文件").set_input_files(forged)
    expect(anybody.get_by_text("验证不通过。")).to_be_visible()
    expect(anybody.get_by_text("重新计算得到的是另一个指纹，说明内容被改动过。")).to_be_visible()
    expect(anybody.locator("[data-record]")).to_be_hidden()


def test_all_true_proofs_hold_and_a_thousand_forged_ones_do_not(site: Site) -> None:
    seed = int(os.environ.get("SEED", random.randrange(10**9)))
    print(f"SEED={seed}")
    true = site.inside(documents)
    page = site.window()
    page.goto("/verify")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    assert say(page, [json.dumps(one, ensure_ascii=False) for one in true]) == ["open"] * len(true)
    forged = mutants(true, 1000, seed)
    found = say(page, [text for _, text in forged])
    assert [one for one, outcome in zip(forged, found, strict=True) if outcome != "fails"] == []
    assert asked == []


def test_a_receipt_is_printed_on_one_slip_and_scanned(site: Site, tmp_path: Path) -> None:
    site.inside(publicised)
    page = site.signed_in("secretary")
    page.goto("/members/M001")
    page.get_by_role("link", name="回执").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("积分回执")
    expect(page.locator("svg.code")).to_be_visible()
    expect(page.get_by_role("button", name="打印回执")).to_be_visible()
    code = page.locator(".slip-letters").inner_text()
    page.pdf(path=tmp_path / "slip.pdf", prefer_css_page_size=True)
    (sheet,) = PdfReader(tmp_path / "slip.pdf").pages
    assert [round(float(side) / 72 * 25.4) for side in sheet.mediabox[2:]] == [105, 148]

    anybody = site.window(PHONE)
    anybody.goto("/receipts")
    anybody.get_by_label("回执编号").fill(code.lower())
    anybody.get_by_role("button", name="查询").click()
    expect(anybody.get_by_text("这条记录有效。")).to_be_visible()
    expect(anybody.locator("main")).to_contain_text("欧**")
    assert overflow(anybody) == 0


def test_without_scripts_the_page_points_to_the_checker(site: Site) -> None:
    page = site.window(scripts=False)
    page.goto("/verify")
    expect(page.get_by_text("浏览器未启用脚本")).to_be_visible()
    expect(page.locator("form[data-verify]")).to_be_hidden()
