"""What organisations, members and accounts look like on the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from pointsvc.api import Day, Instant, PageArgs, Ref, Said, Schema, Text
from pointsvc.errors import N_
from pointsvc.people.models import GROUNDS, KINDS
from pointsvc.permissions import Role

_KIND = Said(validate.OneOf(KINDS), N_("One of %(choices)s is needed"), choices=", ".join(KINDS))


class MeOut(Schema):
    """The caller: account, role, node of the tree, and the number of the own member record."""

    name = fields.String()
    role = fields.String()
    organisation = fields.String()
    organisation_name = fields.String()
    member = fields.String(allow_none=True)
    language = fields.String()


class OrganisationIn(Schema):
    """An organisation to add below ``parent`` (a code)."""

    code = Text(64, required=True)
    name = Text(200, required=True)
    kind = fields.String(required=True, validate=_KIND)
    parent = Text(64, load_default=None, allow_none=True)
    secretary = Text(100, load_default=None, allow_none=True)
    phone = Text(40, load_default=None, allow_none=True)


class OrganisationOut(Schema):
    """An organisation; ``parent`` is the code of the one above it."""

    id = Ref()
    code = fields.String()
    name = fields.String()
    kind = fields.String()
    parent = fields.String(allow_none=True)
    secretary = fields.String(allow_none=True)
    phone = fields.String(allow_none=True)


class DescriptionIn(Schema):
    """Who the secretary is and where the organisation is called; null: nothing is said."""

    secretary = Text(100, required=True, allow_none=True)
    phone = Text(40, required=True, allow_none=True)


class SettingIn(Schema):
    """What shall hold here and below; null: what holds above."""

    value = fields.Raw(required=True, allow_none=True)


class SettingOut(Schema):
    """What holds here. ``decided_by``: the code of the organisation that decided it; null: the default."""

    name = fields.String()
    words = fields.String()
    value = fields.Raw()
    decided_by = fields.String(allow_none=True)
    default = fields.Raw()
    choices = fields.List(fields.String())
    low = fields.Integer()
    high = fields.Integer()


class SettingsOut(Schema):
    """All settings of an organisation."""

    items = fields.List(fields.Nested(SettingOut))


class OrganisationsArgs(PageArgs):
    """``under``: only this organisation and those below it."""

    under = fields.String(load_default=None)


class OrganisationsOut(Schema):
    """A page of organisations, by code."""

    items = fields.List(fields.Nested(OrganisationOut))
    next = fields.String(allow_none=True)


class MemberIn(Schema):
    """A member to add to the organisation with this code."""

    number = Text(64, required=True)
    name = Text(100, required=True)
    organisation = Text(64, required=True)
    category = Text(40, load_default="regular")
    joined_on = Day(load_default=None, allow_none=True)


class MemberOut(Schema):
    """A member with the organisation and the category of today."""

    id = Ref()
    number = fields.String()
    name = fields.String()
    organisation = fields.String(allow_none=True)
    organisation_name = fields.String(allow_none=True)
    category = fields.String(allow_none=True)
    joined_on = Day(allow_none=True)


class MergedOut(Schema):
    """The number of the record that is kept."""

    merged_into = fields.String()


class MembersArgs(PageArgs):
    """``organisation``: this one and below; ``find``: number, name or pinyin initials."""

    organisation = fields.String(load_default=None)
    find = Text(100, load_default=None)


class MembersOut(Schema):
    """A page of members, by number."""

    items = fields.List(fields.Nested(MemberOut))
    next = fields.String(allow_none=True)


class TransferIn(Schema):
    """The organisation ``to`` (a code) that the member belongs to from the day ``on``."""

    to = Text(64, required=True)
    on = Day(required=True)


class ReleaseIn(Schema):
    """The day from which the member belongs to no branch."""

    on = Day(required=True)


class CategoryIn(Schema):
    """The category from the day ``on``; ``decision`` names the meeting or paper that decided it."""

    category = Text(40, required=True)
    on = Day(required=True)
    decision = Text(200, load_default=None, allow_none=True)


class MembershipOut(Schema):
    """Belonging to an organisation from ``starts_on`` until before ``ends_on``."""

    organisation = fields.String(attribute="code")
    organisation_name = fields.String(attribute="name")
    starts_on = Day()
    ends_on = Day(allow_none=True)


class MemberCategoryOut(Schema):
    """Being of a category from ``starts_on`` until before ``ends_on``."""

    category = fields.String()
    starts_on = Day()
    ends_on = Day(allow_none=True)
    decision = fields.String(allow_none=True)


class HistoryOut(Schema):
    """Where a member belonged and as what, the newest first."""

    memberships = fields.List(fields.Nested(MembershipOut))
    categories = fields.List(fields.Nested(MemberCategoryOut))


class GapOut(Schema):
    """A member of no branch: the last one, and since when."""

    number = fields.String()
    name = fields.String()
    organisation = fields.String()
    organisation_name = fields.String()
    since = Day()


class GapsOut(Schema):
    """A page of members of no branch, the longest on the way first."""

    items = fields.List(fields.Nested(GapOut))
    next = fields.String(allow_none=True)


class ExemptionIn(Schema):
    """A decision that a member is not scored from ``starts_on`` until before ``ends_on`` (open: null)."""

    starts_on = Day(required=True)
    ends_on = Day(load_default=None, allow_none=True)
    ground = fields.String(
        required=True,
        validate=Said(validate.OneOf(GROUNDS), N_("One of %(choices)s is needed"), choices=", ".join(GROUNDS)),
    )
    decided_on = Day(required=True)
    decided_by = Text(200, required=True)
    own_wish = fields.Boolean(load_default=False)


class ExemptionEndIn(Schema):
    """The day from which the former category holds again."""

    on = Day(required=True)


class ExemptionOut(Schema):
    """An exemption; ``ended_on`` is null while it runs, ``former`` the category before it."""

    id = Ref()
    starts_on = Day()
    ends_on = Day(allow_none=True)
    ground = fields.String()
    decided_on = Day()
    decided_by = fields.String()
    own_wish = fields.Boolean()
    former = fields.String()
    recorded_at = Instant()
    ended_on = Day(allow_none=True)


class ExemptionsOut(Schema):
    """A member's exemptions, the newest first."""

    items = fields.List(fields.Nested(ExemptionOut))


class AccountIn(Schema):
    """An account to add. Without ``password`` it has none yet; with one, its person must change it at once."""

    name = Text(100, required=True)
    role = fields.String(
        required=True,
        validate=Said(validate.OneOf(list(Role)), N_("One of %(choices)s is needed"), choices=", ".join(Role)),
    )
    organisation = Text(64, required=True)
    member = Text(64, load_default=None, allow_none=True)
    password = fields.String(load_default=None, allow_none=True, load_only=True)


class AccountOut(Schema):
    """An account; ``seen_at`` is when it was last used in a browser, of the last month."""

    id = Ref()
    name = fields.String()
    role = fields.String()
    organisation = fields.String()
    organisation_name = fields.String()
    member = fields.String(allow_none=True)
    must_change = fields.Boolean()
    has_password = fields.Boolean()
    has_token = fields.Boolean()
    locked_until = Instant(allow_none=True)
    disabled_at = Instant(allow_none=True)
    created_at = Instant()
    seen_at = Instant(allow_none=True)


class AccountsArgs(PageArgs):
    """``find``: part of the name; ``role``: of this role only."""

    find = Text(100, load_default=None)
    role = fields.String(load_default=None)


class AccountsOut(Schema):
    """A page of accounts, by name."""

    items = fields.List(fields.Nested(AccountOut))
    next = fields.String(allow_none=True)


class FirstPasswordOut(Schema):
    """A first password: told this once, kept as a hash."""

    password = fields.String()


class AuditEventOut(Schema):
    """Who did what to which object, when."""

    id = Ref()
    at = Instant()
    by = fields.String(attribute="actor")
    sign_in = Ref(attribute="sign_in_id", allow_none=True)
    action = fields.String()
    object = fields.String(attribute="object_id", allow_none=True)
    details = fields.Dict()


class AuditOut(Schema):
    """A page of events, newest first."""

    items = fields.List(fields.Nested(AuditEventOut))
    next = fields.String(allow_none=True)
