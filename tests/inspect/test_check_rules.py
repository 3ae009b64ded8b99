"""Every rule of contract and invariants, broken once in a sound image: it is told, and nothing else is."""

from __future__ import annotations

import hashlib
import re
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import get_type_hints

import pytest

from bareboat.inspect.aboard import Aboard, Files
from bareboat.inspect.accepted import UNUSED_ACCEPTANCE
from bareboat.inspect.accounts import accounts_of, user_ids
from bareboat.inspect.check import examined, report_of
from bareboat.inspect.damage import DAMAGED
from bareboat.inspect.finding import Family, Finding, Severity
from bareboat.inspect.read_aboard import AboardReader
from bareboat.inspect.ruleset import OF_FILES, RULES
from bareboat.oci.annotations import DISTRO, FORMAT, VARIANT, WISHES
from bareboat.oci.config import Execution, Healthcheck
from bareboat.store.memory import MemoryStore
from tests.makers.aboard import LIB, make_cache, make_program
from tests.makers.distroless import GROUP, PASSWD, Items, changed, make_distroless, put, removed, sound_items
from tests.makers.elf import make_elf
from tests.makers.image import Made
from tests.makers.layers import Item, file, folder, hard_link, make_image_from, symlink, whiteout


def findings_of(made: Made) -> tuple[Finding, ...]:
    return report_of(AboardReader(made.blobs).read(made.descriptor), made.descriptor.digest).findings


@dataclass(frozen=True, kw_only=True)
class Case:
    """A rule, how it is broken, and what is said at which path."""

    rule: str
    path: str = ""
    message: str
    change: Callable[[Items], object] | None = None
    config: Mapping[str, object] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    above: Sequence[Item] = ()
    raw: Sequence[Item] = ()

    def __str__(self) -> str:
        return f"{self.rule}: {self.message[:40]}"

    def made(self) -> Made:
        return make_distroless(
            self.change, config=self.config, annotations=self.annotations, above=self.above, raw=self.raw
        )


def together(*changes: Callable[[Items], object]) -> Callable[[Items], object]:
    return lambda items: [change(items) for change in changes]


STATUS = "var/lib/dpkg/status.d"
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"

CASES = [
    # accounts
    Case(rule="account-tables", path="/etc/passwd", message="line 4 cannot be read",
         change=changed("etc/passwd", data=PASSWD + b"broken:x:\n")),
    Case(rule="account-tables", path="/etc/group", message='"tty" is there 2 times',
         change=changed("etc/group", data=GROUP + b"tty:x:7:\n")),
    Case(rule="known-accounts", path="/etc/passwd",
         message="has no nobody, which is 65534:65534 with the home /nonexistent",
         change=changed("etc/passwd", data=b"".join(PASSWD.splitlines(keepends=True)[::2]))),
    Case(rule="known-accounts", path="/etc/passwd",
         message="nobody is 99:99 with the home /nonexistent, not 65534:65534 with the home /nonexistent",
         change=changed("etc/passwd", data=PASSWD.replace(b"65534:65534", b"99:99"))),
    Case(rule="known-accounts", path="/etc/group", message="has no group root with the number 0",
         change=changed("etc/group", data=GROUP.replace(b"root:x:0:", b"wheel:x:0:", 1))),
    Case(rule="home-folder", path="/root", message="the home of root is no folder",
         change=removed("root")),
    Case(rule="home-folder", path="/home/nonroot",
         message="the home of nonroot (65532) belongs to 0 with the mode 0700",
         change=changed("home/nonroot", uid=0)),
    Case(rule="numeric-user", message='runs as "nonroot", which is 65532', config={"user": "nonroot"}),
    Case(rule="known-user", message='runs as "sailor": /etc/passwd has no user "sailor"', config={"user": "sailor"}),
    Case(rule="known-user", message='runs as "0:crew": /etc/group has no group "crew"', config={"user": "0:crew"},
         annotations={VARIANT: "latest"}),
    Case(rule="nonroot-user", message="is a nonroot image and runs as root", config={"user": "0"}),
    # the base system
    Case(rule="tmp-folder", path="/tmp", message="is not there", change=removed("tmp")),
    Case(rule="tmp-folder", path="/tmp", message="is a folder of 0 with the mode 0755, not a folder of 0 with 1777",
         change=changed("tmp", mode=0o755)),
    Case(rule="nsswitch-hosts", path="/etc/nsswitch.conf",
         message="is not there, so /etc/hosts is not read before DNS is asked", change=removed("etc/nsswitch.conf")),
    Case(rule="nsswitch-hosts", path="/etc/nsswitch.conf", message='looks hosts up in "dns files", not in files and '
         "then dns", change=changed("etc/nsswitch.conf", data=b"hosts: dns files # no\n")),
    Case(rule="os-release", path="/etc/os-release", message="has no VERSION_ID",
         change=changed("usr/lib/os-release", data=b"ID=debian\n")),
    Case(rule="os-release", path="/etc/os-release",
         message='says VERSION_ID="12", and the image is of debian13',
         change=changed("usr/lib/os-release", data=b"ID=debian\nVERSION_ID=12\n")),
    Case(rule="certificate-bundle", path=CERTIFICATES,
         message="SSL_CERT_FILE names it, and no file with contents is there",
         change=changed("etc/ssl/certs/ca-certificates.crt", data=b"")),
    Case(rule="certificate-variable", message="SSL_CERT_FILE is not set", config={"env": ("PATH=/usr/bin",)}),
    Case(rule="landmark-file", path="/usr/bin/java", message="is not there, though openjdk-21-jre-headless is",
         change=together(
             put(f"{STATUS}/openjdk-21-jre-headless",
                 b"Package: openjdk-21-jre-headless\nVersion: 21\nArchitecture: amd64\n"),
             put(f"{STATUS}/openjdk-21-jre-headless.md5sums"),
             put("etc/ssl/certs/java/cacerts", b"keys"))),
    # packages
    Case(rule="package-record", path=f"/{STATUS}/broken", message='the field "Version" is missing',
         change=put(f"{STATUS}/broken", b"Package: broken\n")),
    Case(rule="package-record", path=f"/{STATUS}/netbase", message="has no list of its files beside it",
         change=removed(f"{STATUS}/netbase.md5sums")),
    Case(rule="package-record", path=f"/{STATUS}/mast", message="mast has its paragraph under another name",
         change=together(put(f"{STATUS}/other", b"Package: mast\nVersion: 1\nArchitecture: all\n"),
                         put(f"{STATUS}/other.md5sums"))),
    Case(rule="package-sums", path="/etc/services", message="netbase says it has the MD5 "
         "2c252a1a72e3a95864b5662bebb55e23, and it has 6b432043f21e2c5aba5a46f8771aa63a",
         change=changed("etc/services", data=b"ssh 22/tcp\n")),
    Case(rule="package-sums", path="/usr/share/base-files/motd", message="base-files lists it, and it is not there",
         change=removed("usr/share/base-files/motd")),
    Case(rule="wished-package", message="libmast1 was asked for and is not there",
         annotations={WISHES: "sail: sail libmast1"}),
    # programs
    Case(rule="no-shell", path="/usr/bin/sh", message="is a shell", change=put("usr/bin/sh", b"\0", mode=0o755)),
    Case(rule="no-package-manager", path="/usr/bin/dpkg", message="is a package manager",
         change=put("usr/bin/dpkg", b"\0", mode=0o755)),
    Case(rule="no-privilege", path="/usr/bin/passwd", message="belongs to 0:0 and is setuid and setgid",
         change=put("usr/bin/passwd", b"\0", mode=0o6755)),
    Case(rule="no-privilege", path="/usr/bin/ping", message="belongs to 0:0 and is given capabilities",
         change=put("usr/bin/ping", b"\0", mode=0o755, records={"SCHILY.xattr.security.capability": "x"})),
    # execution
    Case(rule="entrypoint", path="/usr/bin/oar", message="the entrypoint is not there",
         config={"entrypoint": ("/usr/bin/oar",)}),
    Case(rule="entrypoint", message='the command is in no folder of PATH "/usr/bin:/bin"',
         config={"entrypoint": (), "cmd": ("oar", "--row")}),
    Case(rule="entrypoint", path="/usr", message="the entrypoint is a folder", config={"entrypoint": ("/usr",)}),
    Case(rule="entrypoint", path="/usr/bin/sail", message="the entrypoint is not executable: its mode is 0644",
         change=changed("usr/bin/sail", mode=0o644)),
    Case(rule="entrypoint", path="/usr/bin/sail",
         message="the entrypoint is not executable for 65532:65532: its mode is 0744",
         change=changed("usr/bin/sail", mode=0o744)),
    Case(rule="entrypoint", path="/usr/bin/sail",
         message="the entrypoint stands in /usr/bin, which 65532:65532 may not enter: its mode is 0700",
         change=lambda items: items.update({"usr/bin": folder("usr/bin", mode=0o700)})),
    Case(rule="healthcheck-program", path="/bin/sh", message="the health check is not there",
         config={"healthcheck": Healthcheck(test=("CMD-SHELL", "sail --ping"))}),
    Case(rule="search-path", message="PATH is not set",
         config={"env": ("SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt",)}),
    Case(rule="working-folder", path="/srv/app", message="is the working folder and is not there",
         config={"working_dir": "/srv/app"}),
    Case(rule="stop-signal", message='there is no signal "SIGSAIL"', config={"stop_signal": "SIGSAIL"}),
    # documents
    Case(rule="oci-document", message='config: config: ExposedPorts: "http" is no port such as 8080/tcp',
         config={"exposed_ports": ("http",)}),
    Case(rule="layer-form", message='layers[0]: "usr/bin/sail" is there twice',
         raw=[hard_link("usr/bin/sail", "usr/bin/sail")]),
    # files
    Case(rule="no-device", path="/dev/null", message="is a character device",
         raw=[folder("dev"), Item(name="dev/null", kind=tarfile.CHRTYPE, device=(1, 3))]),
    Case(rule="world-writable", path="/etc/motd", message="can be written by everybody: its mode is 0666",
         change=put("etc/motd", b"hi", mode=0o666)),
    Case(rule="world-writable", path="/srv", message="can be written by everybody: its mode is 0777",
         raw=[folder("srv", mode=0o777)]),
    Case(rule="known-owner", path="/srv",
         message="the user 1000 owns this and 1 other path, and is in no table",
         raw=[folder("srv", uid=1000), file("srv/x", uid=1000)]),
    Case(rule="time-in-past", path="/etc/motd", message="is of 2026-02-01T00:00:00Z, the image of 2026-01-31T12:00:00Z",
         change=put("etc/motd", b"hi", mtime=1769904000)),
    Case(rule="merged-usr", path="/sbin", message="is a folder where a link to usr/sbin belongs",
         raw=[folder("sbin")]),
    Case(rule="no-whiteout", path="/usr/share/base-files", message="is hidden by a layer above the one that has it",
         change=together(put("usr/share/base-files/old"), changed(f"{STATUS}/base-files.md5sums", data=b"")),
         above=[folder("usr"), folder("usr/share"), whiteout("usr/share/base-files")]),
    # leftovers
    Case(rule="no-leftover", path="/var/lib/apt", message="has what is left of an installation",
         change=put("var/lib/apt/lists/x", b"Package: x")),
    Case(rule="no-leftover", path="/etc/services.dpkg-new", message="is left of an installation",
         change=put("etc/services.dpkg-new", b"x")),
    Case(rule="private-key", path="/etc/ssl/private/tls.key",
         message="tls.key in /etc/ssl/private has a private key in it",
         change=put("etc/ssl/private/tls.key", b"x\n-----BEGIN EC PRIVATE KEY-----\nAA\n", mode=0o600)),
    # the loader's cache
    Case(rule="loader-cache", path="/etc/ld.so.cache",
         message=f"names /{LIB}/libhull.so.1 for libhull.so.1, which is not there",
         change=changed("etc/ld.so.cache", data=make_cache({"libhull.so.1": f"/{LIB}/libhull.so.1"}))),
    Case(rule="loader-cache", path="/etc/ld.so.cache",
         message="cannot read as a cache of libraries: it is damaged",
         change=changed("etc/ld.so.cache", data=b"rust")),
]  # fmt: skip


def test_every_rule_of_contract_and_invariants_is_broken_here() -> None:
    rules = {rule.name for rule in RULES if rule.family is not Family.closure}
    rules -= {UNUSED_ACCEPTANCE.name, DAMAGED.name}

    assert {case.rule for case in CASES} == rules


def test_rules_have_one_name_each() -> None:
    names = [rule.name for rule in RULES]

    assert sorted(set(names)) == sorted(names)
    assert [name for name in names if not re.fullmatch(r"[a-z]+(-[a-z]+)*", name)] == []
    assert [rule.name for rule in RULES if "\n" in rule.title + rule.why or rule.title.endswith(".")] == []


def test_a_sound_image_has_no_findings() -> None:
    assert findings_of(make_distroless()) == ()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_is_broken_is_told_and_nothing_else(case: Case) -> None:
    told = [(finding.rule.name, finding.path, finding.message) for finding in findings_of(case.made())]

    assert told == [(case.rule, case.path, case.message)]


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.rule in ("tmp-folder", "package-sums", "entrypoint")], ids=str
)
def test_an_image_of_another_tool_is_only_warned_of_the_contract(case: Case) -> None:
    """It never promised to be a distroless image."""
    foreign = {FORMAT: "", VARIANT: "", DISTRO: "", WISHES: ""}
    made = make_distroless(case.change, config=case.config, annotations=foreign)
    with_annotations = AboardReader(made.blobs).read(made.descriptor)
    aboard = replace(with_annotations, annotations={})

    found = report_of(aboard, made.descriptor.digest).findings

    assert [(one.rule.name, one.rule.severity) for one in found] == [(case.rule, Severity.warning)]


@pytest.mark.parametrize(
    ("change", "entrypoint", "message"),
    [
        (None, "/usr/bin/oar", "the entrypoint is not there"),
        (changed("usr/bin/sail", mode=0o644), "/usr/bin/sail", "the entrypoint is not executable: its mode is 0644"),
        (changed("usr/bin/sail", mode=0o744), "/usr/bin/sail", None),  # somebody may start it; who, nobody knows
    ],
)
def test_the_entrypoint_is_judged_though_the_user_is_unknown(
    change: Callable[[Items], object] | None, entrypoint: str, message: str | None
) -> None:
    made = make_distroless(change, config={"user": "sailor", "entrypoint": (entrypoint,)})

    told = {finding.rule.name: finding.message for finding in findings_of(made)}

    assert told.get("entrypoint") == message
    assert "known-user" in told


def test_debug_variants_may_have_busybox() -> None:
    shell = together(
        put("usr/bin/busybox", b"\0", mode=0o755),
        lambda items: items.update({"busybox/sh": symlink("busybox/sh", "/usr/bin/busybox")}),
    )
    debug = make_distroless(shell, annotations={VARIANT: "debug-nonroot"})
    other = make_distroless(shell)

    assert findings_of(debug) == ()
    assert [finding.path for finding in findings_of(other)] == ["/busybox/sh", "/usr/bin/busybox"]


def test_busybox_is_all_that_debug_variants_may_have() -> None:
    shells = together(*(put(path, b"\0", mode=0o755) for path in ("busybox/sh", "busybox/x/sh", "usr/bin/sh")))
    debug = make_distroless(shells, annotations={VARIANT: "debug-nonroot"})

    assert [finding.path for finding in findings_of(debug)] == ["/usr/bin/sh"]


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("var/lib/apt/lists/x", "/var/lib/apt"),
        ("var/cache/apt/pkgcache.bin", "/var/cache/apt"),
        ("var/cache/debconf/config.dat", "/var/cache/debconf"),
        ("var/log/apt", "/var/log/apt"),
        ("var/cache/ldconfig/aux-cache", "/var/cache/ldconfig"),
        ("var/log/dpkg.log", "/var/log/dpkg.log"),
        ("var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock-frontend"),
        ("var/lib/dpkg/status-old", "/var/lib/dpkg/status-old"),
        *((path, f"/{path}") for path in ("etc/a.dpkg-dist", "a.ucf-old", "usr/x/b.ucf-tmp", "usr/c.dpkg-bak")),
        *((path, None) for path in ("var/lib/apt-x", "var/lib/x/lock", "etc/a-old", "etc/dpkg-new", "a.ucf-dist/b")),
    ],
)
def test_every_kind_of_leftover_is_told_where_it_is(path: str, place: str | None) -> None:
    found = [(one.rule.name, one.path) for one in findings_of(make_distroless(put(path, b"x")))]

    assert found == ([("no-leftover", place)] if place is not None else [])


def test_rules_of_files_are_given_no_documents() -> None:
    """So what is found once for all images of the same files cannot depend on what these say."""
    documents = {one.name for one in fields(Aboard)} - {one.name for one in fields(Files)}

    assert documents == {"name", "config", "annotations"}
    assert [find for find in OF_FILES if get_type_hints(find)["files"] is not Files] == []
    for made in (make_distroless(), make_distroless(config={"labels": {"a": "b"}})):
        files = AboardReader(made.blobs).read(made.descriptor).files
        assert type(files) is Files
        assert [name for name in documents if hasattr(files, name)] == []


def test_images_of_the_same_files_are_told_together_what_each_is_told_alone() -> None:
    """Whatever is remembered of the one that was judged before: its documents are not those of the next."""
    files = [(case.change, case.above, case.raw) for case in CASES if case.change or case.above or case.raw]
    dangling = [symlink("etc/data", "/data/x")]
    others = [
        {"volumes": ("/data",)}, {"user": "sailor", "env": ("LD_LIBRARY_PATH=usr",), "working_dir": "/"},
        {"entrypoint": ("sail",)},
    ]  # fmt: skip
    images = [case.made() for case in CASES]
    images += [make_distroless(raw=dangling, config=config) for config in [{}, *others]]
    images += [make_distroless(annotations=said) for said in ({VARIANT: "debug"}, {DISTRO: "debian12"}, {FORMAT: "9"})]
    images += [
        make_distroless(change, above=above, raw=raw, config=others[1], annotations={VARIANT: "debug"})
        for change, above, raw in files
    ]
    store = MemoryStore()
    for made in images:
        for blob in (made.descriptor, made.manifest.config, *made.manifest.layers):
            store.add([made.blobs.open(blob.digest).read()])

    together = examined(store, None, [(str(number), made.descriptor) for number, made in enumerate(images)])

    assert [report.findings for report in together] == [findings_of(made) for made in images]


def test_an_image_of_one_static_program_has_nothing_to_answer_for() -> None:
    """No accounts, no packages, no search path: what distroless images promise is not asked of it."""
    made = make_image_from([file("sail", make_elf(make_program(interpreter=None, kind="EXEC")), mode=0o755)],
                           config=Execution(entrypoint=("/sail",)))  # fmt: skip

    assert findings_of(made) == ()


def test_a_listed_file_in_a_merged_usr_is_compared_where_it_stands() -> None:
    items = sound_items()
    wrong = f"{'0' * 32}  bin/sail\n".encode()
    made = make_distroless(changed(f"{STATUS}/sail.md5sums", data=wrong))
    md5 = hashlib.md5(items["usr/bin/sail"].data).hexdigest()

    assert [(one.rule.name, one.path, one.message) for one in findings_of(made)] == [
        ("package-sums", "/bin/sail", f"sail says it has the MD5 {'0' * 32}, and it has {md5}")
    ]


def test_faults_of_a_layer_are_told_up_to_a_number() -> None:
    raw = [file("x") for _ in range(30)]

    found = [finding.message for finding in findings_of(make_distroless(raw=raw, change=put("x")))]

    assert found == ['layers[0]: "x" is there twice']


@pytest.mark.parametrize(
    ("config", "ids"),
    [
        ({"user": ""}, (0, 0)),
        ({"user": "0"}, (0, 0)),
        ({"user": "65532"}, (65532, 65532)),
        ({"user": "nonroot"}, (65532, 65532)),
        ({"user": "nonroot:staff"}, (65532, 50)),
        ({"user": "1000"}, (1000, 0)),
        ({"user": "1000:2000"}, (1000, 2000)),
        ({"user": "nobody:crew"}, None),
        ({"user": "crew"}, None),
    ],
)
def test_the_user_is_looked_up_as_runtimes_do(config: Mapping[str, object], ids: tuple[int, int] | None) -> None:
    made = make_distroless(config=config)
    aboard = AboardReader(made.blobs).read(made.descriptor)

    assert user_ids(aboard, accounts_of(aboard)) == ids
