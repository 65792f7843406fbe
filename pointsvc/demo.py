"""A made-up district, big enough to be believable: 5 townships and streets, 40 branches, 800 members
and the three quarters before today. Nobody in it exists; the same seed gives the same district.
"""

from __future__ import annotations

import os
import random
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import select

from pointsvc import (
    clock,
    demo_boards,
    demo_checkins,
    demo_declarations,
    demo_inspections,
    demo_lists,
    demo_notices,
    demo_pledges,
    demo_publicity,
    demo_reviews,
    demo_sheets,
    demo_spotchecks,
)
from pointsvc.activities import service as activities
from pointsvc.activities.service import AttendanceRow
from pointsvc.db import db, transaction
from pointsvc.errors import N_, Conflict
from pointsvc.ledger import service as ledger
from pointsvc.people import service as service_of_people
from pointsvc.people.models import Member, Organisation
from pointsvc.permissions import SYSTEM
from pointsvc.schemes import document as documents
from pointsvc.schemes import service as schemes
from pointsvc.tallies import service as tallies

SEED = 20261
FIRST_BRANCH = "QY0101"
# Silent for some weeks, so that a district sees what that looks like.
QUIET_BRANCH, QUIET = "QY0407", timedelta(days=50)
SURNAMES = (
    *"陈林黄张李王吴刘蔡杨许郑谢洪郭邱曾廖赖徐周叶苏庄吕江何罗高潘简朱钟游詹胡施沈余卢",
    *"梁赵颜柯翁魏孙戴范方宋邓杜傅侯曹薛丁卓马阮董唐温蓝石蒋田康邹白涂尤巫",
    "欧阳",
    "司徒",
)
GIVEN = (
    "建国志明淑芬秀英文华丽君春梅永强桂兰海燕国栋晓红玉珍家豪雅婷佳怡宗翰思远立新卫东爱民"
    "德胜金凤美玲俊杰素云庆丰少华向前学军慧敏光辉长青"
)
PLACES = (
    ("QY01", "临江街道党工委", "street", "社区"),
    ("QY02", "南门街道党工委", "street", "社区"),
    ("QY03", "白石镇党委", "township", "村"),
    ("QY04", "柳溪镇党委", "township", "村"),
    ("QY05", "区直机关工委", "office", "机关"),
)
# Where members of the other units check in.
COMMUNITIES = (("QY0190", "临江河湾社区党委", "QY01"), ("QY0290", "南门翠竹社区党委", "QY02"))
SPOTS = ("东桥", "西山", "北塘", "南苑", "新河", "古井", "杏园", "长堤")
OFFICES = ("财政局", "教育局", "民政局", "水务局", "文旅局", "市监局", "统计局", "档案馆")
CATEGORIES = ("regular",) * 76 + ("probationary",) * 5 + ("floating",) * 9 + ("retired",) * 10
MEETINGS = (("主题党日", 5), ("集中学习", 14), ("支部党员大会", 24))
MATTERS = ("防汛值守", "文明城市创建", "人口普查", "护林防火", "老旧小区改造")


@dataclass(frozen=True)
class Person:
    """A made-up member and where they belong. ``zeal`` from 0 to 1 drives what they do."""

    number: str
    name: str
    branch: str
    category: str
    joined_on: date
    zeal: float


def organisations() -> list[dict[str, Any]]:
    """The district, its 5 streets, townships and offices' committee, their 40 branches, and two communities."""
    rng = random.Random(SEED)  # noqa: S311 - made-up data, not a secret
    rows = [_organisation("QY", "清源区委", "district", None, rng)]
    for code, name, kind, word in PLACES:
        rows.append(_organisation(code, name, kind, "QY", rng))
        stem = name.removesuffix("党工委").removesuffix("党委").removesuffix("工委")
        for n in range(8):
            place = f"区{OFFICES[n]}" if word == "机关" else f"{stem}{SPOTS[n]}{word}"
            rows.append(_organisation(f"{code}{n + 1:02d}", f"{place}党支部", "branch", code, rng))
    rows += [_organisation(code, name, "community", parent, rng) for code, name, parent in COMMUNITIES]
    return rows


def _organisation(code: str, name: str, kind: str, parent: str | None, rng: random.Random) -> dict[str, Any]:
    phone = f"0000-{rng.randrange(2_000_000, 9_000_000)}"
    return {"code": code, "name": name, "kind": kind, "parent": parent, "phone": phone, "secretary": _name(rng)}


def _name(rng: random.Random) -> str:
    return rng.choice(SURNAMES) + "".join(rng.choice(GIVEN) for _ in range(rng.choice((1, 2, 2, 2))))


def people(branches: list[str], today: date) -> list[Person]:
    """800 members, 12 to 28 a branch."""
    rng = random.Random(SEED + 1)  # noqa: S311 - made-up data, not a secret
    sizes = [rng.randint(12, 28) for _ in branches]
    sizes[0] = 28
    while (gap := 800 - sum(sizes)) != 0:
        at = rng.randrange(1, len(sizes))
        if 12 <= sizes[at] + (step := 1 if gap > 0 else -1) <= 28:
            sizes[at] += step
    found: list[Person] = []
    for branch, size in zip(branches, sizes, strict=True):
        for _ in range(size):
            category = rng.choice(CATEGORIES)
            years = {"retired": rng.randint(30, 55), "probationary": 1}.get(category, rng.randint(2, 35))
            joined = date(today.year - years, rng.randint(1, 6), 1)
            number = f"Q{len(found) + 1:05d}"
            found.append(Person(number, _name(rng), branch, category, joined, rng.betavariate(5, 1.6)))
    return found


def quarters(today: date) -> list[tuple[date, date]]:
    """The three whole quarters before today's, as first and last day, and the running one up to today."""
    start = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    spans = [(start, today)]
    for _ in range(3):
        last = start - timedelta(days=1)
        start = date(last.year, last.month - 2, 1)
        spans.insert(0, (start, last))
    return spans


def meetings(branches: list[str], first: date, last: date) -> Iterator[tuple[str, str, date]]:
    """Branch, kind and day of each meeting: a theme day and a study each month, an assembly a quarter."""
    month = first
    while month <= last:
        for kind, day in MEETINGS:
            if kind == "支部党员大会" and month.month % 3:
                continue
            for n, branch in enumerate(branches):
                held = month.replace(day=min(28, day + n % 3))
                if held <= last:
                    yield branch, kind, held
        month = (month + timedelta(days=32)).replace(day=1)


def mark(person: Person, rng: random.Random) -> str | None:
    """How this person stood at one meeting."""
    draw = rng.random()
    if person.category == "floating" and draw < 0.55:
        return "leave"
    if draw < person.zeal:
        return "present" if rng.random() > 0.03 else "late"
    return rng.choice(("leave", "leave", "leave", "absent", None))


def deeds(person: Person, first: date, last: date, rng: random.Random) -> Iterator[dict[str, Any]]:
    """What one person did between two days, as values of an entry."""
    days = (last - first).days + 1
    hours = rng.choice((0, 1, 1, 2) if person.zeal > 0.8 else (0, 0, 1))
    done = [("volunteer", {"quantity": Decimal(rng.choice(("1", "1.5", "2", "3", "4")))})] * hours
    chances: tuple[tuple[float, str, dict[str, Any]], ...] = (
        (0.18 * person.zeal, "gooddeed", {}),
        (0.04, "talk", {}),
        (0.06, "advice", {"points": Decimal(rng.choice(("1", "1.5", "2", "3")))}),
        (0.12 * person.zeal, "promise", {}),
        (
            0.07,
            "award",
            {"tier": rng.choice(("township", "township", "district", "city")), "matter": rng.choice(MATTERS)},
        ),
        (0.03, "task", {"points": Decimal(rng.choice(("-1", "-2", "-3.5")))}),
    )
    done += [(rule, more) for chance, rule, more in chances if rng.random() < chance]
    for rule, more in done:
        yield {"rule": rule, "occurred_on": first + timedelta(days=rng.randrange(days)), **more}


# ---- into the service


@dataclass(frozen=True)
class SignIn:
    """A sign-in of the demonstration, with the password to print."""

    name: str
    role: str
    organisation: str
    member: str | None
    password: str


def load() -> list[str]:
    """Load the district once, and say who can sign in; called again, it says so again.

    Runs in an application context and commits. Raises Conflict when the service holds other data.
    """
    kept = Path(current_app.config["POINTSVC"].data_dir) / "demo-sign-ins.txt"
    if not kept.exists():
        with transaction():
            made = fill(at=clock.now())
        kept.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.writelines(f"{one.name}  {one.password}  ({one.role}, {one.organisation})\n" for one in made)
        demo_publicity.show(at=clock.now())
        demo_notices.show(at=clock.now())
    return kept.read_text("utf-8").splitlines()


def fill(*, at: datetime) -> list[SignIn]:
    """Fill the empty service through the same verbs as everybody, and ask for the quarters' tallies.

    Raises Conflict when there is anything in the database already.
    """
    if db.session.scalar(select(Organisation.id).limit(1)):
        raise Conflict(N_("There are organisations already; the demonstration is for an empty service"))
    today = clock.local(at).date()
    tree = organisations()
    service_of_people.add_organisations(
        actor=SYSTEM, at=at, rows=[service_of_people.NewOrganisation(**row) for row in tree]
    )
    branches = [row["code"] for row in tree if row["kind"] == "branch"]
    everybody = people(branches, today)
    service_of_people.add_members(
        actor=SYSTEM,
        at=at,
        rows=[
            service_of_people.NewMember(one.number, one.name, one.branch, one.category, one.joined_on)
            for one in everybody
        ],
    )
    spans = quarters(today)
    first = spans[0][0].replace(month=1)
    townships = {code: name for code, name, kind, _ in PLACES if kind == "township"}
    demo_sheets.publish(at=at, starts_on=first, townships=townships)
    _live(at, everybody, spans)
    for _, last in spans[:3]:
        period = f"{last.year}-Q{last.month // 3}"
        tallies.request(actor=SYSTEM, at=at, organisation="QY", period=period)
    demo_sheets.rehearse(at=at, starts_on=date(today.year + 1, 1, 1), period=period)
    demo_reviews.fill(at=at, branch=FIRST_BRANCH, spared=_first_branch(everybody)[0])
    signed_in = _sign_ins(at, everybody)
    demo_declarations.fill(at=at, numbers=_first_branch(everybody))
    demo_pledges.fill(at=at, numbers=_first_branch(everybody))
    serving = [one.number for one in everybody if one.branch.startswith("QY05") and one.category == "regular"]
    demo_checkins.fill(at=at, numbers=[_first_branch(everybody)[0], *serving[::9]])
    demo_inspections.fill(
        at=at,
        branch=FIRST_BRANCH,
        others=tuple(branches[1:]),
        townships=tuple(code for code, _, kind, _ in PLACES if kind != "office"),
    )
    demo_spotchecks.fill(at=at, branch=FIRST_BRANCH)
    demo_boards.fill(at=at, branch=FIRST_BRANCH, district="QY", numbers=_first_branch(everybody))
    demo_lists.fill(at=at, branch=FIRST_BRANCH)
    return signed_in


def _first_branch(everybody: list[Person]) -> list[str]:
    """The full members of the branch whose secretary and member can sign in, that member first."""
    return [one.number for one in everybody if one.branch == FIRST_BRANCH and one.category == "regular"]


def _live(at: datetime, everybody: list[Person], spans: list[tuple[date, date]]) -> None:
    """Meetings and deeds of all quarters, in two calls; one branch has recorded nothing lately."""
    quiet = clock.local(at).date() - QUIET
    rng = random.Random(SEED + 2)  # noqa: S311 - made-up data, not a secret
    ids = {row.number: row.id for row in db.session.execute(select(Member.number, Member.id))}
    nodes = {row.code: row.id for row in db.session.execute(select(Organisation.code, Organisation.id))}
    governing = schemes.sheets(list(nodes.values()), spans[-1][1])
    roll: dict[str, list[Person]] = {}
    for one in everybody:
        roll.setdefault(one.branch, []).append(one)
    rows = [
        AttendanceRow(nodes[branch], kind, held_on, ids[one.number], nodes[branch], governing[nodes[branch]], how)
        for first, last in spans
        for branch, kind, held_on in meetings(list(roll), first, last)
        for one in roll[branch]
        if (how := mark(one, rng)) and not (branch == QUIET_BRANCH and held_on > quiet)
    ]
    activities.add_attendance(actor=SYSTEM, at=at, rows=rows)
    entries = [
        _entry(deed, ids[one.number], nodes[one.branch], governing[nodes[one.branch]])
        for first, last in spans
        for one in everybody
        for deed in deeds(one, first, last, rng)
        if not (one.branch == QUIET_BRANCH and deed["occurred_on"] > quiet)
    ]
    ledger.add(actor=SYSTEM, at=at, rows=entries, source="single")


def _entry(deed: dict[str, Any], member_id: int, branch_id: int, sheet: schemes.Sheet) -> ledger.NewEntry:
    rule = documents.rule(sheet.document, deed["rule"]) or {}
    quantity, tier = deed.get("quantity"), deed.get("tier")
    return ledger.NewEntry(
        member_id=member_id,
        branch_id=branch_id,
        rule_code=deed["rule"],
        scheme_id=sheet.scheme_id,
        points=documents.worth(rule, quantity, tier, deed.get("points")),
        occurred_on=deed["occurred_on"],
        quantity=quantity or Decimal(1),
        tier=tier,
        matter=deed.get("matter"),
    )


def _sign_ins(at: datetime, everybody: list[Person]) -> list[SignIn]:
    """One sign-in for each role; the passwords are new for each installation and only printed."""
    mine = _first_branch(everybody)[0]
    wanted = (
        ("组织部", "district_admin", "QY", None),
        ("书记", "secretary", FIRST_BRANCH, None),
        ("党员", "member", FIRST_BRANCH, mine),
        ("社区", "secretary", COMMUNITIES[0][0], None),
        ("督查", "supervisor", "QY", None),
        ("审计", "auditor", "QY", None),
        ("系统管理", "system_admin", "QY", None),
    )
    made = [SignIn(name, role, place, own, f"demo-{secrets.token_hex(3)}") for name, role, place, own in wanted]
    for one in made:
        service_of_people.add_sign_in(
            actor=SYSTEM,
            at=at,
            name=one.name,
            role=one.role,
            organisation=one.organisation,
            member=one.member,
            password=one.password,
        )
    return made
