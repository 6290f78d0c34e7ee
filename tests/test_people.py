"""One human, whatever accounts they have; and which post comes next where nobody is left."""

from __future__ import annotations

from itertools import chain, combinations

import pytest

from bot.chat import Account, Platform
from bot.people import Contact, ContactRoute, PeopleRoute, Person, next_routes, reachable_route
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
