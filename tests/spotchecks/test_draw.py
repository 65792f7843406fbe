"""The draw by its vector, and its rules by example."""

from __future__ import annotations

import random
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsvc.spotchecks import draw
from tests.spotchecks.vector import CODES, DIGITS, FRAME, PLAN, SECRET, C, F, S

TICKET = "3374128a8b32f6cd717c3e2f0fdbcfa6c5e15d9f2b5d42c8b0a5bbfbaa9e6795"
ORDER = ["X03", "X10", "X04", "X06", "X01", "X05", "X08", "X02", "X07", "X09"]


def test_the_vector() -> None:
    lines = [draw.Line("乡镇", code, f"第{code[1:]}乡镇") for code in CODES]
    random.Random(1).shuffle(lines)
    assert draw.frame(lines) == FRAME
    assert list(draw.lines(FRAME)) == sorted(lines, key=lambda line: line.code)
    assert draw.digest(FRAME) == F
    assert draw.commitment(PLAN, F, SECRET) == C
    assert draw.seed(PLAN, F, SECRET, DIGITS) == S
    found = draw.first(S, "乡镇", CODES, 10)
    assert [one.code for one in found] == ORDER
    assert (found[0].ticket, found[0].place, found[9].place) == (TICKET, 1, 10)


def test_the_frame_is_sorted_by_code_point() -> None:
    codes = ["b", "B", "a", "Z", "é", "一", "😀", "\uffee"]
    found = draw.frame(draw.Line("s", code, "n") for code in codes)
    assert [line.split("|")[1] for line in found.splitlines()] == ["B", "Z", "a", "b", "é", "一", "\uffee", "😀"]


@pytest.mark.parametrize(
    "line",
    [
        draw.Line("a|b", "1", "x"),
        draw.Line("a", "1|", "x"),
        draw.Line("a", "1", "x|y"),
        draw.Line("a", "1", "x\ny"),
        draw.Line("a", "", "x"),
        draw.Line("a", " 1", "x"),
        draw.Line("乡镇", "X01", "once more"),
    ],
)
def test_what_is_no_line_is_refused(line: draw.Line) -> None:
    with pytest.raises(ValueError, match=line.code.strip() or line.stratum):
        draw.frame([*draw.lines(FRAME), line])


@pytest.mark.parametrize(
    ("typed", "digits"),
    [
        ("20237331128159211123", DIGITS),
        (" 20237 33112\t81592 11123\n", DIGITS),
        ("２０２３７ 33112 81592 11123", DIGITS),
        ("2023733112815921112", None),
        ("2023733112815921112x", None),
        ("²" * 20, None),
        ("٣" * 20, None),
        ("1" * 200, "1" * 200),
        ("1" * 201, None),
        ("", None),
    ],
)
def test_digits_are_taken_as_read(typed: str, digits: str | None) -> None:
    assert draw.cleaned(typed) == digits


def test_a_unit_that_is_no_more_is_skipped_and_the_others_stay() -> None:
    drawn, passed = draw.chosen(S, "乡镇", CODES, 3, {})
    assert ([one.code for one in drawn], passed) == (["X03", "X10", "X04"], [])
    drawn, passed = draw.chosen(S, "乡镇", CODES, 3, {"X10": "merged", "X09": "merged"})
    assert [one.code for one in drawn] == ["X03", "X04", "X06"]
    # X09 has the last ticket; nobody was passed over for it.
    assert [(one.code, one.place) for one in passed] == [("X10", 2)]


def test_when_too_many_are_no_more_fewer_are_drawn() -> None:
    drawn, passed = draw.chosen(S, "乡镇", CODES[:3], 2, {"X01": "gone", "X02": "gone"})
    assert ([one.code for one in drawn], {one.code for one in passed}) == (["X03"], {"X01", "X02"})


def test_two_inspectors_without_a_conflict_serve() -> None:
    everybody = {code: frozenset[str]() for code in ("a", "b", "c", "d")}
    plain = draw.seats(S, "X03", everybody)
    assert [(seat.place, seat.skipped) for seat in plain] == [(1, None), (2, None)]
    order = sorted(everybody, key=lambda one: sha256(f"inspector|v1|{S}|X03|{one}".encode()).hexdigest())
    assert [seat.inspector for seat in plain] == order[:2]
    apart = {**everybody, order[0]: frozenset({"X03", "X10"})}
    found = draw.seats(S, "X03", apart, away={order[2]: "ill"})
    assert [(seat.inspector, seat.skipped) for seat in found] == [
        (order[0], draw.CONFLICT),
        (order[1], None),
        (order[2], "ill"),
        (order[3], None),
    ]
    assert draw.seats(S, "X03", {}) == []


def test_the_fingerprint_of_a_sealed_list_holds_the_seed() -> None:
    three = {"乡镇": draw.first(S, "乡镇", CODES, 3)}
    text = f"sealed|v1|{PLAN}|{S}|乡镇|1|X03\n乡镇|2|X10\n乡镇|3|X04\n"
    assert draw.sealed(PLAN, S, three) == sha256(text.encode()).hexdigest()
    assert draw.sealed(PLAN, C, three) != draw.sealed(PLAN, S, three)


@given(st.data())
def test_the_order_of_a_list_steers_nothing_and_a_unit_only_itself(data: st.DataObject) -> None:
    codes = data.draw(st.lists(st.from_regex(r"[A-Z0-9]{1,6}", fullmatch=True), unique=True, min_size=2, max_size=40))
    whole = [one.code for one in draw.first(S, "s", codes, len(codes))]
    assert [one.code for one in draw.first(S, "s", data.draw(st.permutations(codes)), len(codes))] == whole
    gone = data.draw(st.sampled_from(codes))
    rest = [one.code for one in draw.first(S, "s", [c for c in codes if c != gone], len(codes))]
    assert rest == [code for code in whole if code != gone]


@given(st.sampled_from(["frame", "secret", "digits", "plan"]), st.integers(0, 10_000))
def test_one_byte_changes_the_seed(what: str, place: int) -> None:
    parts = {"plan": PLAN, "frame": FRAME, "secret": SECRET, "digits": DIGITS}
    text = parts[what].encode()
    place %= len(text)
    parts[what] = (text[:place] + bytes([text[place] ^ 1]) + text[place + 1 :]).decode("utf-8", "replace")
    assert draw.seed(parts["plan"], draw.digest(parts["frame"]), parts["secret"], parts["digits"]) != S
