"""The last guard before a text is public: identity and mobile numbers keep their ends only. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pointsvc.people.private import numbers_in

# What people wrote; everything else of a projection is a code, a day, a count or a fingerprint.
WRITTEN = frozenset(
    {"title", "introduction", "name", "post", "duties", "words", "text", "indicator", "baseline", "target"}
    | {"answer", "pledge"}
)


def masked(text: str) -> str:
    """The text with each mobile number as 138****1234 and each identity number as 35*************123."""
    for number in numbers_in(text):
        text = text.replace(number, _ends(number))
    return text


def written(value: Any) -> Iterator[tuple[str, str]]:
    """The texts in a projection that people wrote, each with the name of its field."""
    if isinstance(value, list):
        for part in value:
            yield from written(part)
    elif isinstance(value, dict):
        for name, part in value.items():
            if name in WRITTEN and isinstance(part, str):
                yield name, part
            else:
                yield from written(part)


def all_masked(value: Any) -> Any:
    """The projection with each text that people wrote as ``masked`` leaves it."""
    if isinstance(value, list):
        return [all_masked(part) for part in value]
    if not isinstance(value, dict):
        return value
    return {
        name: masked(part) if name in WRITTEN and isinstance(part, str) else all_masked(part)
        for name, part in value.items()
    }


def is_private(phone: str) -> bool:
    """Whether a telephone is somebody's mobile rather than the line of an office."""
    return bool(numbers_in(phone))


def _ends(number: str) -> str:
    plain = "".join(c for c in number if c.isalnum())
    if len(plain) < 15:
        plain = plain[-11:]
        return f"{plain[:3]}****{plain[-4:]}"
    return f"{plain[:2]}{'*' * (len(plain) - 5)}{plain[-3:]}"
