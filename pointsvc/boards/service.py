"""Verbs of boards: keep and publish them, take consents, answer the public, issue badges and plates."""

from __future__ import annotations

from pointsvc.boards.answering import answer, comments, say
from pointsvc.boards.answering import approve as approve_comment
from pointsvc.boards.answering import refuse as refuse_comment
from pointsvc.boards.answering import waiting_for as comments_waiting
from pointsvc.boards.consents import ConsentView
from pointsvc.boards.consents import give as give_consent
from pointsvc.boards.consents import history as consents
from pointsvc.boards.consents import withdraw as withdraw_consent
from pointsvc.boards.issuing import Issued, issue, register, take_back
from pointsvc.boards.managing import approve, change, create, give_back, publish, renew, submit, unfit, withdraw
from pointsvc.boards.profiles import ProfileView, describe, picture, picture_board, picture_member
from pointsvc.boards.profiles import listing as profiles
from pointsvc.boards.profiles import of_member as profile
from pointsvc.boards.projection import Projection, of_code, preview
from pointsvc.boards.reading import BoardView, board, boards, due, named, numbers_of, row_of, to_review

__all__ = [
    "BoardView",
    "ConsentView",
    "Issued",
    "ProfileView",
    "Projection",
    "answer",
    "approve",
    "approve_comment",
    "board",
    "boards",
    "change",
    "comments",
    "comments_waiting",
    "consents",
    "create",
    "describe",
    "due",
    "give_back",
    "give_consent",
    "issue",
    "named",
    "numbers_of",
    "of_code",
    "picture",
    "picture_board",
    "picture_member",
    "preview",
    "profile",
    "profiles",
    "publish",
    "refuse_comment",
    "register",
    "renew",
    "row_of",
    "say",
    "submit",
    "take_back",
    "to_review",
    "unfit",
    "withdraw",
    "withdraw_consent",
]
