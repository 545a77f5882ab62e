"""MySQL, PostgreSQL and Redis: three databases asked by their own and by Python's clients."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence

from ..hosts import Host
from ..lab import Lab, Session
from ..protocol import Protocol, find_program


def _table(lab: Lab) -> tuple[str, list[str]]:
    """Return the statements that make and fill a table, and some queries on it."""
    words, pick = lab.words, lab.rng.choice
    name, column = words.noun(), pick(("title", "label", "remark"))
    rows = ", ".join(
        f"({n}, '{words.sentence()}', {lab.rng.random() * 100:.2f})" for n in range(1, 13)
    )
    table = f"{name}_{lab.rng.randrange(90)}"
    made = (
        f"CREATE TABLE {table} (id INT PRIMARY KEY, {column} VARCHAR(120), price FLOAT); "
        f"INSERT INTO {table} VALUES {rows};"
    )
    queries = [
        f"SELECT * FROM {table} WHERE id = {lab.rng.randint(1, 14)}",
        f"SELECT {column} FROM {table} ORDER BY price LIMIT {lab.rng.randint(1, 6)}",
        f"SELECT COUNT(*), AVG(price) FROM {table}",
        f"UPDATE {table} SET price = price + 1 WHERE id < {lab.rng.randint(1, 9)}",
        f"SELECT nothing FROM {table}",
        f"SELECT * FROM {words.noun()}_missing",
        "SELECT version()",
    ]
    return made, queries


def mysql(lab: Lab) -> Iterator[Session]:
    """MariaDB's server, asked by its client, its administration program and PyMySQL."""
    data = lab.directory("mysql", owner="mysql")
    lab.run(
        lab.server,
        ["mariadb-install-db", "--no-defaults", "--user=mysql", f"--datadir={data}"]
        + ["--auth-root-authentication-method=normal", "--skip-test-db"],
        timeout_s=60,
    )
    accounts = {user: lab.words.secret() for user in lab.words.users(4)}
    made, queries = _table(lab)
    base = lab.words.noun()
    lines = [f"CREATE DATABASE {base};", f"USE {base};", made]
    for user, secret in accounts.items():
        lines.append(f"CREATE USER '{user}'@'%' IDENTIFIED BY '{secret}';")
        lines.append(f"GRANT ALL ON {base}.* TO '{user}'@'%';")
    init = lab.file("init.sql", "\n".join(lines).replace("; INSERT", ";\nINSERT") + "\n")
    line = ["mariadbd", "--no-defaults", "--user=mysql", f"--datadir={data}"]
    line += [f"--socket={data}/sock", f"--pid-file={data}/pid", f"--init-file={init}"]
    line += ["--skip-name-resolve", "--bind-address=0.0.0.0", "--innodb-buffer-pool-size=16M"]
    lab.start(lab.server, line, listens="tcp:3306")
    while True:
        client, user = lab.client(), lab.rng.choice(list(accounts))
        secret = lab.words.secret() if lab.rng.random() < 0.15 else accounts[user]
        asked = lab.rng.sample(queries, lab.rng.randint(1, 3))
        talk = _mysql_talk(lab, client, (user, secret, base), asked)
        yield lab.session(client, "tcp port 3306", talk)


def _mysql_talk(
    lab: Lab, client: Host, login: tuple[str, str, str], asked: Sequence[str]
) -> Callable[[], object]:
    user, secret, base = login
    server = lab.at()
    known = ["--no-defaults", f"-h{server}", f"-u{user}", f"-p{secret}", "--protocol=tcp"]
    lines = (
        ["mariadb", *known, "--force", base, "-e", "; ".join(asked)],
        ["mariadb", *known, "-e", "SHOW DATABASES"],
        ["mariadb-admin", *known, lab.rng.choice(("ping", "status", "processlist"))],
    )
    if lab.rng.random() < 0.4:
        return lambda: lab.run_peer(client, "mysql", server, *login, *asked)
    line = lab.rng.choice(lines)
    return lambda: lab.run(client, line, codes=(0, 1))


def postgresql(lab: Lab) -> Iterator[Session]:
    """PostgreSQL with three ways to log in, asked by psql, pg_isready and pg8000."""
    data = lab.directory("postgres", owner="postgres", mode=0o700)
    become = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    initdb, server = (str(find_program(name)) for name in ("initdb", "postgres"))
    lab.run(lab.server, [*become, initdb, "-D", data, "-A", "trust", "--no-sync"], timeout_s=60)
    accounts = dict(
        zip(lab.words.users(4), ("trust", "md5", "scram-sha-256", "trust"), strict=True)
    )
    rules = [f"host all {user} 0.0.0.0/0 {method}\n" for user, method in accounts.items()]
    (data / "pg_hba.conf").write_text("local all all trust\n" + "".join(rules))
    line = [*become, server, "-D", data, "-k", data, "-c", "listen_addresses=*", "-c", "fsync=off"]
    lab.start(lab.server, line, listens="tcp:5432")
    made, queries = _table(lab)
    base, secrets = lab.words.noun(), {user: lab.words.secret() for user in accounts}
    own = ["psql", "-h", data, "-U", "postgres", "-v", "ON_ERROR_STOP=1"]
    lab.run(lab.server, [*own, "-c", f"CREATE DATABASE {base}"])
    for user, method in accounts.items():
        kind = "md5" if method == "md5" else "scram-sha-256"
        role = f"SET password_encryption = '{kind}'; CREATE ROLE {user} LOGIN SUPERUSER PASSWORD"
        lab.run(lab.server, [*own, "-c", f"{role} '{secrets[user]}'"])
    lab.run(lab.server, [*own, "-d", base, "-c", made])
    while True:
        client, user = lab.client(), lab.rng.choice(list(accounts))
        secret = lab.words.secret() if lab.rng.random() < 0.15 else secrets[user]
        asked = lab.rng.sample(queries, lab.rng.randint(1, 3))
        talk = _postgres_talk(lab, client, (user, secret, base), asked)
        yield lab.session(client, "tcp port 5432", talk)


def _postgres_talk(
    lab: Lab, client: Host, login: tuple[str, str, str], asked: Sequence[str]
) -> Callable[[], object]:
    user, secret, base = login
    server = lab.at()
    env = {"PGPASSWORD": secret, "PGSSLMODE": lab.rng.choice(("disable", "prefer"))}
    env["PGGSSENCMODE"] = "disable"
    known = ["-h", server, "-U", user, "-d", base]
    lines = (
        ["psql", *known, *(w for query in asked for w in ("-c", query))],
        ["psql", *known, "-c", "\\d"],
        ["pg_isready", *known],
    )
    if lab.rng.random() < 0.4:
        return lambda: lab.run_peer(client, "postgresql", server, *login, *asked)
    line = lab.rng.choice(lines)
    return lambda: lab.run(client, line, codes=(0, 1, 2), env=env)


def _redis_commands(lab: Lab) -> list[list[str]]:
    words = lab.words
    key = f"{words.noun()}:{lab.rng.randrange(999)}"
    return [
        ["SET", key, words.sentence()],
        ["GET", key],
        ["HSET", f"user:{words.user()}", "mail", words.mail(), "age", str(lab.rng.randrange(90))],
        ["HGETALL", f"user:{words.user()}"],
        ["LPUSH", f"queue:{words.noun()}", *words.users(3)],
        ["LRANGE", f"queue:{words.noun()}", "0", "-1"],
        ["INCRBY", f"hits:{words.host()}", str(lab.rng.randrange(50))],
        ["ZADD", "scores", str(lab.rng.randrange(500)), words.user()],
        ["EXPIRE", key, str(lab.rng.randrange(3600))],
        ["PUBLISH", words.noun(), words.sentence()],
        ["SCAN", "0"],
        ["PING"],
        ["INCR", key, "wrong"],
    ]


def redis(lab: Lab) -> Iterator[Session]:
    """Redis with and without a password, asked by redis-cli and redis-py."""
    secret = lab.words.secret() if lab.rng.random() < 0.5 else ""
    line = ["redis-server", "--bind", "0.0.0.0", "--port", "6379", "--protected-mode", "no"]
    line += ["--dir", str(lab.folder), "--save", "", "--appendonly", "no"]
    line += ["--requirepass", secret] if secret else []
    lab.start(lab.server, line, listens="tcp:6379")
    while True:
        client, server = lab.client(), lab.at()
        asked = lab.rng.sample(_redis_commands(lab), lab.rng.randint(2, 5))
        if lab.rng.random() < 0.4:
            text = json.dumps(asked)
            talk = lab.session(
                client, "tcp port 6379", lab.run_peer, client, "redis", server, secret, text
            )
        else:
            talk = lab.session(
                client, "tcp port 6379", _redis_cli, lab, client, server, secret, asked[:3]
            )
        yield talk


def _redis_cli(
    lab: Lab, client: Host, server: str, secret: str, orders: Sequence[Sequence[str]]
) -> None:
    # One connection an order: reading orders from its input, redis-cli first fetches its help.
    login = ["-a", secret] if secret else []
    for words in orders:
        lab.run(client, ["redis-cli", "-h", server, *login, *words], codes=(0, 1))


MARIADB = ("mariadbd", "mariadb-install-db", "mariadb", "mariadb-admin")
POSTGRES = ("initdb", "postgres", "psql", "pg_isready", "setpriv")
PROTOCOLS = (
    Protocol("MySQL", MARIADB, mysql, modules=("pymysql",)),
    Protocol("PostgreSQL", POSTGRES, postgresql, modules=("pg8000",)),
    Protocol("Redis", ("redis-server", "redis-cli"), redis, modules=("redis",)),
)
