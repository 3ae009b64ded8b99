"""Which Debian package has a library or a program, known without an index: a name to add to a configuration.

Debian Policy 8.1, "Run-time shared libraries": a package is named after the library and the version in its soname, with
a hyphen between them where the library's name ends in a digit.
The suffix `t64` is of packages whose time_t became 64 bits wide in Debian 13; where it was that wide before, they
provide the plain name, so that a wish for it is met.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable

from bareboat.base.frozen import frozen
from bareboat.inspect.installed import InstalledPackage

_LIBC = (
    "ld-linux*", "ld64", "libc", "libm", "libmvec", "libdl", "libpthread", "librt", "libutil", "libresolv", "libanl",
    "libthread_db", "libBrokenLocale", "libnss_files", "libnss_dns", "libnss_compat", "libnss_hesiod",
)
_EXCEPTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (rf"(?:{'|'.join(_LIBC).replace('*', '[^.]*')})\.so\.\d+", ("libc6",)),
    (r"ld-musl-.*|libc\.so|libc\.musl-.*", ("musl",)),
    (r"lib(?:ssl|crypto)\.so\.3", ("libssl3t64", "libssl3")),
    (r"libz\.so\.1", ("zlib1g",)),
    (r"libjpeg\.so\.62", ("libjpeg62-turbo",)),
    (r"libharfbuzz\.so\.0", ("libharfbuzz0b",)),
    (r"lib(?:glib|gobject|gio|gmodule|gthread)-2\.0\.so\.0", ("libglib2.0-0t64", "libglib2.0-0")),
    (r"lib(?:nss3|nssutil3|smime3|ssl3)\.so", ("libnss3",)),
    (r"lib(?:nspr4|plc4|plds4)\.so", ("libnspr4",)),
    (r"libpython(3\.\d+)\.so\.1\.0", (r"libpython\1", r"libpython\1t64")),
    (r"libicu[a-z]+\.so\.(\d+)", (r"libicu\1",)),
    (r"libLLVM(?:-|\.so\.)(\d+).*", (r"libllvm\1",)),
    (r"libcurl-gnutls\.so\.4", ("libcurl3t64-gnutls", "libcurl3-gnutls")),
    (r"lib(?:ldap|lber)\.so\.2", ("libldap2",)),
    (r"lib(?:ldap|lber)-2\.5\.so\.0", ("libldap-2.5-0",)),
    (r"lib(?:form|menu|panel)(w?)\.so\.(\d+)", (r"libncurses\1\2",)),
)
_PROGRAMS = {
    "sh": "dash", "dash": "dash", "bash": "bash", "perl": "perl-base", "env": "coreutils", "awk": "mawk",
    "python3": "python3-minimal", "ruby": "ruby", "node": "nodejs", "tclsh": "tcl", "php": "php-cli", "lua": "lua5.4",
    "make": "make", "sed": "sed", "gawk": "gawk", "mawk": "mawk", "zsh": "zsh", "busybox": "busybox",
}  # fmt: skip
_SERVICES = {
    "compat": "libc6", "hesiod": "libc6", "db": "libnss-db", "mdns": "libnss-mdns", "ldap": "libnss-ldapd",
    **{f"mdns{kind}": "libnss-mdns" for kind in ("_minimal", "4", "4_minimal", "6", "6_minimal")},
    "wins": "libnss-winbind", "nisplus": "libnss-nisplus", "libvirt_guest": "libnss-libvirt",
}  # fmt: skip
_T64 = "t64"


@frozen
class Providers:
    """What is known of an archive: the names of its packages, None when no index is at hand."""

    names: frozenset[str] | None = None

    def of_library(
        self, soname: str, *, owner: InstalledPackage | None = None, installed: Container[str] = ()
    ) -> str | None:
        """The package that has `soname`, None when there is no telling.

        Args:
            soname: As it stands in DT_NEEDED.
            owner: The package of the file that needs it; what it depends on, and is not installed, is asked first.
            installed: The names that the image has, those that are provided among them.
        """
        candidates = names_for(soname)
        for name in _absent(owner, installed):
            if any(_fits(name, candidate) for candidate in candidates):
                return name
        return self._known(candidates)

    def of_program(self, path: str) -> str | None:
        """The package that has the program called as `path` is."""
        name = path.rpartition("/")[2]
        versioned = re.fullmatch(r"python3\.\d+", name)
        return self._known((f"{name}-minimal",) if versioned else tuple(filter(None, [_PROGRAMS.get(name)])))

    def of_name_service(self, service: str) -> str | None:
        """The package that has the service of nsswitch.conf."""
        return self._known((_SERVICES.get(service, f"libnss-{service.replace('_', '-')}"),))

    def of_package(self, *names: str) -> str | None:
        """The first of `names` that the archive has."""
        return self._known(names)

    def _known(self, candidates: Iterable[str]) -> str | None:
        return next((name for name in candidates if self.names is None or name in self.names), None)


def names_for(soname: str) -> tuple[str, ...]:
    """The names that the package of a library may have, the likeliest first; none for what is no library's name."""
    for pattern, names in _EXCEPTIONS:  # compiled when something is missing, and not before
        match = re.fullmatch(pattern, soname)
        if match is not None and names:
            return tuple(match.expand(name) for name in names)
    if not soname.startswith("lib") or ".so" not in soname:
        return ()
    # Policy 8.1, "Run-time shared libraries", as its own example of sed does it
    joined = re.sub(r"([0-9])\.so\.", r"\1-", soname)
    plain = re.sub(r"\.so(\.|$)", "", joined).replace("_", "-").lower()
    bare = re.sub(r"-(?=[0-9])", "", plain, count=1)
    return tuple(dict.fromkeys([plain, plain + _T64, bare, bare + _T64]))


def _absent(owner: InstalledPackage | None, installed: Container[str]) -> list[str]:
    """What `owner` depends on and the image does not have: something was left out."""
    groups = () if owner is None else (*owner.pre_depends, *owner.depends)
    absent = [group for group in groups if all(one.name not in installed for one in group.alternatives)]
    return [one.name for group in absent for one in group.alternatives]


def _fits(name: str, candidate: str) -> bool:
    """Whether `name` is `candidate`, perhaps with something behind its number: `libharfbuzz0b`, `libjpeg62-turbo`."""
    rest = name.removeprefix(candidate)
    return name.startswith(candidate) and not rest[:1].isdigit() and not rest.startswith(".")
