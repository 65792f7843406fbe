"""What the demonstration does not hold by itself, done by hand, so that there are pictures of it too."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

# One good row, one of a day that is none, one of nobody: what an office really sends.
ROWS = (
    "党员编号,姓名,日期,积分细则,数量,级别,分值,事由\n"
    "Q00001,,2026-09-05,社区志愿服务,2,,,\n"
    "Q00002,,2026-02-30,社区志愿服务,1.5,,,\n"
    "Q09999,,2026-09-06,为群众办实事,,,,\n"
    "Q00003,,2026-09-07,交办任务未完成,,,-9,\n"
)


def play(sign_in: Callable[[str], Page], passer_by: Page) -> dict[str, tuple[str, ...]]:
    """Do it all, and give the addresses that nothing leads to, by who opens them."""
    office, secretary, supervisor = (sign_in(name) for name in ("组织部", "书记", "督查"))
    _send_a_workbook(office)
    _plan(office)
    _ask_for_an_archive(office)
    _press(supervisor, "/inspections", "已到达，开始检查")
    _press(supervisor, "/bulletins", "起草通报", last=True)
    slip = _slip(secretary)
    found = {
        "组织部": ("/standings", "/members/without-branch", "/merges"),
        "书记": (f"/reviews?year={_last_year(secretary)}",),
        "路人": (_need(passer_by), slip),
    }
    for page in (office, secretary, supervisor):
        page.context.close()
    return found


def _send_a_workbook(page: Page) -> None:
    page.goto("/imports")
    page.check("[name=kind][value=entries]", force=True)
    file = {"name": "三季度积分申报.csv", "mimeType": "text/csv", "buffer": ROWS.encode("gb18030")}
    page.set_input_files("[name=file]", file)
    page.click("main form [type=submit]")
    page.wait_for_selector("#rejected", timeout=60_000)


def _plan(page: Page) -> None:
    page.goto("/spot-checks/new")
    page.fill("[name=title]", "基层党组织生活专项抽查")
    page.fill("[name=plan]", "QY-2027Q1-01")
    page.click("main .form-end [type=submit]")
    page.wait_for_url("**/spot-checks/*")


def _ask_for_an_archive(page: Page) -> None:
    page.goto("/exports")
    page.click("form[action='/exports'] [type=submit]")
    page.wait_for_load_state("networkidle")


def _press(page: Page, address: str, words: str, *, last: bool = False) -> None:
    page.goto(address)
    buttons = page.get_by_role("button", name=words)
    (buttons.last if last else buttons.first).click()
    page.wait_for_load_state("networkidle")


def _slip(page: Page) -> str:
    page.goto("/reviews")
    page.click("main tbody th a")
    page.goto(f"{page.url}/codes")
    page.fill("[name=number]", "6")
    page.click("main form.filters [type=submit]")
    return f"/vote/{page.locator('.ballot-code').first.inner_text()}"


def _last_year(page: Page) -> int:
    page.goto("/reviews")
    return int(page.locator("[name=year]").first.input_value()) - 1


def _need(page: Page) -> str:
    page.goto("/need/at/QY0101")
    page.fill("[name=title]", "楼道扶手松动，老人上下楼不便")
    page.fill("[name=name]", "居民")
    page.fill("[name=phone]", "0000-1234567")
    page.click("main form [type=submit]")
    page.wait_for_load_state("networkidle")
    return page.url
