"""The bulletin in words (通报). Pure, and in Chinese whatever language its reader has chosen: it is a document.

It speaks of the units that were inspected, and of no others. Every number in it is counted from what
was gathered; the office adds the basis, its judgement, good practice and demands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from pointsvc import documents
from pointsvc.documents import HEADING, SUBHEADING, TEXT, Annex, Block, Paper

ADDRESSEE = "各党（工）委、各党支部："
SEVERITY = {"serious": "严重", "notable": "较重", "minor": "一般"}
OTHER_ITEM = "其他问题"
DRAFT = "（征求意见稿）"
Data = Mapping[str, Any]


def suggested(data: Data) -> dict[str, Any]:
    """What stands in the form of a new bulletin: no number, and nothing that judges."""
    bodies = data["bodies"] or [data["organisation"]]
    others = f"会同{'、'.join(bodies[1:])}" if len(bodies) > 1 else ""
    filed = f"（备案号：{data['filing']}）" if data["filing"] else ""
    source = f"根据{data['programme'] or '年度督查检查考核计划'}{filed}安排"
    return {
        "title": f"关于{data['title']}情况的通报",
        "number": "",
        "addressee": ADDRESSEE,
        "basis": f"{source}，{bodies[0]}{others}对有关单位进行了抽查。现将情况通报如下。",
        "overall": "",
        "good": "",
        "demands": [],
        "named": True,
        "signature": bodies[0],
        "explained": {},
    }


def paper(data: Data, parts: Mapping[str, Any], *, draft: bool = False) -> Paper:
    """The bulletin: basis, scope and draw, the whole, good practice, problems, demands, annexes."""
    sections = (
        ("抽查范围和方式", _scope(data, parts)),
        ("总体情况", _whole(data, parts)),
        ("好的做法", _said(parts["good"])),
        ("存在的问题", _problems(data, named=parts["named"])),
        ("整改要求", _demands(data, parts)),
    )
    body = [Block(TEXT, text) for text in _paragraphs(parts["basis"])]
    filled = [(title, blocks) for title, several in sections if (blocks := list(several))]
    for place, (title, blocks) in enumerate(filled, 1):
        body += [Block(HEADING, f"{documents.numeral(place)}、{title}"), *blocks]
    return Paper(
        title=parts["title"] + (DRAFT if draft else ""),
        number=parts["number"],
        addressee=parts["addressee"],
        body=body,
        signature=parts["signature"],
        signed_on=_day(data["today"]),
        annexes=[_list_of_units(data, named=parts["named"]), _about_the_draw(data)],
    )


def _scope(data: Data, parts: Mapping[str, Any]) -> Iterator[Block]:
    strata, units, left = data["strata"], data["units"], data["left"]
    each = "、".join(f"{one['name']}{one['size']}个中抽取{one['n']}个" for one in strata)
    drawn = len(units) + len(left)
    told = "" if data["announced"] else "检查前不发通知、不打招呼。"
    yield Block(TEXT, f"本次抽查按层随机抽取：{each}，共抽取{drawn}个，实际检查{len(units)}个（名单见附件1）。{told}")
    yield Block(
        TEXT,
        "单位名单在抽取前固定并公布指纹，由各方当场掷骰得出数字后抽取；检查人员由同一数字随机确定，每个单位2人，"
        "与被检查单位有利害关系的回避。名单、数字和算法全部公开，任何人都可以复核（见附件2）。",
    )
    if left:
        why = "；".join(f"{one['name']}（{parts['explained'].get(one['code']) or '原因待说明'}）" for one in left)
        yield Block(TEXT, f"抽中但未检查的单位{len(left)}个：{why}。")
    if data["skipped"]:
        why = "；".join(f"{one['name']}（{one['reason']}）" for one in data["skipped"])
        yield Block(TEXT, f"抽中后依次递补的单位{len(data['skipped'])}个：{why}。")


def _whole(data: Data, parts: Mapping[str, Any]) -> Iterator[Block]:
    yield from _said(parts["overall"])
    counts, units = data["figures"], data["units"]
    others = len(units) - counts["towns"] - counts["offices"]
    kinds = [(counts["towns"], "乡镇（街道）"), (counts["offices"], "机关党组织"), (others, "其他党组织")]
    listed = "、".join(f"{name}{count}个" for count, name in kinds if count)
    with_problems = sum(one["findings"] > 0 for one in units)
    seen = [(len(units) - with_problems, "未发现问题的"), (with_problems, "发现问题的")]
    text = "，".join(f"{words}{count}个" for count, words in seen if count) or "尚无检查完成的单位"
    if with_problems:
        text += f"，共发现问题{_count(data)}个（{_by_severity(data)}）"
    text = f"被抽查单位共{len(units)}个{f'，其中{listed}' if listed else ''}。被抽查单位中，{text}"
    yield Block(TEXT, f"{text}。以上情况只反映被抽查单位，不代表未被抽查的单位。")


def _problems(data: Data, *, named: bool) -> Iterator[Block]:
    if not data["problems"]:
        yield Block(TEXT, "被抽查单位中未发现问题。")
    disagreeing = {one["name"] for one in data["units"] if one["disagrees"]}
    for place, problem in enumerate(data["problems"], 1):
        yield Block(SUBHEADING, f"（{documents.numeral(place)}）{problem['item'] or OTHER_ITEM}")
        yield Block(TEXT, f"被抽查单位中，{problem['units']}个单位存在此类问题。")
        for one in problem["findings"]:
            yield Block(TEXT, _problem(one, named=named, disagrees=one["unit"] in disagreeing))


def _problem(one: Data, *, named: bool, disagrees: bool) -> str:
    said = one["text"].rstrip("。；;. ")
    article = f"（不符合{one['article']}）" if one["article"] else ""
    stands = "该单位对事实有不同意见，检查组复核后认为事实成立。" if disagrees and named else ""
    return f"{one['unit'] if named else '有的单位'}：{said}{article}。{stands}"


def _demands(data: Data, parts: Mapping[str, Any]) -> Iterator[Block]:
    for place, one in enumerate(parts["demands"], 1):
        until = f"（{_day(one['due_on'])}前完成）" if one.get("due_on") else ""
        yield Block(TEXT, f"{place}. {one['text'].rstrip('。')}{until}。")
    orders, counts = data["orders"], data["figures"]
    if not orders["count"]:
        return
    until = _day(orders["first"])
    if orders["last"] != orders["first"]:
        until += f"至{_day(orders['last'])}"
    share = f"整改率{_percent(counts)}，逾期{counts['overdue']}件"
    done = f"截至{_day(data['today'])}，已整改销号{counts['rectified']}件，{share}。"
    yield Block(TEXT, f"已就发现的问题下发整改督办单{orders['count']}件，整改期限为{until}。{done}")


def _list_of_units(data: Data, *, named: bool) -> Annex:
    head = ["序号", "单位", "所属层", "检查日期"]
    rows = [
        [str(n), one["name"], one["stratum"], _day(one["inspected_on"]), *([str(one["findings"])] if named else [])]
        for n, one in enumerate(data["units"], 1)
    ]
    return Annex("被检查单位名单", table=[head + (["问题数"] if named else []), *rows])


def _about_the_draw(data: Data) -> Annex:
    draw = data["draw"]
    frozen, drawn = (_day(draw[name]) for name in ("frozen_on", "drawn_on"))
    rows = [
        ["项目", "内容"],
        ["抽查编号", data["plan"]],
        ["名单固定日期", frozen],
        ["名单指纹（SHA-256）", draw["frame_sha256"] or ""],
        ["事先承诺值", draw["commitment"] or ""],
        ["抽取日期", drawn],
        ["掷骰数字", draw["digits"] or ""],
        ["公开密值", draw["secret"] or ""],
        ["抽取种子", draw["seed"] or ""],
    ]
    text = "按种子为每个单位计算SHA-256签号，每层签号最小的若干单位即为抽中单位。用下列数据可以独立复核抽取结果。"
    return Annex("抽取方法和复核数据", body=[Block(TEXT, text)], table=rows)


def _said(text: str) -> Iterator[Block]:
    return (Block(TEXT, line) for line in _paragraphs(text))


def _paragraphs(text: str) -> Sequence[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _count(data: Data) -> int:
    return sum(len(problem["findings"]) for problem in data["problems"])


def _by_severity(data: Data) -> str:
    found = [one["severity"] for problem in data["problems"] for one in problem["findings"]]
    return "、".join(f"{words}{found.count(code)}个" for code, words in SEVERITY.items() if code in found)


def _percent(counts: Data) -> str:
    return f"{round(100 * counts['rectified'] / counts['ordered'])}%" if counts["ordered"] else "0%"


def _day(text: str | None) -> str:
    return documents.day(date.fromisoformat(text)) if text else ""
