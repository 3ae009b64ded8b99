"""What somebody accepted is told apart, with the reason, and an acceptance of nothing is told."""

from __future__ import annotations

import json

import pytest

from bareboat.base.errors import FormatError, LimitError
from bareboat.inspect.accepted import UNUSED_ACCEPTANCE, Acceptance, acceptances_in, judge
from bareboat.inspect.closure.libraries import NEEDED
from bareboat.inspect.closure.links import DANGLING
from bareboat.inspect.finding import Finding
from bareboat.oci.annotations import ACCEPTED

SOUND = Finding(rule=NEEDED, path="/usr/lib/jvm/java-21/lib/libjsound.so", message="needs x", needs="libasound.so.2")
LINK = Finding(rule=DANGLING, path="/usr/x", message="leads to y")
REASON = "nobody plays sound in a container"


@pytest.mark.parametrize(
    ("acceptance", "is_accepted"),
    [
        (Acceptance(path="/usr/lib/jvm/*/lib/libjsound.so", reason=REASON), True),
        (Acceptance(path="/usr/lib/jvm/**", needs="libasound.so.*", reason=REASON), True),
        (Acceptance(path="/**", needs="libasound.so.2", rule="needed-library", reason=REASON), True),
        (Acceptance(path="/usr/lib/jvm/*", reason=REASON), False),
        (Acceptance(path="/**", needs="libasound.so", reason=REASON), False),
        (Acceptance(path="/**", rule="dangling-link", needs="libasound.so.2", reason=REASON), False),
    ],
)
def test_an_acceptance_is_about_what_it_names(acceptance: Acceptance, is_accepted: bool) -> None:
    judged = judge([SOUND, LINK], [acceptance])
    assert [one.finding for one in judged.accepted] == ([SOUND] if is_accepted else [])
    assert (SOUND in judged.open, LINK in judged.open) == (not is_accepted, True)
    assert (UNUSED_ACCEPTANCE in [one.rule for one in judged.open]) == (not is_accepted)


def test_an_accepted_finding_says_why() -> None:
    judged = judge([SOUND], [Acceptance(path="/**", reason=REASON), Acceptance(path="/usr/**", reason="second")])
    assert [one.to_document() for one in judged.accepted] == [{**SOUND.to_document(), "accepted": REASON}]
    assert judged.open == ()


def test_an_acceptance_of_nothing_is_a_note() -> None:
    judged = judge([], [Acceptance(path="/opt/**", needs="libx.so.1", rule="needed-library", reason=REASON)])
    assert [(one.rule.name, one.path, one.message) for one in judged.open] == [
        ("unused-acceptance", "/opt/**", "is accepted (needed-library needing libx.so.1), and nothing here is found")
    ]


def test_the_annotation_is_read() -> None:
    text = json.dumps([{"path": "/a", "reason": "r"}, {"path": "/b", "needs": "n", "rule": "q", "reason": "s"}])
    assert acceptances_in({ACCEPTED: text}) == (
        Acceptance(path="/a", reason="r"), Acceptance(path="/b", needs="n", rule="q", reason="s")
    )
    assert acceptances_in({}) == ()


@pytest.mark.parametrize(
    "text",
    ["", "{", "{}", "5", '["x"]', '[{"path": "/a"}]', '[{"reason": "r"}]', '[{"path": "a", "reason": "r"}]',
     '[{"path": 5, "reason": "r"}]', "[" * 100_000, "[]}, {", '[], "accepted": []'],
)  # fmt: skip
def test_an_annotation_that_is_damaged_is_refused(text: str) -> None:
    with pytest.raises(FormatError, match=f"^annotation {ACCEPTED}"):
        acceptances_in({ACCEPTED: text})


@pytest.mark.parametrize("text", ["[" + " " * (4 << 20) + "]", json.dumps([{"path": "/", "reason": ""}] * 5000)])
def test_an_annotation_that_is_too_large_is_refused(text: str) -> None:
    with pytest.raises(LimitError):
        acceptances_in({ACCEPTED: text})
