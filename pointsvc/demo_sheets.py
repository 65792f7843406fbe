"""The rule sheets of the made-up district: two of the templates in force, and a draft that was rehearsed."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from pointsvc.permissions import SYSTEM
from pointsvc.rehearsals import service as rehearsals
from pointsvc.schemes import service as schemes
from pointsvc.schemes import starting

DISTRICT = "QY"


def publish(*, at: datetime, starts_on: date, townships: Mapping[str, str]) -> None:
    """The district's sheet, and that of each township (code, name) for its villages."""
    documents = {DISTRICT: _district()}
    for code, name in townships.items():
        title = f"{name.removesuffix('党委')}农村党员积分管理办法（示范）"
        documents[code] = {**starting.templates()["villages"], "name": title}
    for code, document in documents.items():
        draft = schemes.create(actor=SYSTEM, at=at, organisation=code, starts_on=starts_on, document=document)
        schemes.publish(actor=SYSTEM, at=at, scheme_id=draft.id)


def rehearse(*, at: datetime, starts_on: date, period: str) -> None:
    """What the district thinks of changing (less for hours alone, more for deeds, a higher bar), tried out."""
    document = copy.deepcopy(_district())
    del document["basis"], document["adopted_by"]
    rules = {rule["code"]: rule for rule in document["rules"]}
    rules["volunteer"]["caps"] = [{"per": "month", "points": "4.8"}]
    rules["gooddeed"]["points"] = "4"
    rules["class"]["caps"] = [{"per": "quarter", "points": "2"}]
    document["grades"][0]["min"] = "92"
    draft = schemes.create(actor=SYSTEM, at=at, organisation=DISTRICT, starts_on=starts_on, document=document)
    rehearsals.ask(actor=SYSTEM, at=at, scheme_id=draft.id, period=period)


def _district() -> dict[str, Any]:
    basis = {"basis": "清组〔2025〕1号", "adopted_by": "区委组织部部务会"}
    return {**starting.templates()["communities"], "name": "清源区党员积分管理办法（示范）", **basis}
