"""Who we are for a registry: passwords, tokens by scope, and what is said to whom."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from bareboat.base.errors import FetchError
from bareboat.oci import media
from bareboat.store.registry.credentials import Credentials, OneKey
from bareboat.store.registry.registries import Registries
from tests.makers.answering import Said
from tests.makers.image import make_image
from tests.makers.registry import Registry
from tests.store.registry.conftest import ME, at, me

USERS = {"me": "my secret"}


class Counting(OneKey):
    """Knows me, and counts who asked."""

    def __init__(self) -> None:
        super().__init__(ME)
        self.times = 0

    def find(self, registry: str, repository: str) -> Credentials | None:
        self.times += 1
        return super().find(registry, repository)


def test_nobody_is_told_who_we_are_before_asking(registry: Registry, client: Callable[..., Registries]) -> None:
    registry.put("team/app", "1.0", make_image())
    keychain = Counting()

    assert at(client(keychain), registry).resolve("1.0") is not None
    assert keychain.times == 0
    assert all("authorization" not in one.headers for one in registry.requests)


def test_a_password_is_said_at_once_after_it_was_asked_for_once(client: Callable[..., Registries]) -> None:
    with Registry(users=USERS) as registry:
        registry.put("team/app", "1.0", make_image())
        repository = at(client(me()), registry)
        for _ in range(3):
            repository.resolve("1.0")

        assert [one.headers.get("authorization") for one in registry.requests] == [None] + [ME.basic] * 3


def test_a_token_is_bought_for_each_scope_once(client: Callable[..., Registries]) -> None:
    with Registry(users=USERS, token=True) as registry:
        registry.put("team/app", "1.0", make_image())
        registries = client(me())
        for _ in range(3):
            descriptor, data = at(registries, registry).manifest("1.0")
        at(registries, registry).put(data, descriptor.media_type, "2.0")

        assert registry.given == [
            ["repository:team/app:pull"],
            ["repository:team/app:pull,push", "repository:team/app:push"],
        ]


def test_a_token_to_push_is_good_for_pulling(client: Callable[..., Registries]) -> None:
    with Registry(users=USERS, token=True) as registry:
        repository = at(client(me()), registry)
        repository.put(b'{"layers": []}', media.MANIFEST, "1.0")

        assert repository.resolve("1.0") is not None
        assert len(registry.given) == 1


def test_nobody_in_particular_gets_a_token_too(client: Callable[..., Registries]) -> None:
    with Registry(users=USERS, token=True, anonymous=True) as registry:
        root = registry.put("team/app", "1.0", make_image())

        assert at(client(), registry).resolve("1.0") == root
        assert "authorization" not in registry.asked("GET", "/token")[0].headers


def test_an_identity_token_buys_access_tokens(client: Callable[..., Registries]) -> None:
    with Registry(identity="my identity", token=True) as registry:
        root = registry.put("team/app", "1.0", make_image())
        keychain = OneKey(Credentials(identity_token="my identity"))

        assert at(client(keychain), registry).resolve("1.0") == root
        (asked,) = registry.asked("POST", "/token")
        assert b"grant_type=refresh_token" in asked.body
        assert asked.headers["content-type"] == "application/x-www-form-urlencoded"


def test_a_registry_token_is_used_as_it_is(client: Callable[..., Registries]) -> None:
    with Registry(users=USERS, token=True) as registry:
        root = registry.put("team/app", "1.0", make_image())
        registry.tokens["given"] = frozenset({"repository:team/app:pull"})

        assert at(client(OneKey(Credentials(registry_token="given"))), registry).resolve("1.0") == root
        assert registry.asked("GET", "/token") == []


def test_a_token_that_is_refused_is_bought_anew(client: Callable[..., Registries]) -> None:
    with Registry(users=USERS, token=True) as registry:
        root = registry.put("team/app", "1.0", make_image())
        repository = at(client(me()), registry)
        repository.resolve("1.0")
        registry.revoke()

        assert repository.resolve("1.0") == root
        assert len(registry.given) == 2


def test_many_threads_that_are_refused_at_once_buy_one_token(client: Callable[..., Registries]) -> None:
    with Registry(users=USERS, token=True) as registry:
        root = registry.put("team/app", "1.0", make_image())
        repository = at(client(me()), registry)
        start = threading.Barrier(20)

        def ask(_: int) -> object:
            start.wait()
            return repository.resolve("1.0")

        with ThreadPoolExecutor(20) as pool:
            assert set(pool.map(ask, range(20))) == {root}
            assert len(registry.given) == 1
            registry.revoke()
            assert set(pool.map(ask, range(20))) == {root}
        assert len(registry.given) == 2
        assert registry.most_at_a_time <= 5  # four requests, and one for a token


def test_a_token_is_bought_anew_before_it_runs_out() -> None:
    from bareboat.store.registry.authority import Authority
    from bareboat.store.registry.challenge import challenges_in
    from bareboat.store.registry.endpoint import Endpoint

    now = [100.0]
    authority = Authority(
        Endpoint(name="registry.example"), me(), lambda *_: b'{"token": "t", "expires_in": 300}', now=lambda: now[0]
    )
    scopes = ("repository:a:pull",)
    challenges = challenges_in('Bearer realm="https://auth.example/token"')
    authority.renew(scopes, None, challenges, "https://registry.example/v2/")

    assert authority.header(scopes) == "Bearer t"
    now[0] = 389.0
    assert authority.header(scopes) == "Bearer t"
    now[0] = 391.0
    assert authority.header(scopes) is None


def test_401_for_ever_is_an_error_that_names_the_credentials_and_not_the_password(
    client: Callable[..., Registries],
) -> None:
    with Registry(users={"me": "another"}) as registry:
        with pytest.raises(FetchError) as caught:
            at(client(me()), registry).manifest("1.0")

        assert str(caught.value) == (
            f"{registry.host}/team/app:1.0: cannot read the manifest: access is denied with the credentials from "
            "the test (UNAUTHORIZED: authentication required)"
        )
        assert caught.value.hint is not None
        assert f"bareboat login {registry.host}" in caught.value.hint
        assert len(registry.requests) == 2


def test_tokens_that_never_suffice_are_not_bought_for_ever(client: Callable[..., Registries]) -> None:
    with Registry(users=USERS, token=True) as registry:
        registry.say("GET", "/token", *[Said(body=b'{"token": "useless"}')] * 100)
        with pytest.raises(FetchError, match="access is denied"):
            at(client(me()), registry).manifest("1.0")

        assert len(registry.requests) < 8


def test_a_wrong_password_at_the_server_of_tokens_is_an_error(client: Callable[..., Registries]) -> None:
    with Registry(users={"me": "another"}, token=True) as registry:
        with pytest.raises(FetchError, match="access is denied with the credentials from the test") as caught:
            at(client(me()), registry).resolve("1.0")

        assert ME.password not in str(caught.value)


def test_without_credentials_one_is_told_to_log_in(client: Callable[..., Registries]) -> None:
    with Registry(users=USERS) as registry:
        with pytest.raises(FetchError, match="access is denied to who has no credentials") as caught:
            at(client(), registry).resolve("1.0")

        assert caught.value.hint == f"run `bareboat login {registry.host}`"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html>", "cannot read as JSON"),
        (b"[]", "must be a mapping"),
        (b'{"token": "two words"}', "cannot stand in a header"),
        (b'{"token": "a\\r\\nX-Injected: b"}', "cannot stand in a header"),
        (b"{}", "access_token is missing"),
        (b'{"token": "t", "expires_in": "soon"}', "expires_in must be a whole number"),
        (b" " * 100_000, "limit"),
    ],
)
def test_a_server_of_tokens_that_talks_nonsense_is_an_error(
    client: Callable[..., Registries], body: bytes, said: str
) -> None:
    with Registry(users=USERS, token=True) as registry:
        registry.say("GET", "/token", Said(body=body))

        with pytest.raises(Exception, match=said):
            at(client(me()), registry).resolve("1.0")


@pytest.mark.parametrize("realm", ["", "http://auth.example/token", "ftp://auth.example/token"])
def test_credentials_go_to_no_realm_that_cannot_be_trusted(
    client: Callable[..., Registries], registry: Registry, realm: str
) -> None:
    registry.say("HEAD", "/", Said(status=401, headers={"WWW-Authenticate": f'Bearer realm="{realm}"'}))

    with pytest.raises(FetchError, match="cannot look for the manifest"):
        at(client(me()), registry).resolve("1.0")


def test_a_server_of_tokens_that_sends_us_elsewhere_is_not_followed(client: Callable[..., Registries]) -> None:
    with Registry(users=USERS, token=True) as registry, Registry(users=USERS, token=True) as thief:
        registry.say("GET", "/token", Said(status=307, headers={"Location": f"{thief.url}/token"}))

        with pytest.raises(FetchError, match="sends our credentials elsewhere"):
            at(client(me()), registry).resolve("1.0")
        assert thief.requests == []


def test_secrets_are_in_no_repr() -> None:
    credentials = Credentials(username="me", password="s3", identity_token="s3", registry_token="s3")

    assert "s3" not in repr(credentials)
