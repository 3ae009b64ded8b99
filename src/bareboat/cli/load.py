"""`bareboat load`: an image into a container engine of this machine, without a registry."""

from __future__ import annotations

import click

from bareboat.cli.options import as_json, complete_architecture, platform_of, print_json, this_platform
from bareboat.cli.progress import observed
from bareboat.cli.registries import registry_options

EPILOG = "Examples: bareboat load out python3:nonroot  ·  bareboat load out static --into containerd --namespace k8s.io"


@click.command(epilog=EPILOG)
@click.argument("layout", metavar="LAYOUT|REFERENCE")
@click.argument("image", required=False)
@click.option("--into", type=click.Choice(["docker", "podman", "containerd"]),
              help="The engine; the first that answers by default.")
@click.option("--namespace", metavar="NAME", default="default", show_default=True,
              help="Of containerd: Kubernetes looks in k8s.io.")
@click.option("--name", "names", multiple=True, metavar="NAME",
              help="What it is called in the engine, instead of its own name; may be given several times.")
@click.option("--arch", metavar="arm64", shell_complete=complete_architecture,
              help="For which architecture; this machine's by default.")
@registry_options
@as_json
def command(
    layout: str,
    image: str | None,
    into: str | None,
    namespace: str,
    names: tuple[str, ...],
    arch: str | None,
    insecure: tuple[str, ...],
    mirrors: tuple[str, ...],
    as_json: bool,
) -> None:
    """Load IMAGE of LAYOUT (a folder or an oci-archive), or a REFERENCE of a registry, into an engine.

    The image streams from where it lies: no copy of it is made on the way.
    """
    from bareboat.cli.engines import loaded_name, surroundings
    from bareboat.cli.places import chosen_name, images_at
    from bareboat.inspect.chosen import chosen_image
    from bareboat.ship.engines.choose import EngineName, engine_for
    from bareboat.ship.engines.engine import Cargo

    engine = engine_for(EngineName(into) if into else None, surroundings(), namespace)
    with observed() as observer, images_at(layout, insecure=insecure, mirrors=mirrors, observer=observer) as images:
        chosen = chosen_image(images, chosen_name(images, image), platform_of(arch) or this_platform())
        manifest = chosen.descriptor.with_platform(chosen.config.platform)
        own = names or (loaded_name(layout, chosen.name, manifest),)
        there = engine.load(Cargo(images=images, manifest=manifest, names=own, observer=observer))
    if as_json:
        print_json({"engine": engine.name, "names": list(there), "digest": str(manifest.digest)})
    else:
        for name in there:
            click.echo(f"{name} is in {engine.name}")
