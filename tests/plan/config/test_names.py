"""The words for what later acts do are those that they do, and a slip is told with the nearest."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.base.errors import FormatError
from bareboat.inspect.accepted import UNUSED_ACCEPTANCE
from bareboat.inspect.damage import DAMAGED
from bareboat.inspect.ruleset import RULES as CHECKED
from bareboat.make import enact, prune
from bareboat.make.prune import pruning_for
from bareboat.plan.config import names
from bareboat.plan.config.names import read_check, read_effect, read_glob, read_pruning_word


def test_the_words_are_those_of_the_rooms_that_act() -> None:
    assert tuple(rule.name for rule in prune.RULES) == names.PRUNING
    assert tuple(prune.REFUSALS) == names.REFUSED
    assert tuple(enact.EFFECTS) == names.EFFECTS
    assert tuple(rule.name for rule in CHECKED if rule not in (UNUSED_ACCEPTANCE, DAMAGED)) == names.CHECKS


@pytest.mark.parametrize("text", ["/", "/a", "/a/**", "/usr/lib/*/x.so.?", "/a b", "/.hidden/..x", "/a:b"])
def test_a_glob_is_an_absolute_path(text: str) -> None:
    assert read_glob(text) == text


@pytest.mark.parametrize(
    "text",
    [*names.PRUNING, *names.REFUSED, "/usr/**", "libc-bin:/usr/bin/*", "libstdc++6:docs", "libc6:setuid", "/a:b/c"],
)
def test_a_pruning_word_is_a_rule_or_a_path_perhaps_of_one_package(text: str) -> None:
    assert read_pruning_word(text) == text


@pytest.mark.parametrize(
    ("read", "text", "message", "hint"),
    [
        (read_glob, "usr/x", 'cannot take "usr/x" as a path of the image: it is not absolute', 'write "/usr/x"'),
        (read_glob, "", 'cannot take "" as a path of the image: it is not absolute', 'write "/"'),
        (read_glob, "/a/../b", 'cannot take "/a/../b" as a path of the image: no path has . or .. in it', None),
        (read_glob, "/./b", 'cannot take "/./b" as a path of the image: no path has . or .. in it', None),
        (
            read_glob, "/usr/share/doc/", 'cannot take "/usr/share/doc/" as a path of the image: a part of it is empty',
            'write "/usr/share/doc/**"',
        ),
        (read_glob, "//a//b", 'cannot take "//a//b" as a path of the image: a part of it is empty', 'write "/a/b"'),
        (read_pruning_word, "doc", 'no pruning rule is called "doc"', 'did you mean "docs"?'),
        (read_pruning_word, "libc6:mann", 'no pruning rule is called "mann"', 'did you mean "man"?'),
        (
            read_pruning_word, "zzz", 'no pruning rule is called "zzz"',
            f"a path that begins with /, or one of: {', '.join(sorted((*names.PRUNING, *names.REFUSED)))}",
        ),
        (
            read_pruning_word, "libc6:usr/x", 'cannot take "usr/x" as a path of the image: it is not absolute',
            'write "libc6:/usr/x"',
        ),
        (
            read_pruning_word, "libc6:/x/", 'cannot take "/x/" as a path of the image: a part of it is empty',
            'write "/x/**"',
        ),
        (read_pruning_word, "LibC:docs", 'cannot take "LibC" as the name of a package', None),
        (read_pruning_word, ":docs", 'cannot take "" as the name of a package', None),
        (read_effect, "font", 'no effect is called "font"', 'did you mean "fonts"?'),
        (read_effect, "zzz", 'no effect is called "zzz"', f"one of: {', '.join(names.EFFECTS)}"),
        (read_check, "needed-libary", 'no rule of `bareboat check` is called "needed-libary"',
            'did you mean "needed-library"?'),
        (read_check, "zzz", 'no rule of `bareboat check` is called "zzz"',
            "`bareboat check` says the name with each finding"),
    ],
)  # fmt: skip
def test_what_names_nothing_says_why(
    read: Callable[[str], str], text: str, message: str, hint: str | None
) -> None:
    with pytest.raises(FormatError) as refused:
        read(text)

    assert (refused.value.message, refused.value.hint) == (message, hint)


@given(st.text("abcdo-:/*.s", max_size=12) | st.sampled_from(["docs", "x:man", "/a/b"]))
def test_what_is_let_in_can_be_pruned_by(text: str) -> None:
    """The door refuses at least what the second act would refuse, when it is too late for a line."""
    try:
        word = read_pruning_word(text)
    except FormatError:
        return

    assert pruning_for("x", [word], [word]).rules
