"""Writes the generated pages of the documentation anew: `make docs`, or `python -m docs.generate` in the repository.

What a page says about data comes from the data itself: the verbs, the catalogue, the pruning rules, the exit codes,
the keys of the configuration.
`tests/docs/test_generated.py` compares the pages with what this would write.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path

import click

from bareboat.base import errors
from bareboat.cli import BROKEN_PIPE, INTERRUPTED, TERMINATED, VERBS, bareboat
from bareboat.inspect.finding import Family
from bareboat.inspect.offer import Offer, offers
from bareboat.inspect.ruleset import RULES as CHECKED
from bareboat.inspect.structure.schema import reference_tables
from bareboat.make.enact import EFFECTS
from bareboat.make.prune import REFUSALS, RULES
from bareboat.plan.catalog import catalog
from bareboat.plan.config.config import Variant
from bareboat.plan.config.schema import reference_table
from bareboat.plan.inherit import catalog_recipes
from bareboat.plan.recipe import Recipe, Stage

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = Path("docs/reference")
NOTE = "<!-- Written by `make docs`; change docs/generate.py, not this page. -->"
NOTHING = "–"

_KEYS_HEADING = "## Every key\n"


def pages() -> Mapping[Path, str]:
    """Every generated page, and every page with generated parts, by its path in the repository."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name, lines in {"verbs": verbs_table(), "catalogue": catalogue_table(), "exit-codes": codes_table()}.items():
        readme = with_part(readme, name, lines)
    return {
        Path("README.md"): readme,
        REFERENCE / "cli.md": text_of(cli_page()),
        REFERENCE / "catalogue.md": text_of(catalogue_page()),
        REFERENCE / "pruning.md": text_of(pruning_page()),
        REFERENCE / "rules.md": text_of(rules_page()),
        REFERENCE / "exit-codes.md": text_of(exit_codes_page()),
        REFERENCE / "configuration.md": with_keys("configuration.md", reference_table()),
        REFERENCE / "structure-tests.md": with_keys("structure-tests.md", reference_tables()),
    }


def with_part(text: str, name: str, lines: Iterable[str]) -> str:
    """`text` with the part between `<!-- NAME -->` and `<!-- /NAME -->` replaced."""
    begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"README.md has no part {begin.strip()} … {end}")
    return before + begin + text_of(lines) + end + after


def text_of(lines: Iterable[str]) -> str:
    """Lines as text that ends in a newline."""
    return "\n".join(lines).rstrip("\n") + "\n"


def table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table of Markdown; a `|` in a cell is escaped."""
    yield f"| {' | '.join(heading)} |"
    yield "|" + "---|" * len(heading)
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


def code(words: Iterable[str], between: str = ", ") -> str:
    """Words as code, or a dash for none."""
    return between.join(f"`{word}`" for word in words) or NOTHING


# The command line


def verbs_table() -> Iterator[str]:
    """The verbs with what each is for."""
    yield from table(["verb", "what it does"], ([f"`bareboat {name}`", VERBS[name]] for name in VERBS))


def cli_page() -> Iterator[str]:
    """Every verb with its arguments and options."""
    yield from ["# The command line", "", NOTE, ""]
    yield "Every verb has `--help` and `--json`; what went wrong is said on the standard error, progress too."
    yield "A bar is drawn on a terminal, elsewhere a line is printed now and then."
    yield "See also the [exit codes](exit-codes.md) and the [variables of the environment](environment.md)."
    yield ""
    for name in VERBS:
        command = bareboat.get_command(click.Context(bareboat), name)
        if command is not None:
            yield from _verb(name, command)
        if isinstance(command, click.Group):
            for part in sorted(command.commands):
                yield from _verb(f"{name} {part}", command.commands[part])


def _verb(name: str, command: click.Command) -> Iterator[str]:
    arguments = [one for one in command.params if isinstance(one, click.Argument)]
    options = [one for one in command.params if isinstance(one, click.Option)]
    yield f"{'#' * (2 + name.count(' '))} bareboat {name}"
    yield ""
    yield from (" ".join(part.split()) for part in (command.help or "").split("\n\n"))
    yield ""
    rest = ["COMMAND"] if isinstance(command, click.Group) else map(_argument, arguments)
    yield from ["```text", " ".join(["bareboat", name, "[OPTIONS]", *rest]), "```", ""]
    if options:
        yield from table(["option", "what it does"], ([_option(one), _about(one)] for one in options))
        yield ""
    examples = (command.epilog or "").partition(": ")[2].split("·")
    yield from ["```console", *(f"$ {' '.join(example.split())}" for example in examples), "```", ""]


def _argument(argument: click.Argument) -> str:
    name = argument.metavar or (argument.name or "").upper()
    return name if argument.required or name.startswith("[") else f"[{name}]"


def _option(option: click.Option) -> str:
    names = code(sorted(option.opts, key=len))
    if option.is_flag:
        return names
    if isinstance(option.type, click.Choice):
        return f"{names} {code(option.type.choices, '|')}"
    return f"{names} `{option.metavar or option.type.name.removesuffix(' range').upper()}`"


def _about(option: click.Option) -> str:
    return f"{option.help} `{option.default}` by default." if option.show_default else option.help or ""


# The catalogue


def catalogue_table() -> Iterator[str]:
    """The catalogue in short: a row for each image, a column for each distro."""
    found = offers(catalog_recipes(catalog()), None, catalog())
    distros = catalog().distros
    common = {name: _architectures(found, name) for name in distros}
    heading = ["image", *(f"{name}{' (default)' if one.default else ' (preview)' if one.preview else ''}"
                          for name, one in distros.items()), "what it is"]
    rows = []
    for image in _by_size(found):
        here = {offer.distro: offer for offer in found if _image(offer) == image}
        cells = [_cell(here.get(name), common[name]) for name in distros]
        rows.append([f"`{image}`", *cells, next(iter(here.values())).title])
    yield from table(heading, rows)
    yield ""
    yield "Where no architectures are said, an image is there for all that its distro has:"
    yield "; ".join(f"{name}: {' '.join(names)}" for name, names in common.items()) + "."


def _image(offer: Offer) -> str:
    return offer.name.removesuffix(f"-{offer.distro}")


def _by_size(found: Sequence[Offer]) -> list[str]:
    """The images, those that others are built on first."""
    names = dict.fromkeys(_image(offer) for offer in found)
    depth = {recipe.image: len(recipe.stages) for recipe in catalog_recipes(catalog())}
    return sorted(names, key=lambda name: (depth[name], name))


def _architectures(found: Sequence[Offer], distro: str) -> tuple[str, ...]:
    return max((offer.architectures for offer in found if offer.distro == distro), key=len)


def _cell(offer: Offer | None, common: tuple[str, ...]) -> str:
    if offer is None:
        return NOTHING
    architectures = "" if offer.architectures == common else f" on {' '.join(offer.architectures)}"
    return f"{offer.version or 'yes'}{architectures}"


def catalogue_page() -> Iterator[str]:
    """Every image: on what it is built, what it adds, what it leaves out."""
    recipes = catalog_recipes(catalog())
    found = {offer.name: offer for offer in offers(recipes, None, catalog())}
    yield from ["# The catalogue", "", NOTE, ""]
    yield "A name without a distro means the default one; a name without a tag means the variant `latest`."
    yield "`bareboat catalog` prints this list with the versions of your lock."
    yield ""
    yield from catalogue_table()
    for image in _by_size(list(found.values())):
        yield from _image_section([recipe for recipe in recipes if recipe.image == image], found)
    yield from ["", "## Left out of every image", ""]
    yield "What an image leaves out though something depends on it; a wish for one of these packages brings it back."
    yield ""
    yield from table(["package", "why"], ([f"`{one.package}`", one.reason] for one in catalog().omissions))
    yield from ["", "## Effects", ""]
    yield "What maintainer scripts would have done, computed; see [the explanation](../explanation/effects.md)."
    yield ""
    yield from table(["effect", "what it makes"], ([f"`{name}`", _effect(name)] for name in EFFECTS))


def _image_section(recipes: Sequence[Recipe], found: Mapping[str, Offer]) -> Iterator[str]:
    yield from ["", f"## {recipes[0].image}", "", f"{recipes[0].title}.", ""]
    rows = []
    for recipe in recipes:
        own = recipe.stages[-1]
        rows.append([
            recipe.distro,
            f"`{recipe.base}`" if recipe.base else "nothing",
            code(_wishes(own)),
            code(recipe.runs[Variant.latest].entrypoint, " "),
            found[recipe.name].version or NOTHING,
            " ".join(recipe.architectures),
            code(found[recipe.name].aliases),
        ])
    yield from table(["distro", "built on", "adds", "entrypoint", "version", "architectures", "also called"], rows)
    default = catalog().default_distro
    yield from _additions(next((recipe for recipe in recipes if recipe.distro == default), recipes[0]))


def _wishes(stage: Stage) -> list[str]:
    return [*(wish.relation for wish in stage.packages), *(f"{wish.name} {wish.version}" for wish in stage.upstream)]


def _additions(recipe: Recipe) -> Iterator[str]:
    """What an image adds besides packages, on one of its distros."""
    own = recipe.stages[-1]
    shared = {omission.package for omission in catalog().omissions}
    debug = [stage for stage in recipe.debug_stages if stage.name.removesuffix(":debug") == own.name]
    wish = catalog().images[recipe.image]
    added = [text for stage in debug for text in (*_wishes(stage), *(f"/{file.path}" for file in stage.files))]
    lines = {
        "Effects": code(own.effects),
        "Files": code(f"/{file.path}" for file in own.files),
        "Environment": code(f"{key}={value}" for key, value in wish.env.items()),
        "Dropped": code(wish.drop),
        "Debug variants add": code(added),
    }
    said = [f"- {title}: {text}" for title, text in lines.items() if text != NOTHING]
    said += [f"- Left out: `{one.package}` ({one.reason})" for one in recipe.omit if one.package not in shared]
    said += [
        f"- Accepted by a check: `{one.path}`{f' without `{one.needs}`' if one.needs else ''} ({one.reason})"
        for one in recipe.accept
    ]
    if said:
        yield from ["", *said]


def _effect(name: str) -> str:
    docstring = import_module(f"bareboat.make.effects.{name.replace('-', '')}").__doc__ or ""
    return docstring.partition("\n")[0]


# Pruning


def pruning_page() -> Iterator[str]:
    """Every pruning rule."""
    yield from ["# Pruning rules", "", NOTE, ""]
    yield "What packages ship and no image needs is dropped by these rules; copyright files always stay."
    yield "`keep: [docs]` takes a rule away, `keep: [/usr/share/doc/x/**]` keeps some paths from all rules."
    yield "`drop: [/usr/share/zoneinfo/right/**]` drops more paths."
    yield "`drop: [\"libc-bin:/usr/bin/**\"]` does so for one package only."
    yield "In a path `*` stands for anything within one part, `**` for anything over several parts."
    yield ""
    yield from table(
        ["rule", "why", "paths", "but not"],
        ([f"`{rule.name}`", rule.reason, _globs(rule.globs), _globs(rule.spared)] for rule in RULES),
    )
    yield from ["", "## Refused unless kept", ""]
    yield "A package with one of these ends the build; `keep` with the word lets them in."
    yield ""
    yield from table(["word", "what"], ([f"`{word}`", what] for word, what in REFUSALS.items()))


def _globs(globs: Iterable[str]) -> str:
    return code((f"/{glob}" for glob in globs), " ")


# Rules of a check


def rules_page() -> Iterator[str]:
    """Every rule of `bareboat check`, by family."""
    yield from ["# Rules", "", NOTE, ""]
    yield "What `bareboat check` holds images against; see [how to check an image](../how-to/check-an-image.md)."
    yield "An error fails in use, a warning may, a note costs bytes and nothing else."
    yield "In images of other tools, errors of the contract are warnings: nobody promised to keep it."
    for family in Family:
        rules = [rule for rule in CHECKED if rule.family is family]
        yield from ["", f"## {family.capitalize()}", "", f"{_FAMILIES[family]}", ""]
        yield from table(
            ["rule", "severity", "what must hold", "why"],
            ([f"`{rule.name}`", rule.severity, rule.title, rule.why] for rule in rules),
        )


_FAMILIES = {
    Family.closure: "Nothing that a file needs is missing.",
    Family.contract: "What users of distroless images count on.",
    Family.invariant: "What holds for every sound image.",
}


# Exit codes


def exit_codes_page() -> Iterator[str]:
    """Every exit code, split by whose fault it was."""
    yield from ["# Exit codes", "", NOTE, ""]
    yield "An exit code says whose move is next, so that a script can decide whether to try again."
    yield "Only 7 is worth another attempt without a change; `--json` changes nothing about them."
    yield ""
    yield from codes_table()


def codes_table() -> Iterator[str]:
    """The codes, each with the error that it stands for and its finer kinds."""
    rows = [["0", "Everything was done.", NOTHING]]
    rows.append(["1", "What was looked at is not as it should be: `check`, `reproduce` and `store verify`.", NOTHING])
    for error in errors.BareboatError.__subclasses__():
        if error.__module__ == errors.__name__:
            kinds = [_sentence(kind) for kind in error.__subclasses__() if kind.__module__ == errors.__name__]
            rows.append([str(error.exit_code), _sentence(error), " ".join(kinds) or NOTHING])
    rows.append([str(INTERRUPTED), "Somebody pressed Ctrl-C; what was fetched is kept.", NOTHING])
    rows.append([str(BROKEN_PIPE), "Whoever read the output has stopped reading.", NOTHING])
    rows.append([str(TERMINATED), "Somebody asked it to end, with SIGTERM; what was fetched is kept.", NOTHING])
    yield from table(["code", "what it means", "finer kinds"], rows)


def _sentence(kind: type) -> str:
    return (kind.__doc__ or "").partition("\n")[0]


# The configuration, and files of structure tests


def with_keys(name: str, tables: str) -> str:
    """The page with its tables of keys anew; the text above them is written by hand."""
    text = (ROOT / REFERENCE / name).read_text(encoding="utf-8")
    before, found, after = text.partition(_KEYS_HEADING)
    comment = after.partition("-->")[0] + "-->\n\n"
    return before + found + comment + tables if found else text


def main() -> int:
    """Write every page that changed, and say which."""
    for path, text in pages().items():
        if not (ROOT / path).is_file() or (ROOT / path).read_text(encoding="utf-8") != text:
            (ROOT / path).write_text(text, encoding="utf-8")
            click.echo(f"wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
