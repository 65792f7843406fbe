"""What supervisors see first of inspections: whom do we visit, what is overdue."""

from __future__ import annotations

from collections.abc import Iterator

from flask import url_for
from flask_babel import gettext

from pointsvc import clock, wording
from pointsvc.firstpages import Action, Line, Part, first_page
from pointsvc.inspections import orders, reading
from pointsvc.permissions import Actor, Role

SHOWN = 6


@first_page(Role.SUPERVISOR, place=10)
def visits_and_orders(who: Actor) -> Iterator[Part | Action]:
    """The drawn units that are not visited yet, the rectifications past their day, and the way to a plan."""
    yield Action(gettext("Plan a spot-check"), url_for("spotchecks.new"))
    visits = reading.units(actor=who, status=reading.WAITING, limit=SHOWN)
    yield Part(
        gettext("Whom do we visit"),
        [_visit(view) for view in visits],
        nothing=gettext("No drawn unit waits for a visit"),
        hint=gettext("When a plan is drawn, its units stand here until both inspectors have signed."),
        more=(url_for("inspections.inspections"), gettext("All")),
    )
    late = orders.rectifications(actor=who, today=clock.today(), status=orders.OVERDUE, limit=SHOWN)
    yield Part(
        gettext("Rectifications past their day"),
        [_order(view) for view in late],
        nothing=gettext("No rectification is past its day"),
        hint=gettext("What is ordered and not answered in time stands here."),
        more=(url_for("rectifications.rectifications"), gettext("All")),
    )


def _visit(view: reading.UnitView) -> Line:
    href = url_for("inspections.inspections", spot_check=view.spot_check_id)
    return Line(view.name, small=f"{view.plan} · {view.stratum}", tail=wording.day(view.due_on), href=href)


def _order(view: orders.OrderView) -> Line:
    return Line(
        view.organisation,
        small=view.text,
        tail=wording.day(view.due_on),
        href=url_for("rectifications.rectification", rectification_id=view.id),
        badge=(gettext("overdue"), "now"),
    )
