"""Pruning rules: what packages ship that no image needs to run, each with its reason and a way back.

A rule never takes a copyright file away.
`keep: [gconv]` brings back what a rule drops, `keep: [/usr/share/doc/x/**]` some of it,
`drop: ["libc-bin:/usr/bin/*"]` drops more, from one package or from all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from bareboat.base.canon import digest_of
from bareboat.base.errors import ConfigurationError
from bareboat.base.frozen import frozen
from bareboat.base.path import ImagePath
from bareboat.base.problem import suggestion
from bareboat.make.globs import matcher


@frozen
class Rule:
    """Paths to drop, as globs over image paths (`*` within one part, `**` over parts), save for `spared` ones."""

    name: str
    reason: str
    globs: tuple[str, ...]
    spared: tuple[str, ...] = ()

    def drops(self, path: ImagePath) -> bool:
        """Whether the rule takes `path` away."""
        return matches(self.globs, path) and not matches(self.spared, path)


RULES: tuple[Rule, ...] = (
    Rule(
        name="docs",
        reason="changelogs and manuals are read elsewhere; copyright files stay, as their licences ask",
        # not the folder itself: it may be a link to that of another package, which has the copyright file (Policy 12.5)
        globs=("usr/share/doc/*/*/**", "usr/share/doc-base/**"),
        spared=("usr/share/doc/*/copyright",),
    ),
    Rule(name="man", reason="there is no man program", globs=("usr/share/man/**",)),
    Rule(name="info", reason="there is no info program", globs=("usr/share/info/**",)),
    Rule(
        name="locales",
        reason="translations of messages; programs speak English without them",
        globs=("usr/share/locale/**",),
    ),
    Rule(
        name="gconv",
        reason="iconv knows Unicode and ASCII without modules; those of Latin-1, Latin-9, Windows-1252, "
        "UTF-16, UTF-32 and UTF-7 stay",
        globs=("usr/lib/*/gconv/**", "lib/*/gconv/**"),
        spared=tuple(
            f"{lib}/*/gconv/{name}"
            for lib in ("usr/lib", "lib")
            for name in (
                "gconv-modules", "ISO8859-1.so", "ISO8859-15.so", "CP1252.so", "UTF-16.so", "UTF-32.so", "UTF-7.so",
            )
        ),
    ),
    Rule(
        name="lintian",
        reason="for Debian's package checkers",
        globs=("usr/share/lintian/**", "usr/share/linda/**"),
    ),
    Rule(
        name="bug",
        reason="for programs that report bugs",
        globs=("usr/share/bug/**", "usr/share/apport/**", "usr/share/reportbug/**"),
    ),
    Rule(name="headers", reason="for compiling, not for running", globs=("usr/include/**",)),
    Rule(
        name="static-libraries",
        reason="for linking, not for running",
        globs=("usr/lib/**/*.a", "usr/lib/**/*.la", "lib/**/*.a", "usr/lib/**/pkgconfig/**", "usr/share/pkgconfig/**"),
    ),
    Rule(
        name="tests",
        reason="the tests of Python and of its extensions",
        globs=(
            "usr/lib/python3*/test/**", "usr/lib/python3*/*/test/**", "usr/lib/python3*/*/tests/**",
            "usr/lib/python3*/lib-dynload/_test*.so", "usr/lib/python3*/lib-dynload/xx*.so",
            "usr/lib/python3*/lib-dynload/_ctypes_test*.so",
        ),
        spared=("usr/lib/python3*/unittest/**",),
    ),
    Rule(
        name="shell-completion",
        reason="there is no interactive shell",
        globs=("usr/share/bash-completion/**", "usr/share/zsh/**", "usr/share/fish/**", "etc/bash_completion.d/**"),
    ),
    Rule(
        name="menus",
        reason="for desktops",
        globs=("usr/share/applications/**", "usr/share/menu/**", "usr/share/pixmaps/**", "usr/share/icons/**"),
    ),
    Rule(
        name="debuggers",
        reason="for gdb, and glibc's libraries that watch a program: its calls, its memory, its profile",
        globs=(
            "usr/share/gdb/**", "usr/share/gcc/python/**",
            *(
                f"{lib}/*/{name}"
                for lib in ("usr/lib", "lib")
                for name in (
                    "audit/sotruss-lib.so", "libc_malloc_debug.so.0", "libmemusage.so", "libpcprofile.so",
                    "libthread_db.so.1",
                )
            ),
        ),
    ),
    Rule(
        name="init",
        reason="there is no init system",
        globs=("etc/init.d/**", "usr/lib/systemd/**", "lib/systemd/**", "etc/cron.*/**", "etc/logrotate.d/**"),
    ),
    Rule(
        name="initramfs",
        reason="there is no kernel",
        globs=("usr/share/initramfs-tools/**", "etc/initramfs-tools/**"),
    ),
)

REFUSALS = {
    "setuid": "programs that change the user who runs them",
    "devices": "device nodes",
}
"""What is refused, not dropped, unless `keep` names it."""

COPYRIGHT = re.compile(r"usr/share/doc/[^/]+/copyright")
"""The files that no rule takes away."""


@frozen
class Pruning:
    """What to drop from one package: active rules and further globs.

    What `keep` names stays, whatever else is said of it: a file too many is a smaller fault than one too few.
    """

    rules: tuple[str, ...] = tuple(rule.name for rule in RULES)
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()

    def verdict(self, path: ImagePath) -> str | None:
        """The name of the rule that drops `path`, `drop` for the configuration's own globs, or None."""
        if matches(self.keep, path) or COPYRIGHT.fullmatch(path):
            return None
        if matches(self.drop, path):
            return "drop"
        if not matches(_globs(self.rules), path):  # most files: asked once, not once a rule
            return None
        return next((rule.name for rule in _active(self.rules) if rule.drops(path)), None)

    @property
    def key(self) -> dict[str, object]:
        """What determines the verdicts, for keys of caches."""
        return {
            "rules": _rules_key(self.rules), "keep": list(self.keep), "drop": list(self.drop),
            "allowed": list(self.allowed),
        }


def pruning_for(package: str, keep: Iterable[str], drop: Iterable[str]) -> Pruning:
    """The pruning of `package` under the configuration's `keep` and `drop`.

    Raises:
        ConfigurationError: For a word that is neither a rule nor a path.
    """
    return _pruning_for(package, tuple(keep), tuple(drop))


@cache
def _pruning_for(package: str, keep: tuple[str, ...], drop: tuple[str, ...]) -> Pruning:
    kept_names, kept_globs = _words(package, keep)
    dropped_names, dropped_globs = _words(package, drop)
    rules = tuple(rule.name for rule in RULES if rule.name not in kept_names or rule.name in dropped_names)
    allowed = tuple(sorted(name for name in REFUSALS if name in kept_names))
    return Pruning(rules=rules, keep=kept_globs, drop=dropped_globs, allowed=allowed)


def _words(package: str, words: Iterable[str]) -> tuple[frozenset[str], tuple[str, ...]]:
    names: set[str] = set()
    globs: set[str] = set()
    known = {rule.name for rule in RULES} | set(REFUSALS)
    for word in words:
        before, colon, after = word.partition(":")
        scope, what = (before, after) if colon and not before.startswith("/") else ("", word)
        if scope and scope != package:
            continue
        if what.startswith("/"):
            globs.add(what.lstrip("/"))
        elif what in known:
            names.add(what)
        else:
            hint = suggestion(what, known) or f"a path that begins with /, or one of: {', '.join(sorted(known))}"
            raise ConfigurationError(f'no pruning rule is called "{what}"', hint=hint)
    return frozenset(names), tuple(sorted(globs))


@cache
def _rules_key(names: tuple[str, ...]) -> str:
    """The digest of what the rules say, so that a rule that says something else is another rule."""
    return str(digest_of([[rule.name, list(rule.globs), list(rule.spared)] for rule in _active(names)]))


@cache
def _active(names: tuple[str, ...]) -> tuple[Rule, ...]:
    return tuple(rule for rule in RULES if rule.name in names)


@cache
def _globs(names: tuple[str, ...]) -> tuple[str, ...]:
    """All globs of the active rules together."""
    return tuple(glob for rule in _active(names) for glob in rule.globs)


def matches(globs: tuple[str, ...], path: ImagePath) -> bool:
    """Whether any of `globs` matches `path`."""
    return bool(globs) and matcher(globs)(path)
