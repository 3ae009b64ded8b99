"""What registries say, and what this machine's files say of them, as functions of bytes."""

from __future__ import annotations

from bareboat.base.digest import Digest
from bareboat.base.errors import BareboatError
from bareboat.oci.reference import Reference
from bareboat.store.registry.challenge import challenges_in
from bareboat.store.registry.endpoint import Endpoint, origin
from bareboat.store.registry.faults import refusal_of, words_of
from bareboat.store.registry.login_file import LoginFile
from bareboat.store.registry.mirrors import Table, rules_in
from bareboat.store.registry.pages import next_in
from bareboat.store.registry.received import described, descriptor_in
from tests.fuzz.folder import file_of

_ENDPOINT = Endpoint(name="registry.example")
_URL = "https://registry.example/v2/a/tags/list"
_LONGEST = 310


def read_registry(data: bytes) -> None:
    """An answer: headers, an empty line, and the body."""
    head, _, body = data.partition(b"\n\n")
    lines = [line.partition(b":") for line in head.split(b"\n")]
    headers = {name.decode("latin-1").strip().lower(): value.decode("latin-1").strip() for name, _, value in lines}
    for challenge in challenges_in(headers.get("www-authenticate", "")):
        assert challenge.scheme == challenge.scheme.lower()
    words = words_of(body)
    assert len(words) <= _LONGEST
    assert words.isprintable() or not words.isascii()
    refusal_of(401, headers, body)
    for which in ("latest", Digest.of(body)):
        _tried(lambda which=which: descriptor_in(headers, which))
        _tried(lambda which=which: described(headers, body, which))
    target = next_in(headers.get("link", ""))
    if target is not None:
        _tried(lambda: _inside(target))


def _inside(target: str) -> None:
    assert origin(_ENDPOINT.inside(_URL, target))[0] == "https"


def read_logins(data: bytes) -> None:
    """Docker's configuration, without helpers that would be run."""
    if b"cred" in data:
        return
    file = LoginFile(file_of(data))
    for registry in ("docker.io", "registry.example"):
        found = file.find(registry, "team/app")
        if found is not None and len(found.password) > 8:
            assert found.password not in repr(found) or found.password in found.username + found.source


def read_mirrors(data: bytes) -> None:
    """A table of mirrors, asked for two references."""
    table = Table(rules_in(data, "registries.conf"))
    for name in ("docker.io/library/debian:13", "a.registry.example:5000/team/app:1"):
        reference = Reference.parse(name)
        places = table.places(reference)
        assert len(places) > 0
        assert all(place.tag == reference.tag for place, _ in places)


def _tried(act: object) -> None:
    try:
        act()  # type: ignore[operator]
    except BareboatError:
        return
