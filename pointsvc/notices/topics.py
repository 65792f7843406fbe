"""What notices are about, which ways there are to the outside, and to whom one may write."""

from __future__ import annotations

from pointsvc.errors import N_

TOPICS = {
    "announcement": N_("Announcements"),
    "work": N_("Work that waits"),
    "result": N_("Points and results"),
    "check": N_("Spot-checks and supervision"),
    "system": N_("The service itself"),
}

MAIL, WECOM, DINGTALK, FEISHU, GATEWAY = "mail", "wecom", "dingtalk", "feishu", "gateway"
KINDS = {
    WECOM: N_("WeCom group robot"),
    DINGTALK: N_("DingTalk group robot"),
    FEISHU: N_("Feishu group robot"),
    MAIL: N_("Mail server"),
    GATEWAY: N_("The office's own message gateway"),
}
# A robot speaks to a whole group, so it is told what is meant for everybody there, never a person's own.
ROBOTS = (WECOM, DINGTALK, FEISHU, GATEWAY)
# They let the service open connections to any host, so not everybody may name one.
OF_THE_OFFICE = (MAIL, GATEWAY)

AUDIENCES = {
    "everybody": N_("everybody of the organisation and below"),
    "leaders": N_("those who lead it and the organisations below"),
    "named": N_("the accounts that are named"),
}
