"""Who is who: one human, the accounts they use, the post they hold."""

from __future__ import annotations

from dataclasses import dataclass

from bot.chat import Account, Place


@dataclass(frozen=True, slots=True)
class Person:
    """One human. `id` is the settings key, or the account's id for someone not listed there."""

    id: str
    accounts: tuple[Account, ...]
    post: str | None = None

    def account_on(self, platform: str) -> Account | None:
        return next((a for a in self.accounts if a.platform == platform), None)


@dataclass(frozen=True, slots=True)
class Contact:
    """A post that is not in chat: the card shown instead of a message."""

    post: str
    phone: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class ChannelRoute:
    """A private channel: its members are the reviewers."""

    post: str
    place: Place


@dataclass(frozen=True, slots=True)
class PeopleRoute:
    """Named people, told one by one."""

    post: str
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class ContactRoute:
    """Nobody in chat: the requester is shown whom to ring."""

    post: str
    contact: Contact


Route = ChannelRoute | PeopleRoute | ContactRoute


@dataclass(frozen=True, slots=True)
class Numbers:
    """The telephone numbers a school rings, checked by the school."""

    social_care: str
    social_care_out_of_hours: str
    lado: str


@dataclass(frozen=True, slots=True)
class School:
    """One school: its routes by id (`dsl head chair lado dpo`), people, numbers, time zone."""

    id: str
    name: str
    time_zone: str
    slack_team: str | None
    routes: dict[str, Route]
    people: tuple[Person, ...]
    numbers: Numbers
    share_needs: str = "notify"
    head_is_dsl: bool = False
    digest_day: int = 4
    digest_time: str = "15:30"

    def person(self, account: Account) -> Person:
        """The person who holds an account; someone not listed is their own account."""
        listed = (p for p in self.people if account in p.accounts)
        return next(listed, None) or Person(str(account), (account,))

    def person_by_id(self, person_id: str) -> Person:
        """The person with an id; without an account when they have left the settings since."""
        listed = next((p for p in self.people if p.id == person_id), None)
        if listed is not None:
            return listed
        try:
            return Person(person_id, (Account.parse(person_id),))
        except ValueError:
            return Person(person_id, ())


_NEXT_ROUTES = {
    "head": ("head", "chair", "lado"),
    "chair": ("chair", "lado"),
    "dsl": ("dsl", "head"),
    "dpo": ("dpo", "dsl", "head"),
}
"""Who comes next where nobody is left. Only `head`, `chair` and `lado` get restricted cases."""


def next_routes(route_id: str) -> tuple[str, ...]:
    """A route, and those that follow where nobody is left on it."""
    return _NEXT_ROUTES.get(route_id, (route_id,))


def reachable_route(
    school: School, wanted: str, excluded: frozenset[str], passed: frozenset[str] = frozenset()
) -> tuple[str, bool]:
    """The first route from `wanted` on (see `next_routes`) where somebody may see the case.

    Gives the route's id, and True when it is a contact card to ring (nobody in chat). `passed`
    are routes already found empty. A channel counts as reachable until its members are known.
    """
    for route_id in next_routes(wanted):
        route = school.routes[route_id]
        if isinstance(route, ContactRoute):
            return route_id, True
        if route_id in passed:
            continue
        if isinstance(route, ChannelRoute) or any(p.id not in excluded for p in route.people):
            return route_id, False
    return next_routes(wanted)[-1], True
