"""One human, whatever accounts they have; and which post comes next where nobody is left."""

from __future__ import annotations

from itertools import chain, combinations

import pytest

from bot.chat import Account, Place, Platform
from bot.people import (
    ChannelRoute,
    Contact,
    ContactRoute,
    PeopleRoute,
    Person,
    known_reviewers,
    next_routes,
    reachable_route,
)
from tests.example_cases import TEACHER, account_of, make_school, person

CARD = ContactRoute("Headteacher", Contact("Headteacher", "01632 960 009"))


def test_someone_listed_is_one_person_on_all_their_accounts():
    teams = Account(Platform.TEAMS, "tenant", "user")
    head = Person("head", (account_of("head"), teams), "Headteacher")
    school = make_school(people=(head, person("dsl")))

    assert school.person(teams) == school.person(account_of("head")) == head
    assert school.person_by_id("head") == head
    assert head.account_on("teams") == teams
    assert person("dsl").account_on("teams") is None


def test_someone_not_listed_is_their_account():
    found = make_school().person(TEACHER)

    assert (found.id, found.accounts, found.post) == (str(TEACHER), (TEACHER,), None)
    assert make_school().person_by_id(str(TEACHER)) == found


@pytest.mark.parametrize("left", ["former-deputy", "", "a:b", "unknown:a:b"])
def test_someone_who_left_the_settings_has_no_account_and_stops_nothing(left: str):
    assert make_school().person_by_id(left) == Person(left, ())


@pytest.mark.parametrize(
    ("account", "home"),
    [
        (TEACHER, True),
        (Account(Platform.SLACK, "T0OTHER001", "U1"), False),
        (Account(Platform.TEAMS, "tenant", "aad"), True),
        (Account(Platform.TEAMS, "other", "aad"), False),
        (Account(Platform.TEAMS, TEACHER.team, "aad"), False),
        (Account(Platform.SLACK, "tenant", "U1"), False),
    ],
)
def test_an_account_is_at_home_in_the_schools_own_team_of_its_platform(account: Account, home):
    assert make_school(teams_tenant="tenant").is_home(account) is home


@pytest.mark.parametrize("platform", Platform)
def test_on_a_platform_that_the_school_has_not_got_nobody_is_at_home(platform: Platform):
    school = make_school(slack_team=None, teams_tenant=None)

    for team in ("", "None", TEACHER.team):
        assert not school.is_home(Account(platform, team, "x"))


def test_a_case_may_know_somebody_by_any_of_their_names():
    teams = Account(Platform.TEAMS, "tenant", "aad")

    assert Person("head", (account_of("head"), teams)).names == {
        "head", str(account_of("head")), "teams:tenant:aad",
    }  # fmt: skip


# ------------------------------------------------------------------------------------ who reviews


def test_who_is_named_beside_a_channel_is_known_and_who_is_in_it_is_not():
    place, group = (Place(Platform.TEAMS, "tenant", name) for name in ("19:x", "group:y"))
    plain = ChannelRoute("DSL", place)
    named = ChannelRoute("DSL", place, named=(person("dsl"),))
    grouped = ChannelRoute("DSL", place, reviewers_in=group)

    assert [known_reviewers(route) for route in (plain, grouped)] == [None, None]
    assert known_reviewers(named) == (person("dsl"),)
    assert [route.asked for route in (plain, grouped)] == [place, group]
    assert [route.narrow for route in (plain, named, grouped)] == [False, True, True]
    assert known_reviewers(CARD) == ()


# ---------------------------------------------------------------------------------- who is next


@pytest.mark.parametrize(
    ("wanted", "excluded", "route", "outside"),
    [
        ("dsl", set(), "dsl", False),
        ("dpo", set(), "dpo", False),
        ("head", set(), "head", False),
        ("head", {"head"}, "chair", False),
        ("head", {"head", "chair"}, "lado", True),
        ("head", {"chair"}, "head", False),
        ("chair", set(), "chair", False),
        ("chair", {"chair"}, "lado", True),
        ("lado", set(), "lado", True),
    ],
)
def test_a_case_goes_to_the_first_post_where_somebody_may_see_it(wanted, excluded, route, outside):
    assert reachable_route(make_school(), wanted, frozenset(excluded)) == (route, outside)


@pytest.mark.parametrize(
    ("wanted", "passed", "route", "outside"),
    [
        ("dsl", {"dsl"}, "head", False),
        ("dpo", {"dpo"}, "dsl", False),
        ("dpo", {"dpo", "dsl"}, "head", False),
        ("dsl", {"dsl", "head"}, "head", True),
        ("head", {"head"}, "chair", False),
        ("head", {"head", "chair"}, "lado", True),
    ],
)
def test_a_post_found_empty_is_passed_by(wanted, passed, route, outside):
    found = reachable_route(make_school(), wanted, frozenset(), frozenset(passed))

    assert found == (route, outside)


def test_a_post_that_is_not_in_chat_is_rung_rather_than_passed_by():
    school = make_school(routes={"head": CARD})

    assert reachable_route(school, "head", frozenset({"head"})) == ("head", True)


def test_one_person_kept_out_leaves_the_others_of_their_post():
    two = PeopleRoute("Heads", (person("head"), person("deputy")))
    school = make_school(routes={"head": two})

    assert reachable_route(school, "head", frozenset({"head"})) == ("head", False)
    assert reachable_route(school, "head", frozenset({"head", "deputy"})) == ("chair", False)


def test_a_channel_is_passed_by_only_when_all_who_are_named_beside_it_are_kept_out():
    place = Place(Platform.SLACK, TEACHER.team, "C0HEAD0001")
    plain = make_school(routes={"head": ChannelRoute("Heads", place)})
    both = (person("head"), person("deputy"))
    named = make_school(routes={"head": ChannelRoute("Heads", place, named=both)})
    kept_out = frozenset({"head", "deputy"})

    assert reachable_route(plain, "head", kept_out) == ("head", False)
    assert reachable_route(named, "head", kept_out) == ("chair", False)
    assert reachable_route(named, "head", frozenset({"head"})) == ("head", False)


def test_somebody_kept_out_under_another_of_their_names_is_kept_out():
    school = make_school()

    assert reachable_route(school, "head", frozenset({str(account_of("head"))})) == ("chair", False)


@pytest.mark.parametrize("wanted", ["head", "chair", "lado"])
def test_a_restricted_case_never_comes_to_the_dsl_or_dpo_whoever_is_kept_out(wanted: str):
    people, routes = ("dsl", "deputy", "head", "chair", "dpo"), ("head", "chair", "dsl", "dpo")
    for excluded in subsets(people):
        for passed in subsets(routes):
            found, _ = reachable_route(
                make_school(), wanted, frozenset(excluded), frozenset(passed)
            )
            assert found in {"head", "chair", "lado"}
    assert set(next_routes(wanted)) <= {"head", "chair", "lado"}


def subsets(of: tuple[str, ...]):
    return chain.from_iterable(combinations(of, n) for n in range(len(of) + 1))
