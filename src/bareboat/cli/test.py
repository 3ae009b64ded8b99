"""`bareboat test`: structure tests of images, in container-structure-test's format."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bareboat.base.errors import UsageError
from bareboat.cli.options import arch as arch_option
from bareboat.cli.options import architectures_of, default_jobs, platform_of
from bareboat.cli.progress import observed
from bareboat.cli.registries import registry_options

if TYPE_CHECKING:
    from bareboat.base.observer import Observer
    from bareboat.inspect.selection import Selected
    from bareboat.inspect.structure.claims import StructureTests
    from bareboat.inspect.structure.outcome import Verdict
    from bareboat.ship.running.runner import Runner
    from bareboat.store.images import ImageStore

    Chosen = list[tuple[Selected, Sequence[StructureTests]]]

EPILOG = (
    "Examples: bareboat test out python3 --config tests.yaml  ·  bareboat test out --arch all --junit report.xml  ·  "
    "bareboat test out python3:debug --arch arm64 --tap"
)

FAILED = 1
"""The exit code when a test failed, or none was run."""

FORMS = ("text", "json", "junit", "tap")
DRIVERS = ("docker", "tar", "host")


@click.command(epilog=EPILOG)
@click.argument("layout", required=False)
@click.argument("image", required=False)
@click.option("-c", "--config", "files", multiple=True, type=click.Path(path_type=Path),
              help="A file of tests, YAML or JSON; may be given several times. Without, the catalogue's own are run.")
@arch_option
@click.option("--platform", "platform", metavar="linux/arm64", help="One platform, instead of --arch.")
@click.option("-o", "--output", "form", type=click.Choice(FORMS), default="text", show_default=True,
              help="What is printed.")
@click.option("-j", "--json", "as_json", is_flag=True, help="Print JSON for programs, as --output json does.")
@click.option("--tap", "as_tap", is_flag=True, help="Print TAP version 14, as --output tap does.")
@click.option("--junit", "junit", type=click.Path(path_type=Path, dir_okay=False), help="Write JUnit XML here, too.")
@click.option("--test-report", "report", type=click.Path(path_type=Path, dir_okay=False),
              help="Write what --output says here instead of printing it; JSON where that is text.")
@click.option("--junit-suite-name", "suite", metavar="NAME", help="The class that JUnit XML gives to tests.")
@click.option("--no-color", "no_colour", is_flag=True, help="Print without colours; so it is where no terminal is.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing; the exit code says it.")
@click.option("--engine", type=click.Choice(["docker", "podman", "sandbox"]),
              help="What runs commands; the first engine that answers by default, else a sandbox without root.")
@click.option("--network", "network", is_flag=True, help="Let commands reach the network.")
@click.option("--timeout", "timeout_s", type=click.FloatRange(min=0, min_open=True), default=300.0, show_default=True,
              metavar="SECONDS", help="After how long a command is ended.")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N",
              help="How many commands run at a time; as many as there are processors by default.")
@click.option("--no-run", "no_run", is_flag=True, help="Skip what has to be run, as --driver tar does.")
@click.option("-i", "--image", "--image-from-oci-layout", "image_option", metavar="LAYOUT",
              help="Another way to write LAYOUT.")
@click.option("-d", "--driver", "driver", type=click.Choice(DRIVERS), default="docker",
              help="Accepted for container-structure-test's sake: docker means all tests, tar skips commands.")
@registry_options
@click.option("-f", "--force", is_flag=True, hidden=True, expose_value=False)
@click.option("--pull", is_flag=True, hidden=True, expose_value=False)
@click.option("--save", is_flag=True, hidden=True, expose_value=False)
@click.option("--ignore-ref-annotation", is_flag=True, hidden=True, expose_value=False)
@click.option("--default-image-tag", hidden=True, expose_value=False)
@click.option("--runtime", hidden=True, expose_value=False)
@click.pass_context
def command(
    ctx: click.Context,
    layout: str | None,
    image: str | None,
    files: tuple[Path, ...],
    arch: str | None,
    platform: str | None,
    form: str,
    as_json: bool,
    as_tap: bool,
    junit: Path | None,
    report: Path | None,
    suite: str | None,
    no_colour: bool,
    quiet: bool,
    engine: str | None,
    network: bool,
    timeout_s: float,
    jobs: int | None,
    no_run: bool,
    image_option: str | None,
    driver: str,
    insecure: tuple[str, ...],
    mirrors: tuple[str, ...],
) -> None:
    """Run structure tests against the images of LAYOUT (a folder, an oci-archive or a reference), or one IMAGE of it.

    Files of tests are those of container-structure-test, schema versions 1.0.0 and 2.0.0; a section `bareboat` claims
    what that tool cannot. Files and metadata are looked at without an engine, links are followed inside the image;
    commands are run by a container engine, or in a sandbox, on any architecture.

    Without --arch this machine's architecture is tested.

    The exit code is 0 when every test passed, and 1 when one failed or there was none.
    """
    from bareboat.cli.places import images_at
    from bareboat.cli.wiring import machine_store
    from bareboat.inspect.selection import selected_images
    from bareboat.inspect.structure.commands import Means
    from bareboat.inspect.structure.read import read_tests
    from bareboat.inspect.structure.tester import verdict_on

    if image_option is not None and image is None:
        layout, image = None, layout
    place = _place(layout, image_option)
    form = _form(form, as_json=as_json, as_tap=as_tap)
    if driver == "host":
        raise UsageError("--driver host would run tests on this machine itself", hint="leave --driver out")
    if arch is not None and platform is not None:
        raise UsageError("--arch and --platform both choose platforms", hint="use one of them")
    tests = [read_tests(file) for file in files]
    with observed(quiet=quiet) as observer, images_at(
        place, insecure=insecure, mirrors=mirrors, observer=observer
    ) as images:
        architectures = architectures_of("this" if arch is None and platform is None else arch)
        selected = selected_images(images, image, architectures, platform_of(platform))
        chosen = _chosen(images, selected, tests)
        runs = not no_run and driver != "tar" and any(one.runs for _, claims in chosen for one in claims)
        with _runner(engine, observer, needed=runs) as runner:
            means = None if runner is None else Means(
                runner=runner, timeout_s=timeout_s, environment=os.environ, network=network,
                jobs=jobs or default_jobs(),
            )  # fmt: skip
            verdict = verdict_on(
                images, chosen, means=means, clock=time.monotonic, records=machine_store(), observer=observer
            )
    _tell(verdict, form, junit, report, suite, quiet=quiet, colours=not no_colour)
    if not verdict.passed:
        ctx.exit(FAILED)


def _place(layout: str | None, option: str | None) -> str:
    if (layout is None) == (option is None):
        what = "no image is named" if layout is None else "two images are named"
        raise UsageError(what, hint="give the folder that `bareboat build` wrote: bareboat test out")
    return layout or option or ""


def _form(form: str, *, as_json: bool, as_tap: bool) -> str:
    said = [name for name, asked in (("json", as_json), ("tap", as_tap)) if asked]
    if form != "text":
        said.append(form)
    if len(set(said)) > 1:
        both = " and ".join(sorted(set(said)))
        raise UsageError(f"{both} cannot both be printed", hint="--junit FILE writes one more")
    return said[0] if said else "text"


def _chosen(images: ImageStore, selected: Sequence[Selected], tests: Sequence[StructureTests]) -> Chosen:
    """Each image with the files about it: those that were given, or the catalogue's own."""
    from bareboat.inspect.structure.catalogue import catalogue_tests
    from bareboat.store.images import read_manifest

    if tests:
        return [(one, tests) for one in selected]
    return [
        (one, catalogue_tests(one.names[0] if one.names else one.descriptor.digest.short,
                              read_manifest(images, one.descriptor).annotations))
        for one in selected
    ]


@contextmanager
def _runner(engine: str | None, observer: Observer, *, needed: bool) -> Iterator[Runner | None]:
    """What runs commands, when some are run."""
    if not needed:
        yield None
        return
    from bareboat.cli.running import runner_for

    with runner_for(engine, observer) as runner:
        yield runner


def _tell(
    verdict: Verdict,
    form: str,
    junit: Path | None,
    report: Path | None,
    suite: str | None,
    *,
    quiet: bool,
    colours: bool,
) -> None:
    from bareboat.inspect.present.junit import SUITE, junit_of

    if junit is not None:
        junit.write_text(junit_of(verdict, suite or SUITE), encoding="utf-8")
    if report is not None:
        text = _text(verdict, "json" if form == "text" else form, suite or SUITE)
        report.write_text(text, encoding="utf-8")
    elif not quiet and form == "text":
        from bareboat.inspect.present.structure import present_structure, unpainted

        for line in present_structure(verdict, _painted if colours else unpainted):
            click.echo(line)
    elif not quiet:
        click.echo(_text(verdict, form, suite or SUITE), nl=False)


def _text(verdict: Verdict, form: str, suite: str) -> str:
    import json

    from bareboat.inspect.present.junit import junit_of
    from bareboat.inspect.present.structure import structure_document
    from bareboat.inspect.present.tap import tap_of

    match form:
        case "json":
            return json.dumps(structure_document(verdict), ensure_ascii=False) + "\n"
        case "junit":
            return junit_of(verdict, suite)
        case _:
            return "".join(f"{line}\n" for line in tap_of(verdict))


def _painted(text: str, colour: str) -> str:
    """Click takes colours away again where no terminal is."""
    return click.style(text, fg=colour)
