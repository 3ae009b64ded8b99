"""What each layer is, from the image's own history."""

from __future__ import annotations

from bareboat.base.frozen import frozen
from bareboat.oci.config import ImageConfig
from bareboat.oci.manifest import Manifest

_OURS = "bareboat: "


@frozen
class LayerOrigin:
    """What the history says of one layer: `about` is the stage for our images, else the command that made it.

    Both are empty when the history says nothing, or does not fit the layers.
    """

    about: str = ""
    comment: str = ""


def layer_origins(config: ImageConfig, manifest: Manifest) -> tuple[LayerOrigin, ...]:
    """One origin for each layer, base first.

    "history … `empty_layer`: This field is used to mark if the history item created a filesystem diff." (config.md)
    """
    said = [entry for entry in config.history if not entry.empty_layer]
    if len(said) != len(manifest.layers):
        return (LayerOrigin(),) * len(manifest.layers)
    return tuple(
        LayerOrigin(about=(entry.created_by or "").removeprefix(_OURS), comment=entry.comment or "") for entry in said
    )
