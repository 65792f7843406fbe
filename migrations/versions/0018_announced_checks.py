"""Announced checks have a day on which the units are told; reminders know organisations; rectifications use them."""

from datetime import datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from pointsvc import clock

revision = "0018"
down_revision = "0017"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
DUE = "Rectification order %(number)s of %(unit)s is due until the end of %(due_on)s"
OVERDUE = "Rectification order %(number)s of %(unit)s was due until %(due_on)s and is overdue; please see to it"
OPEN = """
SELECT rectification.id, rectification.number, rectification.organisation_id, rectification.due_on,
    rectification.status, rectification.reminded_at, rectification.escalated_at, spot_check_unit.name
FROM rectification
JOIN finding ON finding.id = rectification.finding_id
JOIN inspection ON inspection.id = finding.inspection_id
JOIN spot_check_unit ON spot_check_unit.id = inspection.unit_id
WHERE rectification.status IN ('ordered', 'answered', 'returned')
"""


def upgrade() -> None:
    op.add_column("spot_check", sa.Column("notice_on", sa.Date(), nullable=True))
    op.add_column("reminder", sa.Column("organisation_ids", JSON, server_default="[]", nullable=False))
    op.add_column("reminder", sa.Column("above", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    _carry_over()
    # The job that looked for them each morning is no more: one that still waits has nothing to do.
    op.execute(
        "UPDATE job SET status = 'done', done_at = created_at, lease_until = NULL"
        " WHERE topic = 'rectifications_remind' AND done_at IS NULL"
    )
    op.drop_column("rectification", "reminded_at")
    op.drop_column("rectification", "escalated_at")


def _carry_over() -> None:
    """What was still to be told of open rectifications becomes reminders."""
    table = sa.table(
        "reminder",
        *(sa.column(name, sa.String) for name in ("subject", "kind", "topic", "message", "link")),
        *(sa.column(name, JSON) for name in ("sign_in_ids", "organisation_ids", "params")),
        sa.column("n", sa.Integer),
        sa.column("due_at", sa.DateTime(timezone=True)),
        sa.column("above", sa.Boolean),
    )
    found = sa.text(OPEN).columns(due_on=sa.Date())
    rows = [reminder for row in op.get_bind().execute(found) for reminder in _of(row)]
    if rows:
        op.bulk_insert(table, rows)


def _of(row: Any) -> list[dict[str, Any]]:
    series = []
    if row.reminded_at is None and row.status != "answered":
        series.append(("due", DUE, row.due_on, False))
    if row.escalated_at is None:
        series.append(("overdue", OVERDUE, row.due_on + timedelta(days=1), True))
    return [
        {
            "subject": f"rectification:{row.id}",
            "kind": kind,
            "n": 1,
            "due_at": clock.at_wall(datetime.combine(day, time(8))),
            "sign_in_ids": [],
            "organisation_ids": [row.organisation_id],
            "above": above,
            "topic": "check",
            "message": message,
            "params": {"unit": row.name, "number": row.number, "due_on": row.due_on.isoformat()},
            "link": f"/rectifications/{row.id}",
        }
        for kind, message, day, above in series
    ]
