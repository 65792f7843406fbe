"""A spot-check from its plan to the certificate, and the draw checked by anybody in a browser that trusts nobody."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from pointsvc.spotchecks import proofs
from tests.browser.visitors import PHONE, Site, overflow
from tests.spotchecks import scene
from tests.spotchecks.test_check_draw import CHANGES, made_up
from tests.spotchecks.vector import DIGITS, PLAN, F, S

pytestmark = pytest.mark.browser

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
    for (let n = 0; n < 500 && !place.dataset.checked; n++) await new Promise((resolve) => setTimeout(resolve));
    found.push(place.dataset.checked);
  }
  return found;
}
"""


def step(page: Page, heading: str) -> None:
    """Go to the next screen of the wall."""
    page.get_by_role("link", name="下一步").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)


def test_from_the_plan_to_the_certificate(site: Site, tmp_path: Path) -> None:
    page = site.signed_in("overseer")
    page.goto("/spot-checks")
    page.get_by_role("link", name="新建方案").click()
    page.get_by_label("抽查名称").fill("四季度双随机抽查")
    page.get_by_label("公开编号").fill(PLAN)
    page.get_by_label("检查清单").fill("三会一课有记录\n公示栏按期更新")
    page.get_by_role("button", name="建立方案").click()
    page.get_by_role("link", name="添加抽查对象").click()
    page.get_by_label("类别名称").fill("支部")
    page.get_by_label("抽取数量").fill("2")
    page.get_by_label("按个数").check()
    page.get_by_role("button", name="添加抽查对象").click()
    expect(page.locator("#strata")).to_contain_text("共 3 个，抽 2 个")
    page.get_by_role("link", name="确定检查人员").click()
    page.get_by_label("每行一人").fill("区委组织部，甲一\n区纪委，乙二\n区委督查室，丙三")
    page.get_by_role("button", name="保存").click()
    page.get_by_role("button", name="冻结名单并公布").click()
    page.get_by_role("link", name="现场抽签").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("名单已冻结")
    step(page, "名单指纹")
    step(page, "系统已锁定密数")
    step(page, "掷骰")
    expect(page.get_by_role("link", name="下一步")).to_have_count(0)
    page.get_by_label("骰子数字").fill("20237 33112")
    page.get_by_role("button", name="按此数字抽签").click()
    expect(page.locator("#digits-error")).to_be_visible()
    # The refused form, and the browser's word on it.
    site.faults.clear()
    page.get_by_label("骰子数字").fill("20237 33112 81592 11123")
    page.get_by_role("button", name="按此数字抽签").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("公布密数")
    step(page, "抽中单位")
    expect(page.locator(".wall-drawn li")).to_have_count(2)
    step(page, "自己验证")
    expect(page.locator("svg.code")).to_be_visible()

    anybody = site.window(PHONE)
    anybody.goto(f"/draws/{PLAN}")
    asked: list[str] = []
    anybody.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    anybody.get_by_role("button", name="在本机复算").click()
    expect(anybody.get_by_text("抽签过程前后相符。")).to_be_visible()
    assert asked == [f"GET {site.base}/draws/{PLAN}/proof.json"]
    announced = anybody.locator("dd .fingerprint").first.inner_text()
    anybody.get_by_label("会前公布的名单指纹或承诺值").fill(announced)
    anybody.get_by_role("button", name="在本机复算").click()
    expect(anybody.get_by_text("验证通过。")).to_be_visible()
    assert overflow(anybody) == 0
    anybody.get_by_role("link", name="抽签证明书").click()
    assert overflow(anybody) == 0
    anybody.pdf(path=tmp_path / "certificate.pdf", prefer_css_page_size=True)
    (sheet,) = PdfReader(tmp_path / "certificate.pdf").pages
    assert [round(float(side) / 72 * 25.4) for side in sheet.mediabox[2:]] == [210, 297]


def vector(site: Site) -> dict[str, Any]:
    """The proof of the vector as the service gives it."""
    with site.app.app_context():
        return proofs.document(scene.row(scene.vector()))


def told(page: Page, *documents: dict[str, Any]) -> list[str]:
    """What the page says of each."""
    found: list[str] = page.evaluate(CHECK, [json.dumps(one, ensure_ascii=False) for one in documents])
    return found


def test_the_browser_proves_the_vector_and_finds_whatever_was_changed(site: Site) -> None:
    proof = vector(site)
    page = site.window()
    page.goto("/check-draw")
    assert told(page, proof) == ["open"]
    expect(page.locator("[data-step=seed]")).to_contain_text(" ".join(S[n : n + 8] for n in range(0, 64, 8)))
    page.get_by_label("会前公布的名单指纹或承诺值").fill(F)
    assert told(page, proof) == ["holds"]
    nothing = dict.fromkeys(("secret", "seed", "digits", "sealed"))
    assert told(page, {**proof, **nothing, "drawn": []}) == ["waits"]
    changed = []
    for change in CHANGES.values():
        one = json.loads(json.dumps(proof))
        change(one)
        changed.append(one)
    assert told(page, *changed) == ["fails"] * len(changed)
    page.get_by_label("会前公布的名单指纹或承诺值").fill("0" * 64)
    assert told(page, proof, {**proof, **nothing, "drawn": []}) == ["fails", "fails"]


def test_any_draw_by_the_rules_is_proven_in_the_browser(site: Site) -> None:
    page = site.window()
    page.goto("/check-draw")
    several = [
        made_up({"A": a, "B": b, "😀": 3, "\uffee": 2}, n, DIGITS, "5a" * 32) for a, b, n in ((1, 1, 1), (7, 12, 4))
    ]
    assert told(page, *several) == ["open", "open"]


def test_the_wall_fits_its_screen_and_a_phone(site: Site) -> None:
    with site.app.app_context():
        number = scene.vector()
    for size in ((1920, 1080), PHONE):
        page = site.signed_in("overseer", size)
        for name in ("list", "fingerprint", "commitment", "dice", "seed", "drawn", "check"):
            page.goto(f"/spot-checks/{number}/wall?step={name}")
            assert overflow(page) == 0
            if size[0] == 1920:
                assert page.evaluate("document.documentElement.scrollHeight <= innerHeight"), name
