"""Scripts whose effect nothing makes are named, all others are not."""

from __future__ import annotations

import pytest

from bareboat.make.effects.scripts import HARMLESS_SECTIONS, KNOWN, known, unmodelled
from bareboat.make.enact import EFFECTS


def _section(tool: str, body: str = "doit\n") -> str:
    return f"# Automatically added by {tool}/13.24.2\n{body}# End automatically added section\n"


@pytest.mark.parametrize("tool", sorted(HARMLESS_SECTIONS))
def test_a_harmless_section_is_passed_over(tool: str) -> None:
    script = f"#!/bin/sh\nset -e\n\n{_section(tool)}\nexit 0\n"
    assert unmodelled("mast", {"postinst": script.encode(), "preinst": script.encode()}) == ()


FRAME = """#!/bin/sh -e
# postinst script for mast
set -eu
case "$1" in
    configure|abort-upgrade)
    ;;
    abort-remove | abort-deconfigure) ;;
    *)
        echo "postinst called with unknown argument \\`$1'" >&2
        exit 1
    ;;
esac
{}
exit 0
"""


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        ("", None),
        (":", None),
        (_section("dh_python3") + _section("dh_installdeb"), None),
        ("adduser --system mast", '"adduser --system mast"'),
        (_section("dh_installsysusers"), "dh_installsysusers"),
        (_section("dh_installtmpfiles") + "touch /x\ntouch /y", 'dh_installtmpfiles, "touch /x"'),
        (_section("dh_python3") + _section("dh_ucf") + _section("dh_ucf"), "dh_ucf"),
        ("# Automatically added by dh_python3\ntouch /x", '"touch /x"'),
        ('echo "$(touch /x)" > /y', '''"echo "$(touch /x)" > /y"'''),
        ("x" * 100, f'"{"x" * 60}"'),
    ],
)
def test_what_a_script_does_besides_is_named(body: str, parts: str | None) -> None:
    script = FRAME.replace("\\`", "").replace("{}", body).encode()
    wanted = () if parts is None else (f"mast: what its postinst does is not modelled: {parts}",)
    assert unmodelled("mast", {"postinst": script}) == wanted


def test_scripts_that_do_not_run_on_installation_are_passed_over() -> None:
    assert unmodelled("mast", dict.fromkeys(("prerm", "postrm", "config"), b"rm -r /")) == ()


def test_a_script_in_another_language_is_named() -> None:
    named = unmodelled("mast", {"preinst": b"\x7fELF\2\1\1"})
    assert named == ('mast: what its preinst does is not modelled: "\x7fELF\2\1\1"',)


@pytest.mark.parametrize(
    ("package", "script", "effect"),
    [
        ("base-files", "postinst", "folders"),
        ("ca-certificates", "postinst", "certificates"),
        ("ca-certificates-java", "postinst", "keystore"),
        ("fontconfig-config", "postinst", "fonts"),
        ("libc-bin", "postinst", "ldcache"),
        ("tzdata", "postinst", "localtime"),
        ("libc6", "postinst", None),
        ("python3.13-minimal", "postinst", None),
        ("libpython3.14-minimal", "postinst", None),
        ("openjdk-25-jre-headless", "postinst", None),
    ],
)
def test_scripts_of_the_catalogue_are_known(package: str, script: str, effect: str | None) -> None:
    found = known(package, script)
    assert found is not None
    assert (found.effect, bool(found.reason)) == (effect, True)
    assert unmodelled(package, {script: b"anything at all"}) == ()


@pytest.mark.parametrize(
    ("package", "script"), [("base-files", "prerm"), ("libc6-dev", "postinst"), ("mast", "postinst")]
)
def test_others_are_not(package: str, script: str) -> None:
    assert known(package, script) is None


def test_every_effect_that_the_table_names_exists() -> None:
    assert {one.effect for one in KNOWN if one.effect} <= set(EFFECTS)
