"""The dictionary of headings: which words mean which field. The words are in synonyms.json."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

Kind = Literal["organisations", "members", "attendance", "entries", "lists"]
IGNORE = "ignore"
# Only files that came out of a service have these columns: nobody is asked whether one is meant.
OWN = frozenset({"entry", "status", "source", "scheme", "title"})

# Longer cells are sentences, not headings.
LONGEST_HEADING = 24
# How alike two headings of three and more characters must be to ask whether they are the same.
ALIKE = 0.75
# Characters may stand twice in a heading, so fewer different ones than ALIKE may be shared.
_REPEATS = 0.6

_BRACKETED = re.compile(r"\(.*?\)|\[.*?\]|【.*?】|〔.*?〕|\{.*?\}|<.*?>|《.*?》")
_OUTSIDE_WORDS = re.compile(r"[\W_]+")
_FORMATTING = re.compile(r"[\s\u200b-\u200f\ufeff*＊]+")


@dataclass(frozen=True, slots=True)
class Synonyms:
    """synonyms.json with every word brought to the form that words are compared by."""

    certain: dict[str, dict[str, str]]
    weak: dict[str, dict[str, str]]
    ask: dict[str, dict[str, str]]
    marks: dict[str, str]
    categories: dict[str, str]
    organisation_kinds: dict[str, str]
    organisation_endings: tuple[tuple[str, str], ...]
    meeting_kinds: tuple[str, ...]
    sums: frozenset[str]
    notes: frozenset[str]
    note_beginnings: tuple[str, ...]
    examples: frozenset[str]


@dataclass(frozen=True, slots=True)
class Match:
    """What a heading may mean. ``field`` is set when it is known; ``weak`` when it is a last resort."""

    field: str | None = None
    weak: str | None = None
    candidates: tuple[str, ...] = ()

    @property
    def score(self) -> int:
        """How much the heading speaks for its row being the header row."""
        if self.field is not None:
            return 2 if self.field == IGNORE else 3
        if self.weak is not None:
            return 2
        return 1 if self.candidates else 0


def heading_key(heading: object) -> str:
    """The form that headings are compared by: no width, case, spaces or punctuation."""
    plain = _FORMATTING.sub("", unicodedata.normalize("NFKC", str(heading))).casefold()
    return _OUTSIDE_WORDS.sub("", plain) or plain


def bare_key(heading: object) -> str:
    """The same without what stands in brackets: 得分（分） is 得分."""
    plain = unicodedata.normalize("NFKC", str(heading))
    return heading_key(_BRACKETED.sub("", plain))


def match(heading: object, kind: Kind, remembered: Mapping[str, str]) -> Match:
    """What a heading means in a file of this kind. ``remembered`` (by ``heading_key``) wins."""
    found = known(heading, kind, remembered)
    if found.score or not isinstance(heading, str):
        return found
    return Match(candidates=_candidates(bare_key(heading) or heading_key(heading), kind))


def known(heading: object, kind: Kind, remembered: Mapping[str, str]) -> Match:
    """The same as far as the words are in the dictionary or remembered: quick, and never a guess."""
    if not isinstance(heading, str) or not heading.strip():
        return Match()
    answer = remembered.get(heading_key(heading)) or remembered.get(bare_key(heading))
    return Match(field=answer) if answer else _known(heading, kind)


@lru_cache(maxsize=1 << 12)
def _known(heading: str, kind: Kind) -> Match:
    full, bare = heading_key(heading), bare_key(heading)
    for word in (full, bare):
        if field := synonyms.certain[kind].get(word):
            return Match(field=field)
    for word in (full, bare):
        if weak := synonyms.weak[kind].get(word):
            return Match(weak=weak)
    return Match()


@lru_cache(maxsize=1 << 12)
def _candidates(word: str, kind: Kind) -> tuple[str, ...]:
    """Fields whose words contain this one, or are contained in it, or look much like it."""
    if asked := synonyms.ask[kind].get(word):
        return (asked,)
    if not 2 <= len(word) <= LONGEST_HEADING:
        return ()
    alike: dict[str, float] = {}
    for other, field in (synonyms.certain[kind] | synonyms.weak[kind]).items():
        field = IGNORE if field in OWN else field
        likeness = _likeness(word, other)
        if likeness > alike.get(field, 0.0):
            alike[field] = likeness
    ranked = sorted(alike, key=lambda field: -alike[field])
    # 书记出生年月 is nearer to the ignored 出生年月 than to 书记: no need to ask.
    return () if ranked[:1] == [IGNORE] else tuple(f for f in ranked if f != IGNORE)


def _likeness(word: str, other: str) -> float:
    """From 0 (nothing to do with each other) to 1."""
    if len(other) < 2:
        return 0.0
    if word in other or other in word:
        return SequenceMatcher(None, word, other).ratio()
    length = (len(word) + len(other)) / 2
    if min(len(word), len(other)) < 3 or len(set(word) & set(other)) < ALIKE * length * _REPEATS:
        return 0.0
    ratio = SequenceMatcher(None, word, other).ratio()
    return ratio if ratio >= ALIKE else 0.0


def _load() -> Synonyms:
    source = files("pointsvc.imports").joinpath("synonyms.json").read_text(encoding="utf-8")
    data = json.loads(source)
    columns = data["columns"]
    return Synonyms(
        certain={kind: _words(fields, "certain") for kind, fields in columns.items()},
        weak={kind: _words(fields, "weak") for kind, fields in columns.items()},
        ask={kind: _words(fields, "ask") for kind, fields in columns.items()},
        marks={_mark_key(w): state for state, words in data["marks"].items() for w in words},
        categories=_by_word(data["categories"]),
        organisation_kinds=_by_word(data["organisation_kinds"]),
        organisation_endings=tuple((e["ending"], e["kind"]) for e in data["organisation_endings"]),
        meeting_kinds=tuple(data["meeting_kinds"]),
        sums=_keys(data["footers"]["sums"]),
        notes=_keys(data["footers"]["notes"]),
        note_beginnings=tuple(data["footers"]["note_beginnings"]),
        examples=_keys(data["examples"]),
    )


def _words(fields: Mapping[str, Mapping[str, list[str]]], strength: str) -> dict[str, str]:
    return _by_word({field: words.get(strength, []) for field, words in fields.items()})


def _by_word(groups: Mapping[str, Iterable[Any]]) -> dict[str, str]:
    return {heading_key(word): name for name, words in groups.items() for word in words}


def _keys(words: Iterable[str]) -> frozenset[str]:
    return frozenset(heading_key(word) for word in words)


def _mark_key(word: str) -> str:
    return "".join(unicodedata.normalize("NFKC", word).casefold().split())


synonyms = _load()
