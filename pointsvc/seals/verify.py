#!/usr/bin/env python3
"""Checks a proof of points (积分存证证明) with nothing but Python (3.8 or newer) and its standard library.

    python3 verify.py proof.json [FINGERPRINT]

FINGERPRINT is the one printed on the publicised list or announced with the seal (公示名单或封存公告上的指纹).
Ends with 0 when everything agrees, with 1 when not. Nothing is sent anywhere. The tree is that of RFC 9162.
"""

from __future__ import annotations

import json
import re
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

PARTS = {"format", "kind", "leaf", "index", "size", "path", "root", "seal", "words"}
TREES = {"result": "results", "entry": "entries"}


class Refused(Exception):
    """The proof does not hold; the words say why, in Chinese and in English."""


def need(holds: bool, chinese: str, english: str) -> None:
    """Refuse the proof unless this holds."""
    if not holds:
        raise Refused(chinese, english)


def root_of(leaf: str, index: int, size: int, path: list[str]) -> str:
    """The root to which the path leads from the leaf; nothing when the path has not the right length."""
    place, last = index, size - 1
    found = sha256(b"\x00" + leaf.encode()).digest()
    for beside in map(bytes.fromhex, path):
        if last == 0:
            return ""
        if place % 2 or place == last:
            found = sha256(b"\x01" + beside + found).digest()
            while place and not place % 2:
                place, last = place // 2, last // 2
        else:
            found = sha256(b"\x01" + found + beside).digest()
        place, last = place // 2, last // 2
    return found.hex() if last == 0 else ""


def check_form(proof: Any) -> None:
    """Refuse what is no proof, or not a whole one."""
    need(isinstance(proof, dict) and set(proof) == PARTS, "文件不完整，或不是存证证明", "not a whole proof")
    need(proof["format"] == "pointsvc-proof-1" and proof["kind"] in TREES, "证明的版本不认识", "unknown kind of proof")
    numbers = type(proof["index"]) is type(proof["size"]) is int and 0 <= proof["index"] < proof["size"]
    need(numbers, "序号或总数不对", "wrong place or size")
    whole = all(isinstance(one, str) and re.fullmatch("[0-9a-f]{64}", one) for one in proof["path"])
    need(whole and isinstance(proof["path"], list), "验证路径不完整", "the path is damaged")


def check_leaf(proof: dict[str, Any]) -> dict[str, Any]:
    """The record leads to the root, and says itself which place it has and of how many."""
    leaf: dict[str, Any] = json.loads(proof["leaf"])
    index, size = proof["index"], proof["size"]
    same = (leaf["kind"], leaf["position"], leaf.get("of", size)) == (proof["kind"], index, size)
    need(same, "类别、序号或总数与记录不符", "the record has another kind, place or size")
    found = root_of(proof["leaf"], index, size, proof["path"])
    need(found == proof["root"], "由记录推不出指纹（根），记录或证明被改动过", "the record does not lead to the root")
    return leaf


def check_seal(proof: dict[str, Any], leaf: dict[str, Any]) -> dict[str, Any] | None:
    """The seal names this root and size, and its fingerprint is that of its text. Only results go without."""
    if proof["seal"] is None:
        need(proof["kind"] == "result", "缺少封存信息", "the seal is missing")
        return None
    text, chain = proof["seal"]["text"], proof["seal"]["chain"]
    need(sha256(text.encode()).hexdigest() == chain, "封存指纹与封存内容不符", "the seal's fingerprint is not its own")
    seal: dict[str, Any] = json.loads(text)
    tree = {"size": proof["size"], "root": proof["root"]}
    need(seal[TREES[proof["kind"]]] == tree, "封存的不是这个指纹（根）", "another root was sealed")
    same = proof["kind"] == "entry" or all(leaf[name] == seal[name] for name in ("organisation", "period", "version"))
    need(same, "封存的不是这次汇总", "another tally was sealed")
    return seal


def check(path: str, printed: str | None = None) -> None:
    """Check the proof in this file and say what was found. Raises Refused, or whatever a broken file leads to."""
    proof = json.loads(Path(path).read_text("utf-8"))
    check_form(proof)
    leaf = check_leaf(proof)
    print("✓ 记录属于这个指纹（根） / the record belongs to the root:", proof["root"])
    seal = check_seal(proof, leaf)
    if seal:
        print(f"✓ 已封存，第 {seal['n']} 号 / sealed as no. {seal['n']}:", proof["seal"]["chain"])
    if printed is None:
        print("! 请与公示名单或封存公告上的指纹核对 / now compare the fingerprint with the printed one")
    else:
        known = {proof["root"], proof["seal"]["chain"] if seal else proof["root"]}
        need(re.sub(r"[\s-]", "", printed).lower() in known, "与所给的指纹不一致", "not the fingerprint that was given")
        print("✓ 与所给的指纹一致 / it is the fingerprint that was given")
    print("\n".join(f"  {name}: {leaf[name]}" for name in sorted(leaf) if name not in ("salt", "v")))


def main(arguments: list[str]) -> int:
    """0 when the proof holds, 1 when not."""
    try:
        check(*arguments)
    except Refused as problem:
        print("✗ 验证不通过：{} / not proven: {}".format(*problem.args))
        return 1
    except Exception:
        print("✗ 验证不通过：文件无法读取，或不是存证证明 / not proven: the file cannot be read or is no proof")
        return 1
    print("验证通过 / proven")
    return 0


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    sys.exit(main(sys.argv[1:]) if len(sys.argv) in (2, 3) else __doc__)
