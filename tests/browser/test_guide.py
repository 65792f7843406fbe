"""The guide of each role is one sheet of paper, in both languages."""

from __future__ import annotations

from io import BytesIO

import pytest
from pypdf import PdfReader

from tests import factories
from tests.browser.visitors import Site

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("name", factories.BY_ROLE.values())
def test_the_guide_is_one_sheet(site: Site, name: str) -> None:
    page = site.signed_in(name)
    page.goto("/guide")
    for language in ("中文", "English"):
        sheets = PdfReader(BytesIO(page.pdf(prefer_css_page_size=True))).pages
        assert len(sheets) == 1, language
        if language == "中文":
            with page.expect_navigation():
                page.get_by_role("button", name="English").click()
