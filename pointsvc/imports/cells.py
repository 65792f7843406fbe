"""What one cell means: the one door to the normalisers of numbers, marks, kinds, text and days.

Each takes the raw value of a cell and returns a clean value, or raises ``CellError``.
An empty cell is None (``""`` for text): whether it may be empty is the caller's rule.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Literal, cast

from pointsvc.errors import N_
from pointsvc.imports.days import EARLIEST_JOINED, EARLIEST_OCCURRED, day
from pointsvc.imports.headings import heading_key, synonyms
from pointsvc.imports.texts import CellError, is_nothing, key, person_name, shown, text

__all__ = [
    "EARLIEST_JOINED",
    "EARLIEST_OCCURRED",
    "CellError",
    "category",
    "day",
    "deduction",
    "key",
    "mark",
    "organisation_kind",
    "person_name",
    "points",
    "quantity",
    "shown",
    "text",
]

LARGEST_POINTS = Decimal("999999.99")
TWO_PLACES = Decimal("0.01")

Mark = Literal["present", "late", "leave", "absent"]
Read = Callable[[str], Decimal | None]

_NUMBER = re.compile(r"([+-]?)(\d{1,12}(?:\.\d{1,12})?|\.\d{1,12})")
_POINTS = re.compile(r"(加|扣|减|得)?\s*([+-]?[\d.]+)\s*分?")
_BRACKETED = re.compile(r"\s*[(\[【].*?[)\]】]\s*")
_MINUS = str.maketrans("−–—‒﹣", "-----")


def points(value: object) -> Decimal | None:
    """Points, exact to two decimals: -5, "１.５", "+2分", "扣2分". None for an empty cell.

    A number cell counts as the spreadsheet shows it (15 digits), so 1.2 is exactly 1.2.
    Raises CellError for what is no number, has more than two decimals, or is too large.
    """
    return _decimal_of(value, _points_in)


def deduction(value: object) -> Decimal | None:
    """Points of a column headed 扣分, where 2 and -2 both mean two points less."""
    found = points(value)
    return None if found is None else -abs(found)


def quantity(value: object, *, integer_only: bool = False, unit: str | None = None) -> Decimal | None:
    """How often or how much: more than zero, at most two decimals. None for an empty cell.

    ``unit`` is a word that may stand behind the number (2小时). Raises CellError otherwise.
    """
    if unit and isinstance(value, str):
        value = value.strip().removesuffix(unit)
    found = _decimal_of(value, _number_in)
    if found is None:
        return None
    if found <= 0:
        raise CellError(N_("The quantity %(value)s is not more than zero"), value=shown(value))
    if integer_only and found != found.to_integral_value():
        raise CellError(N_("The quantity %(value)s is not a whole number"), value=shown(value))
    return found


def mark(value: object) -> Mark | None:
    """What an attendance mark means; None for an empty cell or a dash.

    Raises CellError naming the mark when it is none of synonyms.json.
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "present" if value else "absent"
    return _mark(text(value))


def category(value: object) -> str:
    """The code of a member category (正式党员 is regular), or the text itself when it has none."""
    written = text(value)
    return synonyms.categories.get(heading_key(written), written)


def organisation_kind(value: object, name: str = "") -> str:
    """The kind of an organisation by its kind cell, or by the ending of its name.

    Raises CellError when neither tells.
    """
    written = text(value)
    if found := synonyms.organisation_kinds.get(heading_key(written)):
        return found
    for candidate in (written, name):
        for ending, kind in synonyms.organisation_endings:
            if heading_key(candidate).endswith(ending):
                return kind
    raise CellError(N_("“%(value)s” is no kind of organisation"), value=shown(written or name))


@lru_cache(maxsize=1 << 12)
def _mark(written: str) -> Mark | None:
    if is_nothing(written):
        return None
    plain = unicodedata.normalize("NFKC", written).casefold().replace("\ufe0e", "")
    plain = "".join(plain.replace("\ufe0f", "").split())
    found = synonyms.marks.get(plain)
    if found is None and (bare := _BRACKETED.sub("", plain)) != plain:
        # 请假(出差) says why; √(迟到) says something else than √ and must be refused.
        found = "leave" if synonyms.marks.get(bare) == "leave" else None
    if found is None:
        raise CellError(N_("“%(value)s” is not a known attendance mark"), value=shown(written))
    return cast(Mark, found)


def _decimal_of(value: object, read: Read) -> Decimal | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise CellError(N_("“%(value)s” is not a number"), value=shown(value))
    return _decimal(value, read)


@lru_cache(maxsize=1 << 12)
def _decimal(value: str | int | float, read: Read) -> Decimal | None:
    if not isinstance(value, str):
        if value != value:
            raise CellError(N_("“%(value)s” is not a number"), value=shown(value))
        if abs(value) > LARGEST_POINTS:
            raise CellError(N_("The number %(value)s is too large"), value=shown(value))
        return _two_places(Decimal(f"{value:.15g}"), value)
    if is_nothing(value):
        return None
    found = read(unicodedata.normalize("NFKC", text(value)).translate(_MINUS))
    if found is None:
        raise CellError(N_("“%(value)s” is not a number"), value=shown(value))
    return _two_places(found, value)


def _number_in(content: str) -> Decimal | None:
    return Decimal(content) if _NUMBER.fullmatch(content) else None


def _points_in(content: str) -> Decimal | None:
    match = _POINTS.fullmatch(content)
    number = _number_in(match[2]) if match else None
    if match is None or number is None:
        return None
    if match[1] in {"扣", "减"}:
        return -abs(number)
    return number


def _two_places(number: Decimal, written: object) -> Decimal:
    if abs(number) > LARGEST_POINTS:
        raise CellError(N_("The number %(value)s is too large"), value=shown(written))
    exact = number.quantize(TWO_PLACES)
    if exact != number:
        raise CellError(N_("%(value)s has more than two decimals"), value=shown(written))
    return exact + 0
