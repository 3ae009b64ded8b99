"""Pruning: what goes, what stays, and who has the last word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.base.errors import ConfigurationError
from bareboat.base.path import ImagePath
from bareboat.make.prune import RULES, Pruning, matches, pruning_for

SEGMENT = st.text("ab.-", min_size=1, max_size=3)
PATH = st.lists(SEGMENT, min_size=1, max_size=4).map("/".join)


def verdict(path: str, *, keep: tuple[str, ...] = (), drop: tuple[str, ...] = ()) -> str | None:
    """Which rule drops a path of libc-bin."""
    return pruning_for("libc-bin", keep, drop).verdict(ImagePath(path))


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("usr/share/doc/libc6/changelog.gz", "docs"),
        ("usr/share/doc/libc6/examples/a/b", "docs"),
        ("usr/share/doc/libc6/copyright", None),
        ("usr/share/doc/libc6", None),
        ("usr/share/man", "man"),
        ("usr/share/man/man1/ls.1.gz", "man"),
        ("usr/share/manual", None),
        ("usr/share/info/dir", "info"),
        ("usr/share/locale/de/LC_MESSAGES/x.mo", "locales"),
        ("usr/lib/locale/C.utf8/LC_CTYPE", None),
        ("usr/lib/x86_64-linux-gnu/gconv/BIG5.so", "gconv"),
        ("usr/lib/x86_64-linux-gnu/gconv/UTF-16.so", None),
        ("usr/share/lintian/overrides/x", "lintian"),
        ("usr/share/bug/x/script", "bug"),
        ("usr/include/stdio.h", "headers"),
        ("usr/lib/x86_64-linux-gnu/libc.a", "static-libraries"),
        ("usr/lib/x86_64-linux-gnu/libc.so.6", None),
        ("usr/lib/python3.13/test/test_ast.py", "tests"),
        ("usr/lib/python3.13/unittest/case.py", None),
        ("usr/share/bash-completion/completions/x", "shell-completion"),
        ("usr/share/icons/x.png", "menus"),
        ("usr/share/gdb/auto-load/x.py", "debuggers"),
        ("usr/lib/x86_64-linux-gnu/libthread_db.so.1", "debuggers"),
        ("lib/aarch64-linux-gnu/audit/sotruss-lib.so", "debuggers"),
        ("usr/lib/x86_64-linux-gnu/libthread.so.1", None),
        ("etc/init.d/x", "init"),
        ("usr/lib/systemd/system/x.service", "init"),
        ("usr/share/initramfs-tools/hooks/x", "initramfs"),
        ("usr/bin/getent", None),
    ],
)
def test_a_rule_says_its_name_where_it_drops(path: str, rule: str | None) -> None:
    assert verdict(path) == rule


def test_a_link_to_the_documentation_of_another_package_stays_for_its_copyright() -> None:
    """Policy 12.5: `/usr/share/doc/libgcc-s1` is a link to `gcc-14-base`, which has the copyright file of both."""
    assert verdict("usr/share/doc/libgcc-s1") is None


@pytest.mark.parametrize(
    ("keep", "drop", "path", "rule"),
    [
        (("docs",), (), "usr/share/doc/x/README", None),
        (("libc-bin:docs",), (), "usr/share/doc/x/README", None),
        (("zlib1g:docs",), (), "usr/share/doc/x/README", "docs"),
        (("/usr/share/doc/x/**",), (), "usr/share/doc/x/README", None),
        (("/usr/share/doc/x/**",), (), "usr/share/doc/y/README", "docs"),
        ((), ("/usr/bin/*",), "usr/bin/getent", "drop"),
        ((), ("libc-bin:/usr/bin/*",), "usr/bin/getent", "drop"),
        ((), ("zlib1g:/usr/bin/*",), "usr/bin/getent", None),
        ((), ("/usr/bin",), "usr/bin/getent", None),
        ((), ("/usr/bin/**",), "usr/bin", "drop"),
        (("/usr/bin/getent",), ("/usr/bin/*",), "usr/bin/getent", None),
        (("docs",), ("libc-bin:docs",), "usr/share/doc/x/README", "docs"),
        ((), ("/usr/share/doc/**",), "usr/share/doc/x/copyright", None),
        ((), ("/usr/lib/?.so",), "usr/lib/a.so", "drop"),
        ((), ("/usr/lib/?.so",), "usr/lib/ab.so", None),
        ((), ("/a+b",), "aab", None),
    ],
)
def test_words_of_the_configuration_change_the_verdict(
    keep: tuple[str, ...], drop: tuple[str, ...], path: str, rule: str | None
) -> None:
    assert verdict(path, keep=keep, drop=drop) == rule


@pytest.mark.parametrize(
    ("word", "message", "hint"),
    [
        ("doc", 'no pruning rule is called "doc"', 'did you mean "docs"?'),
        ("libc-bin:mann", 'no pruning rule is called "mann"', 'did you mean "man"?'),
    ],
)
def test_a_word_that_is_no_rule_is_refused_with_the_nearest(word: str, message: str, hint: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        pruning_for("libc-bin", [word], [])

    assert (refused.value.message, refused.value.hint) == (message, hint)


def test_what_is_refused_without_being_asked_for_is_allowed_by_name() -> None:
    assert pruning_for("x", ["setuid", "other:devices"], []).allowed == ("setuid",)


def test_every_rule_has_a_reason_and_a_name_of_its_own() -> None:
    assert [rule.name for rule in RULES if not rule.reason] == []
    assert len({rule.name for rule in RULES}) == len(RULES)


@given(st.permutations(["docs", "/usr/a", "/usr/b/**", "x:/c", "setuid"]))
def test_the_order_of_words_does_not_matter(words: list[str]) -> None:
    assert pruning_for("x", words, words).key == pruning_for("x", sorted(words), sorted(words)).key


@given(PATH)
def test_a_path_matches_itself_and_everything_matches_two_stars(path: str) -> None:
    assert matches((path,), ImagePath(path))
    assert matches(("**",), ImagePath(path))
    assert matches((f"{path}/**",), ImagePath(f"{path}/x/y"))


@given(PATH, PATH)
def test_one_star_never_crosses_a_slash(folder: str, rest: str) -> None:
    assert matches((f"{folder}/*",), ImagePath(f"{folder}/{rest}")) == ("/" not in rest)


def test_rules_that_say_something_else_have_another_key() -> None:
    assert Pruning(rules=("docs",)).key != Pruning(rules=("man",)).key
