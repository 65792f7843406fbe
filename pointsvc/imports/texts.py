"""Text as people type it into a sheet, brought to one form.

Nothing here knows about columns: a value goes in, a clean value or a ``CellError`` comes out.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from pointsvc.errors import N_, Message

LONGEST_TEXT = 2000
LONGEST_NAME = 100

# Whole numbers beyond this have already lost their last digits inside the spreadsheet.
LARGEST_EXACT = 2**53

# Full-width letters and digits become ordinary ones. Chinese punctuation stays as it was typed:
# a rule named 受表彰（就高不重复） must be shown as its office wrote it.
_NARROW = {0xFF10 + i: 0x30 + i for i in range(10)}
_NARROW |= {0xFF21 + i: 0x41 + i for i in range(26)}
_NARROW |= {0xFF41 + i: 0x61 + i for i in range(26)}

_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_BETWEEN_HAN = re.compile(rf"(?<=[{_HAN}]) (?=[{_HAN}])")
_DOT_IN_NAME = re.compile(rf"(?<=[{_HAN}]) ?[·•‧・.．∙] ?(?=[{_HAN}])")
_FORMULA = re.compile(r"=\s*[^\s=]")
_EXCEL_ERROR = re.compile(r"#(?:N/A|REF!|DIV/0!|VALUE!|NAME\?|NUM!|NULL!|SPILL!|CALC!)")
_NOTHING = frozenset({"", "-", "--", "—", "——", "–", "/", "\\", "无", "空"})
_OUTSIDE_WORDS = re.compile(r"[\W_]+")


class CellError(ValueError):
    """One cell cannot be understood. ``message`` says why, to be shown beside the row."""

    def __init__(self, text: str, /, **params: Any) -> None:
        self.message = Message(text, **params)
        super().__init__(str(self.message))


class Unreadable(str):
    """What stands for a cell whose value the file does not hold: a formula without result, or an error."""

    __slots__ = ()


def text(value: object, *, longest: int = LONGEST_TEXT) -> str:
    """The cell as clean text: one space at most between words, none around, no control characters.

    Whole numbers lose the ``.0`` that a spreadsheet gives them; an empty cell is ``""``.
    Raises CellError for a formula without result, an error value, broken characters, or more
    than ``longest`` characters.
    """
    written = value if isinstance(value, str) else _written(value)
    # Numbers of members are all different, so they would only wear out the cache.
    return _fitting(written if written.isascii() and written.isalnum() else _clean(written), longest)


def free_text(value: object, *, longest: int) -> str:
    """Free text, which may begin as a formula does: cleaned as ``text``, refused only for what is Unreadable."""
    if isinstance(value, Unreadable):
        return text(value)
    return _fitting(_cleaned(value if isinstance(value, str) else _written(value)), longest)


def exact_text(value: object, *, longest: int) -> str:
    """Free text to the letter, as a file of this service holds it: spaces and line ends stay."""
    if isinstance(value, Unreadable):
        return text(value)
    written = value if isinstance(value, str) else _written(value)
    if "\0" in written or any("\ud800" <= character <= "\udfff" for character in written):
        raise CellError(N_("The text holds broken characters"))
    return _fitting(written, longest)


def person_name(value: object) -> str:
    """A person's name: no spaces between Chinese characters, one kind of dot in 阿依古丽·买买提."""
    return _name(text(value, longest=LONGEST_NAME))


def key(value: object) -> str:
    """What two texts are compared by: width, case, spaces and punctuation do not count."""
    return _key(text(value))


def is_nothing(value: object) -> bool:
    """True for an empty cell and for the dashes and 无 that are written into empty cells."""
    if value is None:
        return True
    return isinstance(value, str) and value.strip() in _NOTHING


def shown(value: object) -> str:
    """The cell's content as a person sees it there, shortened for use inside a message."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= LARGEST_EXACT:
        value = int(value)
    content = "".join(c if c.isprintable() else "\ufffd" for c in str(value)).strip()
    return content if len(content) <= 40 else content[:39] + "…"


def _fitting(content: str, longest: int) -> str:
    if len(content) > longest:
        raise CellError(N_("The text is longer than %(longest)s characters"), longest=longest)
    return content


@lru_cache(maxsize=1 << 15)
def _cleaned(content: str) -> str:
    if not content.isprintable():
        content = _without_unprintable(content)
    return " ".join(unicodedata.normalize("NFC", content.translate(_NARROW)).split())


@lru_cache(maxsize=1 << 15)
def _clean(content: str) -> str:
    content = _cleaned.__wrapped__(content)
    if _FORMULA.match(content):
        raise CellError(N_("The formula in this cell has not been computed"))
    if _EXCEL_ERROR.match(content):
        raise CellError(N_("The cell shows the error %(value)s"), value=shown(content))
    return content


def _without_unprintable(content: str) -> str:
    kept = []
    for character in content:
        category = unicodedata.category(character)
        if category == "Cs":
            raise CellError(N_("The text holds broken characters"))
        if character.isspace():
            kept.append(" ")
        elif category not in {"Cc", "Cf"}:
            kept.append(character)
    return "".join(kept)


def _written(value: object) -> str:
    """The text that a spreadsheet would show for a value that is no text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number_written(value)
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes")
    return value.isoformat() if isinstance(value, date) else str(value)


def _number_written(value: int | float) -> str:
    if value != value or abs(value) > LARGEST_EXACT:
        raise CellError(
            N_("The number %(value)s is too long for a number cell; format the column as text"),
            value=shown(value),
        )
    return str(int(value)) if value == int(value) else f"{value:.15g}"


@lru_cache(maxsize=1 << 15)
def _name(cleaned: str) -> str:
    return _DOT_IN_NAME.sub("·", _BETWEEN_HAN.sub("", cleaned))


@lru_cache(maxsize=1 << 15)
def _key(cleaned: str) -> str:
    return _OUTSIDE_WORDS.sub("", unicodedata.normalize("NFKC", cleaned)).casefold()
