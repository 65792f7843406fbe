"""Both lives of an item: every act from every status, and each act by everybody."""

from __future__ import annotations

import pytest

from pointsvc.errors import Conflict, Forbidden
from pointsvc.lists import closing, exchange

#                claim    unclaim  agree   start      finish  return     confirm    publicise   withdraw
EXCHANGE = {
    "open":       "claimed  -       -       -          -       -          -          -           withdrawn",
    "claimed":    "claimed  open    agreed  -          -       -          -          -           withdrawn",
    "agreed":     "-        open    -       under_way  -       -          -          -           withdrawn",
    "under_way":  "-        open    -       -          done    -          -          -           -",
    "done":       "-        -       -       -          -       under_way  confirmed  -           -",
    "confirmed":  "-        -       -       -          -       -          -          publicised  -",
    "publicised": "-        -       -       -          -       -          -          -           -",
    "withdrawn":  "-        -       -       -          -       -          -          -           -",
}  # fmt: skip
#                start      finish  return     cancel_off  confirm  reopen  withdraw
CLOSING = {
    "open":      "under_way  asked   -          asked       -        -       withdrawn",
    "under_way": "-          asked   -          asked       -        -       -",
    "asked":     "-          -       under_way  closed      closed   -       -",
    "closed":    "-          -       -          -           -        open    -",
    "withdrawn": "-          -       -          -           -        -       -",
}  # fmt: skip
LIVES = [(exchange, EXCHANGE), (closing, CLOSING)]


@pytest.mark.parametrize(("life", "table"), LIVES)
def test_the_table_knows_every_status(life: object, table: dict[str, str]) -> None:
    assert set(table) == set(life.STATUSES) == set(life.TRANSITIONS)  # type: ignore[attr-defined] # a module


@pytest.mark.parametrize(
    ("life", "status", "line"), [(life, status, line) for life, table in LIVES for status, line in table.items()]
)
def test_every_act_from_every_status(life: object, status: str, line: str) -> None:
    for act, expected in zip(life.ACTS, line.split(), strict=True):  # type: ignore[attr-defined] # a module
        if expected != "-":
            assert life.after(status, act) == expected  # type: ignore[attr-defined] # a module
            continue
        with pytest.raises(Conflict) as refusal:
            life.after(status, act)  # type: ignore[attr-defined] # a module
        assert refusal.value.code == "wrong_state"


#                            claim  unclaim  agree  start  finish  return  confirm  publicise  withdraw
MAY = {
    ("need", "owner"):       "yes    -        yes    yes    -       yes     yes      yes        yes",
    ("need", "claimant"):    "yes    yes      -      yes    yes     -       -        -          -",
    ("need", "resident"):    "yes    -        -      -      -       yes     yes      -          yes",
    ("need", "nobody"):      "yes    -        -      -      -       -       -        -          -",
    ("offer", "owner"):      "yes    -        yes    yes    yes     -       -        yes        yes",
    ("offer", "claimant"):   "yes    yes      -      -      -       yes     yes      -          -",
    ("project", "owner"):    "yes    -        yes    yes    -       yes     yes      yes        yes",
    ("project", "claimant"): "yes    yes      -      yes    yes     -       -        -          -",
}  # fmt: skip


@pytest.mark.parametrize(("who", "line"), MAY.items())
def test_every_act_by_everybody(who: tuple[str, str], line: str) -> None:
    side, part = who
    for act, expected in zip(exchange.ACTS, line.split(), strict=True):
        if expected == "yes":
            exchange.check_parts(act, side=side, parts={part})
            continue
        with pytest.raises(Forbidden) as refusal:
            exchange.check_parts(act, side=side, parts={part})
        assert refusal.value.code == "not_yours"


def test_a_part_that_is_given_back_opens_only_what_nobody_else_holds() -> None:
    assert exchange.after_unclaim("claimed", left=2) == "claimed"
    assert exchange.after_unclaim("under_way", left=1) == "under_way"
    assert exchange.after_unclaim("agreed", left=0) == "open"


def test_nobody_confirms_the_own_work() -> None:
    exchange.check_own_work(exchange.CONFIRM, finisher=False)
    exchange.check_own_work(exchange.RETURN, finisher=True)
    with pytest.raises(Forbidden):
        exchange.check_own_work(exchange.CONFIRM, finisher=True)
    closing.check_other("asked", asker=True)
    closing.check_other("closed", asker=False)
    with pytest.raises(Forbidden):
        closing.check_other("closed", asker=True)


def test_long_work_is_not_called_done_while_stages_are_open() -> None:
    closing.check_stages("under_way", open_stages=2)
    closing.check_stages("asked", open_stages=0)
    with pytest.raises(Conflict) as refusal:
        closing.check_stages("asked", open_stages=1)
    assert refusal.value.code == "stages_open"


def test_the_look_back_begins_a_new_round() -> None:
    assert [closing.round_after(act, 1) for act in closing.ACTS] == [1, 1, 1, 1, 1, 2, 1]
