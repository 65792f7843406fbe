"""A real Chromium of the machine, driven by Playwright; nothing is downloaded at run time."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from pointsvc import clock, create_app
from pointsvc.db import db, transaction
from pointsvc.people.models import SignIn
from tests import factories
from tests.browser.visitors import Site, work
from tests.conftest import Databases, FrozenClock, settings
from tests.schemes.sheets import ruled_district

NAMES = ("chromium", "chromium-browser", "google-chrome")
# Chromium must neither call home nor look for updates, and has no sandbox as root.
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium. Where the machine has none the test is skipped, but in CI it fails."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no Chromium on this machine (see make test)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def districts(tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """Makes SQLite databases that hold the made-up district, its rule sheet, and a password for each account."""
    folder = tmp_path_factory.mktemp("districts")
    databases = Databases("sqlite", folder, None)
    app = create_app(settings(f"sqlite:///{folder / 'template'}.db", folder))
    with clock.set_to(FrozenClock()), app.app_context():
        ruled_district()
        for name, *_ in factories.SIGN_INS:
            factories.give_password(name)
        # Everybody knows the way already; who is new is seen in tests/people/test_guides.py.
        with transaction():
            db.session.execute(db.update(SignIn).values(toured=True))
        work(app)
        db.session.remove()
        db.engine.dispose()
    return databases


@pytest.fixture
def site(districts: Databases, browser: Browser, frozen_clock: FrozenClock, tmp_path: Path) -> Iterator[Site]:
    """The service with the made-up district, on 15 August 2026. No page may ask elsewhere or fail.

    A test that makes something fail on purpose takes its faults out of ``site.faults``.
    """
    url, remove = districts.new()
    site = Site(create_app(settings(url, tmp_path)), browser)
    try:
        yield site
    finally:
        site.close()
        remove()
    assert site.faults == []
