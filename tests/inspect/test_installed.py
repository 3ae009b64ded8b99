"""The packages that an image says it has, also where an ordinary system says so."""

from __future__ import annotations

from bareboat.debian.status import Md5Line
from bareboat.inspect.check import report_of
from bareboat.inspect.finding import Severity
from bareboat.inspect.read_aboard import AboardReader
from bareboat.oci.annotations import FOREIGN_BASE
from tests.makers.distroless import make_distroless, put, removed
from tests.makers.image import Made
from tests.makers.layers import file, make_image_from

STATUS = "var/lib/dpkg/status.d"
DATABASE = """\
Package: libmast1
Status: install ok installed
Version: 1.0-1
Architecture: amd64
Depends: libc6 (>= 2.34)
Installed-Size: 7

Package: removed
Status: deinstall ok config-files
Version: 1
Architecture: amd64

Package: held
Status: hold ok installed
Version: 2
Architecture: amd64
"""


def installed(made: Made) -> list[tuple[str, str, int, bool]]:
    aboard = AboardReader(made.blobs).read(made.descriptor)
    return [(one.name, str(one.version), one.installed_bytes, one.is_measured) for one in aboard.packages]


def test_dpkgs_own_database_tells_what_is_installed() -> None:
    made = make_image_from([file("var/lib/dpkg/status", DATABASE.encode())])

    assert installed(made) == [("held", "2", 0, False), ("libmast1", "1.0-1", 7 * 1024, False)]


def test_both_kinds_of_status_are_read_where_both_are_there() -> None:
    """As of an image of ours that stands on an ordinary system."""
    names = [name for name, *_ in installed(make_distroless(put("var/lib/dpkg/status", DATABASE.encode())))]

    assert {"base-files", "sail", "libmast1", "held"} <= set(names)


def test_a_database_that_is_damaged_is_told() -> None:
    made = make_image_from([file("var/lib/dpkg/status", b"no field\n")])

    aboard = AboardReader(made.blobs).read(made.descriptor)

    assert list(aboard.damaged) == ["var/lib/dpkg/status"]


def test_the_lines_of_a_list_are_kept_as_they_stand() -> None:
    sums = f"{'B' * 32}  bin/sail\n{'a' * 32} *gone\n{'0' * 32}  usr/bin/sail\n"
    made = make_distroless(put(f"{STATUS}/sail.md5sums", sums.encode()))

    (sail,) = [one for one in AboardReader(made.blobs).read(made.descriptor).packages if one.name == "sail"]

    assert sail.sums == (Md5Line("bin/sail", "b" * 32), Md5Line("gone", "a" * 32), Md5Line("usr/bin/sail", "0" * 32))
    assert sail.files == ("usr/bin/sail",)


def test_a_list_is_believed_of_its_own_package_alone() -> None:
    """The list beside a paragraph says which files there are; the one under the package's name what is in them."""
    items = {
        "other": b"Package: mast\nVersion: 1\nArchitecture: all\n",
        "other.md5sums": f"{'1' * 32}  etc/services\n".encode(),
        "mast.md5sums": f"{'2' * 32}  etc/passwd\n".encode(),
    }
    lists = [file(f"{STATUS}/{name}", data) for name, data in items.items()]
    made = make_image_from([file("etc/passwd", b"x"), *lists])
    damaged = make_image_from([file(f"{STATUS}/other", items["other"]), file(f"{STATUS}/mast.md5sums", b"?\n")])

    (mast,), (unlisted,) = (AboardReader(one.blobs).read(one.descriptor).packages for one in (made, damaged))

    assert (mast.files, mast.sums) == ((), (Md5Line("etc/passwd", "2" * 32),))
    assert (unlisted.files, unlisted.sums) == (None, ())


def test_a_package_of_the_database_is_held_against_the_list_under_its_name() -> None:
    made = make_image_from([
        file("etc/motd", b"hi"), file("var/lib/dpkg/status", DATABASE.encode()),
        file(f"{STATUS}/held.md5sums", f"{'0' * 32}  etc/motd\n".encode()),
    ])  # fmt: skip

    found = report_of(AboardReader(made.blobs).read(made.descriptor), made.descriptor.digest).findings

    assert [(one.path, one.owner) for one in found if one.rule.name == "package-sums"] == [("/etc/motd", "held")]


def test_what_stands_on_an_image_of_another_tool_is_only_warned_of_the_contract() -> None:
    made = make_distroless(removed("tmp"), annotations={FOREIGN_BASE: "true"})

    found = report_of(AboardReader(made.blobs).read(made.descriptor), made.descriptor.digest).findings

    assert [(one.rule.name, one.rule.severity) for one in found] == [("tmp-folder", Severity.warning)]
