"""Which offers fit a need, and why: by what they are about, by skill, place and time. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from pointsvc.errors import N_, Message

# What a common trait is worth. Place and time alone are no reason: a subject or a skill must be shared.
SKILL, TAG, SAME_PLACE, NEAR_PLACE, SAME_TIME = 4, 3, 3, 1, 2


@dataclass(frozen=True)
class Card:
    """What matching knows of an item. ``above_id`` is the organisation above whose it is."""

    id: int
    organisation_id: int
    above_id: int | None
    tags: frozenset[str] = field(default_factory=frozenset)
    skills: frozenset[str] = field(default_factory=frozenset)
    starts_on: date | None = None
    ends_on: date | None = None


@dataclass(frozen=True)
class Match:
    """An item that fits, how well, and the sentence that says why."""

    id: int
    points: int
    why: Message


def matches(one: Card, others: Iterable[Card], *, most: int = 5) -> list[Match]:
    """The best of the others for this one, the best first and of equal ones the older; none without a reason."""
    found = [match for other in others if (match := fit(one, other)) is not None]
    return sorted(found, key=lambda match: (-match.points, match.id))[:most]


def fit(one: Card, other: Card) -> Match | None:
    """How well the other fits, or None when they share neither subject nor skill, or never meet in time."""
    tags, skills = one.tags & other.tags, one.skills & other.skills
    if not (tags or skills) or _apart(one, other):
        return None
    reasons = []
    if skills:
        reasons.append((SKILL * len(skills), Message(N_("it takes %(words)s"), words=_listed(skills))))
    if tags:
        reasons.append((TAG * len(tags), Message(N_("both are about %(words)s"), words=_listed(tags))))
    reasons += [reason for reason in (_place(one, other), _time(one, other)) if reason]
    return Match(other.id, sum(points for points, _ in reasons), _sentence([words for _, words in reasons]))


def _place(one: Card, other: Card) -> tuple[int, Message] | None:
    if one.organisation_id == other.organisation_id:
        return SAME_PLACE, Message(N_("in the same place"))
    if one.above_id is not None and one.above_id == other.above_id:
        return NEAR_PLACE, Message(N_("under the same organisation"))
    return None


def _time(one: Card, other: Card) -> tuple[int, Message] | None:
    if not (_dated(one) and _dated(other)):
        return None
    return SAME_TIME, Message(N_("on days that both have"))


def _dated(card: Card) -> bool:
    return card.starts_on is not None or card.ends_on is not None


def _apart(one: Card, other: Card) -> bool:
    """Whether the one is over before the other begins; an open end never is."""
    return _before(one, other) or _before(other, one)


def _before(one: Card, other: Card) -> bool:
    return one.ends_on is not None and other.starts_on is not None and one.ends_on < other.starts_on


def _listed(words: Iterable[str]) -> str:
    return "、".join(sorted(words))


def _sentence(parts: Sequence[Message]) -> Message:
    sentence = parts[0]
    for part in parts[1:]:
        sentence = Message(N_("%(first)s, %(second)s"), first=sentence, second=part)
    return sentence
