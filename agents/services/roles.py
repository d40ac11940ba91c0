"""Roles: Django groups that the desk itself makes, and who may manage whom (K3)."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import Group, Permission, User
from django.db.models import Q

from agents.enums import Role

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django.db.models import QuerySet

STAFF_ROLES = (Role.SUPERVISOR, Role.ADMINISTRATOR)


class Rank(IntEnum):
    """Who stands above whom."""

    AGENT = 0
    SUPERVISOR = 1
    ADMINISTRATOR = 2
    SUPERUSER = 3


def sync_roles(**_: object) -> None:
    """Give each role exactly what it may, after every migration: new models are in it at once.

    Without the signals that the audit trail hears: nobody configured this.
    """
    Group.objects.bulk_create([Group(name=role) for role in Role], ignore_conflicts=True)
    through = Group.permissions.through.objects
    for role, wanted in ((Role.AGENT, Q(pk=None)), *_permissions_of_staff()):
        group = Group.objects.get(name=role)
        ids = set(Permission.objects.filter(wanted).values_list("pk", flat=True))
        given = through.filter(group=group)
        given.exclude(permission_id__in=ids).delete()
        missing = ids - set(given.values_list("permission_id", flat=True))
        through.bulk_create(through.model(group=group, permission_id=pk) for pk in missing)


def _permissions_of_staff() -> list[tuple[Role, Q]]:
    desk = Q(content_type__app_label__in=settings.SUPERVISED_APPS)
    users = Q(content_type__app_label="auth", content_type__model="user")
    looks = Q(codename__startswith="view_")
    kept = Q(pk=None)
    for label in settings.ADMINISTRATORS_ONLY:
        app, _, model = label.partition(".")
        kept |= Q(content_type__app_label=app, content_type__model=model)
    groups = Q(content_type__app_label="auth", content_type__model="group")
    return [
        (Role.SUPERVISOR, users | (desk & (looks | ~kept))),
        (Role.ADMINISTRATOR, users | desk | kept | (groups & looks)),
    ]


def rank_of(user: User | AnonymousUser) -> Rank:
    """The rank of a user; of whoever else may enter the admin, a supervisor's."""
    if user.is_superuser:
        return Rank.SUPERUSER
    roles = set(user.groups.values_list("name", flat=True))
    if Role.ADMINISTRATOR in roles:
        return Rank.ADMINISTRATOR
    return Rank.SUPERVISOR if user.is_staff or Role.SUPERVISOR in roles else Rank.AGENT


def may_manage(actor: User | AnonymousUser, user: User) -> bool:
    """Whether the actor may change this user, set the password, or delete the user.

    A password is a person: whoever sets one could sign in as its owner. So nobody manages those
    above, and supervisors nobody beside them, not even themselves.
    """
    rank = rank_of(actor)
    if rank >= Rank.ADMINISTRATOR:
        return rank >= rank_of(user)
    return rank > rank_of(user)


def roles_to_give(actor: User | AnonymousUser) -> QuerySet[Group]:
    """The groups into which the actor may put others: never with more than the actor has."""
    rank = rank_of(actor)
    if rank == Rank.SUPERUSER:
        return Group.objects.all()
    if rank < Rank.ADMINISTRATOR:
        return Group.objects.filter(name=Role.AGENT)
    more = Permission.objects.exclude(pk__in=_permissions_of(actor).values("pk"))
    return Group.objects.exclude(permissions__in=more)


def admit_by_role(user: User) -> None:
    """Let into the admin whoever has a role there, and shut out who has nothing to do there."""
    in_role = user.groups.filter(name__in=STAFF_ROLES).exists()
    has_work = user.is_superuser or _permissions_of(user).exists()
    admitted = in_role or (user.is_staff and has_work)
    if user.is_staff != admitted:
        user.is_staff = admitted
        user.save(update_fields=["is_staff"])


def _permissions_of(user: User | AnonymousUser) -> QuerySet[Permission]:
    return Permission.objects.filter(Q(group__user=user.pk) | Q(user=user.pk))


def join_role(user: User, role: Role) -> None:
    """Put a user into a role."""
    user.groups.add(Group.objects.get(name=role))
