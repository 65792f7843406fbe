"""Sets of three lists, their items, who claimed what, and each change of an item."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from pointsvc.db import Id, Json, Model, UtcTime
from pointsvc.lists import closing, exchange

LIVES = ("exchange", "closing")
STATUSES = tuple(dict.fromkeys((*exchange.STATUSES, *closing.STATUSES)))
RATINGS = ("satisfied", "fair", "unsatisfied")
SOURCES = ("public", "phone", "unit", "inspection", "import")

_RUNNING = "ended_at IS NULL"


class ListSet(Model):
    """Three named lists and the links allowed between them; what a district calls 三张清单.

    ``lists`` holds ``{"key", "name", "side"}`` of each list in its order, ``links`` the pairs of keys
    that may be joined. ``template`` says which ready set it began as. What stands in a confidential
    set is seen by those alone who hold the permission for it. ``last_number`` numbers the items.
    """

    __tablename__ = "list_set"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    code: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(100))
    life: Mapped[str] = mapped_column(String(10))
    lists: Mapped[list[dict[str, str]]] = mapped_column(Json)
    links: Mapped[list[list[str]]] = mapped_column(Json)
    template: Mapped[str] = mapped_column(String(20))
    confidential: Mapped[bool]
    last_number: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcTime)

    __table_args__ = (
        CheckConstraint("life IN ('" + "','".join(LIVES) + "')", name="life"),
        UniqueConstraint("organisation_id", "code"),
    )


class Item(Model):
    """One line of a list. ``organisation_id``: whose need, offer or problem it is.

    ``quota`` is how many parts can be claimed, ``taken`` how many are. ``source`` and ``source_ref``
    say what it came from; the same is never written twice. ``import_id`` is the file that brought it;
    taken back with that, it has no reference any more, so that the same row may come again.
    ``code_hash`` is of the tracking code of whoever filed it without an account. From ``kind`` to
    ``acceptance`` are the fields of a closing life. ``aged_at`` and ``overdue_at``: when the level above was told.
    """

    __tablename__ = "list_item"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    set_id: Mapped[int] = mapped_column(ForeignKey("list_set.id"))
    list: Mapped[str] = mapped_column(String(20))
    life: Mapped[str] = mapped_column(String(10))
    side: Mapped[str] = mapped_column(String(10))
    number: Mapped[int]
    round: Mapped[int] = mapped_column(default=1)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    title: Mapped[str] = mapped_column(String(100))
    text: Mapped[str] = mapped_column(String(2000), default="")
    place: Mapped[str] = mapped_column(String(100), default="")
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    due_on: Mapped[date | None]
    quota: Mapped[int] = mapped_column(default=1)
    taken: Mapped[int] = mapped_column(default=0)
    status: Mapped[str] = mapped_column(String(10))
    kind: Mapped[str] = mapped_column(String(60), default="")
    cause: Mapped[str] = mapped_column(String(1000), default="")
    measure: Mapped[str] = mapped_column(String(1000), default="")
    responsible: Mapped[str] = mapped_column(String(100), default="")
    reviewer: Mapped[str] = mapped_column(String(100), default="")
    acceptance: Mapped[str] = mapped_column(String(500), default="")
    source: Mapped[str] = mapped_column(String(20))
    source_ref: Mapped[str | None] = mapped_column(String(64))
    import_id: Mapped[int | None] = mapped_column(Id, index=True)
    code_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    finished_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    rating: Mapped[str | None] = mapped_column(String(12))
    thanks: Mapped[str | None] = mapped_column(String(500))
    confirmed_how: Mapped[str | None] = mapped_column(String(10))
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    opened_at: Mapped[datetime] = mapped_column(UtcTime)
    opened_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    claimed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    aged_at: Mapped[datetime | None] = mapped_column(UtcTime)
    overdue_at: Mapped[datetime | None] = mapped_column(UtcTime)

    __table_args__ = (
        CheckConstraint("life IN ('" + "','".join(LIVES) + "')", name="life"),
        CheckConstraint("status IN ('" + "','".join(STATUSES) + "')", name="status"),
        CheckConstraint("rating IS NULL OR rating IN ('" + "','".join(RATINGS) + "')", name="rating"),
        CheckConstraint("source IN ('" + "','".join(SOURCES) + "')", name="source"),
        CheckConstraint("quota >= 1 AND taken >= 0 AND taken <= quota", name="quota"),
        CheckConstraint("ends_on IS NULL OR starts_on IS NULL OR ends_on >= starts_on", name="days"),
        CheckConstraint("confirmed_by_id IS NULL OR confirmed_by_id <> finished_by_id", name="four_eyes"),
        UniqueConstraint("set_id", "number"),
        Index("ix_list_item_set_id_list", "set_id", "list", "id"),
        Index("ix_list_item_set_id_list_status", "set_id", "list", "status", "id"),
        Index("ix_list_item_organisation_id", "organisation_id", "set_id", "list", "id"),
        Index("ix_list_item_opened_at", "opened_at"),
        Index("ix_list_item_due_on", "due_on", sqlite_where=sql(_RUNNING), postgresql_where=sql(_RUNNING)),
        Index(
            "uq_list_item_source",
            "source",
            "source_ref",
            unique=True,
            sqlite_where=sql("source_ref IS NOT NULL"),
            postgresql_where=sql("source_ref IS NOT NULL"),
        ),
    )


class ItemContact(Model):
    """Who filed a need without an account: for the secretary of that organisation alone.

    It stands apart from the item, so that no query for items can bring it along.
    """

    __tablename__ = "list_item_contact"

    item_id: Mapped[int] = mapped_column(ForeignKey("list_item.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    phone: Mapped[str] = mapped_column(String(40))


class ItemTag(Model):
    """A word by which items are found and matched: what it is about (tag), or what it takes (skill)."""

    __tablename__ = "list_item_tag"

    item_id: Mapped[int] = mapped_column(ForeignKey("list_item.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(5), primary_key=True)
    word: Mapped[str] = mapped_column(String(20), primary_key=True)

    __table_args__ = (
        CheckConstraint("kind IN ('tag', 'skill')", name="kind"),
        Index("ix_list_item_tag_word", "word", "kind", "item_id"),
    )


class ItemLink(Model):
    """Two items of a set that belong together: a project and the need it meets, a task and its problem."""

    __tablename__ = "list_item_link"

    from_id: Mapped[int] = mapped_column(ForeignKey("list_item.id"), primary_key=True)
    to_id: Mapped[int] = mapped_column(ForeignKey("list_item.id"), primary_key=True, index=True)
    at: Mapped[datetime] = mapped_column(UtcTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))


class ItemStage(Model):
    """One step of long work, with its own day: so that nobody needs to call a part the whole."""

    __tablename__ = "list_item_stage"

    item_id: Mapped[int] = mapped_column(ForeignKey("list_item.id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    target: Mapped[str] = mapped_column(String(200))
    due_on: Mapped[date]
    done_at: Mapped[datetime | None] = mapped_column(UtcTime)
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))


class ListClaim(Model):
    """An organisation takes ``amount`` parts of an item; ``ended_at`` and ``reason`` when it gave them back."""

    __tablename__ = "list_claim"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("list_item.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    amount: Mapped[int]
    note: Mapped[str] = mapped_column(String(500), default="")
    claimed_at: Mapped[datetime] = mapped_column(UtcTime)
    claimed_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    reason: Mapped[str | None] = mapped_column(String(500))

    __table_args__ = (
        CheckConstraint("amount >= 1", name="amount"),
        CheckConstraint("(ended_at IS NULL) = (reason IS NULL)", name="ended"),
        Index(
            "uq_list_claim_standing",
            "item_id",
            "organisation_id",
            unique=True,
            sqlite_where=sql("ended_at IS NULL"),
            postgresql_where=sql("ended_at IS NULL"),
        ),
        Index("ix_list_claim_item_id", "item_id", "id"),
    )


class ItemLog(Model):
    """One act on an item. Rows are added, never changed (triggers in the database see to it)."""

    __tablename__ = "list_item_log"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("list_item.id"), index=True)
    round: Mapped[int]
    act: Mapped[str] = mapped_column(String(20))
    old: Mapped[str | None] = mapped_column(String(10))
    new: Mapped[str] = mapped_column(String(10))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    actor: Mapped[str] = mapped_column(String(20))
    sign_in_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    note: Mapped[str | None] = mapped_column(String(500))
    at: Mapped[datetime] = mapped_column(UtcTime)


# What a list of the set may hold, in each kind of life: what it asks, what it offers, what joins them.
SIDES: dict[str, tuple[str, ...]] = {
    "exchange": ("need", "offer", "project"),
    "closing": ("problem", "task", "duty"),
}
