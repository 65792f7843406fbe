"""What stands on the first pages: each noun gives its share to the roles that it concerns.

``waiting.py`` is for the lines of 'waits for you'; this is for the rest: large figures, lists with a
heading, and the one thing that a role does most. A noun registers a function once:

    @first_page(Role.SUPERVISOR, Role.DISTRICT_ADMIN)
    def plans_shown(who: Actor) -> Iterator[Figure | Part | Action]:
        yield Part(gettext("Spot-checks"), [...], nothing=gettext("No plan yet"))

It is asked inside a request, once for each first page, with a fixed number of statements. All words
are in the reader's language already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from pointsvc.permissions import Actor, Role


@dataclass(frozen=True)
class Figure:
    """A large numeral: of what, out of how many (``unit``), and where it opens into what it is made of."""

    words: str
    value: int | str
    unit: str = ""
    href: str | None = None
    now: bool = False


@dataclass(frozen=True)
class Line:
    """One line of a part. ``badge`` is words and a tone (good, watch, now or nothing)."""

    words: str
    small: str = ""
    tail: str = ""
    href: str | None = None
    badge: tuple[str, str] | None = None


@dataclass(frozen=True)
class Part:
    """A list with a heading. ``nothing`` and ``hint`` stand there when it is empty; ``more`` is (address, words)."""

    title: str
    lines: Sequence[Line]
    nothing: str
    hint: str = ""
    beside: str = ""
    more: tuple[str, str] | None = None
    anchor: str = ""


@dataclass(frozen=True)
class Action:
    """What this role does most: the page's one primary button."""

    words: str
    href: str


@dataclass
class FirstPage:
    """All shares of one reader's first page, in their order."""

    figures: list[Figure] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    action: Action | None = None


Share = Callable[[Actor], Iterable[Figure | Part | Action]]
_shares: list[tuple[int, frozenset[Role], Share]] = []


def first_page(*roles: Role, place: int = 50) -> Callable[[Share], Share]:
    """Register who knows a share of these roles' first pages. Lower places stand first; the first action holds."""

    def register(share: Share) -> Share:
        _shares.append((place, frozenset(roles), share))
        return share

    return register


def first_page_of(actor: Actor) -> FirstPage:
    """What all nouns have to say on this actor's first page."""
    page = FirstPage()
    for _, roles, share in sorted(_shares, key=lambda one: one[0]):
        if actor.role not in roles:
            continue
        for item in share(actor):
            if isinstance(item, Figure):
                page.figures.append(item)
            elif isinstance(item, Part):
                page.parts.append(item)
            elif page.action is None:
                page.action = item
    return page
