"""Which accounts are one human's: by a shared address or by the settings, and nothing else."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from bot.chat import Account, Platform
from bot.links import Links
from bot.people import Person
from tests.example_cases import make_school
from tests.stored_cases import make_case

ON_SLACK = Account(Platform.SLACK, "T1", "U1")
ON_TEAMS = Account(Platform.TEAMS, "tenant", "one")
OTHER_SLACK = Account(Platform.SLACK, "T1", "U2")
OTHER_TEAMS = Account(Platform.TEAMS, "tenant", "two")


def linked_by(*addresses: tuple[Account, str]) -> Links:
    links = Links()
    for account, address in addresses:
        links.learn(account, (address,))
    return links


def test_accounts_with_one_address_are_one_human_under_one_name():
    school = make_school(links=linked_by((ON_TEAMS, "h1"), (ON_SLACK, "h1"), (OTHER_SLACK, "h2")))

    assert school.person(ON_TEAMS) == school.person(ON_SLACK)
    assert school.person(ON_TEAMS) == Person(str(ON_SLACK), (ON_SLACK, ON_TEAMS))
    assert school.person(OTHER_SLACK).accounts == (OTHER_SLACK,)


def test_any_of_the_addresses_of_an_account_joins_it_to_what_has_that():
    links = linked_by((ON_TEAMS, "h1"), (ON_TEAMS, "h2"), (ON_SLACK, "h2"))

    assert links.same_as(ON_SLACK) == (ON_SLACK, ON_TEAMS)


@pytest.mark.parametrize("second", ["h1", "h2"])
def test_an_address_that_two_on_one_platform_have_makes_nobody_one_and_nobody_certain(second: str):
    """Such as that of a post, which goes to whoever comes after."""
    links = linked_by((ON_SLACK, "h1"), (ON_TEAMS, "h1"), (ON_SLACK, "h2"), (OTHER_TEAMS, second))
    school = make_school(links=links)

    for account in (ON_SLACK, ON_TEAMS, OTHER_TEAMS):
        assert school.person(account).accounts == (account,)
        assert not links.is_certain((account,))
    assert not school.tells_apart(alone(ON_SLACK), alone(ON_TEAMS))
    assert not school.tells_apart(alone(ON_SLACK), alone(OTHER_TEAMS))
    assert school.tells_apart(alone(ON_TEAMS), alone(OTHER_TEAMS))


def test_an_account_of_which_nothing_is_known_is_nobody_elses():
    links = linked_by((ON_SLACK, "h1"))
    links.learn(ON_TEAMS, ())

    assert links.same_as(ON_TEAMS) == (ON_TEAMS,)
    assert links.hashes_of(ON_TEAMS) == frozenset()
    assert links.person_of(ON_TEAMS) is None


@pytest.mark.parametrize("held", [(), (ON_SLACK,)])
def test_the_address_in_the_settings_makes_an_account_the_listed_persons(held):
    school = make_school(people=(Person("head", held, "Headteacher"),))
    school.links.list_person("head", held, ("h1",))
    school.links.learn(ON_TEAMS, ("h1",))

    head = Person("head", (*held, ON_TEAMS), "Headteacher")
    assert school.person(ON_TEAMS) == school.person_by_id("head") == head


def test_an_address_that_only_the_platform_knows_does_it_too():
    school = make_school(people=(Person("head", (ON_SLACK,), "Headteacher"),))
    school.links.list_person("head", (ON_SLACK,), ())
    school.links.learn(ON_SLACK, ("h1",))
    school.links.learn(ON_TEAMS, ("h1",))

    assert school.person(ON_TEAMS).id == "head"
    assert school.person_by_id(str(ON_TEAMS)).accounts == (ON_TEAMS, ON_SLACK)


def two_listed() -> Links:
    links = Links()
    links.list_person("head", (ON_SLACK,), ("h1",))
    links.list_person("deputy", (ON_TEAMS,), ("h1",))
    return links


def test_two_people_of_the_settings_stay_two_whatever_address_they_share():
    people = (Person("head", (ON_SLACK,)), Person("deputy", (ON_TEAMS,)))
    school = make_school(people=people, links=two_listed())

    assert school.person(ON_SLACK) == people[0]
    assert school.person(ON_TEAMS) == people[1]
    assert school.tells_apart(*people)


def test_an_account_that_could_be_either_of_two_listed_people_is_nobodys_and_never_certain():
    links = two_listed()
    links.learn(OTHER_TEAMS, ("h1",))

    assert links.person_of(OTHER_TEAMS) is None
    assert links.same_as(OTHER_TEAMS) == (OTHER_TEAMS,)
    assert OTHER_TEAMS not in {*links.accounts_of("head"), *links.accounts_of("deputy")}
    assert not links.is_certain((OTHER_TEAMS,))


def test_in_whatever_order_things_are_learnt_the_same_is_known():
    facts = [(ON_SLACK, "h1"), (ON_TEAMS, "h1"), (ON_TEAMS, "h2"), (OTHER_SLACK, "h2")]
    known = {
        tuple(linked_by(*order).same_as(account) for account, _ in facts)
        for order in itertools.permutations(facts)
    }

    assert len(known) == 1


def test_what_is_known_only_grows():
    links = linked_by((ON_SLACK, "h1"), (ON_TEAMS, "h1"))
    links.learn(ON_TEAMS, ("h2",))
    links.learn(ON_TEAMS, ())

    assert links.same_as(ON_TEAMS) == (ON_SLACK, ON_TEAMS)


# ---------------------------------------------------------------------------------- telling apart


def alone(account: Account) -> Person:
    return Person(str(account), (account,))


def test_two_on_the_same_platform_are_told_apart_without_any_address():
    assert make_school().tells_apart(alone(ON_SLACK), alone(OTHER_SLACK))


def test_somebody_with_an_account_on_both_is_told_apart_from_anybody_with_one():
    both = Person("head", (ON_SLACK, ON_TEAMS))

    assert make_school(people=(both,)).tells_apart(both, alone(OTHER_TEAMS))


@pytest.mark.parametrize("known", [(), (ON_SLACK,), (OTHER_TEAMS,)])
def test_on_two_platforms_nobody_is_told_apart_while_an_address_of_either_is_unknown(known):
    links = linked_by(*((account, f"of {account}") for account in known))

    assert not make_school(links=links).tells_apart(alone(ON_SLACK), alone(OTHER_TEAMS))


def test_on_two_platforms_those_with_different_addresses_are_told_apart():
    links = linked_by((ON_SLACK, "h1"), (OTHER_TEAMS, "h2"))

    assert make_school(links=links).tells_apart(alone(ON_SLACK), alone(OTHER_TEAMS))


def test_a_case_knows_whoever_asked_and_whoever_is_kept_out_by_any_of_their_accounts():
    case = make_case(account=ON_SLACK, requester=str(ON_SLACK), excluded={str(OTHER_SLACK)})
    school = make_school(
        links=linked_by((ON_SLACK, "a"), (ON_TEAMS, "a"), (OTHER_SLACK, "b"), (OTHER_TEAMS, "b"))
    )

    assert case.known_as(school.person(ON_TEAMS)) == str(ON_SLACK)
    assert case.known_as(school.person(OTHER_TEAMS)) == str(OTHER_SLACK)
    later = replace(case, requester="teacher")
    assert later.known_as(school.person(ON_TEAMS)) == "teacher"
