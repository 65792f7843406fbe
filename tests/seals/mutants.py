"""Proofs as a forger would have them: each differs from a true one in something that is checked."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Sequence
from typing import Any

Document = dict[str, Any]


def mutants(proofs: Sequence[Document], count: int, seed: int) -> list[tuple[str, str]]:
    """So many mutated proofs: what was done, and the text of the file."""
    rng = random.Random(seed)
    found = []
    while len(found) < count:
        name = rng.choice(list(CHANGES))
        true = rng.choice(proofs)
        forged = copy.deepcopy(true)
        text = CHANGES[name](forged, rng, proofs) or json.dumps(forged, ensure_ascii=False)
        if text != json.dumps(true, ensure_ascii=False):
            found.append((name, text))
    return found


def _flip(value: str, rng: random.Random) -> str:
    place = rng.randrange(len(value))
    other = rng.choice([one for one in "0123456789abcdef" if one != value[place]])
    return value[:place] + other + value[place + 1 :]


def _letter(forged: Document, rng: random.Random, proofs: Sequence[Document]) -> None:
    place = rng.randrange(len(forged["leaf"]))
    forged["leaf"] = forged["leaf"][:place] + rng.choice("0x 分") + forged["leaf"][place + 1 :]


def _points(forged: Document, rng: random.Random, proofs: Sequence[Document]) -> None:
    leaf = json.loads(forged["leaf"])
    name = "raw" if "raw" in leaf else "points"
    leaf[name] = f"{float(leaf[name]) + rng.randrange(1, 9):.2f}"
    forged["leaf"] = json.dumps(leaf, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _spaces(forged: Document, rng: random.Random, proofs: Sequence[Document]) -> None:
    forged["leaf"] = json.dumps(json.loads(forged["leaf"]), ensure_ascii=False)


def _another(part: str) -> Callable[[Document, random.Random, Sequence[Document]], None]:
    def change(forged: Document, rng: random.Random, proofs: Sequence[Document]) -> None:
        others = [one[part] for one in proofs if one[part] != forged[part]]
        if others:
            forged[part] = rng.choice(others)

    return change


def _number(part: str) -> Callable[[Document, random.Random, Sequence[Document]], None]:
    def change(forged: Document, rng: random.Random, proofs: Sequence[Document]) -> None:
        forged[part] += rng.choice((-2, -1, 1, 2, 256, 2**31))

    return change


def _typed(forged: Document, rng: random.Random, proofs: Sequence[Document]) -> None:
    part = rng.choice(("index", "size"))
    forged[part] = rng.choice((str(forged[part]), None, [forged[part]], forged[part] + 0.5, True))


def _path(forged: Document, rng: random.Random, proofs: Sequence[Document]) -> None:
    path = forged["path"]
    which = rng.randrange(len(path))
    how = rng.randrange(6)
    if how == 0:
        path[which] = _flip(path[which], rng)
    elif how == 1:
        del path[which]
    elif how == 2:
        path.insert(which, rng.choice((forged["root"], path[which])))
    elif how == 3:
        path.reverse()
    elif how == 4:
        path[which] = rng.choice((path[which][:-2], path[which].upper() + " ", None, 7))
    else:
        forged["path"] = path[:which]


def _root(forged: Document, rng: random.Random, proofs: Sequence[Document]) -> None:
    forged["root"] = rng.choice((_flip(forged["root"], rng), forged["root"][:32], "", None, forged["root"].upper()))


def _seal(forged: Document, rng: random.Random, proofs: Sequence[Document]) -> None:
    seal = forged["seal"]
    if rng.random() < 0.5:
        seal["chain"] = _flip(seal["chain"], rng)
    else:
        place = rng.randrange(len(seal["text"]))
        seal["text"] = seal["text"][:place] + rng.choice("0x 分") + seal["text"][place + 1 :]


def _kind(forged: Document, rng: random.Random, proofs: Sequence[Document]) -> None:
    forged[rng.choice(("kind", "format"))] = rng.choice(("entry", "result", "pointsvc-proof-2", "", None))


def _missing(forged: Document, rng: random.Random, proofs: Sequence[Document]) -> None:
    del forged[rng.choice(list(forged))]


def _more(forged: Document, rng: random.Random, proofs: Sequence[Document]) -> None:
    forged["note"] = "ok"


def _truncated(forged: Document, rng: random.Random, proofs: Sequence[Document]) -> str:
    text = json.dumps(forged, ensure_ascii=False)
    return text[: rng.randrange(1, len(text))]


CHANGES: dict[str, Callable[[Document, random.Random, Sequence[Document]], str | None]] = {
    "letter": _letter,
    "points": _points,
    "spaces": _spaces,
    "another leaf": _another("leaf"),
    "another path": _another("path"),
    "another root": _another("root"),
    "another seal": _another("seal"),
    "index": _number("index"),
    "size": _number("size"),
    "typed": _typed,
    "path": _path,
    "root": _root,
    "seal": _seal,
    "kind": _kind,
    "missing": _missing,
    "more": _more,
    "truncated": _truncated,
}
