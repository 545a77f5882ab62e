"""Seeded content for the sessions: names, addresses, sentences and files of varied size."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from random import Random


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split())


HOSTS = _split(
    "www mail ns1 ns2 intranet files printer camera gateway backup build git wiki shop api cdn "
    "status login db cache queue metrics logs proxy vpn lab desk studio kiosk sensor pump valve "
    "turbine meter boiler fridge garage attic cellar atlas orion lyra vega altair rigel"
)
DOMAINS = _split(
    "orchard.example lantern.example.net harbour.example.org mill.test copperfield.example "
    "northwind.example.com quarry.test riverbank.example.net clinic.example school.example.org "
    "bakery.test observatory.example foundry.example.com saltmarsh.test"
)
USERS = _split(
    "alice bruno chidi dagny elif farid greta hiro ines jonas kofi leila marek noor olga pavel "
    "quentin rosa sanjay tove uma viktor wanda xavier yusuf zoe"
)
NOUNS = _split(
    "pump report invoice window ladder engine garden ticket meeting kettle bridge station battery "
    "sample spectrum harvest protocol library packet bicycle telescope recipe budget schedule"
)
VERBS = _split("opens closes moves reports loses finds repeats measures sends delays checks prints")
ADJECTIVES = _split("late quiet broken green heavy early narrow spare second daily frozen remote")


@dataclass(frozen=True)
class Words:
    """Draws content from one random generator, so a seed gives the same content again."""

    rng: Random

    def host(self) -> str:
        """Return a bare host name."""
        return self.rng.choice(HOSTS)

    def domain(self) -> str:
        """Return a domain reserved for documentation or tests."""
        return self.rng.choice(DOMAINS)

    def name(self) -> str:
        """Return a full host name."""
        return f"{self.host()}.{self.domain()}"

    def user(self) -> str:
        """Return a user name."""
        return self.rng.choice(USERS)

    def users(self, count: int) -> list[str]:
        """Return `count` different user names."""
        return self.rng.sample(USERS, count)

    def mail(self) -> str:
        """Return a mail address."""
        return f"{self.user()}@{self.domain()}"

    def noun(self) -> str:
        """Return a noun."""
        return self.rng.choice(NOUNS)

    def secret(self) -> str:
        """Return a made-up password of 8 to 14 letters and digits."""
        letters = "abcdefghjkmnpqrstuvwxyz23456789"
        return "".join(self.rng.choices(letters, k=self.rng.randint(8, 14)))

    def sentence(self) -> str:
        """Return a sentence of six words."""
        pick = self.rng.choice
        first, second = pick(ADJECTIVES), pick(ADJECTIVES)
        return f"the {first} {pick(NOUNS)} {pick(VERBS)} the {second} {pick(NOUNS)}"

    def text(self, sentences: int) -> str:
        """Return several sentences, one a line."""
        return "".join(f"{self.sentence()}.\n" for _ in range(sentences))

    def file_name(self) -> str:
        """Return a file name with an extension."""
        kind = self.rng.choice(("txt", "csv", "html", "json", "log", "dat"))
        return f"{self.noun()}-{self.rng.randint(1, 999)}.{kind}"

    def blob(self, most: int) -> bytes:
        """Return 1 to `most` random bytes."""
        return self.rng.randbytes(self.rng.randint(1, most))

    def address(self) -> str:
        """Return an IPv4 address from the documentation and private ranges."""
        nets = ("198.51.100.0/24", "203.0.113.0/24", "10.0.0.0/8", "172.16.0.0/12")
        net = ipaddress.ip_network(self.rng.choice(nets))
        return str(net[self.rng.randint(1, net.num_addresses - 2)])
