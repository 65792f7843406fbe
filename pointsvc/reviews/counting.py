"""Ballots as sums: adding one to the box, checking typed counts, and what small groups may show. Pure.

A box is a table of sums, member id -> how many of each choice, in the order of ``CHOICES``. A ballot
is added and is gone: nothing here ever lists ballots.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pointsvc.errors import N_, Message

GRADES = ("excellent", "qualified", "basic", "unqualified")
ABSTAIN = "abstain"
CHOICES = (*GRADES, ABSTAIN)
PARTS = ("peers", "masses")

# Keys are texts, because the box is kept as JSON.
Box = Mapping[str, Sequence[int]]
Counts = dict[str, int]


def empty(member_ids: Iterable[int]) -> dict[str, list[int]]:
    """A box in which nobody has put anything."""
    return {str(member_id): [0] * len(CHOICES) for member_id in sorted(member_ids)}


def added(box: Box, ballot: Mapping[int, str]) -> dict[str, list[int]]:
    """The box with one ballot more. Every line is written anew, whether the ballot touched it or not."""
    return {
        key: [number + (ballot.get(int(key)) == choice) for number, choice in zip(line, CHOICES, strict=True)]
        for key, line in box.items()
    }


def together(several: Iterable[Mapping[str, int]]) -> Counts:
    """The sums of several counts of one member."""
    found = dict.fromkeys(CHOICES, 0)
    for counts in several:
        for choice in CHOICES:
            found[choice] += counts.get(choice, 0)
    return found


def parts_shown(ballots: Mapping[str, int], smallest: int) -> tuple[tuple[str, ...], ...]:
    """The parts that results are shown by: each alone, or all as one when any had too few ballots.

    One small part hides all of them, because what is shown of the others could be taken off the sum.
    """
    cast = tuple(part for part in PARTS if ballots.get(part))
    if any(ballots[part] < smallest for part in cast):
        return (cast,)
    return tuple((part,) for part in cast)


def paper_faults(
    *, given_out: int, returned: int, valid: int, most: int | None, lines: Mapping[str, Mapping[str, int]]
) -> dict[str, Message]:
    """What is wrong with counts typed in from paper, by field; ``most`` voters could have a paper ballot."""
    faults: dict[str, Message] = {}
    if most is not None and given_out > most:
        faults["given_out"] = Message(
            N_("At most %(most)s ballots: so many voters are marked as voting on paper"), most=most
        )
    if returned > given_out:
        faults["returned"] = Message(N_("Not more than were given out (%(most)s)"), most=given_out)
    if valid > returned:
        faults["valid"] = Message(N_("Not more than were returned (%(most)s)"), most=returned)
    for number, counts in lines.items():
        total = sum(counts.values())
        if total != valid:
            text = N_("Grades and abstentions add up to %(total)s, but %(valid)s ballots are valid")
            faults[f"members.{number}"] = Message(text, total=total, valid=valid)
    return faults
