"""Every member's proof holds, no forged one does: in the service and in the checker that stands alone."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from pointsvc import create_app
from pointsvc.db import db
from pointsvc.ledger.models import Entry
from pointsvc.people.models import Member
from pointsvc.permissions import SYSTEM
from pointsvc.seals import merkle, proofs, verify
from pointsvc.seals.models import ENTRY, SealLeaf, SealTree
from pointsvc.tallies import sealed as sealed_tallies
from pointsvc.tallies.models import Tally, TallyResult
from tests.conftest import Databases, settings
from tests.seals import sealed
from tests.seals.mutants import Document, mutants

CHECKER = Path(verify.__file__)
FORGED = 1000
# Runs the checker on each file of a folder, as the command line would, with nothing but the standard library.
EACH = """
import contextlib, io, pathlib, runpy, sys
main = runpy.run_path(sys.argv[1])["main"]
for path in sorted(pathlib.Path(sys.argv[2]).iterdir()):
    with contextlib.redirect_stdout(io.StringIO()):
        found = main([str(path)])
    print(path.name, found)
"""


@pytest.fixture(scope="module")
def district(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    url, remove = databases.new()
    app = create_app(settings(url, tmp_path_factory.mktemp("proven")))
    sealed.build(app)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    remove()


@pytest.fixture(scope="module")
def documents(district: Flask) -> list[Document]:
    """The proof of every result of every tally, and of a sample of the entries."""
    found = []
    for tally in db.session.scalars(select(Tally).order_by(Tally.id)).all():
        mine = select(TallyResult.member_id).where(TallyResult.tally_id == tally.id)
        for number in db.session.scalars(select(Member.number).where(Member.id.in_(mine))).all():
            found.append(sealed_tallies.proof(actor=SYSTEM, tally_id=tally.id, member=number))
    covered = db.session.scalars(select(SealLeaf.ref_id).where(SealLeaf.kind == ENTRY)).all()
    found += [proofs.of_entry(actor=SYSTEM, entry_id=one) for one in covered[::17]]
    return [{**one.document, "words": str(one.words)} for one in found]


def service_holds(text: str) -> bool:
    """Whether the service would stand by this proof: its own tree, its own root, and the path leads there."""
    try:
        proof = json.loads(text)
        leaf = json.loads(proof["leaf"])
        tree = db.session.scalars(select(SealTree).where(SealTree.root == str(proof["root"]))).one()
        sealed_so = proof["seal"] is None or proofs.texts.chain(_seal_of(tree)) == proof["seal"]["chain"]
        place = (type(proof["index"]), proof["size"], leaf["position"]) == (int, tree.size, proof["index"])
        return bool(
            sealed_so
            and place
            and merkle.verify(
                leaf=merkle.leaf_hash(proof["leaf"].encode()),
                index=proof["index"],
                size=proof["size"],
                path=[_hash(one) for one in proof["path"]],
                root=bytes.fromhex(tree.root),
            )
        )
    except Exception:
        return False


def _hash(text: str) -> bytes:
    value = bytes.fromhex(text)
    if value.hex() != text:
        raise ValueError(text)
    return value


def _seal_of(tree: SealTree) -> Any:
    return proofs.reading.of_tallies([tree.tally_id])[tree.tally_id]


def checked(folder: Path, texts: list[str]) -> list[int]:
    """What the stand-alone checker says of each of these files, in a Python that has nothing installed."""
    folder.mkdir()
    for n, text in enumerate(texts):
        (folder / f"{n:05}.json").write_text(text, "utf-8")
    command = [sys.executable, "-I", "-S", "-c", EACH, str(CHECKER), str(folder)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder)
    return [int(line.split()[1]) for line in answer.stdout.splitlines()]


def as_text(document: Document) -> str:
    return json.dumps(document, ensure_ascii=False)


def test_every_proof_holds(documents: list[Document], tmp_path: Path) -> None:
    assert len(documents) > 600
    texts = [as_text(one) for one in documents]
    assert checked(tmp_path / "true", texts) == [0] * len(texts)
    assert all(service_holds(text) for text in texts)


def test_none_of_a_thousand_forged_proofs_holds(documents: list[Document], tmp_path: Path) -> None:
    seed = int(os.environ.get("SEED", random.randrange(10**9)))
    print(f"SEED={seed}")
    forged = mutants(documents, FORGED, seed)
    found = checked(tmp_path / "forged", [text for _, text in forged])
    assert [one for one, code in zip(forged, found, strict=True) if code != 1] == []
    # Its kind, format and surplus parts are no business of the tree; of all else the service is judge too.
    outer = ("kind", "more", "missing", "seal", "another seal", "root")
    assert [name for name, text in forged if name not in outer and service_holds(text)] == []


# ---- the command line


def run(*arguments: str) -> tuple[int, str]:
    command = [sys.executable, "-I", "-S", str(CHECKER), *arguments]
    answer = subprocess.run(command, capture_output=True, text=True, env={"PYTHONIOENCODING": "utf-8"})
    return answer.returncode, answer.stdout + answer.stderr


def kept(tmp_path: Path, document: Document) -> str:
    path = tmp_path / "proof.json"
    path.write_text(as_text(document), "utf-8")
    return str(path)


def test_it_says_what_it_found_in_both_languages(documents: list[Document], tmp_path: Path) -> None:
    code, said = run(kept(tmp_path, documents[0]))
    assert code == 0
    assert "验证通过 / proven" in said
    assert documents[0]["root"] in said
    assert "已封存，第 1 号 / sealed as no. 1" in said
    assert "salt" not in said


def test_it_compares_with_what_was_printed(documents: list[Document], tmp_path: Path) -> None:
    proof = documents[0]
    path = kept(tmp_path, proof)
    root = proof["root"].upper()
    for printed in (proof["root"], proof["seal"]["chain"], " ".join((root[:32], root[32:]))):
        assert run(path, printed)[0] == 0
    for printed in ("0" * 64, proof["root"][:63], ""):
        code, said = run(path, printed)
        assert code == 1
        assert "与所给的指纹不一致 / not proven: not the fingerprint that was given" in said


def test_before_the_seal_the_printed_root_proves_a_result(documents: list[Document], tmp_path: Path) -> None:
    before = documents[0] | {"seal": None}
    assert run(kept(tmp_path, before), before["root"])[0] == 0
    entry = next(one for one in documents if one["kind"] == "entry")
    assert run(kept(tmp_path, entry | {"seal": None}))[0] == 1


@pytest.mark.parametrize("content", ["", "[]", "{}", "7", "null", '{"leaf":', "\ufeff{}", "[" * 5000])
def test_what_is_no_proof_is_refused_without_a_trace(content: str, tmp_path: Path) -> None:
    path = tmp_path / "proof.json"
    path.write_text(content, "utf-8")
    code, said = run(str(path))
    assert code == 1
    assert "验证不通过" in said
    assert "Traceback" not in said


def test_without_a_file_it_says_how_it_is_used(tmp_path: Path) -> None:
    code, said = run()
    assert code == 1
    assert "python3 verify.py proof.json" in said
    assert run(str(tmp_path / "nothing.json"))[0] == 1


def test_it_is_short_and_needs_nothing_that_is_installed() -> None:
    lines = CHECKER.read_text("utf-8").splitlines()
    assert len(lines) <= 120
    known = {line.split()[1] for line in lines if line.startswith(("import ", "from "))}
    assert known <= sys.stdlib_module_names


# ---- the service hands out no proof that proves nothing


def test_an_entry_that_was_changed_gets_no_proof(district: Flask) -> None:
    covered = db.session.scalars(select(SealLeaf.ref_id).where(SealLeaf.kind == ENTRY)).first()
    with sealed.for_now():
        sealed.disarm()
        db.session.execute(db.update(Entry).where(Entry.id == covered).values(points=99))
        with pytest.raises(proofs.Conflict) as refusal:
            proofs.of_entry(actor=SYSTEM, entry_id=covered or 0)
        assert refusal.value.code == "broken_seal"
