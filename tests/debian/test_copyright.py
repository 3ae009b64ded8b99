from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.debian.copyright import licences, spdx_identifier

FORMAT = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"


def test_every_paragraph_counts_once_and_in_order() -> None:
    text = f"""{FORMAT}License: Expat

Files: *
Copyright: 2020 somebody
License: GPL-2+ or Artistic, and BSD-3-clause

Files: debian/*
Copyright: 2020 somebody
License: GPL-2+ with Autoconf exception

License: GPL-2+
 This program is free software …

License: my-own
 Do as you like.
"""
    assert licences(text, "copyright") == (
        "Artistic-1.0-Perl", "BSD-3-Clause", "GPL-2.0-or-later", "GPL-2.0-or-later WITH Autoconf-exception-2.0",
        "LicenseRef-debian-my-own", "MIT",
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["", "This package was debianized by hand.\nLicense: GPL-2\n", FORMAT + "Files: *\nFiles: *\nLicense: GPL-2\n"],
)
def test_a_file_that_machines_cannot_read_names_nothing(text: str) -> None:
    assert licences(text, "copyright") == ()


@pytest.mark.parametrize(
    ("name", "identifier"),
    [
        ("Expat", "MIT"), ("Apache-2.0", "Apache-2.0"), ("GPL-2", "GPL-2.0-only"), ("GPL-2.0", "GPL-2.0-only"),
        ("GPL-3+", "GPL-3.0-or-later"), ("gpl-3.0+", "GPL-3.0-or-later"), ("GPL-2-only", "GPL-2.0-only"),
        ("LGPL-2.1+", "LGPL-2.1-or-later"), ("LGPL-2", "LGPL-2.0-only"), ("AGPL-3+", "AGPL-3.0-or-later"),
        ("GFDL-1.3+", "GFDL-1.3-or-later"), ("GPL-2 with Linux-syscall-note exception",
         "GPL-2.0-only WITH Linux-syscall-note"), ("GPL-3+ with GCC exception",
         "GPL-3.0-or-later WITH GCC-exception-3.1"), ("GPL", "LicenseRef-debian-GPL"),
        ("GPL-9", "LicenseRef-debian-GPL-9"), ("GPL-2+ with odd exception",
         "LicenseRef-debian-GPL-2-or-later-with-odd-exception"), ("a_b (c)", "LicenseRef-debian-a-b-c"),
    ],
)  # fmt: skip
def test_short_names(name: str, identifier: str) -> None:
    assert spdx_identifier(name) == identifier


@given(st.text("License: GPL2+orandwith\n ,", max_size=60))
def test_any_text_names_only_identifiers(text: str) -> None:
    for name in licences(FORMAT + text, "x"):
        assert name
        assert all(sign.isalnum() or sign in "-.: " for sign in name)
