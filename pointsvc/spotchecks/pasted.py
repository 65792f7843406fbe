"""Units, inspectors and checklists as an office pastes or uploads them: a line each, columns apart. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pointsvc.errors import N_, Invalid
from pointsvc.spotchecks.planning import NewInspector

# What parts columns: a tab (from a workbook), a comma of either script, a bar.
_APART = re.compile(r"\s*[\t,，|]\s*")
_CODES = re.compile(r"[\s、;；]+")
MOST_LINES = 100_000


def decoded(content: bytes) -> str:
    """The text of an uploaded list, in UTF-8 or as Chinese offices save it. Raises Invalid under ``file``."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid({"file": N_("This file is no list of text lines (.csv or .txt)")})


def units(text: str) -> list[tuple[str, str | None]]:
    """Code and name of each line; a line of one word is a code, or a unit that is called so."""
    rows = [(cells[0], cells[1] if len(cells) > 1 and cells[1] else None) for cells in _rows(text)]
    if len(rows) > MOST_LINES:
        raise Invalid({"units": N_("This list is too long")})
    return rows


def inspectors(text: str) -> list[NewInspector]:
    """Body, name, units with a conflict of interest and account of each line; the last two may be left out.

    Raises Invalid under ``inspectors``.
    """
    found = []
    for cells in _rows(text):
        if len(cells) < 2 or not cells[1]:
            raise Invalid({"inspectors": N_("Each line needs the body and the name")})
        body, name, conflicts, account = (*cells, "", "")[:4]
        codes = tuple(code for code in _CODES.split(conflicts) if code)
        found.append(NewInspector(name, name, body, account or None, codes))
    return found


def inspector_line(body: str, name: str, conflicts: list[str], account: str | None) -> str:
    """The line from which this inspector would be read."""
    return ", ".join([body, name, "、".join(conflicts), account or ""]).rstrip(", ")


def checklist(text: str) -> list[dict[str, str]]:
    """Code, text and article of each line; a line of one column is a text and bears its number."""
    found = []
    for number, cells in enumerate(_rows(text), 1):
        code, words, article = (str(number), cells[0], "") if len(cells) == 1 else (*cells, "")[:3]
        found.append({"code": code[:20], "text": words[:300], "article": article[:200]})
    return found


def _rows(text: str) -> Iterator[list[str]]:
    for line in text.splitlines():
        if line.strip():
            yield [cell.strip().strip('"') for cell in _APART.split(line.strip())]
