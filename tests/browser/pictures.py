"""Take the pictures of all pages from a running demonstration: ``make pictures``.

Starts the service with the demonstration district in a temporary folder, signs in as each role, and
writes docs/pictures, at desktop and at phone width. Not a test: nothing here is asserted.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import NAMES, QUIET

LONG = ("branch", "meeting", "import", "home", "score")
PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
PORT = 8765
BASE = f"http://127.0.0.1:{PORT}"
WIDTHS = {"": (1280, 800), "-phone": (360, 740)}
FIRST_ROW = "main table tbody a, main .lines a"
# Page names and addresses for each role; an address of None opens the first row of the page before.
WALKS: dict[str, tuple[tuple[str, str | None], ...]] = {
    "书记": (
        ("branch", "/"),
        ("new-meeting", "/meetings/new"),
        ("meetings", "/meetings"),
        ("meeting", None),
        ("entry", "/entries/new"),
        ("members", "/members"),
        ("member", None),
        ("standings", "/standings"),
        ("notices", "/notices"),
    ),
    "党员": (("score", "/"), ("schemes", "/schemes"), ("scheme", None)),
    "组织部": (
        ("home", "/"),
        ("imports", "/imports"),
        ("import", None),
        ("tallies", "/tallies"),
        ("tally", None),
        ("organisations", "/organisations"),
    ),
}
# One good row, one of a day that is none, one of nobody: what an office really sends.
ROWS = (
    "党员编号,姓名,日期,积分细则,数量,级别,分值,事由\n"
    "Q00001,,2026-09-05,社区志愿服务,2,,,\n"
    "Q00002,,2026-02-30,社区志愿服务,1.5,,,\n"
    "Q09999,,2026-09-06,为群众办实事,,,,\n"
    "Q00003,,2026-09-07,交办任务未完成,,,-9,\n"
)


@contextmanager
def service() -> Iterator[dict[str, str]]:
    """The demonstration on its own port; the passwords by name."""
    command = [Path(sys.executable).with_name("pointsvc"), "up", "--demo", "--port", str(PORT), "--data-dir"]
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen([*command, folder], stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("ready")
            lines = (Path(folder) / "demo-sign-ins.txt").read_text("utf-8").splitlines()
            yield {line.split()[0]: line.split()[1] for line in lines}
        finally:
            process.terminate()
            process.wait(60)


def sign_in(browser: Browser, name: str, password: str, size: tuple[int, int]) -> Page:
    """A page of somebody who has just signed in."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{BASE}/sign-in")
    page.fill("[name=name]", name)
    page.fill("[name=password]", password)
    page.click("main [type=submit]")
    page.wait_for_load_state("networkidle")
    return page


def take(page: Page, name: str, *, whole: bool = True) -> None:
    """One picture; a phone's is cut where a thumb would stop scrolling."""
    page.wait_for_load_state("networkidle")
    page.screenshot(path=PICTURES / f"{name}.png", full_page=whole)


def send_a_workbook(page: Page) -> None:
    """Let there be an import with refused rows to look at."""
    page.goto(f"{BASE}/imports")
    page.check("[name=kind][value=entries]", force=True)
    file = {"name": "三季度积分申报.csv", "mimeType": "text/csv", "buffer": ROWS.encode("gb18030")}
    page.set_input_files("[name=file]", file)
    page.click("main form [type=submit]")
    page.wait_for_selector("#rejected", timeout=60_000)


def main() -> None:
    """Take all pictures anew."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    found = next(path for name in NAMES if (path := shutil.which(name)))
    with service() as passwords, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=QUIET)
        page = sign_in(browser, "组织部", passwords["组织部"], WIDTHS[""])
        send_a_workbook(page)
        for suffix, size in WIDTHS.items():
            page = browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="zh-CN").new_page()
            page.goto(f"{BASE}/sign-in")
            take(page, f"sign-in{suffix}")
            for role, walk in WALKS.items():
                page = sign_in(browser, role, passwords[role], size)
                for name, address in walk:
                    page.goto(BASE + (address or page.locator(FIRST_ROW).first.get_attribute("href") or ""))
                    take(page, f"{name}{suffix}", whole=not suffix and name in LONG)
                page.context.close()
        browser.close()


if __name__ == "__main__":
    main()
