#!/usr/bin/env python3
"""Checks the proof of a spot-check draw (抽查抽签证明) with nothing but Python (3.8 or newer) and its standard library.

    python3 check_draw.py proof.json [FINGERPRINT]

FINGERPRINT is the one of the frozen list or of the commitment, as announced before the dice were thrown
(会前公布的名单指纹或承诺值). Ends with 0 when everything agrees, with 1 when not. Nothing is sent anywhere.
"""

from __future__ import annotations

import json
import re
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

PARTS = {"format", "plan", "strata", "frame", "frame_sha256", "commitment", "excluded", "inspectors"}
PARTS |= {"digits", "sealed", "secret", "seed", "skipped", "drawn"}
CONFLICT = "conflict of interest"


class Refused(Exception):
    """The proof does not hold; the words say why, in Chinese and in English."""


def need(holds: bool, chinese: str, english: str) -> None:
    """Refuse the proof unless this holds."""
    if not holds:
        raise Refused(chinese, english)


def digest(*parts: str) -> str:
    """The SHA-256 of these parts with | between them."""
    return sha256("|".join(parts).encode()).hexdigest()


def check_frame(proof: Any) -> dict[str, list[str]]:
    """The list has its fingerprint and is in order. The codes of each stratum."""
    need(isinstance(proof, dict) and set(proof) >= PARTS, "文件不完整，或不是抽签证明", "not a whole proof")
    need(proof["format"] == "pointsvc-draw-1", "证明的版本不认识", "unknown kind of proof")
    frame: str = proof["frame"]
    need(digest(frame) == proof["frame_sha256"], "名单与指纹不符，名单被改动过", "the list has another fingerprint")
    rows = [line.split("|") for line in frame.split("\n")]
    need(rows.pop() == [""] and all(len(row) == 3 for row in rows), "名单格式不对", "the list is malformed")
    keys = [(row[0], row[1]) for row in rows]
    need(keys == sorted(set(keys)), "名单未按规定排序，或有重复", "the list is out of order")
    left_out = {(one["stratum"], one["code"]) for one in proof["excluded"]}
    need(not left_out & set(keys), "已剔除的单位仍在名单中", "a unit that was left out is in the list")
    codes: dict[str, list[str]] = {}
    for stratum, code in keys:
        codes.setdefault(stratum, []).append(code)
    return codes


def check_seed(proof: dict[str, Any]) -> None:
    """The secret is the one committed to, and the seed comes of it and of the dice."""
    plan, frame, secret, digits = (proof[name] for name in ("plan", "frame_sha256", "secret", "digits"))
    need(bool(re.fullmatch("[0-9a-f]{64}", secret)), "密数格式不对", "the secret is malformed")
    found = digest("commit", "v1", plan, frame, secret)
    need(found == proof["commitment"], "密数与事先承诺不符", "another secret was committed to")
    need(bool(re.fullmatch("[0-9]{20,200}", digits)), "骰子数字不足二十位", "fewer than twenty digits")
    found = digest("seed", "v1", plan, frame, secret, digits)
    need(found == proof["seed"], "由密数和骰子推不出种子", "the seed is another one")


def check_units(proof: dict[str, Any], codes: dict[str, list[str]]) -> None:
    """The drawn units are the first of their stratum by ticket, but for those passed over with a reason."""
    seed, listed = proof["seed"], ""
    skipped = {(one["stratum"], one["code"]): one["reason"] for one in proof["skipped"]}
    need(all(skipped.values()), "跳过的单位没有写明原因", "a unit was passed over without a reason")
    expected, passed = [], set()
    for stratum in sorted(proof["strata"], key=lambda one: one["name"]):
        name, n = stratum["name"], stratum["n"]
        order = sorted((digest("ticket", "v1", seed, name, code), code) for code in codes[name])
        listed += "".join(f"{name}|{place}|{code}\n" for place, (_, code) in enumerate(order[:n], 1))
        serving = 0
        for place, (ticket, code) in enumerate(order, 1):
            if serving == n:
                break
            if (name, code) in skipped:
                passed.add((name, code))
                continue
            serving += 1
            expected.append((name, place, code, ticket))
    drawn = [(one["stratum"], one["place"], one["code"], one["ticket"]) for one in proof["drawn"]]
    need(sorted(drawn) == expected, "抽中的单位与签号不符", "other units have the first tickets")
    need(passed == set(skipped), "跳过了并未轮到的单位", "a unit was passed over whose turn it was not")
    found = digest("sealed", "v1", proof["plan"], seed, listed)
    need(found == proof["sealed"], "封存名单的指纹不符", "the sealed list has another fingerprint")


def check_inspectors(proof: dict[str, Any]) -> None:
    """To each unit go the first two inspectors by hash, but for those with a conflict or a reason."""
    conflicts = {one["code"]: set(one["conflicts"]) for one in proof["inspectors"]}
    for unit in proof["drawn"]:
        away = {one["inspector"]: one["reason"] for one in unit["passed"]}
        need(all(away.values()), "回避或替换没有写明原因", "an inspector was passed over without a reason")
        serving: list[str] = []
        for one in sorted(conflicts, key=lambda one: digest("inspector", "v1", proof["seed"], unit["code"], one)):
            if len(serving) == 2:
                break
            conflict = unit["code"] in conflicts[one]
            need(conflict == (away.get(one) == CONFLICT), "回避与申报不符", "a conflict of interest was not kept to")
            if one not in away:
                serving.append(one)
        need(serving == unit["inspectors"], "检查人员与抽签结果不符", "other inspectors were drawn")


def check(path: str, announced: str | None = None) -> None:
    """Check the proof in this file and say what was found. Raises Refused, or whatever a broken file leads to."""
    proof = json.loads(Path(path).read_text("utf-8"))
    codes = check_frame(proof)
    print("✓ 名单指纹 / the list has its fingerprint:", proof["frame_sha256"])
    known = {proof["frame_sha256"], proof["commitment"]}
    if announced is None:
        print("! 请与会前公布的指纹核对 / now compare it with the one announced before the draw")
    else:
        need(re.sub(r"[\s-]", "", announced).lower() in known, "与所给的指纹不一致", "not the fingerprint given")
        print("✓ 与所给的指纹一致 / it is the fingerprint that was given")
    if proof["secret"] is None:
        print("! 尚未抽签，或结果尚在封存 / not drawn yet, or the result is still sealed")
        return
    check_seed(proof)
    print("✓ 密数与承诺相符，种子无误 / the secret is the one committed to; the seed:", proof["seed"])
    check_units(proof, codes)
    check_inspectors(proof)
    for unit in proof["drawn"]:
        print(f"✓ {unit['stratum']} {unit['place']} {unit['code']} {unit['name']}: {', '.join(unit['inspectors'])}")


def main(arguments: list[str]) -> int:
    """0 when the proof holds, 1 when not."""
    try:
        check(*arguments)
    except Refused as problem:
        print("✗ 验证不通过：{} / not proven: {}".format(*problem.args))
        return 1
    except Exception:
        print("✗ 验证不通过：文件无法读取，或不是抽签证明 / not proven: the file cannot be read or is no proof")
        return 1
    print("验证通过 / proven")
    return 0


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    sys.exit(main(sys.argv[1:]) if len(sys.argv) in (2, 3) else __doc__)
