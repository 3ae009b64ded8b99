"""Layers and a recipe become images: configuration, manifest and annotations of every variant.

OCI image specification 1.1: config.md, manifest.md, annotations.md.
`nonroot` differs from `latest` in the configuration alone, so both have the same layers.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from bareboat.base.canon import canonical, digest_of
from bareboat.base.epoch import Epoch, format_rfc3339
from bareboat.base.errors import BuildError
from bareboat.base.frozen import frozen
from bareboat.make.assemble import Layers
from bareboat.make.base_run import run_over
from bareboat.make.effects.accounts import owner_ids
from bareboat.make.layer import Layer
from bareboat.make.order import Order
from bareboat.make.substitute import Words
from bareboat.oci import annotations as names
from bareboat.oci.config import Execution, Healthcheck, History, ImageConfig
from bareboat.oci.descriptor import Descriptor, Platform
from bareboat.oci.manifest import Manifest
from bareboat.oci.media import Compression
from bareboat.plan.config.config import Acceptance, Accounts, Variant
from bareboat.plan.lock import BYTE_FORMAT

if TYPE_CHECKING:  # what a build of images without one does without
    from bareboat.make.base_image import Below

_MOST_NAMED = 12


@frozen
class Image:
    """One variant on one architecture: its two documents, and the layers that they name, root first.

    `moment` is the newest timestamp of its inputs, or what the configuration says.
    """

    config: ImageConfig
    manifest: Manifest
    layers: tuple[Layer, ...]
    moment: Epoch

    @property
    def descriptor(self) -> Descriptor:
        """What an index says of it."""
        return self.manifest.descriptor(self.config.platform)

    @property
    def size(self) -> int:
        """The compressed bytes of all layers."""
        return sum(layer.size for layer in self.layers)


def image_of(
    order: Order, variant: Variant, layers: Layers, base: tuple[str, Descriptor] | None, below: Below | None = None
) -> Image:
    """The image of one variant.

    Args:
        order: What it is made from.
        variant: Which.
        layers: Those of `order`.
        base: The name and the manifest of the image that it is built on, if any.
        below: The image of a registry or a layout that the chain begins with, if any.

    Raises:
        BuildError: When a `${…}` has no meaning.
    """
    chosen = layers.of(debug=variant.is_debug)
    moment = chosen[-1].moment if chosen else Epoch(order.recipe.created or 0)
    own = chosen if below is None else chosen[len(layers.base) :]
    created = format_rfc3339(moment)
    platform = Platform.of(order.architecture)
    words = Words(architecture=order.architecture, versions=order.versions)
    inherited = below.image.manifest.annotations if below is not None and below.image.is_ours else {}
    texts = _texts(order, variant, words, chosen, created, inherited)
    config = ImageConfig(
        created=created,
        architecture=platform.architecture,
        os=platform.os,
        variant=platform.variant,
        config=_execution(order, variant, words, texts, below),
        diff_ids=tuple(layer.diff_id for layer in chosen),
        history=(*(below.image.history if below is not None else ()), *(_history(layer) for layer in own)),
    )
    if below is not None and below.image.is_foreign:
        texts[names.FOREIGN_BASE] = "true"
    if base is not None:
        texts |= {names.BASE_NAME: base[0], names.BASE_DIGEST: str(base[1].digest)}
    manifest = Manifest(
        config=config.descriptor(),
        layers=tuple(
            Descriptor(media_type=Compression(layer.compression).layer_type, digest=layer.digest, size=layer.size)
            for layer in chosen
        ),
        annotations=dict(sorted(texts.items())),
    )
    return Image(config=config, manifest=manifest, layers=chosen, moment=moment)


def check_size(order: Order, variant: Variant, image: Image) -> None:
    """Refuse an image that outgrows `max-size`, which is in compressed bytes.

    Raises:
        BuildError: With the heaviest packages as a hint.
    """
    limit = order.recipe.max_size
    if limit is None or image.size <= limit:
        return
    heaviest = sorted(order.packages(debug=variant.is_debug), key=lambda package: (-package.size, package.name))[:5]
    shown = ", ".join(f"{package.name} ({package.size:,} bytes as a .deb)" for package in heaviest)
    raise BuildError(
        f"{order.recipe.name}:{variant} for {order.architecture} has {image.size:,} compressed bytes, "
        f"more than max-size {limit:,}",
        hint=f"the heaviest packages: {shown}" if shown else None,
    )


def index_annotations(
    orders: Mapping[str, Order], images: Mapping[str, Image], drift: tuple[str, ...]
) -> dict[str, str]:
    """The annotations of an index: what its images, at least one, agree on, and where they differ."""
    first, *others = [image.manifest.annotations for image in images.values()]
    common = {key: value for key, value in first.items() if all(other.get(key) == value for other in others)}
    common[names.CREATED] = format_rfc3339(max(image.moment for image in images.values()))
    if drift:
        common[names.DRIFT] = "; ".join(drift)
    missing = sorted({(suite, order.architecture.oci) for order in orders.values() for suite in order.missing})
    if missing:
        common[names.MISSING] = ", ".join(f"{suite} ({architecture})" for suite, architecture in missing)
    return dict(sorted(common.items()))


def _texts(
    order: Order, variant: Variant, words: Words, layers: tuple[Layer, ...], created: str,
    inherited: Mapping[str, str],
) -> dict[str, str]:  # fmt: skip
    """What the image says of itself; the configuration's own annotations win.

    `inherited` are those of a base image of ours, which holds what they speak of.
    """
    recipe, distro = order.recipe, order.distro
    texts = {
        names.TITLE: recipe.name if variant is Variant.latest else f"{recipe.name}:{variant}",
        names.CREATED: created,
        names.REVISION: digest_of([str(layer.digest) for layer in layers]).hex,
        names.DOCUMENTATION: f"https://www.debian.org/releases/{distro.codename}/",
        names.DISTRO: distro.name,
        names.VARIANT: str(variant),
        names.FORMAT: str(BYTE_FORMAT),
    }
    if recipe.title:
        texts[names.DESCRIPTION] = recipe.title
    known = inherited.get(names.LICENSES, "").split(" AND ")
    licences = sorted({name for layer in layers for name in layer.licences} | set(filter(None, known)))
    if licences:
        texts[names.LICENSES] = " AND ".join(licences)
    if distro.end_of_life:
        texts[names.END_OF_LIFE] = distro.end_of_life
    if distro.preview:
        texts[names.PREVIEW] = "true"
    said = (inherited.get(names.WISHES, ""), order.wishes(debug=variant.is_debug))
    if wishes := "; ".join(filter(None, said)):
        texts[names.WISHES] = wishes
    if order.missing:
        texts[names.MISSING] = ", ".join(order.missing)
    if recipe.accept or names.ACCEPTED in inherited:
        texts[names.ACCEPTED] = _accepted(recipe.accept, inherited.get(names.ACCEPTED))
    own = {key: words.fill(value, f"{recipe.name}: annotations.{key}") for key, value in recipe.annotations.items()}
    return texts | own


def _accepted(acceptances: Iterable[Acceptance], inherited: str | None) -> str:
    """What a check of the image need not tell, for the annotation; what was not said is left out."""
    if inherited is not None and not (acceptances := tuple(acceptances)):
        return inherited
    said = [
        {"path": one.path, "needs": one.needs, "rule": one.rule, "reason": one.reason}
        for one in sorted(acceptances, key=lambda one: one.about)
    ]
    own = [{key: text for key, text in one.items() if text is not None} for one in said]
    return canonical([*(_read(inherited) if inherited is not None else ()), *own]).decode()


def _read(accepted: str) -> list[object]:
    """What the annotation of a base image of ours accepts; nothing where it cannot be read, which a check says."""
    try:
        found = json.loads(accepted)
    except ValueError:
        return []
    return found if isinstance(found, list) else []


def _execution(
    order: Order, variant: Variant, words: Words, texts: Mapping[str, str], below: Below | None
) -> Execution:
    own = run = order.recipe.runs[variant]
    accounts = order.accounts(tuple(range(len(order.stages))))
    if below is not None:
        from bareboat.make.base_image import with_base

        run = run_over(own, below.image.config.config, variant)
        accounts = with_base(accounts, below.accounts)
    where = order.recipe.name
    def fill(text: str, key: str, name: str) -> str:
        return words.fill(text, f"{where}: {key}.{name}")

    copied = (names.TITLE, names.VERSION, names.CREATED)
    labels = {key: texts[key] for key in copied if key in texts}
    labels |= {key: fill(value, "labels", key) if key in own.labels else value for key, value in run.labels.items()}
    check = run.healthcheck
    return Execution(
        user=_numeric(order, run.user, accounts),
        exposed_ports=run.ports,
        env=tuple(
            f"{key}={fill(value, 'env', key) if key in own.env else value}" for key, value in run.env.items()
        ),
        entrypoint=run.entrypoint,
        cmd=run.cmd,
        volumes=run.volumes,
        working_dir=run.workdir,
        labels=dict(sorted(labels.items())),
        stop_signal=run.stop_signal,
        healthcheck=None
        if check is None
        else Healthcheck(
            test=check.test,
            interval_ns=check.interval_ns or 0,
            timeout_ns=check.timeout_ns or 0,
            start_period_ns=check.start_period_ns or 0,
            start_interval_ns=check.start_interval_ns or 0,
            retries=check.retries or 0,
        ),
    )


def _numeric(order: Order, user: str, accounts: Accounts) -> str:
    """`user` as numbers: Kubernetes' runAsNonRoot believes nothing else. A uid alone stays alone.

    Raises:
        BuildError: When the image has no such user or group.
    """
    if not user or user.isdecimal() or not accounts.users:
        return user
    try:
        uid, gid = owner_ids(accounts, user)
    except BuildError as error:
        hint = error.hint or "name one of `accounts`, or write numbers"
        raise BuildError(f'{order.recipe.name}: cannot run as "{user}": {error.message}', hint=hint) from error
    return f"{uid}:{gid}" if ":" in user else str(uid)


def _history(layer: Layer) -> History:
    """What a layer is, as `docker history` shows it."""
    shown = ", ".join(layer.packages[:_MOST_NAMED])
    more = len(layer.packages) - _MOST_NAMED
    packages = shown + (f" and {more} more" if more > 0 else "")
    return History(
        created=format_rfc3339(layer.moment),
        created_by=f"bareboat: {layer.about}",
        comment=packages or None,
    )
