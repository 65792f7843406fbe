"""pointsvc: Party members' points, pledges, boards, lists and spot-checks for one district."""

from pointsvc.app import create_app

__all__ = ["create_app"]
