"""The words of the configuration that name things which later acts do: pruning rules, refusals, effects, checks.

The rooms that do them come later than this one, so their names stand here too, for faults that have a line and for
editors; tests hold both lists equal.
"""

from __future__ import annotations

import re

from bareboat.base.errors import FormatError
from bareboat.base.problem import suggestion

PRUNING = (
    "docs", "man", "info", "locales", "gconv", "lintian", "bug", "headers", "static-libraries", "tests",
    "shell-completion", "menus", "debuggers", "init", "initramfs",
)  # fmt: skip
"""The pruning rules of `make.prune`, in their order."""

REFUSED = ("setuid", "devices")
"""What is refused unless `keep` names it."""

EFFECTS = (
    "folders", "accounts", "nsswitch", "os-release", "localtime", "certificates", "keystore", "fonts", "ldcache",
    "busybox",
)  # fmt: skip
"""The effects of `make.enact`, in their order."""

CHECKS = (
    "interpreter", "needed-library", "symbol-version", "unversioned-library", "dlopen-required",
    "dlopen-recommended", "dlopen-suggested", "unwinder", "name-service", "name-service-module", "openssl-provider",
    "openssl-legacy", "gconv", "script-interpreter", "dead-script", "dangling-link", "python-abi",
    "java-virtual-machine", "unused-library", "foreign-elf", "unsound-elf", "account-tables", "known-accounts",
    "home-folder", "numeric-user", "known-user", "nonroot-user", "tmp-folder", "nsswitch-hosts", "os-release",
    "certificate-bundle", "certificate-variable", "landmark-file", "package-record", "package-sums",
    "wished-package", "no-shell", "no-package-manager", "no-privilege", "entrypoint", "healthcheck-program",
    "search-path", "working-folder", "stop-signal", "oci-document", "layer-form", "no-device", "world-writable",
    "known-owner", "time-in-past", "merged-usr", "no-whiteout", "no-leftover", "private-key", "loader-cache",
)  # fmt: skip
"""The rules of `inspect.ruleset` whose findings can be accepted, in their order."""

_SCOPED = re.compile(r"(?:(?P<package>[^/:]*):)?(?P<what>.*)", re.DOTALL)
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]*")
_SHOWN = 80


def read_effect(text: str) -> str:
    """Read the name of an effect.

    Raises:
        FormatError: When there is none of this name.
    """
    if text in EFFECTS:
        return text
    hint = suggestion(text, EFFECTS) or f"one of: {', '.join(EFFECTS)}"
    raise FormatError(f'no effect is called "{text[:_SHOWN]}"', hint=hint)


def read_check(text: str) -> str:
    """Read the name of a rule that images are checked for.

    Raises:
        FormatError: When there is none of this name.
    """
    if text in CHECKS:
        return text
    hint = suggestion(text, CHECKS) or "`bareboat check` says the name with each finding"
    raise FormatError(f'no rule of `bareboat check` is called "{text[:_SHOWN]}"', hint=hint)


def read_glob(text: str) -> str:
    """Read an absolute path of the image with `*`, `**` and `?` in it.

    Raises:
        FormatError: When it is not absolute, has a `..`, or could match nothing.
    """
    shown = text[:_SHOWN]
    if not text.startswith("/"):
        raise FormatError(
            f'cannot take "{shown}" as a path of the image: it is not absolute', hint=f'write "/{shown}"'
        )
    if {"..", "."} & set(text.split("/")):
        raise FormatError(f'cannot take "{shown}" as a path of the image: no path has . or .. in it')
    if text != "/" and (text.endswith("/") or "//" in text):
        better = "/" + "/".join(filter(None, text.split("/"))) + ("/**" if text.endswith("/") else "")
        raise FormatError(
            f'cannot take "{shown}" as a path of the image: a part of it is empty', hint=f'write "{better[:_SHOWN]}"'
        )
    return text


def read_pruning_word(text: str) -> str:
    """Read what `keep` and `drop` hold: a rule or a path, perhaps of one package: `docs`, `libc-bin:/usr/bin/**`.

    Raises:
        FormatError: When it is neither.
    """
    match = _SCOPED.fullmatch(text)
    package, what = (match["package"], match["what"]) if match else (None, text)
    if package is not None and not _PACKAGE.fullmatch(package):
        raise FormatError(f'cannot take "{package[:_SHOWN]}" as the name of a package')
    if what.startswith("/"):
        read_glob(what)
        return text
    known = (*PRUNING, *REFUSED)
    if what in known:
        return text
    if "/" in what:
        raise FormatError(
            f'cannot take "{what[:_SHOWN]}" as a path of the image: it is not absolute',
            hint=f'write "{f"{package}:" if package else ""}/{what[:_SHOWN]}"',
        )
    hint = suggestion(what, known) or f"a path that begins with /, or one of: {', '.join(sorted(known))}"
    raise FormatError(f'no pruning rule is called "{what[:_SHOWN]}"', hint=hint)
