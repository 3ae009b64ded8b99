"""How a registry asks who we are (RFC 9110, 11.6.1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.store.registry.challenge import Challenge, challenges_in

TABLE = [
    pytest.param("", [], id="nothing"),
    pytest.param('Basic realm="a registry"', [("basic", {"realm": "a registry"})], id="basic"),
    pytest.param(
        'Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a/b:pull,push"',
        [("bearer", {"realm": "https://auth.example/token", "service": "registry.example",
                     "scope": "repository:a/b:pull,push"})],
        id="bearer",
    ),
    pytest.param("bEARER Realm=plain , SERVICE = x", [("bearer", {"realm": "plain", "service": "x"})], id="letters"),
    pytest.param('Basic realm="a", Bearer realm="b"', [("basic", {"realm": "a"}), ("bearer", {"realm": "b"})],
                 id="two"),
    pytest.param('Negotiate, Basic realm="a"', [("negotiate", {}), ("basic", {"realm": "a"})], id="bare and basic"),
    pytest.param('Negotiate abc==, Basic realm="a"', [("negotiate", {}), ("basic", {"realm": "a"})], id="token68"),
    pytest.param(r'Basic realm="a \"quoted\" \\ word"', [("basic", {"realm": r'a "quoted" \ word'})], id="quoted"),
    pytest.param('Bearer realm="first",realm="second"', [("bearer", {"realm": "first"})], id="said twice"),
    pytest.param('Bearer realm="never ends', [("bearer", {})], id="no end"),
    pytest.param('realm="nobody asks"', [], id="no scheme"),
]  # fmt: skip


@pytest.mark.parametrize(("header", "expected"), TABLE)
def test_challenges_are_read(header: str, expected: list[tuple[str, dict[str, str]]]) -> None:
    found = [(challenge.scheme, dict(challenge.parameters)) for challenge in challenges_in(header)]

    assert found == expected


@given(st.text(alphabet='Bearer realm="x",\\= \t/:', max_size=200))
def test_any_header_is_read_without_a_fault(header: str) -> None:
    assert all(isinstance(challenge, Challenge) for challenge in challenges_in(header))
