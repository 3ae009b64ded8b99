"""What this machine's apt is set to: its sources and its proxy."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bareboat.store.apt_proxy import machine_proxies, proxies_of
from bareboat.store.apt_sources import (
    AptSource,
    deb822_sources,
    debian_mirrors,
    machine_sources,
    one_line_sources,
    security_mirrors,
)

CODENAMES = ("bookworm", "trixie", "stable")


def source(urls: str, suites: str, components: str = "main", signed_by: str = "") -> AptSource:
    return AptSource(
        urls=tuple(urls.split()),
        suites=tuple(suites.split()),
        components=tuple(components.split()),
        signed_by=signed_by,
    )


@pytest.mark.parametrize(
    ("line", "sources"),
    [
        (
            "deb http://a.example/debian trixie main contrib",
            [source("http://a.example/debian", "trixie", "main contrib")],
        ),
        ("  deb\thttp://a.example/debian/\ttrixie\tmain # ours", [source("http://a.example/debian", "trixie")]),
        (
            "deb [arch=amd64,arm64 signed-by=/k.gpg] http://a.example/debian trixie main",
            [source("http://a.example/debian", "trixie", "main", "/k.gpg")],
        ),
        ("deb [trusted=yes]http://a.example/debian trixie main", [source("http://a.example/debian", "trixie")]),
        ("deb http://a.example/flat ./", [source("http://a.example/flat", "./", "")]),
        ("deb-src http://a.example/debian trixie main", []),
        ("# deb http://a.example/debian trixie main", []),
        ("deb http://a.example/debian", []),
        ("debris http://a.example/debian trixie main", []),
        ("", []),
    ],
)
def test_a_line_is_a_source(line: str, sources: list[AptSource]) -> None:
    assert one_line_sources(line + "\n") == tuple(sources)


def test_paragraphs_are_sources() -> None:
    text = """
# Debian itself
Types: deb deb-src
URIs: http://a.example/debian/
# in between
  http://b.example/debian
Suites: trixie trixie-updates
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .

Types: deb
URIs: http://off.example/debian
Suites: trixie
Components: main
Enabled: No

Types: deb-src
URIs: http://source.example/debian
Suites: trixie

types: deb
uris: http://a.example/debian-security
suites: trixie-security
components: main
enabled: yes
"""
    assert deb822_sources(text) == (
        source(
            "http://a.example/debian http://b.example/debian",
            "trixie trixie-updates",
            "main",
            "-----BEGIN PGP PUBLIC KEY BLOCK-----\n.",
        ),
        source("http://a.example/debian-security", "trixie-security"),
    )


@pytest.mark.parametrize(
    ("one", "is_debian", "is_security"),
    [
        (source("http://a.example/debian", "trixie"), True, False),
        (source("http://a.example/debian", "bookworm-backports"), True, False),
        (source("http://a.example/debian", "stable"), True, False),
        (source("http://a.example/debian-security", "trixie-security"), False, True),
        (source("http://security.example/", "bookworm/updates"), False, True),
        (source("http://a.example/debian", "trixie-security"), False, False),
        (
            source("http://a.example/debian", "trixie", "main", "/usr/share/keyrings/debian-archive-keyring.gpg"),
            True,
            False,
        ),
        (source("http://a.example/", "trixie", "main", "/usr/share/keyrings/vendor.gpg"), False, False),
        (source("http://a.example/debian", "trixie", "stable"), False, False),
        (source("http://a.example/debian-debug", "trixie-debug"), False, False),
        (source("http://a.example/node_24.x", "nodistro"), False, False),
        (source("http://a.example/ubuntu", "noble"), False, False),
        (source("cdrom:[Debian]/", "trixie"), False, False),
        (source("tor+http://a.example/debian", "trixie"), False, False),
    ],
)
def test_only_debians_own_archives_count(one: AptSource, is_debian: bool, is_security: bool) -> None:
    assert debian_mirrors([one], CODENAMES) == (one.urls if is_debian else ())
    assert security_mirrors([one], CODENAMES) == (one.urls if is_security else ())


def test_mirrors_keep_their_order_and_come_once() -> None:
    sources = [
        source("http://b.example/d http://a.example/d", "trixie"),
        source("http://b.example/d", "trixie-updates"),
    ]
    assert debian_mirrors(sources, CODENAMES) == ("http://b.example/d", "http://a.example/d")


def machine(root: Path, identity: str) -> Path:
    folder = root / "etc/apt/sources.list.d"
    folder.mkdir(parents=True)
    (root / "etc/os-release").write_text(f"NAME=whatever\nID={identity}\n")
    (root / "etc/apt/sources.list").write_text("deb http://first.example/debian trixie main\n")
    (folder / "b.list").write_text("deb http://third.example/debian trixie main\n")
    (folder / "a.sources").write_text(f"Types: deb\nURIs: mirror+file:{root}/list\nSuites: trixie\nComponents: main\n")
    (folder / "c.list.disabled").write_text("deb http://off.example/debian trixie main\n")
    (folder / "d.sources").write_text("Types: deb\nURIs: mirror+file:/none\nSuites: trixie\nComponents: main\n")
    (folder / "e.sources").write_bytes(
        b"Types: deb\nURIs: http://fourth.example/\xff\nSuites: trixie\nComponents: main"
    )
    (root / "list").write_text(
        "# mirrors\nhttp://second.example/debian/\tpriority:1\n\nhttps://second.example/debian\n"
    )
    return root


@pytest.mark.parametrize("identity", ["debian", '"debian"'])
def test_a_debian_machine_has_the_sources_of_its_files(tmp_path: Path, identity: str) -> None:
    assert debian_mirrors(machine_sources(machine(tmp_path, identity)), CODENAMES) == (
        "http://first.example/debian",
        "http://second.example/debian",
        "https://second.example/debian",
        "http://third.example/debian",
        "http://fourth.example/\ufffd",
    )


@pytest.mark.parametrize("identity", ["ubuntu", "raspbian", "debian-like"])
def test_another_machine_has_none(tmp_path: Path, identity: str) -> None:
    assert machine_sources(machine(tmp_path, identity)) == ()


def test_a_machine_without_apt_has_none(tmp_path: Path) -> None:
    assert machine_sources(tmp_path) == ()
    assert machine_proxies(tmp_path) == {}


@pytest.mark.parametrize(
    ("text", "proxies"),
    [
        ('Acquire::http::Proxy "http://p.example:3128";', {"http": "http://p.example:3128"}),
        ("Acquire::http::Proxy p.example:3128;", {"http": "p.example:3128"}),
        ("Acquire::http::Proxy http://p.example:3128/;", {}),
        (
            'Acquire {\n  http { Proxy "http://p.example"; Timeout "5"; };\n  https::Proxy "http://q.example";\n};',
            {"http": "http://p.example", "https": "http://q.example"},
        ),
        ('acquire::HTTP::proxy "a"; acquire::http::proxy "b";', {"http": "b"}),
        ('// Acquire::http::Proxy "x";\n# Acquire::http::Proxy "x";\n/* Acquire::http::Proxy "x"; */', {}),
        ('Acquire::http::Proxy "";', {}),
        ('Acquire::http::Proxy::a.example "DIRECT";', {}),
        ('APT::NeverAutoRemove { "^linux-.*"; };\nAcquire::http::Proxy "a";', {"http": "a"}),
        ('Acquire { http { Proxy "unfinished"', {}),
        ("}}};;;{", {}),
    ],
)
def test_the_proxy_is_found_in_every_style(text: str, proxies: dict[str, str]) -> None:
    assert proxies_of(text) == proxies


def test_the_last_file_wins_and_direct_means_none(tmp_path: Path) -> None:
    folder = tmp_path / "etc/apt/apt.conf.d"
    folder.mkdir(parents=True)
    (folder / "10a").write_text('Acquire::http::Proxy "http://a.example"; Acquire::https::Proxy "http://a.example";')
    (folder / "20b").write_text('Acquire::http::Proxy "http://b.example";')
    (tmp_path / "etc/apt/apt.conf").write_text('Acquire::https::Proxy "DIRECT";')
    assert machine_proxies(tmp_path) == {"http": "http://b.example"}


@pytest.mark.oracle
@pytest.mark.parametrize(
    "text",
    [
        'Acquire::http::Proxy "http://p.example:3128"; // why\n',
        "Acquire::http::Proxy p.example:3128;\n",
        'Acquire {\n  http { Proxy "http://p.example"; Timeout "5"; };\n};\n',
        '/* Acquire::http::Proxy "x"; */ acquire::HTTP::proxy "http://q.example";\n',
    ],
)
def test_apt_reads_the_same_proxy(tmp_path: Path, text: str) -> None:
    apt_config = shutil.which("apt-config")
    assert apt_config, "apt-config is needed"
    (tmp_path / "conf").write_text(text)
    done = subprocess.run(
        [apt_config, "-c", str(tmp_path / "conf"), "shell", "proxy", "Acquire::http::Proxy"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"proxy='{proxies_of(text)['http']}'\n"


@pytest.mark.oracle
def test_apt_reads_the_same_sources(tmp_path: Path) -> None:
    text = (
        "deb [arch=amd64 signed-by=/k.gpg] http://a.example/debian trixie main contrib\n"
        "# deb http://off.example/debian trixie main\n"
        "deb http://b.example/debian/ trixie-updates main # ours\n"
    )
    deb822 = "Types: deb\nURIs: http://c.example/debian/ http://d.example/debian\nSuites: trixie\nComponents: main\n"
    parts = tmp_path / "parts"
    parts.mkdir()
    (parts / "a.list").write_text(text)
    (parts / "b.sources").write_text(deb822 + "\n" + deb822.replace("c.example", "off.example") + "Enabled: no\n")
    (tmp_path / "state/lists/partial").mkdir(parents=True)
    settings = [f"Dir::Etc::SourceParts={parts}", "Dir::Etc::SourceList=/dev/null", f"Dir::State={tmp_path}/state"]
    apt_get = shutil.which("apt-get")
    assert apt_get, "apt-get is needed"
    options = [word for setting in settings for word in ("-o", setting)]
    asked = [apt_get, *options, "update", "--print-uris"]
    done = subprocess.run(asked, capture_output=True, text=True, check=True)
    found = re.findall(r"^'(.*)/dists/(.*)/(.*)/binary-[^/]*/Packages", done.stdout, re.MULTILINE)
    expected = {
        f"{url} {suite} {component}"
        for one in (*one_line_sources(text), *deb822_sources((parts / "b.sources").read_text()))
        for url in one.urls
        for suite in one.suites
        for component in one.components
    }
    assert {" ".join(words) for words in found} == expected
