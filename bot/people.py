"""Who is who: one human, the accounts they use, the post they hold."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from bot.chat import Account, Place, Platform
from bot.links import Links


@dataclass(frozen=True, slots=True)
class Person:
    """One human. `id` is the settings key, or the account's id for someone not listed there.

    `accounts`: on the first of them they are told things. `email` is the work address that the
    settings give, in lower case.
    """

    id: str
    accounts: tuple[Account, ...]
    post: str | None = None
    email: str | None = field(default=None, repr=False)

    def account_on(self, platform: str) -> Account | None:
        return next((a for a in self.accounts if a.platform == platform), None)

    @property
    def names(self) -> frozenset[str]:
        """Their id, and the id of each account: a case may know them by any of these."""
        return frozenset({self.id, *map(str, self.accounts)})


@dataclass(frozen=True, slots=True)
class Contact:
    """A post that is not in chat: the card shown instead of a message."""

    post: str
    phone: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class ChannelRoute:
    """A channel. Who reviews: those `named`; else who is in `reviewers_in`; else who is in it."""

    post: str
    place: Place
    reviewers_in: Place | None = None
    named: tuple[Person, ...] = ()

    @property
    def asked(self) -> Place:
        """The place whose full members review, where nobody is named."""
        return self.reviewers_in or self.place

    @property
    def narrow(self) -> bool:
        """Whether some who can read the channel may not review."""
        return bool(self.named) or self.reviewers_in is not None


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


def known_reviewers(route: Route) -> tuple[Person, ...] | None:
    """The people whom the settings name on a route; None where the chat has to say who reviews."""
    if isinstance(route, ChannelRoute):
        return route.named or None
    return route.people if isinstance(route, PeopleRoute) else ()


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
    teams_tenant: str | None = None
    links: Links = field(default_factory=Links, compare=False, repr=False)
    """Which accounts on its two platforms are one human's, as far as that is known."""

    @property
    def on_both(self) -> bool:
        """Whether it has a workspace and a tenant: one human may then have an account on each."""
        return self.slack_team is not None and self.teams_tenant is not None

    def team_on(self, platform: Platform) -> str | None:
        """The workspace (Slack) or tenant (Teams) of the school; None where it has none."""
        return self.slack_team if platform is Platform.SLACK else self.teams_tenant

    def is_home(self, account: Account) -> bool:
        """Whether an account is of the school's own workspace or tenant."""
        return account.team == self.team_on(account.platform)

    def person(self, account: Account) -> Person:
        """The human who holds an account, with every other account that is known to be theirs.

        Someone not listed goes by the first of their accounts.
        """
        listed = next((p for p in self.people if account in p.accounts), None)
        if listed is None and (linked := self.links.person_of(account)):
            listed = next((p for p in self.people if p.id == linked), None)
        if listed is not None:
            return self._with_linked(listed)
        accounts = self.links.same_as(account)
        return Person(str(accounts[0]), accounts)

    def person_by_id(self, person_id: str) -> Person:
        """The person with an id, and every account that is known to be theirs.

        Without an account when they have left the settings since.
        """
        listed = next((p for p in self.people if p.id == person_id), None)
        if listed is not None:
            return self._with_linked(listed)
        try:
            account = Account.parse(person_id)
        except ValueError:
            return Person(person_id, ())
        others = (held for held in self.person(account).accounts if held != account)
        return Person(person_id, (account, *others))

    def tells_apart(self, one: Person, other: Person) -> bool:
        """Whether two people who are not known to be one human are known to be two.

        They are when both have an account on the same platform, when the settings list both, or
        when a work address of each is known, and they never had one in common.
        """
        if any(one.account_on(account.platform) for account in other.accounts):
            return True
        listed = {person.id for person in self.people}
        if self._listed_id(one) in listed and self._listed_id(other) in listed:
            return True
        if self.links.ever_shared(one.accounts, other.accounts):
            return False
        return self.links.is_certain(one.accounts) and self.links.is_certain(other.accounts)

    def _listed_id(self, person: Person) -> str:
        return self.person(person.accounts[0]).id if person.accounts else person.id

    def _with_linked(self, person: Person) -> Person:
        linked = self.links.accounts_of(person.id)
        others = tuple(account for account in linked if account not in person.accounts)
        return replace(person, accounts=(*person.accounts, *others)) if others else person


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
    are routes already found empty. A channel where nobody is named counts as reachable until its
    members are known.
    """
    for route_id in next_routes(wanted):
        route = school.routes[route_id]
        if isinstance(route, ContactRoute):
            return route_id, True
        if route_id in passed:
            continue
        people = known_reviewers(route)
        known = (school.person_by_id(person.id) for person in people or ())
        if people is None or any(person.names.isdisjoint(excluded) for person in known):
            return route_id, False
    return next_routes(wanted)[-1], True
