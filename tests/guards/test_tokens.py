"""The three sets of colours have the same names, equal copies, and contrast that everybody can read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

STYLES = Path(__file__).parents[2] / "pointsvc" / "assets" / "css"
TOKENS = (STYLES / "tokens.css").read_text()
BLOCK = re.compile(r"(:root[^{}]*)\{([^{}]*color-scheme[^{}]*)\}")
NAMES = re.compile(r"(--[a-z-]+): (#[0-9a-f]{6});")

Colours = dict[str, str]


def sets() -> dict[str, Colours]:
    found = {}
    for number, match in enumerate(BLOCK.finditer(TOKENS)):
        name = ("light", "dark by wish", "dark", "contrast by wish", "contrast")[number]
        found[name] = dict(NAMES.findall(match.group(2)))
    return found


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_sets_have_the_same_names() -> None:
    names = {name: set(colours) for name, colours in sets().items()}
    assert len(names) == 5
    assert all(each == names["light"] for each in names.values())


def test_the_copies_are_equal() -> None:
    found = sets()
    assert found["dark by wish"] == found["dark"]
    assert found["contrast by wish"] == found["contrast"]


TEXT_ON = [
    *((text, ground) for text in ("ink", "ink-soft", "red") for ground in ("paper", "sheet", "shade")),
    *((f"{tone}", f"{tone}-wash") for tone in ("red", "gold", "green", "amber")),
    *((text, f"{tone}-wash") for text in ("ink", "ink-soft") for tone in ("red", "green", "amber")),
    *((tone, ground) for tone in ("gold", "green", "amber") for ground in ("paper", "sheet")),
    ("on-red", "red-fill"),
    ("on-red", "red-deep"),
    ("on-strong", "amber"),
    ("on-strong", "ink-soft"),
]


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
@pytest.mark.parametrize(("text", "ground"), TEXT_ON)
def test_text_can_be_read(theme: str, text: str, ground: str) -> None:
    colours = sets()[theme]
    assert contrast(colours[f"--{text}"], colours[f"--{ground}"]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
@pytest.mark.parametrize("line", ["outline", "focus-ring", "bar-fill", "red-fill"])
@pytest.mark.parametrize("ground", ["paper", "sheet"])
def test_what_is_drawn_can_be_seen(theme: str, line: str, ground: str) -> None:
    colours = sets()[theme]
    assert contrast(colours[f"--{line}"], colours[f"--{ground}"]) >= 3


def test_no_other_style_sheet_states_a_colour() -> None:
    for path in STYLES.glob("*.css"):
        if path.name not in ("tokens.css", "print.css"):
            # Hatching is drawn as a repeating one, of hard stripes; nothing fades.
            stated = re.search(r"#[0-9a-fA-F]{3,8}\b|rgb|hsl|(?<!repeating-linear-)gradient", path.read_text())
            assert not stated, path.name


def test_templates_hold_no_inline_style_or_script() -> None:
    for path in (STYLES.parents[1] / "templates").rglob("*.html"):
        if path.name == "swagger_ui.html":
            continue
        text = path.read_text()
        assert not re.search(r"\sstyle=|\son[a-z]+=|<style|<script(?! src=)", text), path.name
