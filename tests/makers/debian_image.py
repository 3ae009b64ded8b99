"""Images that look like ours: stages as layers, packages with control files and md5sums in status.d."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import md5

from bareboat.oci.annotations import WISHES
from bareboat.oci.config import Execution, History
from tests.makers.image import CREATED, Made
from tests.makers.layers import Item, file, make_image_of, make_raw_tar


@dataclass(frozen=True, kw_only=True)
class Deb:
    """A package as an image has it: its files with their contents, and further fields of its control file."""

    name: str
    version: str = "1.0-1"
    architecture: str = "amd64"
    files: Mapping[str, bytes] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    lists_files: bool = True

    def items(self) -> list[Item]:
        """Its files, and what says that it is there."""
        said = {"Package": self.name, "Version": self.version, "Architecture": self.architecture, **self.fields}
        control = "".join(f"{key}: {value}\n" for key, value in said.items()).encode()
        sums = "".join(f"{md5(data).hexdigest()}  {path}\n" for path, data in sorted(self.files.items())).encode()
        status = f"var/lib/dpkg/status.d/{self.name}"
        listed = [file(f"{status}.md5sums", sums)] if self.lists_files else []
        return [*(file(path, data) for path, data in self.files.items()), file(status, control), *listed]


Stage = tuple[str, Sequence[Deb | Item]]
"""The name of a stage and what its layer has."""


def make_debian_image(
    stages: Sequence[Stage],
    wishes: str | None = None,
    *,
    config: Execution | None = None,
    annotations: Mapping[str, str] | None = None,
    architecture: str = "amd64",
    variant: str | None = None,
) -> Made:
    """An image of one layer for each stage, base first."""
    tars = []
    history = []
    for name, contents in stages:
        items = [item for one in contents for item in (one.items() if isinstance(one, Deb) else [one])]
        tars.append(make_raw_tar(items))
        debs = ", ".join(f"{one.name} {one.version}" for one in contents if isinstance(one, Deb))
        history.append(History(created=CREATED, created_by=f"bareboat: {name}", comment=debs or None))
    said = {} if wishes is None else {WISHES: wishes}
    return make_image_of(
        tars, history=history, config=config, annotations={**(annotations or {}), **said},
        architecture=architecture, variant=variant,
    )  # fmt: skip
