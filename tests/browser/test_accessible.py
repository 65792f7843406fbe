"""axe-core finds nothing on any page, in both languages and both displays; pages are light and keep to themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Response

from pointsvc import clock, create_app, demo
from pointsvc.db import db, transaction
from pointsvc.people.signing import set_display, set_language
from pointsvc.permissions import Role
from tests import factories
from tests.browser.visitors import PHONE, Site, sticking_out, work
from tests.browser.walking import walk
from tests.conftest import Databases, FrozenClock, settings

pytestmark = [pytest.mark.browser, pytest.mark.slow]

AXE = Path(__file__).parents[2] / "pointsvc" / "assets" / "node_modules" / "axe-core" / "axe.min.js"
# The levels that the service promises: WCAG 2.1 AA.
RUN = """async () => {
    // Only what is wrong is told of in full: a third of the work.
    const found = await axe.run({runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], resultTypes: ["violations"]});
    return found.violations.map(rule => `${rule.id}: ${rule.nodes.slice(0, 3).map(node => node.target).join(" | ")}`);
}"""
HEAVIEST = 300_000
NAMES = {
    Role.DISTRICT_ADMIN: "组织部",
    Role.SECRETARY: "书记",
    Role.MEMBER: "党员",
    Role.SUPERVISOR: "督查",
    Role.AUDITOR: "审计",
    Role.SYSTEM_ADMIN: "系统管理",
}
WAYS = [("zh", "plain"), ("zh", "elder"), ("en", "plain"), ("en", "elder")]
# In these two ways each page is seen in both languages and in both displays; axe takes its time.
WITH_AXE = (("zh", "plain"), ("en", "elder"))


@pytest.fixture(scope="module")
def demonstrations(tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """Makes databases with the demonstration district: long names, full lists."""
    folder = tmp_path_factory.mktemp("demonstrations")
    databases = Databases("sqlite", folder, None)
    app = create_app(settings(f"sqlite:///{folder / 'template'}.db", folder))
    with clock.set_to(FrozenClock()), app.app_context():
        with transaction():
            demo.fill(at=clock.now())
        for name in NAMES.values():
            factories.give_password(name)
        work(app)
        db.session.remove()
        db.engine.dispose()
    return databases


@pytest.fixture
def demonstration(
    demonstrations: Databases, browser: Browser, frozen_clock: FrozenClock, tmp_path: Path
) -> Iterator[Site]:
    """The service with the demonstration district."""
    url, remove = demonstrations.new()
    site = Site(create_app(settings(url, tmp_path)), browser)
    try:
        yield site
    finally:
        site.close()
        remove()
    assert site.faults == []


def choose(site: Site, name: str, language: str, display: str) -> None:
    """Let this account see the service so."""

    def act() -> None:
        actor = factories.actor(name)
        with transaction():
            set_language(actor=actor, at=clock.now(), language=language)
            set_display(actor=actor, at=clock.now(), display=display)

    site.inside(act)


def faults(page: Page) -> list[str]:
    """What axe finds on the page as it is open now."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(RUN)
    return found


class Scales:
    """Everything that a browser with an empty cache must fetch for a page, unpacked, without charts."""

    def __init__(self, page: Page) -> None:
        self.bytes = 0
        # Else styles and scripts would be weighed with the first page alone.
        page.context.new_cdp_session(page).send("Network.setCacheDisabled", {"cacheDisabled": True})
        page.on("response", self._weigh)

    def _weigh(self, answer: Response) -> None:
        if answer.ok and "/chart-" not in answer.url:
            self.bytes += len(answer.body())


@pytest.mark.parametrize("role", NAMES)
@pytest.mark.parametrize(("language", "display"), WAYS)
def test_no_page_shuts_anybody_out_or_is_heavy(demonstration: Site, role: Role, language: str, display: str) -> None:
    choose(demonstration, NAMES[role], language, display)
    page = demonstration.signed_in(NAMES[role], PHONE)
    # One walk for all that is looked at: opening the pages is most of the work.
    scales = Scales(page)
    found: dict[str, Any] = {}
    opened = 0
    for address in walk(page):
        opened += 1
        if scales.bytes > HEAVIEST:
            found[f"{address} is too heavy"] = scales.bytes
        # What is public of a board is the same for everybody, in the language that the browser asks for.
        chosen = "zh" if address.startswith("/b/") and not address.endswith("/say") else language
        assert page.locator("html").get_attribute("lang") == ("en" if chosen == "en" else "zh-Hans")
        if (language, display) in WITH_AXE and (wrong := faults(page)):
            found[address] = wrong
        if wide := sticking_out(page):
            found[f"{address} is too wide"] = wide
        scales.bytes = 0
    assert opened >= 4
    assert found == {}
