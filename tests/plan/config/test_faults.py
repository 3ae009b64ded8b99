"""Every fault of a configuration is told at once, each with its place and what to write instead."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bareboat.base.errors import BareboatError, ConfigurationError
from bareboat.plan.config.yaml import parse_config
from tests.makers.catalog import faults_of, some_catalog

TAGGED = (
    "write a name of the catalogue without a tag, for variants are chosen when building; "
    "an image of a registry with the registry, such as docker.io/library/debian:13"
)


def in_image(line: str) -> str:
    """A configuration whose image `app` says `line`, which stands in line 4 from column 5."""
    return f"images:\n  app:\n    from: base\n    {line}\n"


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("pakages: [x]", '4:5: images.app: unknown key "pakages" (did you mean "packages"?)'),
        ("max_size: 1", '4:5: images.app: unknown key "max_size" (did you mean "max-size"?)'),
        ("command: [x]", '4:5: images.app: unknown key "command" (did you mean "cmd"?)'),
        ("environment: {}", '4:5: images.app: unknown key "environment" (did you mean "env"?)'),
        ("xyzzy: 1", '4:5: images.app: unknown key "xyzzy"'),
        ("<<: {title: x}", '4:5: images.app: unknown key "<<" (write `from: …` in an image to build on another)'),
        ("title: 3", '4:12: images.app.title: must be text, not a number (put it in quotes: "3")'),
        ("title: [x]", "4:12: images.app.title: must be text, not a list"),
        ("title: true", '4:12: images.app.title: must be text, not true or false (put it in quotes: "true")'),
        ("title:", "4:11: images.app.title: must be text, but is empty"),
        ("packages: libpq5", "4:15: images.app.packages: must be a list, not text (put it in brackets: [ ])"),
        ("packages:", "4:14: images.app.packages: must be a list, but is empty (leave the key out, or write [])"),
        ("packages: {a1: b2}", "4:15: images.app.packages: must be a list, not a mapping (put it in brackets: [ ])"),
        ("packages: [[a1]]", "4:16: images.app.packages[0]: must be text or a mapping, not a list"),
        ("packages: [7]", '4:16: images.app.packages[0]: must be text, not a number (put it in quotes: "7")'),
        (
            'packages: [a1, "b2 (>= "]',
            '4:20: images.app.packages[1]: cannot read the relation "b2 (>= ": expected "," or "|"'
            ' (write one such as "libpq5 (>= 15) [amd64]")',
        ),
        ("packages: [{remove: true}]", "4:16: images.app.packages[0]: package is missing"),
        (
            "packages: [{package: a1, remove: yes}]",
            "4:38: images.app.packages[0].remove: must be true or false, not text",
        ),
        ("omit: [{package: a1}]", "4:12: images.app.omit[0]: reason is missing (say why it is left out)"),
        ("omit: [{package: a1, reason: ' '}]", "4:12: images.app.omit[0]: reason is empty (say why it is left out)"),
        ("omit: [a1]", "4:12: images.app.omit[0]: must be a mapping, not text"),
        ("files: [{path: /a}]", "4:13: images.app.files[0]: does not say what the file is"
            " (add one of: text, source, url, link, folder, remove)"),
        ("files: [{path: /a, text: x, link: y}]",
            "4:13: images.app.files[0]: says text and link; only one of them can be"),
        ("files: [{path: /a/../../b, text: x}]", '4:20: images.app.files[0].path: "/a/../../b" would leave the image'),
        ("files: [{path: a, text: x}]", '4:20: images.app.files[0].path: cannot take "a" as a path of the image:'
            ' it is not absolute (write "/a")'),
        ("files: [{path: /, text: x}]", '4:13: images.app.files[0]: cannot take "/" as the path of a file'),
        ("files: [{path: /a, text: x, mode: 644}]",
            '4:39: images.app.files[0].mode: cannot tell whether 644 is octal or decimal (write "0644")'),
        ("files: [{path: /a, text: x, mode: 0.5}]",
            '4:39: images.app.files[0].mode: cannot read "0.5" as an octal mode (write one such as "0644")'),
        ("files: [{path: /a, link: x, mode: 0644}]", "4:13: images.app.files[0]: mode has no meaning with link"),
        ("files: [{path: /a, url: 'https://mirror.example/a'}]", "4:13: images.app.files[0]: url needs sha256"),
        ("files: [{path: /a, url: 'https://mirror.example/a', sha256: abc}]",
            '4:65: images.app.files[0].sha256: cannot read "sha256:abc" as a digest'),
        ("files: [{path: /a, text: x, owner: 'a b'}]",
            '4:40: images.app.files[0].owner: cannot take "a b" as an owner such as nonroot or 1000:1000'),
        ("files: [{path: /a, text: x, architectures: [amd46]}]",
            '4:49: images.app.files[0].architectures[0]: unknown architecture "amd46" (did you mean "amd64"?)'),
        ("files: [{path: /a, text: x}, {path: /a, text: y}]",
            '4:34: images.app.files: "/a" stands twice (keep one of them, or give each its architectures)'),
        ("accounts: {users: [{name: bob}]}", "4:24: images.app.accounts.users[0]: uid is missing"),
        ("accounts: {groups: [{name: Bob, gid: 3}]}",
            '4:32: images.app.accounts.groups[0].name: cannot take "Bob" as the name of an account'),
        ("accounts: {users: [{name: bob, uid: -1}]}",
            "4:41: images.app.accounts.users[0].uid: must be from 0 to 4294967294, not -1"),
        ("accounts: {users: [{name: bob, uid: '7'}]}",
            "4:41: images.app.accounts.users[0].uid: must be a whole number, not text"),
        ("trust: [{}]", "4:13: images.app.trust[0]: needs either text or source"),
        ("env: [A=b]", "4:10: images.app.env: must be a mapping, not a list"),
        ("env: {A=b: c}", '4:11: images.app.env.A=b: cannot take "A=b" as the name of a variable'),
        ("env: {A: [b]}", "4:14: images.app.env.A: must be text, not a list"),
        ("cmd: serve --all", "4:10: images.app.cmd: must be a list of texts, not text"
            ' (write each argument by itself: ["/app/main", "--verbose"])'),
        ("workdir: app", '4:14: images.app.workdir: cannot take "app" as a path of the image:'
            ' it is not absolute (write "/app")'),
        ("ports: [http]", '4:13: images.app.ports[0]: cannot read "http" as a port (write one such as 8080 or 53/udp)'),
        ("volumes: [data]", '4:15: images.app.volumes[0]: cannot take "data" as a path of the image:'
            ' it is not absolute (write "/data")'),
        ("stop-signal: TERM", '4:18: images.app.stop-signal: there is no signal "TERM" (did you mean "SIGTERM"?)'),
        ("stop-signal: 65", '4:18: images.app.stop-signal: there is no signal "65" (they count from 1 to 64)'),
        ("accept: [{path: /a}]", "4:14: images.app.accept[0]: reason is missing (say why it does no harm)"),
        ("accept: [{path: /a, reason: ''}]", "4:14: images.app.accept[0]: reason is empty (say why it does no harm)"),
        ("accept: [{reason: x}]", "4:14: images.app.accept[0]: path is missing"),
        ("accept: [/a]", "4:14: images.app.accept[0]: must be a mapping, not text"),
        ("accept: {path: /a}", "4:13: images.app.accept: must be a list, not a mapping (put it in brackets: [ ])"),
        ("accept: [{path: a, reason: x}]", '4:21: images.app.accept[0].path: cannot take "a" as a path of the image:'
            ' it is not absolute (write "/a")'),
        ("accept: [{path: /a, need: b, reason: x}]",
            '4:25: images.app.accept[0]: unknown key "need" (did you mean "needs"?)'),
        ("accept: [{path: /a, needs: '', reason: x}]", "4:32: images.app.accept[0].needs: must not be empty"),
        ("accept: [{path: /a, rule: needed-libary, reason: x}]",
            '4:31: images.app.accept[0].rule: no rule of `bareboat check` is called "needed-libary"'
            ' (did you mean "needed-library"?)'),
        ("keep: [doc]", '4:12: images.app.keep[0]: no pruning rule is called "doc" (did you mean "docs"?)'),
        ("drop: [-dogs]", '4:12: images.app.drop[0]: no pruning rule is called "dogs" (did you mean "docs"?)'),
        ("drop: [docs, libc6:usr/bin]", '4:18: images.app.drop[1]: cannot take "usr/bin" as a path of the image:'
            ' it is not absolute (write "libc6:/usr/bin")'),
        ("drop: [3]", '4:12: images.app.drop[0]: must be text, not a number (put it in quotes: "3")'),
        ("effects: [font]", '4:15: images.app.effects[0]: no effect is called "font" (did you mean "fonts"?)'),
        ("debug: {effects: [busibox]}",
            '4:23: images.app.debug.effects[0]: no effect is called "busibox" (did you mean "busybox"?)'),
        ("packages: ['libpq5:i386']", "4:16: images.app.packages[0]: cannot take \"libpq5:i386\": packages of another"
            " architecture than the image's are not taken (write \"libpq5\")"),
        ("healthcheck: off", '4:18: images.app.healthcheck: cannot take "off" as a health check'
            " (write a mapping such as {http: …}, or none)"),
        ("healthcheck: {test: []}", "4:25: images.app.healthcheck.test: must not be empty"),
        ("healthcheck: {test: [x], interval: 30}",
            '4:40: images.app.healthcheck.interval: cannot read "30" as a duration (write one such as 30s or 1m30s)'),
        ("variants: [nonrot]", '4:16: images.app.variants[0]: unknown variant "nonrot" (did you mean "nonroot"?)'),
        ("variants: []", "4:15: images.app.variants: must not be empty"),
        ("architectures: [vax]", '4:21: images.app.architectures[0]: unknown architecture "vax"'
            " (one of: amd64, arm64, arm, s390x, ppc64le, riscv64, loong64)"),
        ("layers: stages", '4:13: images.app.layers: unknown layer strategy "stages" (did you mean "stage"?)'),
        ("layers: budget", "4:13: images.app.layers: needs the largest number of layers (write {budget: 8})"),
        ("layers: {budget: 0}", "4:22: images.app.layers.budget: must be from 1 to 120, not 0"),
        ("max-size: big", '4:15: images.app.max-size: cannot read "big" as a size (write one such as 25MB or 25MiB)'),
        ("created: yesterday",
            '4:14: images.app.created: cannot read "yesterday" as a date such as 2026-01-31T12:00:00Z'),
        ("created: 2026-01-31T12:00:00", '4:14: images.app.created: cannot read "2026-01-31T12:00:00" as a date:'
            " it has no time zone; end it with Z"),
        ("debug: {from: x}", '4:13: images.app.debug: unknown key "from"'),
        ("distros: {debian31: {}}",
            '4:15: images.app.distros: unknown distro "debian31" (one of: debian12, debian13, debian14)'),
        ("distros: {debian13: {pakages: []}}",
            '4:26: images.app.distros.debian13: unknown key "pakages" (did you mean "packages"?)'),
        ("upstream: [{name: nodejs, version: 24}]",
            '4:40: images.app.upstream[0].version: must be text, not a number (put it in quotes: "24")'),
        ("from: static", '4:5: the key "from" stands here again (it is already in line 3)'),
    ],
)
def test_a_fault_in_an_image_has_its_place_and_a_way_out(line: str, fault: str) -> None:
    assert faults_of(in_image(line)) == [fault]


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("[]", ["1:1: must be a mapping, not a list"]),
        ("hello", ["1:1: must be a mapping, not text"]),
        ("distro: debian13", ["1:1: images is missing"]),
        ("images: {}\nsauces: []", ['2:1: unknown key "sauces" (did you mean "sources"?)']),
        ("images: [a]", ["1:9: images: must be a mapping, not a list"]),
        ("images: {app: }", ["1:15: images.app: must be a mapping, but is empty"]),
        ("images: {app: {}}", ["1:15: images.app: from is missing (such as `from: base`)"]),
        (
            "distro: debian31\nimages: {}",
            ['1:9: distro: unknown distro "debian31" (one of: debian12, debian13, debian14)'],
        ),
        (
            "distro: trixie\nimages: {}",
            ['1:9: distro: unknown distro "trixie" (one of: debian12, debian13, debian14)'],
        ),
        ("images: {}\ncompression: lz4", ['2:14: compression: unknown compression "lz4" (one of: gzip, zstd)']),
        (
            "images: {}\nmirrors: ['https://me:sekret@mirror.example/debian']",
            [
                '2:11: mirrors[0]: has a user name or password before the host of "https://mirror.example/debian"'
                " (take it out of this file and put it into ~/.netrc)"
            ],
        ),
        (
            "images: {}\nsources: [{name: a, suite: b, components: [main], keys: [k]}]",
            ["2:11: sources[0]: url is missing"],
        ),
        (
            "images: {}\nsources: [{name: a, suite: b, components: [main], url: 'https://mirror.example/'}]",
            ["2:11: sources[0]: keys are missing (name the file with the key that signs this archive)"],
        ),
    ],
)
def test_a_fault_of_the_file_has_its_place_and_a_way_out(text: str, faults: list[str]) -> None:
    assert faults_of(text) == faults


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("images: {app: {from: pyton3}}", ['1:22: images.app.from: unknown image "pyton3" (did you mean "python3"?)']),
        (
            "images: {app: {from: zzz}}",
            ['1:22: images.app.from: unknown image "zzz" (`bareboat catalog` lists them all)'],
        ),
        ("images: {first: {from: base}, app: {from: frist}}", [
            '1:43: images.app.from: unknown image "frist" (did you mean "first"?)'
        ]),
        ("images: {app: {from: java17}}", [
            '1:22: images.app.from: there is no "java17" for debian13 (write java17-debian12)'
        ]),
        ("images: {app: {from: python3-debian31}}", [
            '1:22: images.app.from: unknown distro "debian31" (one of: debian12, debian13, debian14)'
        ]),
        ("images: {app: {from: 'python3:nonroot'}}", [
            f'1:22: images.app.from: cannot build on "python3:nonroot" ({TAGGED})'
        ]),
        ("images: {app: {from: 'registry.example/base@sha256:0'}}", [
            '1:22: images.app.from: image reference "registry.example/base@sha256:0":'
            ' cannot read "sha256:0" as a digest'
        ]),
        ("images: {app: {from: 'https://me:sekret@registry.example/base'}}", [
            '1:22: images.app.from: cannot build on "https://registry.example/base": a reference has no scheme'
            " (leave out https:// and what stands before an @ there)"
        ]),
        ("images: {a: {from: b}, b: {from: c}, c: {from: a}}", [
            '1:20: images.a.from: goes round in a circle: "a" from "b" from "c" from "a"'
        ]),
        ("images: {a: {from: a}}", ['1:20: images.a.from: goes round in a circle: "a" from "a"']),
        ("images: {z: {from: a}, a: {from: b}, b: {from: a}}", [
            '1:34: images.a.from: goes round in a circle: "a" from "b" from "a"'
        ]),
        ("images: {a: {from: base, distros: {debian12: {from: a}}}}", [
            '1:53: images.a.from: goes round in a circle: "a" from "a"'
        ]),
        ("images: {python3: {from: base}}", [
            "1:10: images.python3: the catalogue has an image of this name (choose another name)"
        ]),
        ("images: {python3.13: {from: base}}", [
            "1:10: images.python3.13: the catalogue has an image of this name (choose another name)"
        ]),
        ("images: {app-debian13: {from: base}}", [
            "1:10: images.app-debian13: names that end in a distro are the catalogue's (choose another name)"
        ]),
        ("images: {scratch: {from: base}}", [
            '1:10: images.scratch: "scratch" is the empty image (choose another name)'
        ]),
        ("images: {App: {from: base}}", [
            '1:10: images.App: cannot take "App" as a name of small letters, digits, dots and hyphens'
        ]),
    ],
)
def test_a_fault_of_names_has_its_place_and_a_way_out(text: str, faults: list[str]) -> None:
    assert faults_of(text) == faults


def test_all_faults_are_told_at_once_in_the_order_of_the_file() -> None:
    text = "distro: x\nimages:\n  app:\n    from: pyton3\n    title: 1\n    pakages: []\n  b: {from: b}\ncolour: red\n"
    with pytest.raises(ConfigurationError) as raised:
        parse_config(text.encode(), "deploy/bareboat.yaml", some_catalog())
    assert str(raised.value) == "\n".join([
        'cannot use "deploy/bareboat.yaml": 6 faults',
        '  deploy/bareboat.yaml:1:9: distro: unknown distro "x" (one of: debian12, debian13, debian14)',
        '  deploy/bareboat.yaml:4:11: images.app.from: unknown image "pyton3" (did you mean "python3"?)',
        '  deploy/bareboat.yaml:5:12: images.app.title: must be text, not a number (put it in quotes: "1")',
        '  deploy/bareboat.yaml:6:5: images.app: unknown key "pakages" (did you mean "packages"?)',
        '  deploy/bareboat.yaml:7:13: images.b.from: goes round in a circle: "b" from "b"',
        '  deploy/bareboat.yaml:8:1: unknown key "colour"',
    ])
    assert raised.value.exit_code == 3


def test_faults_of_inheritance_are_told_with_the_others() -> None:
    """Of every image that is sound by itself, as are those that it is built on."""
    text = (
        "images:\n"
        "  good: {from: base, env: {A: null}}\n"
        "  child: {from: good, ports: [-80]}\n"
        "  bad: {from: base, pakages: [], env: {A: null}}\n"
        "  orphan: {from: bad, env: {A: null}}\n"
        "  lost: {from: bsae, env: {A: null}}\n"
        "  round: {from: round, env: {A: null}}\n"
    )
    assert faults_of(text) == [
        '2:28: images.good.env: takes "A" away, which no parent has',
        '3:31: images.child.ports: takes "80/tcp" away, which no parent has',
        '4:21: images.bad: unknown key "pakages" (did you mean "packages"?)',
        '6:16: images.lost.from: unknown image "bsae" (did you mean "base"?)',
        '7:17: images.round.from: goes round in a circle: "round" from "round"',
    ]


@pytest.mark.parametrize("above", ["distro: debian31", "defaults: {lables: {}}", "defaults: []"])
def test_no_inheritance_is_judged_on_wrong_ground(above: str) -> None:
    (fault,) = faults_of(f"{above}\nimages: {{app: {{from: base, labels: {{a: null}}}}}}\n")
    assert fault.startswith("1:")


def test_a_fault_of_another_key_of_the_file_hides_no_inheritance() -> None:
    text = "sauces: []\ndefaults: {labels: {a: b}}\nimages: {app: {from: base, labels: {a: null, c: null}}}\n"
    assert [fault.partition(" ")[0] for fault in faults_of(text)] == ["1:1:", "3:46:"]


def test_a_fault_inside_an_alias_stands_where_it_was_written() -> None:
    text = "images:\n  a: &a {from: base, title: 1}\n  b: *a\n"
    assert faults_of(text) == [
        '2:29: images.a.title: must be text, not a number (put it in quotes: "1")',
        '2:29: images.b.title: must be text, not a number (put it in quotes: "1")',
    ]


KEYS = st.sampled_from([
    "images", "app", "from", "base", "packages", "files", "path", "text", "env", "debug", "distros", "debian13",
    "healthcheck", "test", "accounts", "users", "name", "uid", "-x", "sources", "defaults", "omit", "reason", "<<",
    "layers", "trust",
])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 9999) | KEYS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=3), inner, max_size=4),
    max_leaves=25,
)


@settings(max_examples=150)
@given(st.dictionaries(st.just("images") | KEYS, st.dictionaries(KEYS, VALUES, max_size=3) | VALUES, max_size=4))
def test_any_document_is_a_configuration_or_has_faults(document: dict[str, object]) -> None:
    """JSON is YAML, so this reaches the door and what lies behind it."""
    data = json.dumps(document, ensure_ascii=False).encode(errors="replace")
    try:
        config = parse_config(data, "f", some_catalog())
    except ConfigurationError as error:
        assert error.problems  # noqa: PT017
    else:
        images = document["images"]
        assert isinstance(images, dict)
        assert set(config.images) == set(images)


@settings(max_examples=150)
@given(st.text(alphabet="images:\n {}[]fromba-,'\"#&*!0\t|", max_size=120))
def test_any_text_raises_nothing_but_our_own_error(text: str) -> None:
    try:
        parse_config(text.encode(), "f", some_catalog())
    except BareboatError as error:
        assert error.message  # noqa: PT017
