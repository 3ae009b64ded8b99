"""The small shared words: platforms, modes, moments, addresses, documents, problems, errors."""

import inspect
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.base import errors
from bareboat.base.canon import canonical, digest_of, list_of, mapping_of
from bareboat.base.document import Document
from bareboat.base.epoch import Epoch, format_rfc3339, format_snapshot, parse_rfc2822, parse_rfc3339
from bareboat.base.errors import BareboatError, ConfigurationError, FormatError, UsageError
from bareboat.base.platform import ARCHITECTURES, architecture
from bareboat.base.problem import Place, Problems, suggestion
from bareboat.base.redact import redact, redact_url


@pytest.mark.parametrize("arch", ARCHITECTURES, ids=str)
def test_an_architecture_is_found_under_each_of_its_names(arch: object) -> None:
    names = [arch.oci, arch.debian, arch.platform, f"linux/{arch.oci}"]

    assert [architecture(name) for name in names] == [arch] * 4


@pytest.mark.parametrize(
    ("word", "oci"), [("x86_64", "amd64"), ("aarch64", "arm64"), ("armhf", "arm"), ("linux/arm/v7", "arm")]
)
def test_the_kernels_words_are_known(word: str, oci: str) -> None:
    assert architecture(word).oci == oci


def test_an_unknown_architecture_brings_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        architecture("amd46")

    assert (caught.value.message, caught.value.hint) == ('unknown architecture "amd46"', 'did you mean "amd64"?')


@given(st.integers(0, 4_000_000_000))
def test_moments_keep_their_second(second: int) -> None:
    assert parse_rfc3339(format_rfc3339(Epoch(second))) == second


def test_debians_dates_are_read() -> None:
    assert format_rfc3339(parse_rfc2822("Sat, 12 Sep 2026 07:55:41 UTC")) == "2026-09-12T07:55:41Z"
    assert format_snapshot(parse_rfc2822("Sat, 12 Sep 2026 07:55:41 +0200")) == "20260912T055541Z"


@pytest.mark.parametrize("text", ["", "yesterday", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z"])
def test_dates_without_zone_or_sense_are_refused(text: str) -> None:
    with pytest.raises(FormatError):
        parse_rfc3339(text)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:secret@mirror.example/debian?token=1#x", "https://mirror.example/debian"),
        ("https://[broken", "(an address that cannot be read)"),
        ("file:///srv/debian", "file:///srv/debian"),
    ],
)
def test_addresses_lose_their_secrets(url: str, shown: str) -> None:
    assert redact_url(url) == shown


def test_every_address_of_a_text_is_redacted() -> None:
    assert redact("cannot fetch https://a:b@mirror.example/x now") == "cannot fetch https://mirror.example/x now"


def test_one_document_has_one_encoding() -> None:
    assert canonical({"b": [1, "é"], "a": None}) == '{"a":null,"b":[1,"é"]}'.encode()
    assert digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})


def test_an_encoding_is_put_together_from_those_of_its_parts() -> None:
    parts = {"b": [1, "é"], "a": {}, "": None, "Z": [], "é": {"x": "\n"}}
    encoded = {key: canonical(value) for key, value in parts.items()}
    assert mapping_of(encoded) == canonical(parts)
    assert list_of(encoded.values()) == canonical(list(parts.values()))
    assert (mapping_of({}), list_of([])) == (canonical({}), canonical([]))


def test_getters_say_where_they_failed() -> None:
    document = Document.parse('{"layers": [{"size": "big"}]}', "manifest")

    with pytest.raises(FormatError) as caught:
        document.documents("layers")[0].integer("size")

    assert caught.value.message == "manifest: layers[0]: size must be a whole number, not text"


@pytest.mark.parametrize("text", ["", "[]", "nonsense", "[" * 100_000, '{"a":1'])
def test_what_is_no_document_is_refused(text: str) -> None:
    with pytest.raises(FormatError, match="x: "):
        Document.parse(text, "x")


def test_problems_are_raised_together_in_the_order_of_their_places() -> None:
    problems = Problems()
    problems.add(Place("f.yaml", 9, 2), "second")
    problems.add(Place("f.yaml", 3), "first", "write this")

    with pytest.raises(ConfigurationError) as caught:
        problems.raise_as(ConfigurationError, "cannot use f.yaml")

    assert caught.value.message == "cannot use f.yaml\n  f.yaml:3: first (write this)\n  f.yaml:9:2: second"


def test_no_problem_raises_nothing() -> None:
    Problems().raise_as(ConfigurationError, "cannot use f.yaml")

    assert suggestion("zzz", ["abc"]) == ""


def test_the_nearest_word_may_be_written_large_or_small() -> None:
    assert suggestion("LIBPQ5", ["libpq5", "libpq-dev"]) == 'did you mean "libpq5"?'
    assert suggestion("path", ["PATH", "HOME"]) == 'did you mean "PATH"?'


def test_how_near_a_word_must_be_can_be_said() -> None:
    assert suggestion("libasound2", ["libmount1"]) == 'did you mean "libmount1"?'
    assert suggestion("libasound2", ["libmount1"], likeness=0.8) == ""


def test_the_tree_of_errors_is_drawn_as_it_is() -> None:
    drawn = re.findall(r"[├└]─ (\w+)\s+(\d+)?", errors.__doc__ or "")
    classes = {
        name: kind for name, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, BareboatError)
    }

    assert sorted(name for name, _ in drawn) == sorted(set(classes) - {"BareboatError"})
    assert all(classes[name].exit_code == int(code) for name, code in drawn if code)
    assert len({kind.exit_code for kind in classes.values() if BareboatError in kind.__bases__}) == len(
        [kind for kind in classes.values() if BareboatError in kind.__bases__]
    )
