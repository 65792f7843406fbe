"""A form's values, read as an office types them. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

Fields = dict[str, Any]


@dataclass(frozen=True)
class Form:
    """What was typed, by field; a field may come several times."""

    values: Mapping[str, Sequence[str]]

    def text(self, name: str) -> str:
        """One line or more, trimmed."""
        several = self.values.get(name, ())
        return several[0].strip().replace("\r\n", "\n") if several else ""

    def several(self, name: str) -> list[str]:
        """Everything that was ticked under this name, each once, in order."""
        return list(dict.fromkeys(value.strip() for value in self.values.get(name, ()) if value.strip()))

    def ticked(self, name: str) -> bool:
        """Whether the box was ticked."""
        return bool(self.text(name))

    def number(self, name: str) -> str:
        """Points as the document writes them: full-width digits, signs of all kinds and '分' are understood."""
        plain = unicodedata.normalize("NFKC", self.text(name)).replace("−", "-").replace("–", "-")
        return plain.replace(" ", "").removesuffix("分").removeprefix("+")

    def share(self, name: str) -> str:
        """A share as the document writes it; '20%' is understood."""
        plain = self.number(name)
        percent = plain.removesuffix("%")
        if percent == plain or not percent.replace(".", "", 1).isdigit():
            return plain
        return f"{(Decimal(percent) / 100).normalize():f}"

    def count(self, name: str) -> int | str | None:
        """A whole number; what is none is left as it was typed, for the check to refuse."""
        plain = self.number(name).removesuffix("次")
        return (int(plain) if plain.isdecimal() and len(plain) < 10 else plain) if plain else None

    def rows(self, prefix: str) -> Iterator[int]:
        """The numbers of the rows of a table whose fields are called ``prefix-number-name``."""
        numbers = {name.split("-")[1] for name in self.values if name.startswith(f"{prefix}-")}
        yield from sorted(int(number) for number in numbers if number.isdecimal() and len(number) < 5)


@dataclass
class Edited:
    """A changed document, and which field of the form each of its places came from."""

    document: dict[str, Any]
    fields: dict[str, str] = field(default_factory=dict)
    anchor: str = ""

    def field_of(self, path: str) -> str:
        """The field in which a fault under this path is to be mended; '' for one that is not in the form."""
        while path:
            if path in self.fields:
                return self.fields[path]
            path = path.rpartition(".")[0]
        return ""


def put(holder: dict[str, Any], name: str, value: Any) -> None:
    """Set the field, or leave it out when there is nothing to set."""
    if value in (None, "", [], {}, False):
        holder.pop(name, None)
    else:
        holder[name] = value


def kept(item: Mapping[str, Any], *own: str) -> dict[str, Any]:
    """The item without the fields that a form fills: what a district has added stays."""
    return {name: value for name, value in item.items() if name not in own}
