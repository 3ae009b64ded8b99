"""Promises of every document: what is written is read again, what was received stays, and nothing else escapes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.base.digest import Digest
from bareboat.base.errors import BareboatError
from bareboat.oci import media
from bareboat.oci.config import Execution, Healthcheck, History, ImageConfig
from bareboat.oci.descriptor import Descriptor, Platform
from bareboat.oci.index import Index
from bareboat.oci.manifest import Manifest
from bareboat.oci.reference import Reference
from bareboat.oci.validate import validate_config, validate_index, validate_manifest

Parser = Callable[[bytes], Manifest | Index | ImageConfig]
PARSERS: list[Parser] = [Manifest.parse, Index.parse, ImageConfig.parse]
VALIDATORS = [validate_manifest, validate_index, validate_config]

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
maps = st.dictionaries(words, texts, max_size=3)
extras = st.dictionaries(
    words.map(lambda word: f"x-{word}"), st.none() | st.booleans() | st.integers() | texts | st.lists(texts), max_size=2
)
digests = st.binary(min_size=32, max_size=32).map(lambda data: Digest("sha256", data.hex()))
platforms = st.builds(Platform, os=words, architecture=words, variant=st.none() | words, extra=extras)
descriptors = st.builds(
    Descriptor,
    media_type=words,
    digest=digests,
    size=st.integers(0, 2**63 - 1),
    annotations=maps,
    platform=st.none() | platforms,
    artifact_type=st.none() | words,
    urls=st.lists(texts, max_size=2).map(tuple),
    extra=extras,
)
manifests = st.builds(
    Manifest,
    media_type=words,
    config=descriptors,
    layers=st.lists(descriptors, max_size=3).map(tuple),
    annotations=maps,
    artifact_type=st.none() | words,
    subject=st.none() | descriptors,
    extra=extras,
)
indexes = st.builds(
    Index,
    media_type=words,
    manifests=st.lists(descriptors, max_size=3).map(tuple),
    annotations=maps,
    artifact_type=st.none() | words,
    subject=st.none() | descriptors,
    extra=extras,
)
lists = st.lists(texts, max_size=3).map(tuple)
numbers = st.integers(0, 2**62)
healthchecks = st.builds(
    Healthcheck, test=lists, interval_ns=numbers, timeout_ns=numbers, start_period_ns=numbers,
    start_interval_ns=numbers, retries=numbers, extra=extras,
)
executions = st.builds(
    Execution,
    user=texts, exposed_ports=lists, env=lists, entrypoint=lists, cmd=lists, volumes=lists, working_dir=texts,
    labels=maps, stop_signal=texts, healthcheck=st.none() | healthchecks, extra=extras,
)
histories = st.builds(
    History,
    created=st.none() | words, created_by=st.none() | words, author=st.none() | words, comment=st.none() | words,
    empty_layer=st.booleans(), extra=extras,
)
configs = st.builds(
    ImageConfig,
    created=st.none() | words, author=st.none() | words, architecture=words, os=words, variant=st.none() | words,
    config=executions, diff_ids=st.lists(digests, max_size=3).map(tuple),
    history=st.lists(histories, max_size=3).map(tuple), extra=extras,
)


@given(manifests | indexes | configs)
def test_what_is_written_is_read_as_the_same_value(document: Manifest | Index | ImageConfig) -> None:
    assert type(document).parse(document.to_bytes()) == document


@given(manifests | indexes | configs)
def test_documents_are_hashable_and_equal_ones_hash_alike(document: Manifest | Index | ImageConfig) -> None:
    assert hash(type(document).parse(document.to_bytes())) == hash(document)


@given(manifests | indexes | configs)
def test_received_bytes_are_kept_and_a_changed_copy_is_canonical(document: Manifest | Index | ImageConfig) -> None:
    """A digest is of the bytes as received; a changed document must never be written with the bytes of the old one."""
    loose = json.dumps(json.loads(document.to_bytes()), indent=3, ensure_ascii=True).encode()
    received = type(document).parse(loose)
    assert received.to_bytes() == loose
    assert replace(received).to_bytes() == document.to_bytes()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=12,
)
fields = st.sampled_from(
    [
        *("schemaVersion", "mediaType", "config", "layers", "manifests", "annotations", "digest", "size", "platform"),
        *("os", "architecture", "variant", "rootfs", "type", "diff_ids", "history", "created", "empty_layer", "urls"),
        *("Env", "ExposedPorts", "Volumes", "Labels", "Healthcheck", "Test", "Interval", "User", "subject"),
    ]
)
plausible: st.SearchStrategy[object] = st.recursive(
    st.sampled_from([2, 0, -1, 1e999, "layers", "", "sha256:" + "a" * 64, "\ud800", None, True, [], {}]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(fields, inner, max_size=6),
    max_leaves=25,
)
hostile = st.binary(max_size=60) | (json_values | plausible).map(lambda value: json.dumps(value).encode())


@given(st.sampled_from(PARSERS), hostile)
def test_parsers_read_anything_or_say_what_is_wrong(parse: Parser, data: bytes) -> None:
    try:
        document = parse(data)
    except BareboatError:
        return
    assert document.to_bytes() == data
    assert type(document).parse(replace(document).to_bytes()) == document


@given(st.sampled_from(VALIDATORS), hostile)
def test_validators_judge_anything_and_raise_nothing(validate: Callable[[bytes], object], data: bytes) -> None:
    validate(data)


@given(st.sampled_from([0, 1, 2]), json_values | plausible)
def test_what_a_parser_refuses_a_validator_reports(kind: int, value: object) -> None:
    data = json.dumps(value).encode()
    try:
        PARSERS[kind](data)
    except BareboatError:
        assert VALIDATORS[kind](data) != ()


@pytest.mark.parametrize("parse", PARSERS)
@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"[" * 100_000, id="deep list"),
        pytest.param(b'{"a":' * 50_000, id="deep mapping"),
        pytest.param(b'{"a": "' + b"x" * 5_000_000 + b'"}', id="too large"),
        pytest.param(b'{"a": ' + b"9" * 10_000 + b"}", id="endless number"),
        pytest.param(b'{"schemaVersion": NaN}', id="not a number"),
        pytest.param(b'{"schemaVersion": "\\ud800"}', id="half a character"),
        pytest.param(b"\xff\xfe{\x00}\x00", id="another encoding"),
    ],
)
def test_hostile_json_is_refused(parse: Parser, data: bytes) -> None:
    with pytest.raises(BareboatError):
        parse(data)


names = st.from_regex(r"[a-z0-9]{1,5}((\.|_|__|-{1,2})[a-z0-9]{1,3}){0,2}", fullmatch=True)
references = st.builds(
    Reference,
    registry=st.sampled_from(["docker.io", "registry.example", "localhost:5000", "[::1]:5000", "Registry"]),
    repository=st.lists(names, min_size=2, max_size=3).map("/".join),
    tag=st.none() | st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,5}", fullmatch=True),
    digest=st.none() | digests,
)


@given(references)
def test_a_reference_is_read_back_from_both_its_spellings(reference: Reference) -> None:
    assert Reference.parse(str(reference)) == reference
    if "." not in reference.repository.split("/")[0] and reference.repository.split("/")[0] != "localhost":
        assert Reference.parse(reference.familiar) == reference


@given(st.text(max_size=30) | st.from_regex(r"[A-Za-z.:/@\[\]-]{0,20}", fullmatch=True))
def test_any_text_is_a_reference_or_refused(text: str) -> None:
    try:
        reference = Reference.parse(text)
    except BareboatError:
        return
    assert Reference.parse(str(reference)) == reference


def test_every_compression_has_a_layer_type_that_says_so() -> None:
    assert {kind: media.compression_of(kind.layer_type) for kind in media.Compression} == {
        kind: kind for kind in media.Compression
    }
