"""The text that explains an archive to whoever opens it, in Chinese and in English."""

README = """\
党员积分数据包（格式版本 1）

本数据包是一个党组织及其下级组织的全部积分数据，按公开、通用的格式保存，不依赖任何软件即可查看。
文本均为 UTF-8 编码；CSV 文件带字节顺序标记，可用 Excel、WPS 直接打开。
CSV 中以 = + - @ 等开头的文字前加了一个半角单引号（'），以免被当作公式；导入时自动去掉。

manifest.json        清单：格式版本、党组织、生成时间、每个文件的行数、字节数和 SHA-256 校验值
organisations.csv    组织架构，可直接导入（导入类型：组织架构）
members.csv          党员花名册，含已转出人员；所在组织为其在本组织范围内最后所在的支部。可直接导入
memberships.csv      组织关系起止日期。截止日期当天不含，空白为至今。仅供查阅
categories.csv       党员类别起止日期。仅供查阅
previous_totals.csv  上一积分周期结转的总分。仅供查阅
schemes/             已发布的积分办法，每版一个 JSON 文件；生效日期见文件名和 manifest.json
entries.csv          积分记录，含已冲销的记录和冲销记录。可直接导入
attendance.csv       会议（活动）签到情况，一人一会一行。可直接导入
pledges.csv          承诺台账，不含已撤回的承诺。可直接导入（导入后重新审诺）
tallies/             各期积分汇总结果

entries.csv 各列：
  记录编号    在原系统中的编号；导入原系统时据此识别，不会重复登记
  分值        登记时即已确定，以后修改办法不影响
  状态        正常、已冲销、冲销。已冲销的记录和冲销它的记录都不计分；导入其他系统时不再登记
  冲销编号    已冲销：冲销它的记录编号；冲销：被它冲销的记录编号
  登记来源    会议签到的积分由签到情况产生
  办法校验码  登记时所依据的积分办法，与 manifest.json 中各版办法的 check 一致

导入另一系统的顺序：组织架构、党员花名册、积分办法（注明生效日期）、签到表（可不导入）、积分记录。
积分记录超过十一万行的，请按支部或按季度分别导出后导入（单个文件最多二百万个单元格）。
如需导入签到表，务必在积分记录之前导入；此时积分记录中来源为“会议签到”的行会自动识别，不会重复计分。

----------------------------------------------------------------------------------------------------

Points data package (format version 1)

All points data of one organisation and everything below it, in open formats that need no particular
program. Texts are UTF-8; the CSV files begin with a byte order mark. In them, text that begins with
= + - @ and the like has a single quote (') in front, so that it is not taken for a formula; importing
takes it off.

manifest.json        format version, organisation, time, and of each file its rows, bytes and SHA-256
organisations.csv    the organisation tree; can be imported
members.csv          the roster with those who have left, each where they last belonged here; can be imported
memberships.csv      who belonged where from when until before when (empty: until now); to be read only
categories.csv       categories of members over time; to be read only
previous_totals.csv  totals carried over from the cycle before; to be read only
schemes/             the published rule sheets, a JSON file a version; in force from the day in the name
entries.csv          the entries, with those taken back and what took them back; can be imported
attendance.csv       who stood how at which meeting, a row a member and meeting; can be imported
pledges.csv          the ledger of pledges without those withdrawn; can be imported, and is then reviewed anew
tallies/             the results of each tally

Columns of entries.csv, in order: number, member number, name, organisation code, organisation (to be
read only), day it happened, rule, quantity, tier, points, matter, note, recorded at, recorded by,
status (normal, taken back, takes back), number of the other half of a reversal, what it was recorded
from, check of the rule sheet (as in manifest.json).

To bring the data into another service: organisations, roster, rule sheets (each from its day),
attendance (optional, but before the entries: points of meetings are then known and not given twice),
entries. More than 110,000 entries come in by branch or by quarter: a file may have two million cells.
Entries that were taken back stay out. In the service that they came from, entries are known
by their numbers and nothing is added.
"""
