"""Which maintainer scripts have an effect that nothing here makes: they are named, so that nothing is missing unseen.

Only `preinst` and `postinst` run when a package is installed for the first time (Debian Policy 6.5), and an image is
nothing but first installations.
A script is known by its package, or by what it is made of: the sections that debhelper marks with
`# Automatically added by dh_…`, each of a kind with a reason, between lines that do nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from bareboat.base.frozen import frozen

_RUN = ("preinst", "postinst")
_LONGEST_QUOTE = 60


@frozen
class Known:
    """A script that was read: the effect that does what it does, or why nothing has to be done."""

    package: str
    script: str
    effect: str | None = None
    reason: str


KNOWN = (
    Known(
        package="base-files", script="postinst", effect="folders",
        reason="makes folders, /var/run and /var/lock; profiles, mail and login records are for machines with logins",
    ),
    Known(package="base-files", script="preinst", reason="only guards an upgrade to merged /usr"),
    Known(package="ca-certificates", script="postinst", effect="certificates", reason="makes bundle and hash links"),
    Known(package="ca-certificates-java", script="postinst", effect="keystore", reason="makes Java's key store"),
    Known(package="ca-certificates-java", script="preinst", reason="marks a reinstallation"),
    Known(package="fontconfig-config", script="postinst", effect="fonts", reason="links debconf's choices"),
    Known(package="libc-bin", script="postinst", effect="ldcache", reason="runs ldconfig; nsswitch has its own effect"),
    Known(package="libc6", script="preinst", reason="checks the kernel's version and LD_LIBRARY_PATH"),
    Known(package="libc6", script="postinst", reason="restarts services after an upgrade"),
    Known(package="libgssapi-krb5-2", script="postinst", reason="moves a file when an old version is upgraded"),
    Known(
        package="netbase", script="postinst",
        reason="/etc/hosts is the container engine's, /etc/networks names networks that nothing asks for",
    ),
    Known(
        package="libglib2.0-0*", script="postinst",
        reason="indexes GSettings schemas and GIO modules, of which the package brings none",
    ),
    Known(package="libglib2.0-0t64", script="preinst", reason="cleans up after its predecessor on an upgrade"),
    Known(package="libreadline8t64", script="preinst", reason="diverts files on machines before merged /usr"),
    Known(
        package="libselinux1", script="postinst",
        reason="makes a folder for a running SELinux, and compiles policies on an upgrade",
    ),
    Known(package="tzdata", script="postinst", effect="localtime", reason="links /etc/localtime"),
    Known(
        package="nodejs", script="postinst",
        reason="offers /usr/bin/js as another name, an image's names are its `files`",
    ),
    Known(
        package="openjdk-*-jre-headless", script="postinst",
        reason="offers /usr/bin/java, an image's names are its `files`; an empty store of system preferences",
    ),
    Known(
        package="openjdk-*-jdk-headless", script="postinst",
        reason="offers the tools in /usr/bin, an image's names are its `files`",
    ),
    Known(package="openjdk-*-jdk-headless", script="preinst", reason="only cleans up after an upgrade"),
    *(
        Known(package=package, script="postinst", reason="compiles modules, which Python does when it runs them")
        for package in ("libpython3*-minimal", "python3*-minimal", "python3*-venv")
    ),
    Known(package="python3*-minimal", script="preinst", reason="leaves a note for its postinst"),
)
"""Scripts of the catalogue's packages, read in Debian 12, 13 and testing; `package` is a pattern as of fnmatch."""

HARMLESS_SECTIONS = {
    "dh_apparmor": "profiles are the kernel's, and the host's to load",
    "dh_bash-completion": "there is no shell to complete in",
    "dh_icons": "an icon cache saves time only",
    "dh_installdeb": "dpkg-maintscript-helper acts on upgrades only",
    "dh_installdebconf": "nobody is asked anything",
    "dh_installinit": "no init system starts services in a container",
    "dh_installinitramfs": "a container has no kernel of its own",
    "dh_installmenu": "there is no menu",
    "dh_installmodules": "a container has no kernel of its own",
    "dh_installsystemd": "no init system starts services in a container",
    "dh_installsystemduser": "no init system starts services in a container",
    "dh_installudev": "devices are the host's",
    "dh_makeshlibs": "the effect ldcache does what the trigger ldconfig would",
    "dh_pypy": "PyPy compiles modules when it runs them",
    "dh_python3": "Python compiles modules when it runs them",
    "dh_systemd_enable": "no init system starts services in a container",
    "dh_systemd_start": "no init system starts services in a container",
    "dh_usrlocal": "empty folders for local files",
}
"""Sections of debhelper that need nothing done in an image, each with the reason."""

_SECTION = re.compile(
    r"^# Automatically added by (dh_[A-Za-z0-9_-]+)[^\n]*\n.*?^# End automatically added section[^\n]*$", re.M | re.S
)
_SECTION_END = re.compile(r"^# End automatically added section[^\n]*$", re.M)
_IDLE_LINES = re.compile(
    r"""(?: \#.* | set\ -[eu]+ | exit\ [01] | : | ;; | esac            # nothing, or the frame of a case
          | case\ "\$1"\ in | [a-z*|\ -]+\)(?:\ *;;)?
          | echo\ "[^"`]*"\ *>&2 )?""",
    re.VERBOSE,
)


def unmodelled(package: str, scripts: Mapping[str, bytes]) -> tuple[str, ...]:
    """One sentence for every script of `package` whose effect is neither made nor known to be needless.

    Args:
        package: Its name.
        scripts: The members of its control archive that are scripts, by name; others than preinst and postinst do
            not run on installation and are passed over.
    """
    return tuple(
        f"{package}: what its {script} does is not modelled: {', '.join(rest)}"
        for script in _RUN
        if script in scripts and known(package, script) is None and (rest := tuple(_unknown_parts(scripts[script])))
    )


def known(package: str, script: str) -> Known | None:
    """What is known of a script by its package."""
    found = (one for one in KNOWN if one.script == script and fnmatchcase(package, one.package))
    return next(found, None)


def _unknown_parts(content: bytes) -> Iterator[str]:
    """The debhelper sections that are not known to be harmless, then the first line that does something."""
    text = content.decode(errors="replace")
    # Behind the last end no section is looked for: each of many beginnings would be searched for one to the very end.
    last = max((match.end() for match in _SECTION_END.finditer(text)), default=0)
    text, rest = text[:last], text[last:]
    for tool in dict.fromkeys(match[1] for match in _SECTION.finditer(text)):
        if tool not in HARMLESS_SECTIONS:
            yield tool
    for raw in (_SECTION.sub("", text) + rest).splitlines():
        line = raw.strip()
        if not _IDLE_LINES.fullmatch(line):
            yield f'"{line[:_LONGEST_QUOTE]}"'
            return
