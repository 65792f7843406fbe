"""Take pictures of a running demonstration: ``make pictures``.

Starts the service with the demonstration district in a temporary folder and walks it as each role.
Every kind of page is taken at three widths, light and dark, in Chinese, and once more in English, and
what a further role sees of it at two widths; those go to out/pictures, which git ignores, and are
there to be looked at. The best few go to docs/pictures.
Not a test: nothing here is asserted.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import NAMES, QUIET
from tests.browser.playing import play
from tests.browser.walking import kind, walk

ROOT = Path(__file__).parents[2]
BEST, ALL = ROOT / "docs" / "pictures", ROOT / "out" / "pictures"
PORT = 8765
BASE = f"http://127.0.0.1:{PORT}"
HEIGHTS = {1440: 900, 768: 1024, 360: 740}
ROLES = ("书记", "党员", "组织部", "社区", "督查", "审计", "系统管理")
# What is there for everybody, without an account.
PASSER_BY = "路人"
OPEN_TO_ALL = (
    "/sign-in",
    "/b/linjiang-dongqiao",
    "/need",
    "/circle",
    "/draws",
    "/check-draw",
    "/verify",
    "/receipts",
    "/vote",
)
# In Chinese every width in both colours, in English the widest and the narrowest.
LOOKS = {"中文": [(width, theme) for width in HEIGHTS for theme in ("light", "dark")]}
LOOKS["English"] = OF_ONE_SEEN = [(1440, "light"), (360, "light")]
# One page of each role in high contrast: all take their colours from the same names.
WITH_CONTRAST = ("/branch", "/score", "/")
TALLEST = 6000
# So that the browser's own words (a file's button, a date's order) are Chinese, as on an office's computer.
CHINESE = {**os.environ, "LANGUAGE": "zh_CN", "LC_ALL": "zh_CN.UTF-8"}
# On a whole page the bar at the window's foot would stand across its middle.
UNSTUCK = """whole => {
    const bar = document.querySelector("nav.bottom");
    if (bar) bar.style.position = whole ? "static" : "";
}"""
# More colours than a page of ours has, and a third of the bytes.
COLOURS = 160


@dataclass(frozen=True)
class Best:
    """A picture that is kept: who looks at what, and how wide the window. ``first`` is opened before."""

    name: str
    role: str
    address: str
    size: tuple[int, int] = (1280, 860)
    theme: str = "light"
    elder: bool = False
    first: str = ""


FIRST_ROW = "main table tbody a, main .lines a"
PHONE = (390, 844)
KEPT = (
    Best("branch", "书记", "/branch"),
    Best("meeting-phone", "书记", "/meetings", PHONE, first=FIRST_ROW),
    Best("declarations", "书记", "/declarations"),
    Best("score", "党员", "/score", (1280, 1100)),
    Best("score-phone", "党员", "/score", PHONE),
    Best("large-type-phone", "党员", "/score", PHONE, elder=True),
    Best("district", "组织部", "/", (1280, 1000)),
    Best("publicity", "组织部", "/publicity", first=".lines a"),
    Best("supervisor", "督查", "/"),
    Best("auditor-dark", "审计", "/", theme="dark"),
    Best("service", "系统管理", "/"),
    Best("board", "书记", "/b/linjiang-dongqiao", (1280, 900)),
    Best("lists", "书记", "/lists", first=".part-head h2 a"),
    Best("draw", "督查", "/draws", (1280, 1000), first=".lines a"),
    Best("bulletin", "督查", "/bulletins", (1280, 1000), first=".lines a.line"),
    Best("inspection-phone", "督查", "/inspections", PHONE, first=".visit a.button"),
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
    """A page of somebody who has just signed in and knows the way."""
    context = browser.new_context(
        base_url=BASE, viewport={"width": size[0], "height": size[1]}, locale="zh-CN", reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto("/sign-in")
    page.fill("[name=name]", name)
    page.fill("[name=password]", password)
    page.click("main [type=submit]")
    page.wait_for_load_state("networkidle")
    if page.locator("section.tour button.plain").count():
        page.click("section.tour button.plain")
    return page


def take(page: Page, file: Path, theme: str, *, whole: bool) -> None:
    """One picture in these colours; a very long page is cut."""
    page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
    page.evaluate(UNSTUCK, whole)
    file.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.open(io.BytesIO(page.screenshot(full_page=whole, animations="disabled")))
    picture = picture.convert("RGB").crop((0, 0, picture.width, min(picture.height, TALLEST)))
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)


def passing_by(browser: Browser) -> Page:
    """A page of somebody without an account."""
    return browser.new_context(base_url=BASE, locale="zh-CN", reduced_motion="reduce").new_page()


def every_page(browser: Browser, role: str, password: str | None, more: tuple[str, ...], seen: set[str]) -> None:
    """Each kind of page that this role reaches, in both languages.

    What another role has been ``seen`` to reach is much the same: of that only Chinese and light.
    """
    starts = ("/", *more) if password else (*OPEN_TO_ALL, *more)
    fresh: set[str] = set()
    for language, looks in LOOKS.items():
        page = sign_in(browser, role, password, (1440, 900)) if password else passing_by(browser)
        if language == "English":
            page.goto(starts[0])
            page.get_by_role("button", name="English").click()
            page.wait_for_selector("html[lang=en]")
        for address in walk(page, *starts):
            same = kind(address)
            if language == "中文" and same not in seen:
                fresh.add(same)
            wanted = looks if same in fresh else OF_ONE_SEEN if language == "中文" else []
            contrast = [(1440, "contrast")] if address in WITH_CONTRAST and language == "中文" else []
            name = same.strip("/").replace("/", "_").replace("*", "N") or "first"
            for width, theme in (*wanted, *contrast):
                page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
                page.wait_for_load_state("networkidle")
                take(page, ALL / role / f"{name}-{width}-{theme}-{language}.png", theme, whole=True)
            page.set_viewport_size({"width": 1440, "height": 900})
        if language == "English" and password:
            page.goto("/")
            page.get_by_role("button", name="中文").click()
        page.context.close()
    seen |= fresh


def kept(browser: Browser, passwords: dict[str, str]) -> None:
    """The best few."""
    for one in KEPT:
        page = sign_in(browser, one.role, passwords[one.role], one.size)
        page.goto(one.address)
        if one.elder:
            page.get_by_role("button", name="大字版").click()
        if one.first:
            page.goto(page.locator(one.first).first.get_attribute("href") or "")
        page.wait_for_load_state("networkidle")
        take(page, BEST / f"{one.name}.png", one.theme, whole=False)
        if one.elder:
            page.get_by_role("button", name="标准版").click()
        page.context.close()
    proved(sign_in(browser, "组织部", passwords["组织部"], (1280, 860)))


def proved(page: Page) -> None:
    """The proof of a sealed entry, checked by the browser."""
    page.goto("/members")
    page.goto(page.locator(FIRST_ROW).first.get_attribute("href") or "")
    for slip in [link.get_attribute("href") or "" for link in page.locator("a[href$='/receipt']").all()]:
        page.goto(slip)
        if page.locator("a[href$='/proof.json']").count():
            break
    with page.expect_download() as download:
        page.locator("a[href$='/proof.json']").click()
    page.goto("/verify")
    page.set_input_files("#proof", download.value.path())
    page.wait_for_selector("[data-record]:visible")
    page.evaluate("document.querySelector('[data-checked]').scrollIntoView()")
    take(page, BEST / "proof.png", "light", whole=False)
    page.context.close()


def main(roles: list[str]) -> None:
    """Take all pictures anew, or every page of these roles; ``best``: only those that are kept."""
    found = next(path for name in NAMES if (path := shutil.which(name)))
    with service() as passwords, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=(*QUIET, "--lang=zh-CN"), env=CHINESE)
        more = play(lambda name: sign_in(browser, name, passwords[name], (1280, 800)), passing_by(browser))
        seen: set[str] = set()
        for role in (*ROLES, PASSER_BY) if not roles else [role for role in roles if role != "best"]:
            every_page(browser, role, passwords.get(role), more.get(role, ()), seen)
        if not roles or "best" in roles:
            kept(browser, passwords)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
