"""LDAP, Kerberos and RADIUS: who somebody is, and whether the password is right."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..hosts import Host
from ..lab import Lab, Session
from ..protocol import Protocol

SLAPD = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile /run/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
database mdb
maxsize 10485760
suffix "{suffix}"
rootdn "cn=admin,{suffix}"
rootpw {secret}
directory {data}
access to * by * write
"""


def _people(lab: Lab, suffix: str, accounts: dict[str, str]) -> str:
    words = lab.words
    part = suffix.split(",")[0].removeprefix("dc=")
    entries = [f"dn: {suffix}\nobjectClass: dcObject\nobjectClass: organization\no: {part}"]
    entries[0] += f"\ndc: {part}\n"
    entries.append(f"dn: ou=people,{suffix}\nobjectClass: organizationalUnit\nou: people\n")
    for user, secret in accounts.items():
        entries.append(
            f"dn: uid={user},ou=people,{suffix}\nobjectClass: inetOrgPerson\nuid: {user}\n"
            f"cn: {user.title()} {words.noun().title()}\nsn: {words.noun().title()}\n"
            f"mail: {words.mail()}\ndescription: {words.sentence()}\nuserPassword: {secret}\n"
        )
    return "\n".join(entries)


def ldap(lab: Lab) -> Iterator[Session]:
    """OpenLDAP's server, asked by its own programs and by ldap3."""
    suffix = ",".join(f"dc={part}" for part in lab.words.domain().split("."))
    accounts = {user: lab.words.secret() for user in lab.words.users(7)}
    admin, data = lab.words.secret(), lab.directory("ldap")
    config = lab.file("slapd.conf", SLAPD.format(suffix=suffix, secret=admin, data=data))
    people = lab.file("people.ldif", _people(lab, suffix, accounts))
    lab.run(lab.server, ["slapadd", "-f", config, "-l", people])
    url = "ldap://0.0.0.0:389/"
    lab.start(lab.server, ["slapd", "-f", config, "-h", url, "-d", "0"], listens="tcp:389")
    while True:
        client, user = lab.client(), lab.rng.choice(list(accounts))
        secret = lab.words.secret() if lab.rng.random() < 0.15 else accounts[user]
        talk = _ldap_talk(lab, client, (user, secret), suffix)
        yield lab.session(client, "tcp port 389", talk)


def _ldap_talk(lab: Lab, client: Host, login: tuple[str, str], suffix: str) -> Callable[[], object]:
    server, pick = lab.at(), lab.rng.choice
    entry, words = f"uid={login[0]},ou=people,{suffix}", lab.words
    known = ["-x", "-H", f"ldap://{server}", "-D", entry, "-w", login[1]]
    free = ["-x", "-H", f"ldap://{server}"]
    found = pick((f"(uid={words.user()}*)", "(objectClass=inetOrgPerson)", "(mail=*.example)"))
    change = f"dn: {entry}\nchangetype: modify\nreplace: description\n"
    change += f"description: {words.sentence()}\n"
    lines = (
        ["ldapsearch", *free, "-b", suffix, found, pick(("mail", "cn", "description"))],
        ["ldapsearch", *known, "-b", suffix, "-z", "3", found],
        ["ldapwhoami", *known],
        ["ldapcompare", *known, entry, f"sn:{words.noun().title()}"],
        ["ldapmodify", *known],
    )
    if lab.rng.random() < 0.3:
        return lambda: lab.run_peer(client, "ldap", server, entry, login[1], suffix, found)
    line = pick(lines)
    given = change if line[0] == "ldapmodify" else ""
    return lambda: lab.run(client, line, given=given, codes=(0, 4, 5, 6, 16, 32, 49))


KRB5 = """
[libdefaults]
  default_realm = {realm}
  dns_lookup_kdc = false
  dns_lookup_realm = false
  rdns = false
  udp_preference_limit = {limit}
[realms]
  {realm} = {{
    kdc = {server}
  }}
"""
KDC = """
[kdcdefaults]
  kdc_ports = 88
  kdc_tcp_ports = 88
[realms]
  {realm} = {{
    database_name = {folder}/principal
    key_stash_file = {folder}/stash
    acl_file = {folder}/acl
    max_life = {hours}h
  }}
[logging]
  kdc = FILE:{folder}/kdc.log
"""


def kerberos(lab: Lab) -> Iterator[Session]:
    """MIT's key distribution centre: tickets over UDP and TCP, right and wrong passwords."""
    realm, hours = lab.words.domain().upper(), lab.rng.randint(6, 24)
    accounts = {user: lab.words.secret() for user in lab.words.users(5)}
    services = [f"{kind}/{lab.words.name()}" for kind in ("host", "HTTP", "imap")]
    lab.file("kdc.conf", KDC.format(realm=realm, folder=lab.folder, hours=hours))
    env = {"KRB5_KDC_PROFILE": f"{lab.folder}/kdc.conf"}
    env |= _realm(lab, realm, lab.server.address, 1465)
    made = ["kdb5_util", "-r", realm, "-P", lab.words.secret(), "create", "-s"]
    lab.run(lab.server, made, env=env, timeout_s=60)
    orders = [f"addprinc -pw {secret} {user}" for user, secret in accounts.items()]
    orders += [f"addprinc -randkey {service}" for service in services]
    lab.run(lab.server, ["kadmin.local", "-r", realm], given="\n".join(orders) + "\n", env=env)
    lab.start(lab.server, ["krb5kdc", "-n", "-r", realm], listens="udp:88", env=env)
    while True:
        client, user = lab.client(), lab.rng.choice([*accounts, lab.words.user()])
        wrong = lab.rng.random() < 0.15 or user not in accounts
        secret = lab.words.secret() if wrong else accounts[user]
        variables = _realm(lab, realm, lab.at(), lab.rng.choice((1, 1465, 1465)))
        steps = (user, secret, lab.rng.choice(services))
        yield lab.session(client, "port 88", _tickets, lab, client, variables, steps)


def _realm(lab: Lab, realm: str, server: str, limit: int) -> dict[str, str]:
    text = KRB5.format(realm=realm, server=server, limit=limit)
    config = lab.file(f"krb5-{server}-{limit}.conf", text)
    return {"KRB5_CONFIG": str(config), "KRB5CCNAME": f"FILE:{lab.folder}/tickets"}


def _tickets(lab: Lab, client: Host, env: dict[str, str], steps: tuple[str, str, str]) -> None:
    user, secret, service = steps
    (lab.folder / "tickets").unlink(missing_ok=True)
    lab.run(client, ["kinit", user], given=f"{secret}\n", env=env, codes=(0, 1))
    if (lab.folder / "tickets").exists():
        lab.run(client, ["kvno", service], env=env, codes=(0, 1))


RADIUS = """
prefix = /usr
sysconfdir = {folder}
localstatedir = {folder}
raddbdir = {folder}
libdir = /usr/lib/freeradius
run_dir = {folder}
logdir = {folder}
pidfile = {folder}/radius.pid
max_request_time = 10
log {{ destination = stderr }}
security {{
  reject_delay = 0
  status_server = yes
}}
modules {{
  pap {{ }}
  chap {{ }}
  always ok {{
    rcode = ok
  }}
  files {{
    usersfile = {folder}/radius-users
  }}
}}
client every {{
  ipaddr = 0.0.0.0/0
  secret = {secret}
}}
server default {{
  listen {{
    type = auth
    ipaddr = *
    port = 1812
  }}
  listen {{
    type = acct
    ipaddr = *
    port = 1813
  }}
  authorize {{
    files
    chap
    pap
  }}
  authenticate {{
    Auth-Type PAP {{
      pap
    }}
    Auth-Type CHAP {{
      chap
    }}
  }}
  accounting {{
    ok
  }}
}}
"""
RADIUS_DICTIONARY = """
ATTRIBUTE User-Name 1 string
ATTRIBUTE User-Password 2 string
ATTRIBUTE NAS-IP-Address 4 ipaddr
ATTRIBUTE NAS-Port 5 integer
ATTRIBUTE Framed-IP-Address 8 ipaddr
ATTRIBUTE Reply-Message 18 string
ATTRIBUTE Called-Station-Id 30 string
ATTRIBUTE Calling-Station-Id 31 string
ATTRIBUTE NAS-Identifier 32 string
ATTRIBUTE Session-Timeout 27 integer
"""


def radius(lab: Lab) -> Iterator[Session]:
    """FreeRADIUS: logins, accounting and status, asked by radclient and pyrad."""
    accounts = {user: lab.words.secret() for user in lab.words.users(6)}
    shared = lab.words.secret()
    users = [
        f'{user} Cleartext-Password := "{secret}"\n'
        f'  Reply-Message = "{lab.words.sentence()}",\n'
        f"  Session-Timeout = {lab.rng.randint(60, 9000)},\n"
        f"  Framed-IP-Address = {lab.words.address()}\n"
        for user, secret in accounts.items()
    ]
    lab.file("radius-users", "\n".join(users))
    lab.file("radiusd.conf", RADIUS.format(folder=lab.folder, secret=shared))
    book = lab.file("dictionary", "$INCLUDE /usr/share/freeradius/dictionary\n")
    small = lab.file("pyrad-dictionary", RADIUS_DICTIONARY)
    line = ["freeradius", "-f", "-d", lab.folder, "-D", book.parent, "-n", "radiusd"]
    lab.start(lab.server, line, listens="udp:1812")
    while True:
        client, user = lab.client(), lab.rng.choice(list(accounts))
        secret = lab.words.secret() if lab.rng.random() < 0.2 else accounts[user]
        talk = _radius_talk(lab, client, (user, secret), shared, str(small))
        yield lab.session(client, "udp port 1812 or udp port 1813", talk)


def _radius_talk(
    lab: Lab, client: Host, login: tuple[str, str], shared: str, small: str
) -> Callable[[], object]:
    server, words, pick = lab.at(), lab.words, lab.rng.choice
    user, secret = login
    station = f'NAS-Identifier = "{words.host()}", NAS-Port = {lab.rng.randrange(100)}'
    mark = ":".join(f"{lab.rng.randrange(256):02x}" for _ in range(6))
    session = words.secret()
    account = f'User-Name = "{user}", Acct-Session-Id = "{session}", {station}'
    orders = (
        (f"{server}:1812", "auth", f'User-Name = "{user}", User-Password = "{secret}", {station}'),
        (f"{server}:1812", "auth", f'User-Name = "{user}", CHAP-Password = "{secret}", {station}'),
        (f"{server}:1812", "status", "Message-Authenticator = 0x00"),
        (f"{server}:1813", "acct", f"{account}, Acct-Status-Type = Start"),
        (f"{server}:1813", "acct", f"{account}, Acct-Status-Type = Stop, Acct-Session-Time = 77"),
    )
    if lab.rng.random() < 0.35:
        facts = (words.host(), mark, words.secret())
        return lambda: lab.run_peer(client, "radius", server, shared, user, secret, small, *facts)
    chosen = [pick(orders[:3]), *orders[3:]]
    return lambda: _radclient(lab, client, shared, chosen)


def _radclient(lab: Lab, client: Host, shared: str, orders: list[tuple[str, str, str]]) -> None:
    for where, kind, text in orders:
        line = ["radclient", "-r", "1", "-t", "3", where, kind, shared]
        lab.run(client, line, given=text + "\n", codes=(0, 1))


LDAP = ("slapd", "slapadd", "ldapsearch", "ldapwhoami", "ldapcompare", "ldapmodify")
KERBEROS = ("krb5kdc", "kdb5_util", "kadmin.local", "kinit", "kvno")
PROTOCOLS = (
    Protocol("LDAP", LDAP, ldap, modules=("ldap3",)),
    Protocol("Kerberos", KERBEROS, kerberos),
    Protocol("Radius", ("freeradius", "radclient"), radius, modules=("pyrad",)),
)
