"""The checker to download finds whatever was changed in a proof."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from pointsvc.spotchecks import check_draw, draw, proofs
from tests import factories
from tests.conftest import FrozenClock
from tests.spotchecks import scene
from tests.spotchecks.scene import do
from tests.spotchecks.vector import C, F, S

SCRIPT = Path(check_draw.__file__)


@pytest.fixture
def proof(app: Flask, frozen_clock: FrozenClock) -> dict[str, Any]:
    """The proof of the vector, with a unit that was passed over and one that was left out of another plan."""
    factories.district()
    return proofs.document(scene.row(scene.vector()))


def holds(tmp_path: Path, proof: Any, *more: str) -> bool:
    path = tmp_path / "proof.json"
    path.write_text(proof if isinstance(proof, str) else json.dumps(proof, ensure_ascii=False), "utf-8")
    return check_draw.main([str(path), *more]) == 0


def test_the_script_alone_proves_the_vector(tmp_path: Path, proof: Any) -> None:
    path = tmp_path / "proof.json"
    path.write_text(json.dumps(proof, ensure_ascii=False), "utf-8")
    run = [sys.executable, "-I", str(SCRIPT), str(path)]
    done = subprocess.run([*run, F.upper()], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert S in done.stdout
    assert done.stdout.index("X03") < done.stdout.index("X10") < done.stdout.index("X04")
    assert subprocess.run([*run, "0" * 64], capture_output=True, check=False).returncode == 1
    assert subprocess.run([*run[:-1], str(SCRIPT)], capture_output=True, check=False).returncode == 1


def test_a_commitment_may_be_given_and_a_frozen_plan_is_only_half_proven(
    tmp_path: Path, proof: Any, capsys: Any
) -> None:
    assert holds(tmp_path, proof, C[:32] + " " + C[32:])
    nothing = dict.fromkeys(("secret", "seed", "digits", "sealed"))
    assert holds(tmp_path, {**proof, **nothing, "drawn": [], "skipped": []})
    assert "尚未抽签" in capsys.readouterr().out


CHANGES: dict[str, Any] = {
    "a name": lambda p: p.update(frame=p["frame"].replace("第03乡镇", "第30乡镇")),
    "an order": lambda p: p.update(frame="".join(reversed(p["frame"].splitlines(keepends=True)))),
    "the last line feed": lambda p: p.update(frame=p["frame"][:-1]),
    "the plan": lambda p: p.update(plan="DC-2026Q4-02"),
    "the secret": lambda p: p.update(secret="00" * 31 + "02"),
    "the digits": lambda p: p.update(digits="30237331128159211123"),
    "too few digits": lambda p: p.update(digits=p["digits"][:19]),
    "the seed": lambda p: p.update(seed="0" * 64),
    "the commitment": lambda p: p.update(commitment="0" * 64),
    "a ticket": lambda p: p["drawn"][0].update(ticket="0" * 64),
    "a place": lambda p: p["drawn"][0].update(place=2),
    "a unit": lambda p: p["drawn"][0].update(code="X07"),
    "one less": lambda p: p["drawn"].pop(),
    "the size": lambda p: p["strata"][0].update(n=2),
    "an inspector": lambda p: p["drawn"][0].update(inspectors=p["drawn"][0]["inspectors"][::-1]),
    "a conflict": lambda p: p["inspectors"][0].update(conflicts=["X10"]),
    "a conflict taken away": lambda p: [one.update(conflicts=[]) for one in p["inspectors"]],
    "the sealed list": lambda p: p.update(sealed="0" * 64),
    "a skip without a turn": lambda p: p["skipped"].append({"stratum": "乡镇", "code": "X09", "reason": "撤并"}),
    "a skip without a reason": lambda p: p["skipped"].append({"stratum": "乡镇", "code": "X03", "reason": ""}),
    "a skip of a drawn unit": lambda p: p["skipped"].append({"stratum": "乡镇", "code": "X03", "reason": "撤并"}),
    "an excluded unit in the list": lambda p: p["excluded"].append(
        {"stratum": "乡镇", "code": "X01", "name": "", "reason": "已查"}
    ),
    "a part": lambda p: p.pop("sealed"),
    "the format": lambda p: p.update(format="pointsvc-draw-2"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_is_found(tmp_path: Path, proof: Any, what: str) -> None:
    assert holds(tmp_path, proof)
    CHANGES[what](proof)
    assert not holds(tmp_path, proof)


def test_what_was_passed_over_and_who_stood_down_is_proven_too(
    app: Flask, frozen_clock: FrozenClock, tmp_path: Path
) -> None:
    factories.district()
    number = scene.vector()
    do(scene.service.skip, number, unit_id=scene.unit(number, "X03").id, reason="已撤并")
    found = proofs.document(scene.row(number))
    who = next(one for one in found["drawn"] if one["code"] == "X10")["inspectors"][0]
    do(scene.service.stand_down, number, unit_id=scene.unit(number, "X10").id, inspector=who, reason="住院")
    found = proofs.document(scene.row(number))
    assert holds(tmp_path, found)
    broken = copy.deepcopy(found)
    broken["skipped"] = []
    assert not holds(tmp_path, broken)


# ---- any draw, any byte


def made_up(sizes: dict[str, int], n: int, digits: str, secret: str) -> dict[str, Any]:
    """A proof by the pure rules alone."""
    plan = "P-1"
    frame = draw.frame(
        draw.Line(stratum, f"{stratum}{number:03}", f"第{number}单位")
        for stratum, size in sizes.items()
        for number in range(size)
    )
    frame_sha256 = draw.digest(frame)
    seed = draw.seed(plan, frame_sha256, secret, digits)
    inspectors = {"a": frozenset[str](), "b": frozenset({"A000", "B001"}), "c": frozenset[str]()}
    codes = draw.strata(frame)
    listed = {name: draw.first(seed, name, codes[name], min(n, len(codes[name]))) for name in codes}
    return {
        "format": proofs.FORMAT,
        "plan": plan,
        "strata": [{"name": name, "n": len(listed[name])} for name in listed],
        "frame": frame,
        "frame_sha256": frame_sha256,
        "commitment": draw.commitment(plan, frame_sha256, secret),
        "excluded": [],
        "inspectors": [
            {"code": one, "name": one, "body": one, "conflicts": sorted(inspectors[one])} for one in inspectors
        ],
        "digits": digits,
        "sealed": draw.sealed(plan, seed, listed),
        "secret": secret,
        "seed": seed,
        "skipped": [],
        "drawn": [_unit(name, one, draw.seats(seed, one.code, inspectors)) for name in listed for one in listed[name]],
    }


def _unit(stratum: str, one: draw.Ticket, seats: list[draw.Seat]) -> dict[str, Any]:
    return {
        "stratum": stratum,
        "code": one.code,
        "name": one.code,
        "place": one.place,
        "ticket": one.ticket,
        "inspectors": [seat.inspector for seat in seats if not seat.skipped],
        "passed": [{"inspector": seat.inspector, "reason": seat.skipped} for seat in seats if seat.skipped],
    }


def proven(proof: Any) -> bool:
    """What the script says of a proof, without a file."""
    try:
        codes = check_draw.check_frame(proof)
        check_draw.check_seed(proof)
        check_draw.check_units(proof, codes)
        check_draw.check_inspectors(proof)
    except Exception:
        return False
    return True


SIZES = st.dictionaries(st.sampled_from(["A", "B", "C"]), st.integers(1, 12), min_size=1)
DICE = st.text("0123456789", min_size=20, max_size=40)


@given(SIZES, st.integers(1, 6), DICE, st.binary(min_size=32, max_size=32))
def test_every_draw_by_the_rules_is_proven(sizes: dict[str, int], n: int, digits: str, secret: bytes) -> None:
    assert proven(made_up(sizes, n, digits, secret.hex()))


@given(SIZES, st.integers(1, 6), DICE, st.data())
def test_one_byte_of_list_secret_digits_or_result_is_found(
    sizes: dict[str, int], n: int, digits: str, data: st.DataObject
) -> None:
    proof = made_up(sizes, n, digits, "5a" * 32)
    what = data.draw(st.sampled_from(["frame", "secret", "digits", "drawn"]))
    text = json.dumps(proof["drawn"]) if what == "drawn" else proof[what]
    if what == "drawn":
        unit = data.draw(st.sampled_from(proof["drawn"]))
        name = data.draw(st.sampled_from(["stratum", "code", "ticket"]))
        unit[name] = _changed(unit[name], data)
    else:
        proof[what] = _changed(text, data)
    assert not proven(proof)


def _changed(text: str, data: st.DataObject) -> str:
    raw = bytearray(text.encode())
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= 1 << data.draw(st.integers(0, 6))
    return raw.decode("utf-8", "replace")
