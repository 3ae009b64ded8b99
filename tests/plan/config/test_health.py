"""The forms of `healthcheck` become commands of the carried program, and bring it along."""

from __future__ import annotations

import pytest

from bareboat.plan.config.config import Healthcheck, UpstreamWish
from bareboat.plan.config.yaml import parse_config
from bareboat.plan.inherit import config_recipes
from tests.makers.catalog import faults_of, some_catalog

PROGRAM = "/usr/bin/healthcheck"


def check_of(said: str) -> Healthcheck | None:
    text = f"images:\n  app:\n    from: base\n    healthcheck: {said}\n"
    return parse_config(text.encode(), "bareboat.yaml", some_catalog()).images["app"].healthcheck


@pytest.mark.parametrize(
    ("said", "command"),
    [
        ("{http: 'http://127.0.0.1:8080/healthz'}", ["http", "http://127.0.0.1:8080/healthz"]),
        ("{http: 'http://localhost', status: 204}", ["http", "--status", "204", "http://localhost"]),
        ("{http: 'http://[::1]:80/?a=b', status: '200-299,404', socket: /run/a.sock}",
            ["http", "--status", "200-299,404", "--socket", "/run/a.sock", "http://[::1]:80/?a=b"]),
        ("{http: 'http://127.0.0.1', headers: {Host: shop.example, X-Deep: true}}",
            ["http", "--header", "Host: shop.example", "--header", "X-Deep: true", "http://127.0.0.1"]),
        ("{tcp: 'localhost:5432'}", ["tcp", "localhost:5432"]),
        ("{tcp: 'unix:/run/postgresql/.s.PGSQL.5432'}", ["tcp", "unix:/run/postgresql/.s.PGSQL.5432"]),
        ("{grpc: '127.0.0.1:50051'}", ["grpc", "127.0.0.1:50051"]),
        ("{grpc: '[::1]:50051', service: shop.Cart}", ["grpc", "--service", "shop.Cart", "[::1]:50051"]),
        ("{file: /run//ready}", ["file", "/run/ready"]),
        ("{file: /run/beat, younger-than: 1m30s}", ["file", "--younger-than", "1m30s", "/run/beat"]),
        ("{exec: [/app/check, --deep, 3]}", ["exec", "/app/check", "--deep", "3"]),
        ("{exec: [-odd]}", ["exec", "--", "-odd"]),
        ("{tcp: '127.0.0.1:1', timeout: 2s}", ["tcp", "--timeout", "1500ms", "127.0.0.1:1"]),
        ("{tcp: '127.0.0.1:1', timeout: 30s}", ["tcp", "--timeout", "29000ms", "127.0.0.1:1"]),
        ("{tcp: '127.0.0.1:1', timeout: 1ms}", ["tcp", "--timeout", "1ms", "127.0.0.1:1"]),
        ("{tcp: '127.0.0.1:1', timeout: 50h}", ["tcp", "--timeout", "86400000ms", "127.0.0.1:1"]),
    ],
)  # fmt: skip
def test_every_form_is_a_command_of_the_program(said: str, command: list[str]) -> None:
    check = check_of(said)

    assert check is not None
    assert list(check.test) == ["CMD", PROGRAM, *command]


def test_the_times_are_docker_s() -> None:
    times = "interval: 10s, timeout: 2s, start-period: 1m, start-interval: 500ms, retries: 5"

    assert check_of(f"{{file: /run/ready, {times}}}") == Healthcheck(
        test=("CMD", PROGRAM, "file", "--timeout", "1500ms", "/run/ready"), interval_ns=10 * 10**9,
        timeout_ns=2 * 10**9, start_period_ns=60 * 10**9, start_interval_ns=5 * 10**8, retries=5,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("{}",
            "4:18: images.app.healthcheck: does not say what to check (add one of: test, http, tcp, grpc, file, exec)"),
        ("{interval: 3s}",
            "4:18: images.app.healthcheck: does not say what to check (add one of: test, http, tcp, grpc, file, exec)"),
        ("{test: [x], tcp: 'localhost:1'}",
            "4:18: images.app.healthcheck: says test and tcp; only one of them can be"),
        ("{tcp: 'localhost:1', status: 200}", "4:18: images.app.healthcheck: status has a meaning only with http"),
        ("{file: /a, service: b}", "4:18: images.app.healthcheck: service has a meaning only with grpc"),
        ("{tcp: 'localhost:1', younger-than: 3s}",
            "4:18: images.app.healthcheck: younger-than has a meaning only with file"),
        ("{http: 'https://localhost/'}",
            '4:25: images.app.healthcheck.http: cannot take "https://localhost/": the health check speaks no TLS'
            " (let the program listen on loopback without it, or use tcp or exec)"),
        ("{http: localhost}", '4:25: images.app.healthcheck.http: cannot read "localhost" as a URL'
            " (write one such as http://127.0.0.1:8080/healthz)"),
        ("{http: 'http://app:8080/'}", '4:25: images.app.healthcheck.http: cannot take "app" as a host:'
            " the health check looks up no names (write one such as http://127.0.0.1:8080/healthz)"),
        ("{http: 'http://a:b@localhost/'}",
            "4:25: images.app.healthcheck.http: has a user name or password, which is not sent"
            " (say `headers: {Authorization: …}`)"),
        ("{http: 'http://127.0.0.1:99999/'}", '4:25: images.app.healthcheck.http: cannot read "http://127.0.0.1:99999/"'
            " as an address with a port (write one such as http://127.0.0.1:8080/healthz)"),
        ("{tcp: 8080}", '4:24: images.app.healthcheck.tcp: cannot read "8080" as an address with a port'
            " (write one such as 127.0.0.1:8080, localhost:8080 or unix:/run/app.sock)"),
        ("{grpc: 'unix:run/a'}", '4:25: images.app.healthcheck.grpc: cannot take "run/a" as the path of a socket'
            " (it is absolute, of at most 107 bytes)"),
        ("{http: 'http://localhost', status: 2xx}", '4:53: images.app.healthcheck.status: cannot read "2xx" as statuses'
            " (write 200, 200-399 or 200-299,404)"),
        ("{http: 'http://localhost', headers: {'a b': c}}",
            '4:55: images.app.healthcheck.headers.a b: cannot take "a b" as the name of a header'),
        ("{file: ready}", '4:25: images.app.healthcheck.file: cannot take "ready" as a path of the image:'
            ' it is not absolute (write "/ready")'),
        ("{file: /a, younger-than: 2500h}",
            '4:43: images.app.healthcheck.younger-than: cannot take "2500h" as an age: it is not from 1ms to 24h'),
        ("{exec: /app/check}", "4:25: images.app.healthcheck.exec: must be a list of texts, not text"
            ' (write each argument by itself: ["/app/main", "--verbose"])'),
        ("{exec: []}", "4:25: images.app.healthcheck.exec: must not be empty"),
        ("{file: /a, interval: 10us}",
            '4:39: images.app.healthcheck.interval: cannot take "10us" here: Docker takes no less than 1ms'),
        ("{curl: 'http://localhost'}", '4:19: images.app.healthcheck: unknown key "curl"'),
    ],
)  # fmt: skip
def test_a_fault_has_its_place(said: str, fault: str) -> None:
    assert fault in faults_of(f"images:\n  app:\n    from: base\n    healthcheck: {said}\n")


def programs_of(text: str) -> dict[str, list[tuple[str, ...]]]:
    """The programs of every stage of every image."""
    catalog = some_catalog()
    recipes = config_recipes(parse_config(text.encode(), "bareboat.yaml", catalog), catalog)
    return {
        recipe.image: [tuple(f"{one.name} {one.version}" for one in stage.upstream) for stage in recipe.stages]
        for recipe in recipes
    }


def test_a_health_check_brings_the_program_into_the_layer_of_its_image() -> None:
    found = programs_of("images: {app: {from: scratch, healthcheck: {file: /a}}}")

    assert found == {"app": [("healthcheck 1",)]}


def test_the_component_can_be_had_by_itself_and_a_test_needs_none() -> None:
    found = programs_of(
        "images:\n  probed: {from: scratch, components: [healthcheck]}\n"
        "  own: {from: scratch, healthcheck: {test: [/app/check]}}\n"
    )

    assert found == {"probed": [("healthcheck 1",)], "own": [()]}


def test_a_child_finds_the_program_in_its_parent_s_layer() -> None:
    found = programs_of(
        "images:\n  base-app: {from: scratch, healthcheck: {file: /a}}\n"
        "  app: {from: base-app, healthcheck: {tcp: 'localhost:80'}}\n"
        "  quiet: {from: base-app, healthcheck: none}\n"
    )

    assert found["app"] == [("healthcheck 1",), ()]
    assert found["quiet"] == [("healthcheck 1",), ()]


def test_none_takes_the_parent_s_check_away() -> None:
    catalog = some_catalog()
    text = "images:\n  a: {from: scratch, healthcheck: {file: /a}}\n  b: {from: a, healthcheck: none}\n"
    recipes = config_recipes(parse_config(text.encode(), "bareboat.yaml", catalog), catalog)

    assert {run.healthcheck for run in recipes[1].runs.values()} == {None}


def test_a_wish_of_a_component_stands_where_its_image_stands() -> None:
    catalog = some_catalog()
    text = "images:\n  a: {from: scratch, components: [healthcheck]}\n"
    (wish,) = config_recipes(parse_config(text.encode(), "bareboat.yaml", catalog), catalog)[0].stages[0].upstream

    assert wish == UpstreamWish(name="healthcheck", version="1", place=wish.place)
    assert wish.place.line == 2


def test_an_unknown_component_is_a_fault() -> None:
    fault = '2:32: images.a.components[0]: no component is called "helthcheck" (did you mean "healthcheck"?)'
    assert fault in faults_of("images:\n  a: {from: base, components: [helthcheck]}\n")
