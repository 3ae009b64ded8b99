"""The licences that a package's `copyright` file names, as SPDX identifiers.

Obeys DEP-5, "Machine-readable debian/copyright file": https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/.
A file that is not machine-readable says nothing here: guessing is a lawyer's work.
Names that SPDX does not know become `LicenseRef-debian-…`, as SPDX 2.3, annex D, allows.
"""

from __future__ import annotations

import re

from bareboat.base.errors import FormatError
from bareboat.debian.paragraph import parse_paragraphs

_FORMAT = re.compile(r"\s*Format(?:-Specification)?:\s*\S*(?:copyright-format|dep5|DEP-?5)", re.IGNORECASE)
# DEP-5, "Syntax": "and", "or" and the comma between short names.
_BETWEEN = re.compile(r"\s*,\s*(?:and\s+|or\s+)?|\s+and/or\s+|\s+and\s+|\s+or\s+", re.IGNORECASE)
_EXCEPTION = re.compile(r"(\S+)\s+with\s+(.+?)\s+exceptions?", re.IGNORECASE)
_NO_IDSTRING = re.compile(r"[^A-Za-z0-9.-]+")

_SPDX = {
    "apache-2.0": "Apache-2.0", "apache-2": "Apache-2.0", "artistic": "Artistic-1.0-Perl",
    "artistic-1": "Artistic-1.0", "artistic-1.0": "Artistic-1.0", "artistic-2.0": "Artistic-2.0",
    "bsd-1-clause": "BSD-1-Clause", "bsd-2-clause": "BSD-2-Clause", "bsd-3-clause": "BSD-3-Clause",
    "bsd-4-clause": "BSD-4-Clause", "bsd-4-clause-uc": "BSD-4-Clause-UC", "bsl-1.0": "BSL-1.0", "boost-1.0": "BSL-1.0",
    "cc0": "CC0-1.0", "cc0-1.0": "CC0-1.0", "cc-by-3.0": "CC-BY-3.0", "cc-by-4.0": "CC-BY-4.0",
    "cc-by-sa-3.0": "CC-BY-SA-3.0", "cc-by-sa-4.0": "CC-BY-SA-4.0", "cddl-1.0": "CDDL-1.0", "cpl": "CPL-1.0",
    "curl": "curl", "epl-1.0": "EPL-1.0", "epl-2.0": "EPL-2.0", "expat": "MIT", "mit": "MIT", "0bsd": "0BSD",
    "fsfap": "FSFAP", "fsful": "FSFUL", "fsfullr": "FSFULLR", "ftl": "FTL", "isc": "ISC",
    "mpl-1.1": "MPL-1.1", "mpl-2": "MPL-2.0", "mpl-2.0": "MPL-2.0", "ofl-1.1": "OFL-1.1",
    "openldap-2.8": "OLDAP-2.8", "openssl": "OpenSSL",
    "psf-2": "PSF-2.0", "psf-2.0": "PSF-2.0", "apache-1.1": "Apache-1.1", "python-2.0": "Python-2.0",
    "sil-1.1": "OFL-1.1", "oldap-2.8": "OLDAP-2.8", "unlicense": "Unlicense", "w3c": "W3C", "wtfpl": "WTFPL",
    "x11": "X11", "zlib": "Zlib", "zpl-2.1": "ZPL-2.1", "ncsa": "NCSA", "bzip2-1.0.6": "bzip2-1.0.6",
    "hpnd": "HPND", "hpnd-sell-variant": "HPND-sell-variant", "libpng": "Libpng", "ijg": "IJG", "tcl": "TCL",
    "unicode-dfs-2016": "Unicode-DFS-2016", "unicode-3.0": "Unicode-3.0", "blessing": "blessing",
    "mit-0": "MIT-0", "qpl-1.0": "QPL-1.0", "vim": "Vim", "afl-2.1": "AFL-2.1",
}  # fmt: skip

# The short names of the GNU licences: "GPL-2+" is version 2 or later, "LGPL-2.1" that version only.
_GNU = re.compile(r"(a?gpl|lgpl|gfdl)(?:-|-v|v)([0-9](?:\.[1-9])?)(?:\.0)?(\+|-only|-or-later)?", re.IGNORECASE)
_GNU_VERSIONS = {
    "GPL": {"1": "1.0", "2": "2.0", "3": "3.0"},
    "LGPL": {"2": "2.0", "2.1": "2.1", "3": "3.0"},
    "AGPL": {"3": "3.0"},
    "GFDL": {"1.1": "1.1", "1.2": "1.2", "1.3": "1.3"},
}

_EXCEPTIONS = {
    "autoconf": "Autoconf-exception-2.0", "autoconf-2.0": "Autoconf-exception-2.0", "bison": "Bison-exception-2.2",
    "bison-2.2": "Bison-exception-2.2", "classpath": "Classpath-exception-2.0", "font": "Font-exception-2.0",
    "gcc": "GCC-exception-3.1", "gcc-3.1": "GCC-exception-3.1", "gcc-runtime-library": "GCC-exception-3.1",
    "libtool": "Libtool-exception", "linux-syscall-note": "Linux-syscall-note", "llvm": "LLVM-exception",
}  # fmt: skip


def licences(text: str, where: str) -> tuple[str, ...]:
    """The licences that a `copyright` file names, sorted, each once; none when it is not machine-readable.

    Args:
        text: The whole file.
        where: What to call it in an error; there is none, since a file that cannot be read names nothing.
    """
    if not _FORMAT.match(text):
        return ()
    try:
        paragraphs = parse_paragraphs(text, where, comments=True)
    except FormatError:
        return ()
    found = set()
    for paragraph in paragraphs:
        name = " ".join(paragraph.get("License", "").partition("\n")[0].split())
        found |= {spdx_identifier(part) for part in _BETWEEN.split(name.rstrip(",.")) if part}
    return tuple(sorted(found))


def spdx_identifier(name: str) -> str:
    """The SPDX identifier of one short name, with its exception when it has one.

    `GPL-2+` is `GPL-2.0-or-later`, `Expat` is `MIT`, an unknown `Foo-1` is `LicenseRef-debian-Foo-1`.
    """
    match = _EXCEPTION.fullmatch(name)
    if match is not None:
        licence = _known(match[1])
        exception = _EXCEPTIONS.get(match[2].lower().replace(" ", "-"))
        if licence and exception:
            return f"{licence} WITH {exception}"
    return _known(name) or f"LicenseRef-debian-{_NO_IDSTRING.sub('-', name.replace('+', '-or-later')).strip('-')}"


def _known(name: str) -> str | None:
    match = _GNU.fullmatch(name)
    if match is not None:
        family = match[1].upper()
        version = _GNU_VERSIONS[family].get(match[2])
        later = "or-later" if match[3] in ("+", "-or-later") else "only"
        return f"{family}-{version}-{later}" if version else None
    return _SPDX.get(name.lower())
