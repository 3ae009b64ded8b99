"""Inheritance: what a child's words do to its parent's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.base.errors import ConfigurationError
from bareboat.base.path import ImagePath
from bareboat.plan.config.config import Accounts, FileWish, Layers, LayerStrategy, Omission, UserWish, Variant
from bareboat.plan.inherit import catalog_recipes, config_recipes
from bareboat.plan.recipe import Recipe, RunConfig, Stage
from tests.makers.catalog import config_of, faults_of, recipes_of, some_catalog, without_places

PATH = "/usr/bin:/bin"
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"


def recipe_of(line: str, parent: str = "from: base") -> Recipe:
    """The recipe of an image `app` on a parent that says `parent`, and `line`."""
    text = f"images:\n  parent: {{{parent}}}\n  app: {{from: parent, {line}}}\n"
    return recipes_of(text)["app"]


def run_of(line: str, parent: str = "from: base", variant: Variant = Variant.latest) -> RunConfig:
    return recipe_of(line, parent).runs[variant]


def catalog_recipe(name: str) -> Recipe:
    return next(recipe for recipe in catalog_recipes(some_catalog()) if recipe.name == name)


def relations(stages: tuple[Stage, ...]) -> dict[str, list[str]]:
    return {stage.name: [wish.relation for wish in stage.packages] for stage in stages}


def test_a_chain_is_one_stage_for_each_image_root_first() -> None:
    recipe = catalog_recipe("python3-debian13")
    assert relations(recipe.stages) == {
        "static": ["base-files", "tzdata", "tzdata-legacy"],
        "base": ["libc6", "libssl3t64"],
        "python3": ["python3.13-minimal"],
    }
    assert relations(recipe.debug_stages) == {"static:debug": ["busybox-static"]}
    assert [stage.title for stage in recipe.stages] == ["nothing that runs", "glibc", "Python 3"]
    assert (recipe.image, recipe.distro, recipe.base) == ("python3", "debian13", "base-debian13")
    assert (recipe.title, recipe.aliases, recipe.preview) == ("Python 3", ("python3.13",), False)


def test_an_image_is_there_for_the_distros_that_it_lists() -> None:
    assert [recipe.name for recipe in catalog_recipes(some_catalog()) if recipe.image in ("base", "java17")] == [
        "base-debian12", "base-debian13", "java17-debian12",
    ]
    assert catalog_recipe("static-debian14").preview is True


def test_every_distro_has_its_own_packages_and_architectures() -> None:
    recipe = catalog_recipe("python3-debian12")
    assert relations(recipe.stages) == {
        "static": ["base-files", "tzdata"], "base": ["libc6"], "python3": ["python3.11-minimal"],
    }
    assert recipe.architectures == ("amd64", "arm64", "s390x")
    assert [omission.package for omission in recipe.omit] == ["debconf", "old-thing", "perl-base"]


def test_debug_adds_the_stages_of_the_whole_chain() -> None:
    assert relations(catalog_recipe("java17-debian12").debug_stages) == {
        "static:debug": ["busybox-static"], "java17:debug": ["openjdk-17-jdk-headless"],
    }


@pytest.mark.parametrize(
    ("variant", "expected"),
    [
        (Variant.latest, RunConfig(env={"PATH": PATH, "SSL_CERT_FILE": CERTIFICATES}, user="0", workdir="/")),
        (
            Variant.nonroot,
            RunConfig(env={"PATH": PATH, "SSL_CERT_FILE": CERTIFICATES}, user="65532", workdir="/home/nonroot"),
        ),
        (
            Variant.debug,
            RunConfig(
                env={"PATH": f"{PATH}:/busybox", "SSL_CERT_FILE": CERTIFICATES}, entrypoint=("/busybox/sh",), user="0",
                workdir="/",
            ),
        ),
        (
            Variant.debug_nonroot,
            RunConfig(
                env={"PATH": f"{PATH}:/busybox", "SSL_CERT_FILE": CERTIFICATES}, entrypoint=("/busybox/sh",),
                user="65532", workdir="/home/nonroot",
            ),
        ),
    ],
)
def test_variants_run_as_the_contract_says(variant: Variant, expected: RunConfig) -> None:
    """shared/reference/distroless.md, 1.2."""
    assert catalog_recipe("base-debian13").runs[variant] == expected


def test_a_program_of_its_own_outranks_the_shell_in_debug_variants() -> None:
    assert catalog_recipe("python3-debian13").runs[Variant.debug].entrypoint == ("/usr/bin/python3.13",)
    assert run_of("cmd: [/app]", variant=Variant.debug) == RunConfig(
        env={"PATH": f"{PATH}:/busybox", "SSL_CERT_FILE": CERTIFICATES}, cmd=("/app",), user="0", workdir="/"
    )


def test_what_debug_says_outranks_a_program_of_its_own() -> None:
    run = run_of("entrypoint: [/app], cmd: [x], debug: {entrypoint: [/busybox/strace, /app]}", variant=Variant.debug)
    assert (run.entrypoint, run.cmd) == (("/busybox/strace", "/app"), ())


def test_a_path_of_its_own_still_ends_in_busybox_in_debug_variants() -> None:
    assert run_of("env: {PATH: /venv/bin}", variant=Variant.debug).env["PATH"] == "/venv/bin:/busybox"
    assert run_of("env: {PATH: /busybox}", variant=Variant.debug).env["PATH"] == "/busybox"
    assert run_of("debug: {env: {PATH: '${PATH}:/opt'}}", variant=Variant.debug).env["PATH"] == f"{PATH}:/opt:/busybox"


@pytest.mark.parametrize(
    ("line", "latest", "nonroot"),
    [
        ("title: x", ("0", "/"), ("65532", "/home/nonroot")),
        ("user: 1000", ("1000", "/"), ("1000", "/home/nonroot")),
        ("user: app:app", ("app:app", "/"), ("app:app", "/home/nonroot")),
        ("user: root", ("root", "/"), ("65532", "/home/nonroot")),
        ("user: '0:0'", ("0:0", "/"), ("65532", "/home/nonroot")),
        ("workdir: /app", ("0", "/app"), ("65532", "/app")),
        ("user: null, workdir: null", ("0", "/"), ("65532", "/home/nonroot")),
    ],
)
def test_a_user_of_its_own_wins_unless_it_is_root_in_nonroot(
    line: str, latest: tuple[str, str], nonroot: tuple[str, str]
) -> None:
    for variant, expected in [(Variant.latest, latest), (Variant.nonroot, nonroot)]:
        run = run_of(line, variant=variant)
        assert (run.user, run.workdir) == expected


@pytest.mark.parametrize(
    ("line", "workdir"),
    [
        ("title: x", "/"),
        ("accounts: {users: [{name: nonroot, uid: 65532, home: /home/nonroot}]}", "/"),
        ("accounts: {users: [{name: nonroot, uid: 65532, home: /home/nonroot, home-mode: '0755'}]}", "/home/nonroot"),
        ("files: [{path: /home/nonroot, folder: true, owner: '65532'}]", "/home/nonroot"),
        ("files: [{path: /home/nonroot/app, source: ./app}]", "/home/nonroot"),
        ("files: [{path: /home/nonroots, folder: true}]", "/"),
        ("workdir: /srv", "/srv"),
    ],
)
def test_nonroot_variants_run_in_their_home_where_there_is_one(line: str, workdir: str) -> None:
    """Some runtimes refuse to start in a folder that is not there; others make it, as root's."""
    recipe = recipes_of(f"images:\n  app: {{from: scratch, {line}}}\n")["app"]
    assert (recipe.runs[Variant.nonroot].workdir, recipe.runs[Variant.nonroot].user) == (workdir, "65532")


@pytest.mark.parametrize(
    ("parent", "line", "expected"),
    [
        ("cmd: [a]", "title: x", ((), ("a",))),
        ("cmd: [a]", "cmd: [b]", ((), ("b",))),
        ("cmd: [a]", "cmd: null", ((), ())),
        ("entrypoint: [p], cmd: [a]", "cmd: [b]", (("p",), ("b",))),
        ("entrypoint: [p], cmd: [a]", "entrypoint: [q]", (("q",), ())),
        ("entrypoint: [p], cmd: [a]", "entrypoint: [q], cmd: [b]", (("q",), ("b",))),
        ("entrypoint: [p], cmd: [a]", "entrypoint: null", ((), ())),
        ("entrypoint: [p]", "cmd: [b]", (("p",), ("b",))),
    ],
)
def test_entrypoint_without_cmd_clears_the_parents_cmd(parent: str, line: str, expected: object) -> None:
    run = run_of(line, f"from: base, {parent}")
    assert (run.entrypoint, run.cmd) == expected


@pytest.mark.parametrize(
    ("key", "parent", "line", "expected"),
    [
        ("env", "{A: a, B: b}", "{B: c, D: d}", {"A": "a", "B": "c", "D": "d"}),
        ("env", "{A: a, B: b}", "{A: null}", {"B": "b"}),
        ("env", "{A: a}", "{A: 'x${A}y', B: '${A}'}", {"A": "xay", "B": "a"}),
        ("env", "{A: a}", "{B: '${NOPE} ${upstream:p} $A'}", {"A": "a", "B": "${NOPE} ${upstream:p} $A"}),
        ("env", "{arch: a}", "{B: '${arch} ${gnu}'}", {"arch": "a", "B": "${arch} ${gnu}"}),
        ("labels", "{a: x, b: y}", "{a: null, c: z}", {"b": "y", "c": "z"}),
        ("ports", "[80, 81]", "[82, -80]", ("81/tcp", "82/tcp")),
        ("ports", "[80]", "[80]", ("80/tcp",)),
        ("volumes", "[/a, /b]", "[-/a, /c]", ("/b", "/c")),
        ("stop-signal", "SIGINT", "SIGTERM", "SIGTERM"),
        ("stop-signal", "SIGINT", "null", ""),
        ("healthcheck", "{test: [a]}", "none", None),
        ("healthcheck", "{test: [a]}", "null", None),
    ],
)
def test_what_a_container_gets_is_the_parents_and_the_childs(
    key: str, parent: str, line: str, expected: object
) -> None:
    run = run_of(f"{key}: {line}", f"from: scratch, {key}: {parent}")
    assert getattr(run, key.replace("-", "_")) == expected


@pytest.mark.parametrize(
    ("key", "parent", "line", "expected"),
    [
        ("annotations", "{a: x, b: y}", "{a: null, c: z}", {"b": "y", "c": "z"}),
        ("keep", "[docs]", "[man, -docs]", ("man",)),
        ("architectures", "[amd64, arm64]", "[arm64]", ("arm64",)),
        ("variants", "[latest, nonroot]", "[nonroot]", (Variant.nonroot,)),
        ("variants", "[nonroot, latest]", "null_", (Variant.latest, Variant.nonroot)),
        ("layers", "single", "{budget: 4}", Layers(strategy=LayerStrategy.budget, budget=4)),
        ("layers", "single", "null_", Layers(strategy=LayerStrategy.single)),
        ("created", "2026-01-31T12:00:00Z", "null_", 1769860800),
        ("max-size", "5MB", "null_", None),
        ("title", "Parent", "null_", "app"),
        ("aliases", "[web]", "null_", ()),
    ],
)
def test_what_a_build_gets_is_the_parents_and_the_childs(
    key: str, parent: str, line: str, expected: object
) -> None:
    """`null_` stands for a child that says nothing."""
    words = "omit: []" if line == "null_" else f"{key}: {line}"
    recipe = recipe_of(words, f"from: scratch, {key}: {parent}")
    assert getattr(recipe, key.replace("-", "_")) == expected


def test_keeping_takes_back_a_drop_and_dropping_a_keep() -> None:
    recipe = recipe_of("keep: [docs], drop: [tests]", "from: base, keep: [tests]")
    assert (recipe.keep, recipe.drop) == (("docs",), ("man", "tests"))


def test_a_childs_packages_are_added_and_taken_from_any_parent() -> None:
    recipe = recipe_of("packages: [-libc6, zlib1g, 'libpq5 (>= 15)']", "from: base, packages: [libpq5, a1]")
    assert relations(recipe.stages) == {
        "static": ["base-files", "tzdata", "tzdata-legacy"],
        "base": ["libssl3t64"],
        "parent": ["libpq5", "a1"],
        "app": ["zlib1g", "libpq5 (>= 15)"],
    }


def test_a_wish_in_any_stage_beats_an_omission() -> None:
    omitted = "from: base, omit: [{package: libldap2, reason: unused}, {package: a1, reason: unused}]"
    assert [item.package for item in recipe_of("title: x", omitted).omit] == ["a1", "debconf", "libldap2", "perl-base"]
    assert [item.package for item in recipe_of("packages: ['libldap2 (>= 2) | b2']", omitted).omit] == [
        "a1", "debconf", "perl-base",
    ]
    assert [item.package for item in recipe_of("debug: {packages: [perl-base]}", omitted).omit] == [
        "a1", "debconf", "libldap2",
    ]


def test_an_omission_has_the_last_reason_and_can_be_taken_away() -> None:
    recipe = recipe_of("omit: [{package: debconf, reason: ours}, {package: perl-base, remove: true}]")
    assert without_places(recipe.omit) == without_places((Omission(package="debconf", reason="ours"),))


def acceptances(recipe: Recipe) -> list[tuple[str, ...]]:
    return [(*one.about, one.reason) for one in recipe.accept]


@pytest.mark.parametrize(
    ("parent", "child", "expected"),
    [
        ("{path: /b, reason: x}", "{path: /a, reason: y}", [("/a", "", "", "y"), ("/b", "", "", "x")]),
        ("{path: /a, reason: x}", "{path: /a, reason: y}", [("/a", "", "", "y")]),
        (
            "{path: /a, needs: b, reason: x}", "{path: /a, reason: y}",
            [("/a", "", "", "y"), ("/a", "b", "", "x")],
        ),
        (
            "{path: /a, rule: needed-library, reason: x}", "{path: /a, needs: b, rule: needed-library, reason: y}",
            [("/a", "", "needed-library", "x"), ("/a", "b", "needed-library", "y")],
        ),
        ("{path: /a, needs: b, reason: x}", "{path: /a, needs: b, remove: true}", []),
    ],
)
def test_what_is_accepted_is_the_parents_and_the_childs(parent: str, child: str, expected: object) -> None:
    """Of two acceptances of the same path, needs and rule the last one stands."""
    assert acceptances(recipe_of(f"accept: [{child}]", f"from: base, accept: [{parent}]")) == expected


def test_an_acceptance_is_for_its_whole_path_alone() -> None:
    """`remove` takes away just what it names: another one of the same path stays a fault's reason."""
    text = "images:\n  a: {from: base, accept: [{path: /a, needs: b, reason: x}]}\n"
    assert faults_of(f"{text}  c: {{from: a, accept: [{{path: /a, remove: true}}]}}\n") == [
        '3:25: images.c.accept: takes "/a" away, which no parent has'
        " (say the needs and the rule of the parent's too)"
    ]


def test_what_a_distro_accepts_is_accepted_there_alone() -> None:
    line = "distros: {debian13: {accept: [{path: /a, reason: x}]}, debian12: {accept: [{path: /b, reason: x}]}}"
    assert acceptances(recipe_of(line)) == [("/a", "", "", "x")]


def test_words_of_keep_and_drop_remember_who_said_them() -> None:
    recipe = recipe_of("keep: [/b]", "from: base, keep: [/a], drop: [tests]")
    own = {key: place for key, place in recipe.places.items() if place.file == "bareboat.yaml"}
    assert {key: (place.line, place.column) for key, place in own.items()} == {
        ("keep", "/a"): (2, 31), ("drop", "tests"): (2, 43), ("keep", "/b"): (3, 30),
    }
    assert recipe.places["drop", "docs"].file == "catalog/base.yaml"


def files(recipe: Recipe) -> dict[str, list[tuple[str, str | None, tuple[str, ...] | None]]]:
    return {
        stage.name: [(wish.path, wish.text, wish.architectures) for wish in stage.files]
        for stage in recipe.stages
        if stage.files
    }


@pytest.mark.parametrize(
    ("parent", "child", "expected"),
    [
        ("{path: /a, text: x}", "{path: /b, text: y}", {"parent": [("a", "x", None)], "app": [("b", "y", None)]}),
        ("{path: /a, text: x}", "{path: /a, text: y}", {"app": [("a", "y", None)]}),
        ("{path: /a, text: x}", "{path: //a/, remove: true}", {}),
        (
            "{path: /a, text: x, architectures: [amd64, arm64]}",
            "{path: /a, text: y, architectures: [amd64]}",
            {"parent": [("a", "x", ("arm64",))], "app": [("a", "y", ("amd64",))]},
        ),
        (
            "{path: /a, text: x, architectures: [amd64]}",
            "{path: /a, text: y, architectures: [arm64]}",
            {"parent": [("a", "x", ("amd64",))], "app": [("a", "y", ("arm64",))]},
        ),
    ],
)
def test_the_last_word_about_a_path_stands_alone(parent: str, child: str, expected: object) -> None:
    assert files(recipe_of(f"files: [{child}]", f"from: scratch, files: [{parent}]")) == expected


def test_taking_away_a_path_that_no_parent_wishes_is_for_what_packages_bring() -> None:
    recipe = recipe_of("files: [{path: /usr/bin/openssl, remove: true}]")
    assert without_places(recipe.stages[-1].files) == without_places(
        (FileWish(path=ImagePath("usr/bin/openssl"), remove=True),)
    )


def test_accounts_are_replaced_and_taken_away_by_name() -> None:
    recipe = recipe_of(
        "accounts: {users: [{name: nonroot, uid: 7}, {name: root, remove: true}], groups: [{name: g, gid: 9}]}"
    )
    static, app = recipe.stages[0].accounts, recipe.stages[-1].accounts
    assert [user.name for user in static.users] == []
    assert [group.name for group in static.groups] == ["root"]
    assert without_places(app.users) == without_places((UserWish(name="nonroot", uid=7, gid=7),))
    assert app.groups[0].gid == 9
    assert recipe.stages[2].accounts == Accounts()


def test_a_program_has_the_last_release_line_wished_for() -> None:
    recipe = recipe_of(
        "upstream: [{name: nodejs, version: '24'}]", "from: base, upstream: [{name: nodejs, version: '22'}]"
    )
    assert [[one.version for one in stage.upstream] for stage in recipe.stages] == [[], [], [], ["24"]]


def test_trust_and_effects_stay_in_the_stage_that_wished_for_them() -> None:
    recipe = recipe_of("trust: [b.pem], effects: [fonts]", "from: base, trust: [a.pem]")
    assert [[one.source for one in stage.trust] for stage in recipe.stages] == [[], [], ["a.pem"], ["b.pem"]]
    assert [stage.effects for stage in recipe.stages] == [("accounts",), (), (), ("fonts",)]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (
            "packages: [-libc7]",
            '3:34: images.app.packages: takes "libc7" away, which no parent has (did you mean "libc6"?)',
        ),
        ("omit: [{package: zz, remove: true}]", '3:30: images.app.omit: takes "zz" away, which no parent has'),
        ("env: {PATHS: null}", '3:29: images.app.env: takes "PATHS" away, which no parent has (did you mean "PATH"?)'),
        ("labels: {a: null}", '3:32: images.app.labels: takes "a" away, which no parent has'),
        ("annotations: {a: null}", '3:37: images.app.annotations: takes "a" away, which no parent has'),
        ("ports: [-80]", '3:31: images.app.ports: takes "80/tcp" away, which no parent has'),
        ("volumes: [-/a]", '3:33: images.app.volumes: takes "/a" away, which no parent has'),
        ("keep: [gconv, -man]", '3:37: images.app.keep: takes "man" away, which no parent has'),
        ("drop: [-docs, -libc6:docs]", '3:37: images.app.drop: takes "libc6:docs" away, which no parent has'),
        ("accept: [{path: /b, reason: x}, {path: /a, remove: true}]",
            '3:55: images.app.accept: takes "/a" away, which no parent has'),
        ("distros: {debian13: {env: {NOPE: null}}}", '3:50: images.app.env: takes "NOPE" away, which no parent has'),
        ("debug: {env: {NOPE: null}}", '3:37: images.app.debug.env: takes "NOPE" away, which no parent has'),
        (
            "accounts: {users: [{name: rot, remove: true}]}",
            '3:42: images.app.accounts.users: takes "rot" away, which no parent has (did you mean "root"?)',
        ),
        (
            "accounts: {groups: [{name: nogroup, remove: true}]}",
            '3:43: images.app.accounts.groups: takes "nogroup" away, which no parent has',
        ),
        (
            "architectures: [amd64, loong64]",
            "3:46: images.app.architectures: the parent is not there for loong64"
            " (it is for amd64, arm64, s390x, riscv64)",
        ),
        ("distros: {debian12: {}}", "3:33: images.app.distros: has no debian13 (it is there for debian12)"),
        (
            "debug: {packages: [-strace]}",
            '3:42: images.app.debug.packages: takes "strace" away, which no parent has',
        ),
    ],
)
def test_taking_away_what_is_not_there_is_a_fault(line: str, fault: str) -> None:
    assert faults_of(f"images:\n  parent: {{from: base}}\n  app: {{from: parent, {line}}}\n") == [fault]


def test_debug_variants_need_something_to_add() -> None:
    assert recipes_of("images: {app: {from: scratch}}")["app"].variants == (Variant.latest, Variant.nonroot)
    assert faults_of("images: {app: {from: scratch, variants: [debug]}}") == [
        "1:42: images.app.variants: debug variants would add nothing"
        " (say what they add under debug:, or build on an image that does)"
    ]


def test_an_own_image_has_the_distro_that_its_chain_begins_with() -> None:
    recipes = recipes_of("images: {a: {from: python3-debian12}, b: {from: a}, c: {from: base}}")
    assert {name: (recipe.distro, recipe.base) for name, recipe in recipes.items()} == {
        "a": ("debian12", "python3-debian12"), "b": ("debian12", "a"), "c": ("debian13", "base-debian13"),
    }


def test_the_distro_of_the_file_is_for_names_without_one() -> None:
    recipes = recipes_of("distro: debian12\nimages: {a: {from: python3.11}, b: {from: java17}, c: {from: scratch}}")
    assert [(recipe.distro, recipe.base) for recipe in recipes.values()] == [
        ("debian12", "python3-debian12"), ("debian12", "java17-debian12"), ("debian12", None),
    ]


def test_what_differs_on_a_distro_belongs_to_the_stage_of_its_image() -> None:
    recipe = recipe_of("packages: [a1], distros: {debian13: {packages: [b2], env: {A: b}}, debian12: {packages: [c3]}}")
    assert relations(recipe.stages)["app"] == ["a1", "b2"]
    assert recipe.runs[Variant.latest].env["A"] == "b"


def test_defaults_lie_beneath_every_image_of_the_file() -> None:
    recipes = recipes_of(
        "defaults: {labels: {team: shop, tier: web}, architectures: [amd64], layers: single}\n"
        "images:\n  a: {from: base, labels: {tier: db}}\n  b: {from: a, labels: {team: null}, architectures: [amd64]}\n"
    )
    assert [dict(recipe.runs[Variant.latest].labels) for recipe in recipes.values()] == [
        {"team": "shop", "tier": "db"}, {"tier": "db"},
    ]
    assert [recipe.architectures for recipe in recipes.values()] == [("amd64",)] * 2
    assert [recipe.layers.strategy for recipe in recipes.values()] == [LayerStrategy.single] * 2


def test_an_image_from_scratch_is_for_the_two_common_architectures() -> None:
    recipe = recipes_of("images: {app: {from: scratch}}")["app"]
    assert (recipe.architectures, recipe.base, relations(recipe.stages)) == (("amd64", "arm64"), None, {"app": []})


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ({"a": "from: b", "b": "from: a"}, "images.a.from: goes round in a circle"),
        ({"a": "from: nope"}, 'images.a.from: unknown image "nope"'),
        ({"a": "{from: base-debian12, distros: {debian13: {}}}"}, '"base-debian12" is for debian12, not for debian13'),
    ],
)
def test_a_catalogue_that_contradicts_itself_is_refused(images: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        catalog_recipes(some_catalog(**images))
    assert message in str(raised.value)


def test_a_circle_made_without_a_file_is_refused() -> None:
    """`parse_config` finds circles first; whoever makes a Config by hand gets an error too, and no endless loop."""
    config = config_of("images: {a: {from: base}}")
    circle = type(config)(file="f", images={"a": type(config.images["a"])(name="a", from_="a")})
    with pytest.raises(ConfigurationError, match="goes round in a circle"):
        config_recipes(circle, some_catalog())


@given(st.lists(st.sampled_from(["a1", "b2", "c3", "-a1", "-b2"]), max_size=8))
def test_taking_away_leaves_no_wish_of_that_name_behind(wishes: list[str]) -> None:
    """What remains is what a plain walk over the words leaves."""
    expected: list[str] = []
    for wish in wishes:
        if wish.startswith("-") and wish[1:] not in expected:
            return
        expected = [other for other in expected if other != wish[1:]] if wish.startswith("-") else [*expected, wish]
    images = "".join(
        f"  i{number}: {{from: {f'i{number - 1}' if number else 'scratch'}, packages: [{wish}]}}\n"
        for number, wish in enumerate(wishes)
    )
    recipes = recipes_of(f"images:\n{images}  last: {{from: {f'i{len(wishes) - 1}' if wishes else 'scratch'}}}\n")
    assert [wish.relation for stage in recipes["last"].stages for wish in stage.packages] == expected


@pytest.mark.parametrize(
    ("aliases", "fault"),
    [
        ("python3", 'images.app.aliases: "python3" is the name of an image of the catalogue'),
        ("parent", 'images.app.aliases: "parent" is the name of an image of this file'),
        ("other", 'images.app.aliases: "other" is the name of an image of this file'),
    ],
)
def test_a_name_is_given_once(aliases: str, fault: str) -> None:
    text = f"images:\n  parent: {{from: base, aliases: [other]}}\n  app: {{from: parent, aliases: [{aliases}]}}\n"

    assert [found.partition(": ")[2] for found in faults_of(text)] == [fault]


# On an image of a registry


def test_a_chain_may_begin_with_an_image_of_a_registry() -> None:
    text = "images:\n  app: {from: parent}\n  parent: {from: 'registry.example/team/base:1.2', packages: [libc6]}\n"
    recipe = recipes_of(text)["app"]

    assert [stage.name for stage in recipe.stages] == ["parent", "app"]
    assert recipe.base_image is not None
    assert (recipe.base_image.reference, str(recipe.base_image.place)) == (
        "registry.example/team/base:1.2", "bareboat.yaml:3:18",
    )
    assert recipe_of("title: x").base_image is None


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("title: x", set()),
        ("user: '0', workdir: /", {"user", "workdir"}),
        ("cmd: [a], stop-signal: SIGINT", {"cmd", "stop-signal"}),
        ("entrypoint: null, healthcheck: null", {"entrypoint", "healthcheck"}),
    ],
)
def test_what_is_said_over_a_base_image_is_known(line: str, said: set[str]) -> None:
    recipe = recipes_of(f"images:\n  app: {{from: 'registry.example/base:1', {line}}}\n")["app"]

    assert recipe.runs[Variant.latest].said == said


def test_a_shell_of_debug_variants_does_not_swallow_the_program_of_a_base_image() -> None:
    debug = "debug: {packages: [busybox-static], effects: [busybox]}"
    recipe = recipes_of(f"images:\n  app: {{from: 'registry.example/base:1', {debug}}}\n")["app"]

    run = recipe.runs[Variant.debug]
    assert (run.entrypoint, dict(run.env), run.said) == ((), {"PATH": "${PATH}:/busybox"}, frozenset())


def test_what_a_base_image_says_cannot_be_taken_away() -> None:
    text = "images:\n  app: {from: 'registry.example/base:1', env: {A: null}}\n"

    assert faults_of(text) == [
        '2:48: images.app.env: takes "A" away, which no parent has '
        "(what the base image says can be replaced, but not taken away)"
    ]
