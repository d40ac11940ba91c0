"""Every address of the admin, tried as everybody: what each role may, and no way up from there.

The addresses come from the admin itself, so that a new page is tried here from its first day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.urls import URLPattern, URLResolver, reverse

from agents.enums import Role
from agents.models import Agent
from agents.services.roles import Rank, may_manage, rank_of
from agents.services.roster import add_agent
from routing.models import CarrierAccount
from smsdesk.lib import clock
from tests.factories import AccountFactory, AgentFactory
from tests.support.admin_forms import untouched
from tests.support.admin_rows import MAKE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import Model
    from django.test import Client

pytestmark = pytest.mark.django_db

ALL = {"view", "add", "change", "delete"}
LOOK = {"view"}
# What each role may with a model's rows, where it is not everything that the page offers anybody.
TABLE: dict[str, tuple[set[str], set[str]]] = {
    # model: supervisors, administrators
    "routing.carrieraccount": (LOOK, ALL),
    "cases.retentionperiod": (LOOK, ALL),
    "auth.group": (set(), LOOK),
}
# What a page needs, by the end of its name.
NEEDED = {
    "changelist": ("view", "view"),
    "history": ("view", "view"),
    "add": ("add", "add"),
    "delete": ("delete", "delete"),
    "change": ("view", "change"),
    "password_change": ("change", "change"),
    "act": ("change", "change"),
    "dry_run": ("change", "change"),
    "import": ("change", "change"),
    "process_import": ("change", "change"),
    "export": ("view", "view"),
    "csv": ("view", "view"),
    "merge": ("delete", "delete"),
    "compare": ("change", "change"),
    "compare_channel": ("change", "change"),
    "compare_account": ("view", "view"),
}
# Pages of administrators alone, whatever their model.
OF_ADMINISTRATORS = {"personal_data", "personal_data_of", "personal_data_of_number"}
# Pages of the site itself, for everybody who may enter.
OF_THE_SITE = {
    "index",
    "search",
    "logout",
    "password_change",
    "password_change_done",
    "autocomplete",
    "jsi18n",
    "view_on_site",
    "app_list",
    None,  # redirects from old addresses, and the one that catches all others
}
REFUSED = 403


def every_pattern(patterns=None) -> Iterator[URLPattern]:
    for each in admin.site.get_urls() if patterns is None else patterns:
        if isinstance(each, URLResolver):
            yield from every_pattern(each.url_patterns)
        else:
            yield each


def model_of(name: str | None) -> tuple[type[Model], str] | None:
    """The model of a page and the end of its name; None for one of the site itself."""
    for model in admin.site._registry:
        begin = f"{model._meta.app_label}_{model._meta.model_name}_"
        if name and name.startswith(begin):
            return model, name.removeprefix(begin)
    return None


def every_address(rows: dict[str, Model]) -> Iterator[tuple[str | None, str]]:
    root = reverse("admin:index")
    for pattern in every_pattern():
        of_model = model_of(pattern.name)
        row = rows[of_model[0]._meta.label_lower] if of_model else rows["agents.team"]
        values = {
            "object_id": str(row.pk),
            "id": str(row.pk),
            "campaign_id": str(row.pk),
            "content_type_id": "1",
            "name": "start",
            "app_label": "routing",
            "url": "nonsense",
        }
        path = str(pattern.pattern)
        if pattern.name == "autocomplete":
            path += "?app_label=agents&model_name=agent&field_name=user&term=a"
        elif pattern.name == "app_list":
            path = "routing/"
        elif pattern.name is None and "(?P<url>" in path:
            path = "nonsense/"
        elif (of_model and path.startswith("<path:object_id>")) or "<" in path:
            for name in pattern.pattern.converters:
                assert name in values, f"Say here what {path} of {pattern.name} is tried with."
                for kind in ("path", "int", "slug", "str", "id", "uuid"):
                    path = path.replace(f"<{kind}:{name}>", values[name])
                path = path.replace(f"<{name}>", values[name])
        prefix = ""
        if of_model:
            meta = of_model[0]._meta
            prefix = f"{meta.app_label}/{meta.model_name}/"
        yield pattern.name, f"{root}{prefix}{path}"


@pytest.fixture
def rows():
    made = {label: make() for label, make in MAKE.items()}
    missing = {model._meta.label_lower for model in admin.site._registry} - set(made)
    assert missing == set(), "Make one of each in tests/support/admin_rows.py."
    return made


def person(name: str, role: Role | None = None, **fields: Any) -> User:
    user = User.objects.create_user(name, password="secret", **fields)
    if role is not None:
        user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def supervisor():
    return person("sue", Role.SUPERVISOR, is_staff=True)


@pytest.fixture
def administrator():
    return person("ada", Role.ADMINISTRATOR, is_staff=True)


def sign_in(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


@pytest.mark.parametrize("who", ["nobody", "Agent"])
def test_K3_neither_strangers_nor_agents_see_anything_of_the_admin(client, rows, who):
    if who == "Agent":
        sign_in(client, person("robin", Role.AGENT))
    login = reverse("admin:login")
    tried = 0
    for name, address in every_address(rows):
        for method in (client.get, client.post):
            if name in {"login", "logout"}:
                continue
            answer = method(address)
            tried += 1
            assert (answer.status_code, answer.url.partition("?")[0]) == (302, login), address

    assert tried > 200


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.ADMINISTRATOR])
def test_K3_every_address_lets_in_or_refuses_as_the_table_says(client, rows, role):
    user = person("sue", role, is_staff=True)
    root = User.objects.create_superuser("root")
    sign_in(client, user)
    wrong = []
    for name, address in every_address(rows):
        for method in ("GET", "POST"):
            if name in {"login", "logout"}:
                continue
            answer = client.generic(method, address)
            allowed = expected(name, role, method, root, rows)
            status = answer.status_code
            let_in = status in {200, 302, 400, 404, 405} and "login" not in answer.get(
                "Location", ""
            )
            if status >= 500 or (let_in if allowed else status == REFUSED) is not True:
                wrong.append((method, address, name, status, "allowed" if allowed else "refused"))

    assert wrong == []


def expected(name, role, method, root, rows) -> bool:
    of_model = model_of(name)
    if of_model is None:
        assert name in OF_THE_SITE, f"Say here who may see {name}."
        return True
    model, page = of_model
    if page in OF_ADMINISTRATORS:
        return role == Role.ADMINISTRATOR
    assert page in NEEDED, f"Say here what the page {name} needs."
    right = NEEDED[page][method == "POST"]
    label = model._meta.label_lower
    rights = TABLE.get(label, (ALL, ALL))[role == Role.ADMINISTRATOR]
    # What is only looked at may still take a file: it is added to, and not changed.
    asked = "import" if page in {"import", "process_import"} else right
    return right in rights and anybody_may(model, asked, root, rows[label])


def anybody_may(model, right, root, row) -> bool:
    """Whether a superuser may: some pages only show what happened."""
    page = admin.site._registry[model]
    request = type("R", (), {"user": root})()
    may = getattr(page, f"has_{right}_permission")
    return may(request) if right in {"add", "import"} else may(request, row)


def test_K3_the_roles_are_put_right_after_every_migration():
    group = Group.objects.get(name=Role.SUPERVISOR)
    may = set(group.permissions.values_list("codename", flat=True))
    group.permissions.set([Permission.objects.get(codename="change_carrieraccount")])
    Group.objects.filter(name=Role.ADMINISTRATOR).delete()

    call_command("migrate", verbosity=0)

    assert set(group.permissions.values_list("codename", flat=True)) == may
    assert {"change_queue", "view_carrieraccount", "add_user"} <= may
    assert not {"change_carrieraccount", "change_group", "view_session"} & may
    assert (
        Group.objects.get(name=Role.ADMINISTRATOR)
        .permissions.filter(codename="change_carrieraccount")
        .exists()
    )


def test_K3_a_new_agent_has_the_role():
    agent = Agent(user=person("kim"), name="Kim")

    add_agent(agent=agent, now=clock.now())

    assert [group.name for group in agent.user.groups.all()] == [Role.AGENT]


class TestNoWayUp:
    """Whoever may manage people cannot become, nor become known as, more than they are."""

    CHANGE = "admin:auth_user_change"

    @pytest.fixture
    def root(self):
        return User.objects.create_superuser("root", password="secret")

    @pytest.mark.parametrize("whom", ["root", "ada", "sue", "sam"])
    @pytest.mark.parametrize(
        "page", ["auth_user_change", "auth_user_password_change", "auth_user_delete"]
    )
    @pytest.mark.usefixtures("root", "administrator")
    def test_K3_a_supervisor_manages_nobody_above_or_beside(self, client, supervisor, whom, page):
        person("sam", Role.SUPERVISOR, is_staff=True)
        target = User.objects.get(username=whom)
        old = target.password
        answer = sign_in(client, supervisor).post(
            reverse(f"admin:{page}", args=[target.pk]),
            {
                "post": "yes",
                "username": "mine",
                "is_superuser": "on",
                "password1": "brand-New-4711",
                "password2": "brand-New-4711",
            },
        )

        assert answer.status_code == 403
        target.refresh_from_db()
        assert (target.username, target.password) == (whom, old)

    @pytest.mark.parametrize("whom", ["root", "ada"])
    def test_K3_a_supervisor_deletes_nobody_above_among_others(
        self, client, root, supervisor, administrator, whom
    ):
        ids = [User.objects.get(username=whom).pk, person("kim").pk]
        sign_in(client, supervisor).post(
            reverse("admin:auth_user_changelist"),
            {"action": "delete_selected", "_selected_action": ids, "post": "yes"},
        )

        assert User.objects.filter(pk__in=ids).count() == 2

    @pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.ADMINISTRATOR])
    def test_K3_a_supervisor_gives_no_agent_more_than_agents_may(self, client, supervisor, role):
        kim = person("kim")
        sign_in(client, supervisor)
        form = untouched(client.get(reverse(self.CHANGE, args=[kim.pk])))
        client.post(
            reverse(self.CHANGE, args=[kim.pk]),
            form
            | {
                "groups": [Group.objects.get(name=role).pk],
                "is_staff": "on",
                "is_superuser": "on",
                "user_permissions": [Permission.objects.get(codename="change_group").pk],
            },
        )

        kim = User.objects.get(pk=kim.pk)
        assert (kim.is_staff, kim.is_superuser) == (False, False)
        assert not kim.groups.exists()
        assert not kim.user_permissions.exists()

    def test_K3_an_administrator_makes_supervisors_but_no_superuser(
        self, client, administrator, root
    ):
        kim = person("kim")
        sign_in(client, administrator)
        address = reverse(self.CHANGE, args=[kim.pk])
        role = {"groups": [Group.objects.get(name=Role.SUPERVISOR).pk], "is_superuser": "on"}
        assert client.post(address, untouched(client.get(address)) | role).status_code == 302
        kim.refresh_from_db()
        assert (kim.is_staff, kim.is_superuser, rank_of(kim)) == (True, False, Rank.SUPERVISOR)

        assert client.post(address, untouched(client.get(address)) | {"groups": []}).status_code
        kim.refresh_from_db()
        assert (kim.is_staff, rank_of(kim)) == (False, Rank.AGENT)

        client.post(reverse(self.CHANGE, args=[root.pk]), {"username": "mine"})
        root.refresh_from_db()
        assert root.username == "root"

    def test_K3_a_group_with_more_than_the_giver_has_is_not_given_and_not_taken(
        self, client, administrator
    ):
        stronger = Group.objects.create(name="Keepers")
        stronger.permissions.add(Permission.objects.get(codename="delete_group"))
        kim, robin = person("kim"), person("robin")
        kim.groups.add(stronger)
        sign_in(client, administrator)
        for user in (kim, robin):
            address = reverse(self.CHANGE, args=[user.pk])
            form = untouched(client.get(address))
            client.post(address, form | {"first_name": "New", "groups": [stronger.pk]})
            client.post(address, form | {"first_name": "New", "groups": []})

        assert kim.groups.get() == stronger
        assert not robin.groups.exists()
        robin.refresh_from_db()
        assert robin.first_name == "New"

    def test_K3_the_roles_themselves_stay_as_they_are(self, client, root):
        group = Group.objects.get(name=Role.SUPERVISOR)
        sign_in(client, root)
        for page in ("change", "delete"):
            answer = client.post(
                reverse(f"admin:auth_group_{page}", args=[group.pk]), {"name": "X", "post": "yes"}
            )
            assert answer.status_code == 403

    def test_K3_a_supervisor_sees_accounts_but_never_their_token(self, client, supervisor):
        account = AccountFactory(auth_token="s3cr3t-token", account_sid="AC4711")
        page = sign_in(client, supervisor).get(
            reverse("admin:routing_carrieraccount_change", args=[account.pk])
        )

        assert "AC4711" in page.text
        assert "s3cr3t-token" not in page.text
        assert CarrierAccount.objects.get().auth_token == "s3cr3t-token"

    def test_K3_ranks(self, root, supervisor, administrator):
        agent = AgentFactory().user
        staff = [agent, supervisor, administrator, root]

        managed = [[may_manage(actor, user) for user in staff] for actor in staff]

        assert managed == [
            [False, False, False, False],
            [True, False, False, False],
            [True, True, True, False],
            [True, True, True, True],
        ]
