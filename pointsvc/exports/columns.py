"""The columns of the files that go out: headings that imports understand without asking. Pure.

They are Chinese whatever the reader's language, as the files of offices are.
"""

from __future__ import annotations

from pointsvc.spreadsheets import Column

# A second column that means an organisation would have to be asked about; this one is passed over.
PLACE = (Column("党组织代码", width=14), Column("党组织名称（仅供查看）", width=26))
# First in each row, because a row that begins with a word may be taken for a note or a sum.
SERIAL = Column("序号", "count", 6)
NUMBER, NAME = Column("党员编号", width=14), Column("姓名", width=12)

ENTRIES = (
    Column("记录编号", width=18),
    NUMBER,
    NAME,
    *PLACE,
    Column("发生日期", "day", 12),
    Column("积分细则", width=26),
    Column("数量", "points", 8),
    Column("级别", width=10),
    Column("分值", "points", 8),
    Column("事由", width=24),
    Column("备注", width=24),
    Column("登记时间", width=20),
    Column("登记人", width=12),
    Column("状态", width=8),
    Column("冲销编号", width=18),
    Column("登记来源", width=12),
    Column("办法校验码", width=18),
)
ORGANISATIONS = (
    SERIAL,
    Column("组织代码"),
    Column("组织名称", width=30),
    Column("组织类别", width=16),
    Column("上级组织"),
    Column("书记", width=12),
    Column("监督电话"),
)
MEMBERS = (SERIAL, NUMBER, NAME, Column("党员类别"), *PLACE, Column("入党时间", "day", 12))
ATTENDANCE = (
    SERIAL,
    *PLACE,
    Column("日期", "day", 12),
    Column("活动类型", width=16),
    Column("会议（活动）主题", width=24),
    NUMBER,
    NAME,
    Column("签到情况", width=10),
)
PLEDGES = (
    SERIAL,
    NUMBER,
    Column("承诺人", width=20),
    *PLACE,
    Column("承诺类型", width=10),
    Column("承诺性质", width=8),
    Column("承诺事项", width=40),
    Column("可核查指标", width=20),
    Column("基数", width=12),
    Column("目标", width=12),
    Column("完成期限", "day", 12),
    Column("受益对象", width=18),
    Column("见证人", width=14),
    Column("审诺依据", width=26),
    Column("状态", width=12),
    Column("公开日期", "day", 12),
    Column("办结日期", "day", 12),
)
MEMBERSHIPS = (SERIAL, NUMBER, NAME, *PLACE, Column("起始日期", "day", 12), Column("截止日期（不含）", "day", 16))
CATEGORIES = (
    SERIAL,
    NUMBER,
    NAME,
    Column("党员类别"),
    Column("起始日期", "day", 12),
    Column("截止日期（不含）", "day", 16),
)
CARRIED = (SERIAL, NUMBER, NAME, Column("积分周期起始日", "day", 16), Column("上期总分", "points", 10), Column("来源"))

STATUS = {"recorded": "正常", "reversed": "已冲销", "reversal": "冲销"}
SOURCES = {
    "single": "单条登记",
    "batch": "批量登记",
    "meeting": "会议签到",
    "import": "表格导入",
    "reversal": "冲销",
    "declaration": "党员申报",
    "receipt": "回执",
    "merge": "合并",
    "pledge": "践诺",
    "service": "服务",
}
PLEDGE_KINDS = {"common": "共性承诺", "post": "岗位承诺", "practical": "实事承诺"}
PLEDGE_HORIZONS = {"yearly": "年度", "emergency": "即时"}
PLEDGE_STATES = {
    "draft": "草稿",
    "submitted": "待审诺",
    "returned": "已退回",
    "approved": "已审诺",
    "published": "践诺中",
    "changing": "变更待审",
    "fulfilled": "已兑现",
    "unfulfilled_cause": "因客观原因未兑现",
    "unfulfilled": "未兑现",
    "closed": "已办结",
    "withdrawn": "已撤回",
}
MARKS = {"present": "到会", "late": "迟到", "leave": "请假", "absent": "缺席"}
CATEGORY = {"regular": "正式党员", "probationary": "预备党员", "floating": "流动党员", "retired": "离退休党员"}
KINDS = {
    "district": "区（县）委",
    "street": "街道党工委",
    "township": "乡镇党委",
    "office": "机关党委",
    "enterprise": "两新组织党委",
    "community": "社区党委",
    "village": "村党组织",
    "branch": "党支部",
}
CARRIED_FROM = {"declared": "申报", "tally": "汇总结转"}
SYSTEM = "系统"
