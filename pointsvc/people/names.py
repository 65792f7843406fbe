"""A person's name as it is kept, and its initials for finding it by keyboard. Pure."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

LONGEST_INITIALS = 40

_DOTS = re.compile(r"\s*[·•・‧∙⋅]\s*")
_BETWEEN_HAN = re.compile(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])")
_WORD = re.compile(r"[a-z]+|[\u3400-\u9fff\U00020000-\U0003ffff]")

# As a family name these are read otherwise than in most words.
_SURNAMES = {
    "万俟": "mq",
    "尉迟": "yc",
    "单于": "cy",
    "长孙": "zs",
    "曾": "z",
    "单": "s",
    "仇": "q",
    "解": "x",
    "朴": "p",
    "区": "o",
    "查": "z",
    "翟": "z",
    "盖": "g",
    "覃": "q",
    "种": "c",
    "乐": "y",
    "秘": "b",
    "员": "y",
    "缪": "m",
}


def normal_name(text: str) -> str:
    """The name without stray blanks and full-width letters: '张　三' is '张三', '阿里•江' is '阿里·江'."""
    half_width = unicodedata.normalize("NFKC", text)
    one_dot = _DOTS.sub("·", half_width)
    return " ".join(_BETWEEN_HAN.sub("", one_dot).split())


def initials(name: str) -> str:
    """The first letters of a name as it is spoken, lower-case: '欧阳凯敏' is 'oykm'."""
    spoken = ""
    for length in (2, 1):
        surname = name[:length]
        if surname in _SURNAMES:
            spoken, name = _SURNAMES[surname], name[length:]
            break
    spoken += "".join(_first_letter(word) for word in _WORD.findall(name.lower()))
    return spoken[:LONGEST_INITIALS]


@lru_cache(maxsize=16_384)
def _first_letter(word: str) -> str:
    if word.isascii():
        return word[0]
    # Imported late: its dictionaries cost each process a third of its start and 20 MB.
    from pypinyin import Style, lazy_pinyin

    # Of a rare character the reading may be unknown, and of an interjection it may be no letter.
    spoken = lazy_pinyin(word, style=Style.FIRST_LETTER, errors="ignore")
    return spoken[0][:1] if spoken and spoken[0][:1].isascii() else ""
