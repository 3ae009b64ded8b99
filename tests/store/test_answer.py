from __future__ import annotations

import pytest

from bareboat.store.answer import length_of, looks_like_html, range_start, retry_after_s, strong_validator
from bareboat.store.remembered import Answer, RememberedResponse

NOON = "Wed, 21 Oct 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "120"}, 120),
        ({"retry-after": " 0 "}, 0),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "9" * 400}, None),
        ({"retry-after": "Wed, 21 Oct 2026 12:00:30 GMT", "date": NOON}, 30),
        ({"retry-after": "Wed, 21 Oct 2026 11:00:00 GMT", "date": NOON}, 0),
        ({"retry-after": NOON}, None),
        ({"retry-after": NOON, "date": "never"}, None),
    ],
)
def test_retry_after_is_seconds_or_a_date_by_the_servers_clock(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_s(headers) == seconds


@pytest.mark.parametrize(
    ("text", "size", "start"),
    [
        ("bytes 5-9/10", 10, 5),
        ("bytes 5-9/*", 10, 5),
        ("bytes 5-9/10", None, 5),
        ("bytes 5-9/11", 10, None),
        ("bytes */10", 10, None),
        ("lines 5-9/10", 10, None),
        ("", 10, None),
    ],
)
def test_a_part_begins_where_it_says(text: str, size: int | None, start: int | None) -> None:
    response = RememberedResponse(Answer(status=206, headers=(("content-range", text),)), 0)
    assert range_start(response, size) == start


@pytest.mark.parametrize(("tag", "validator"), [('"abc"', '"abc"'), ('W/"abc"', None), ("", None), ("abc", None)])
def test_only_a_strong_entity_tag_vouches(tag: str, validator: str | None) -> None:
    assert strong_validator({"etag": tag}) == validator


@pytest.mark.parametrize(
    ("headers", "length"),
    [
        ({"content-length": "12"}, 12),
        ({"content-length": "-1"}, None),
        ({"content-length": "1, 1"}, None),
        ({}, None),
        ({"content-length": "12", "transfer-encoding": "chunked"}, None),
    ],
)
def test_the_length_counts_when_it_is_one(headers: dict[str, str], length: int | None) -> None:
    assert length_of(headers) == length


@pytest.mark.parametrize(
    ("head", "is_page"),
    [
        (b"<!DOCTYPE html>", True),
        (b"\r\n  <!doctype HTML PUBLIC", True),
        (b"<html lang=en>", True),
        (b"<!-- a comment -->\n<html>", True),
        (b"<head>", True),
        (b"<header>", False),
        (b'<?xml version="1.0"?><metadata>', False),
        (b"!<arch>\ndebian-binary", False),
        (b"-----BEGIN PGP SIGNED MESSAGE-----", False),
        (b"", False),
    ],
)
def test_a_page_for_people_is_known_by_its_head(head: bytes, is_page: bool) -> None:
    assert looks_like_html(head) is is_page
