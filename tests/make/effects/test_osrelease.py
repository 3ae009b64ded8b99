"""What scanners recognise the image by."""

from __future__ import annotations

import pytest

from bareboat.base.epoch import ZERO
from bareboat.base.errors import BuildError
from bareboat.make.effects import osrelease
from bareboat.make.effects.osrelease import OsRelease
from bareboat.make.tree import Tree
from tests.makers.tree import contents, dump, make_tree

TRIXIE = OsRelease(
    version_id="13",
    codename="trixie",
    home_url="https://home.example/",
    support_url="https://support.example/",
    bug_report_url="https://bugs.example/",
)


def test_keys_stand_in_the_order_of_distroless_with_the_codename_added() -> None:
    assert contents(osrelease.entries(Tree(), TRIXIE, moment=ZERO))["usr/lib/os-release"].decode() == (
        'PRETTY_NAME="Distroless"\n'
        'NAME="Debian GNU/Linux"\n'
        'ID="debian"\n'
        'VERSION_ID="13"\n'
        'VERSION="Debian GNU/Linux 13 (trixie)"\n'
        'VERSION_CODENAME="trixie"\n'
        'HOME_URL="https://home.example/"\n'
        'SUPPORT_URL="https://support.example/"\n'
        'BUG_REPORT_URL="https://bugs.example/"\n'
    )


def test_the_link_in_etc_is_made_where_no_package_brings_it() -> None:
    made = osrelease.entries(Tree(), TRIXIE, moment=ZERO)
    assert dump(made)[0] == "0777 0:0 etc/os-release -> ../usr/lib/os-release"
    tree = make_tree({"etc/os-release": "-> ../usr/lib/os-release"})
    assert [entry.path for entry in osrelease.entries(tree, TRIXIE, moment=ZERO)] == ["usr/lib/os-release"]


def test_empty_values_get_no_line() -> None:
    testing = OsRelease(version_id="", codename="forky")
    assert contents(osrelease.entries(Tree(), testing, moment=ZERO))["usr/lib/os-release"].decode() == (
        'PRETTY_NAME="Distroless"\n'
        'NAME="Debian GNU/Linux"\n'
        'ID="debian"\n'
        'VERSION="Debian GNU/Linux (forky)"\n'
        'VERSION_CODENAME="forky"\n'
    )


def test_values_are_quoted_as_a_shell_reads_them() -> None:
    odd = OsRelease(version_id="1", codename="x", pretty_name='5" $HOME `id` \\')
    text = contents(osrelease.entries(Tree(), odd, moment=ZERO))["usr/lib/os-release"].decode()
    assert text.splitlines()[0] == 'PRETTY_NAME="5\\" \\$HOME \\`id\\` \\\\"'


def test_a_value_that_would_begin_a_new_line_is_refused() -> None:
    with pytest.raises(BuildError, match=r"os-release: ID: cannot write 'debian\\nID=x'"):
        osrelease.entries(Tree(), OsRelease(version_id="1", codename="x", id="debian\nID=x"), moment=ZERO)
