"""A whole `bareboat.yaml` becomes a value."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bareboat.base.digest import Digest
from bareboat.base.epoch import Epoch
from bareboat.base.errors import ConfigurationError
from bareboat.base.path import ImagePath
from bareboat.base.problem import Place
from bareboat.plan.config.config import (
    Acceptance,
    Accounts,
    Compression,
    Config,
    FileWish,
    GroupWish,
    Healthcheck,
    ImageWish,
    Layers,
    LayerStrategy,
    Omission,
    PackageWish,
    PinnedSource,
    TrustWish,
    UpstreamWish,
    UserWish,
    Variant,
)
from bareboat.plan.config.yaml import parse_config, read_config
from tests.makers.catalog import config_of, some_catalog, without_places

EVERYTHING = f"""
distro: debian13
compression: zstd
mirrors: ["https://mirror.example/debian"]
defaults: {{labels: {{team: shop}}, architectures: [amd64, arm64]}}
sources:
  - name: adoptium
    url: https://mirror.example/adoptium
    urls: ["file:///srv/adoptium"]
    suite: trixie
    components: [main]
    signed-by: [keys/adoptium.asc]
    architectures: [amd64]
    priority: 990
    pins: [temurin-21-jre]
images:
  orders-api:
    from: python3
    title: Orders
    packages: [libpq5=15.3-1, -tzdata-legacy, {{package: zlib1g}}, {{package: tzdata, remove: true}}]
    upstream: [{{name: nodejs, version: "24"}}]
    omit: [{{package: libldap2, reason: libpq is used without LDAP}}, {{package: debconf, remove: true}}]
    accept:
      - {{path: "/usr/lib/**/libjsound.so", needs: libasound.so.2, rule: needed-library, reason: " no sound "}}
      - {{path: /opt/x, remove: true}}
    files:
      - {{path: /etc/orders.toml, text: "workers = 4\\n", mode: 0600}}
      - {{path: /app, source: ./dist, owner: nonroot}}
      - path: /opt/tool
        url: https://mirror.example/tool
        sha256: {"ab" * 32}
        mode: "755"
        architectures: [amd64]
      - {{path: /bin/tool, link: /opt/tool}}
      - {{path: /var/cache/orders, folder: true, owner: 65532:65532}}
      - {{path: /usr/bin/python3, remove: true}}
    accounts:
      users: [{{name: orders, uid: 1000, home: /srv, home-mode: "0700"}}, {{name: nobody, remove: true}}]
      groups: [{{name: orders, gid: 1000, members: [nonroot]}}]
    trust: [certs/corp-root.pem, {{text: PEM}}]
    env: {{TZ: Europe/Berlin, WORKERS: 4, RATIO: 3.10, DEBUG: false, LANG: null}}
    entrypoint: [/usr/bin/python3, /app/main.py]
    cmd: [--port, 8080]
    user: 1000
    workdir: /app/
    ports: [8080, 53/udp, -9000]
    volumes: [/data, -/old]
    labels: {{team: orders}}
    annotations: {{org.opencontainers.image.vendor: Orders}}
    stop-signal: SIGINT
    healthcheck: {{test: [CMD-SHELL, "check"], interval: 30s, timeout: 5s, start-period: 1m, retries: 3}}
    variants: [nonroot, debug]
    architectures: [amd64, arm64]
    layers: {{budget: 8}}
    keep: [docs]
    drop: ["libc6:/usr/share/**"]
    max-size: 25MB
    created: 2026-01-31T12:00:00Z
    aliases: [orders]
    effects: [fonts]
    debug: {{packages: [strace]}}
    distros: {{debian13: {{title: Orders on trixie}}, debian12: }}
"""


def test_every_key_is_read() -> None:
    wish = ImageWish(
        name="orders-api",
        from_="python3",
        title="Orders",
        packages=(
            PackageWish(relation="libpq5 (= 15.3-1)"),
            PackageWish(relation="tzdata-legacy", remove=True),
            PackageWish(relation="zlib1g"),
            PackageWish(relation="tzdata", remove=True),
        ),
        upstream=(UpstreamWish(name="nodejs", version="24"),),
        omit=(
            Omission(package="libldap2", reason="libpq is used without LDAP"),
            Omission(package="debconf", remove=True),
        ),
        accept=(
            Acceptance(
                path="/usr/lib/**/libjsound.so", needs="libasound.so.2", rule="needed-library", reason="no sound"
            ),
            Acceptance(path="/opt/x", remove=True),
        ),
        files=(
            FileWish(path=ImagePath("etc/orders.toml"), text="workers = 4\n", mode=0o600),
            FileWish(path=ImagePath("app"), source="./dist", owner="nonroot"),
            FileWish(
                path=ImagePath("opt/tool"), url="https://mirror.example/tool", sha256=Digest("sha256", "ab" * 32),
                mode=0o755, architectures=("amd64",),
            ),
            FileWish(path=ImagePath("bin/tool"), link="/opt/tool"),
            FileWish(path=ImagePath("var/cache/orders"), folder=True, owner="65532:65532"),
            FileWish(path=ImagePath("usr/bin/python3"), remove=True),
        ),
        accounts=Accounts(
            users=(
                UserWish(name="orders", uid=1000, gid=1000, home="/srv", home_mode=0o700),
                UserWish(name="nobody", uid=0, gid=0, remove=True),
            ),
            groups=(GroupWish(name="orders", gid=1000, members=("nonroot",)),),
        ),
        trust=(TrustWish(source="certs/corp-root.pem"), TrustWish(text="PEM")),
        env={"TZ": "Europe/Berlin", "WORKERS": "4", "RATIO": "3.10", "DEBUG": "false", "LANG": None},
        entrypoint=("/usr/bin/python3", "/app/main.py"),
        cmd=("--port", "8080"),
        user="1000",
        workdir="/app",
        ports=("8080/tcp", "53/udp", "-9000/tcp"),
        volumes=("/data", "-/old"),
        labels={"team": "orders"},
        annotations={"org.opencontainers.image.vendor": "Orders"},
        stop_signal="SIGINT",
        healthcheck=Healthcheck(
            test=("CMD-SHELL", "check"), interval_ns=30 * 10**9, timeout_ns=5 * 10**9, start_period_ns=60 * 10**9,
            retries=3,
        ),
        variants=(Variant.nonroot, Variant.debug),
        architectures=("amd64", "arm64"),
        layers=Layers(strategy=LayerStrategy.budget, budget=8),
        keep=("docs",),
        drop=("libc6:/usr/share/**",),
        max_size=25_000_000,
        created=Epoch(1769860800),
        aliases=("orders",),
        effects=("fonts",),
        debug=ImageWish(name="orders-api", packages=(PackageWish(relation="strace"),)),
        distros={
            "debian13": ImageWish(name="orders-api", title="Orders on trixie"),
            "debian12": ImageWish(name="orders-api"),
        },
    )
    expected = Config(
        file="bareboat.yaml",
        distro="debian13",
        defaults=ImageWish(name="", labels={"team": "shop"}, architectures=("amd64", "arm64")),
        images={"orders-api": wish},
        sources=(
            PinnedSource(
                name="adoptium",
                urls=("https://mirror.example/adoptium", "file:///srv/adoptium"),
                suite="trixie",
                components=("main",),
                keys=("keys/adoptium.asc",),
                architectures=("amd64",),
                priority=990,
                pins=("temurin-21-jre",),
            ),
        ),
        mirrors=("https://mirror.example/debian",),
        compression=Compression.zstd,
    )
    assert without_places(config_of(EVERYTHING)) == without_places(expected)


def test_null_takes_away_and_silence_does_not() -> None:
    silent, loud = config_of(
        "images:\n  a: {from: base}\n"
        "  b: {from: base, entrypoint: null, cmd: null, user: null, workdir: null, stop-signal: null,"
        " healthcheck: none}"
    ).images.values()
    assert (silent.entrypoint, silent.cmd, silent.user, silent.workdir, silent.stop_signal) == (None,) * 5
    assert (loud.entrypoint, loud.cmd, loud.user, loud.workdir, loud.stop_signal) == ((), (), "", "", "")
    assert (silent.no_healthcheck, loud.no_healthcheck) == (False, True)


def test_architectures_are_known_by_any_name_and_named_once() -> None:
    image = config_of("images: {app: {from: base, architectures: [x86_64, amd64, linux/arm64, ppc64el]}}").images["app"]
    assert image.architectures == ("amd64", "arm64", "ppc64le")


def test_wishes_remember_their_place() -> None:
    image = config_of("images:\n  app:\n    from: base\n    packages:\n      - libpq5\n").images["app"]
    assert image.packages[0].place == Place("bareboat.yaml", 5, 9)


def test_words_without_a_place_of_their_own_have_one_in_their_image() -> None:
    text = "images:\n  app:\n    from: base\n    ports: [80, -81/udp]\n    env:\n      A: b\n    drop: [docs]\n"
    image = config_of(f"{text}    architectures: [x86_64]\n    debug: {{env: {{C: d}}}}\n").images["app"]
    assert image.place_of("ports", "80/tcp") == Place("bareboat.yaml", 4, 13)
    assert image.place_of("ports", "-81/udp") == Place("bareboat.yaml", 4, 17)
    assert image.place_of("env", "A") == Place("bareboat.yaml", 6, 7)
    assert image.place_of("drop", "docs") == Place("bareboat.yaml", 7, 12)
    assert image.place_of("architectures", "amd64") == Place("bareboat.yaml", 8, 21)
    assert image.place_of("env", "unheard-of") == image.place == Place("bareboat.yaml", 3, 5)
    assert image.debug is not None
    assert image.debug.place_of("env", "C") == Place("bareboat.yaml", 9, 19)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(f'cannot read "{tmp_path}/bareboat.yaml": No such file')):
        read_config(tmp_path / "bareboat.yaml", some_catalog())


def test_a_file_is_read_as_its_text_is(tmp_path: Path) -> None:
    (tmp_path / "bareboat.yaml").write_text(EVERYTHING)
    read = read_config(tmp_path / "bareboat.yaml", some_catalog())
    assert without_places(read.images) == without_places(config_of(EVERYTHING).images)
    assert read.file == str(tmp_path / "bareboat.yaml")


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=12)
NAMES = st.from_regex(r"[a-z][a-z0-9]{2,6}", fullmatch=True)
IMAGES = st.fixed_dictionaries(
    {"from": st.sampled_from(["base", "static", "python3"])},
    optional={
        "title": TEXTS,
        "packages": st.lists(NAMES, max_size=3),
        "env": st.dictionaries(NAMES, TEXTS | st.none(), max_size=3),
        "cmd": st.lists(TEXTS, max_size=3) | st.none(),
        "files": st.lists(
            st.builds(lambda name, text: {"path": f"/{name}", "text": text}, NAMES, TEXTS), max_size=2
        ),
        "user": NAMES | st.none(),
        "ports": st.lists(st.integers(1, 65535), max_size=2),
        "max-size": st.integers(1, 10**9),
        "debug": st.fixed_dictionaries({}, optional={"packages": st.lists(NAMES, max_size=2)}),
    },
)
DOCUMENTS = st.fixed_dictionaries(
    {"images": st.dictionaries(NAMES.map(lambda name: f"my-{name}"), IMAGES, max_size=3)}
)


class Quoting(yaml.SafeDumper):
    """Puts every text into quotes, as YAML 1.2 needs for some that PyYAML's 1.1 leaves bare."""


Quoting.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


@given(DOCUMENTS, st.booleans(), st.integers(20, 200))
def test_layout_has_no_meaning(document: dict[str, object], flow: bool, width: int) -> None:
    """Block or flow style, quotes, line breaks and comments: the value is the same."""
    plain = json.dumps(document, ensure_ascii=False)
    other = "# note\n" + yaml.dump(
        document, Dumper=Quoting, sort_keys=False, default_flow_style=flow, width=width, allow_unicode=True, indent=4
    )
    assert without_places(parsed(other)) == without_places(parsed(plain))


def parsed(text: str) -> Config:
    return parse_config(text.encode(), "f", some_catalog())


@given(st.dictionaries(NAMES, TEXTS, max_size=5))
def test_texts_come_back_as_they_went_in(env: dict[str, str]) -> None:
    document = {"images": {"app": {"from": "base", "env": env}}}
    assert parsed(yaml.dump(document, Dumper=Quoting)).images["app"].env == env
