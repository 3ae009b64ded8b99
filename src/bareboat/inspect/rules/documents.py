"""What OCI's specification asks of an image's documents and of the tars of its layers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from bareboat.base.problem import Problem
from bareboat.inspect.aboard import Aboard
from bareboat.inspect.finding import Family, Finding, Rule, Severity

DOCUMENT = Rule(
    name="oci-document",
    family=Family.invariant,
    severity=Severity.error,
    title="index, manifest and configuration keep the OCI image specification",
    why="registries and runtimes differ in what they forgive",
)
LAYER = Rule(
    name="layer-form",
    family=Family.invariant,
    severity=Severity.warning,
    title="every reader unpacks a layer to the same files: plain names, each once, folders before what is in them",
    why="engines differ in what they make of anything else, so the image is not the same everywhere",
)
RULES = (DOCUMENT, LAYER)

LAYERS = "layers["
"""How the place of a fault in a layer begins."""

_MOST_TOLD = 10


def find(aboard: Aboard) -> Iterator[Finding]:
    """Every fault of the documents, and the first of each layer."""
    layers: defaultdict[str, list[str]] = defaultdict(list)
    for fault in aboard.faults:
        if fault.place.file.startswith(LAYERS):
            layers[fault.place.file].append(fault.message)
        else:
            yield of_document(fault)
    for place, messages in layers.items():
        for message in messages[:_MOST_TOLD]:
            yield Finding(rule=LAYER, path="", message=f"{place}: {message}")
        if len(messages) > _MOST_TOLD:
            yield Finding(rule=LAYER, path="", message=f"{place}: {len(messages) - _MOST_TOLD} more of this kind")


def of_document(fault: Problem) -> Finding:
    """The finding for a fault of a document."""
    return Finding(
        rule=DOCUMENT, path="", message=f"{fault.place}: {fault.message}", hint=fault.hint or None
    )
