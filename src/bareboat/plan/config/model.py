"""The door: the shape of `bareboat.yaml` and of the catalogue's files, as pydantic models.

They check each value and describe each key (`plan.config.schema` makes the JSON Schema and the reference from them);
what they let in becomes a frozen value of `plan.config.config` in `plan.config.values`.
A null means "take the parent's away" where it is allowed.
Only `plan.config.yaml`, `plan.catalog` and `plan.config.schema` import this, since pydantic takes its time to start.
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, Discriminator, Field, Tag, WithJsonSchema, model_validator

from bareboat.plan.config.config import Compression
from bareboat.plan.config.health_model import HealthcheckItem
from bareboat.plan.config.shape import MAPPING_TAG, NOT_SAID, TEXT_TAG, Model, tag_of
from bareboat.plan.config.types import (
    AccountId,
    AccountName,
    ArchitectureName,
    CheckName,
    Command,
    ComponentName,
    EffectName,
    Flag,
    Glob,
    ImagePathText,
    LayerCount,
    LocalPath,
    Mode,
    Moment,
    Owner,
    PackageName,
    PackageText,
    PlainName,
    Port,
    Priority,
    PruningWord,
    Relation,
    Sha256,
    SignalName,
    Size,
    Strategy,
    Text,
    Url,
    VariableName,
    VariantName,
    Volume,
    Words,
    by,
    fault,
)
from bareboat.plan.config.words import read_choice

_FILE_SOURCES = ("text", "source", "url", "link", "folder", "remove")


class PackageModel(Model):
    """A package by mapping, where the short form does not do."""

    package: Relation = Field(description="The package, in Debian's relation syntax.")
    remove: Flag = Field(False, description="Take the parent's wish for this package away.")


PackageItem = Annotated[
    Annotated[PackageText, Tag(TEXT_TAG)] | Annotated[PackageModel, Tag(MAPPING_TAG)], Discriminator(tag_of)
]


class OmissionModel(Model):
    """A package to leave out, and why that does no harm."""

    package: PackageName = Field(description="The name of the package.")
    reason: Text = Field("", description="Why the image does without it; needed, unless it is taken away.")
    remove: Flag = Field(False, description="Take the parent's omission of this package away.")
    distros: list[Text] = Field([], min_length=1, description="Only on these distros.")

    @model_validator(mode="after")
    def _has_reason(self) -> Self:
        if not self.remove and not self.reason.strip():
            raise fault("reason is missing" if not self.said("reason") else "reason is empty", "say why it is left out")
        return self


class AcceptanceModel(Model):
    """A finding of `bareboat check` that is known, and why it does no harm."""

    path: Glob = Field(description="Where it is: an absolute path, which may have *, ** and ? as in drop.")
    needs: Text = Field(NOT_SAID, min_length=1, description="What is missing there, such as a soname; may have *.")
    rule: CheckName = Field(NOT_SAID, description="The rule that it breaks, such as needed-library; any when not said.")
    reason: Text = Field("", description="Why it does no harm; needed, unless it is taken away.")
    remove: Flag = Field(False, description="Take the parent's acceptance of the same path, needs and rule away.")

    @model_validator(mode="after")
    def _has_reason(self) -> Self:
        if not self.remove and not self.reason.strip():
            said = "reason is empty" if self.said("reason") else "reason is missing"
            raise fault(said, "say why it does no harm")
        return self


class FileModel(Model):
    """A file, folder or link, from exactly one of text, source, url, link and folder."""

    path: ImagePathText = Field(description="Where it stands in the image; absolute.")
    text: Text = Field(NOT_SAID, description="The content itself.")
    source: LocalPath = Field(NOT_SAID, description="A local file or folder, relative to the configuration.")
    url: Url = Field(NOT_SAID, description="Where to fetch the file; needs sha256.")
    sha256: Sha256 = Field(NOT_SAID, description="The digest of the file at url, 64 hexadecimal digits.")
    link: Text = Field(NOT_SAID, description="The target of a symbolic link.")
    folder: Flag = Field(False, description="Make an empty folder.")
    owner: Owner = Field(NOT_SAID, description="An account of the image, or uid or uid:gid; root when not said.")
    mode: Mode = Field(NOT_SAID, description='The mode in octal: "0644".')
    architectures: list[ArchitectureName] = Field([], min_length=1, description="Only on these architectures.")
    remove: Flag = Field(False, description="Take the file at this path away.")

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        given = [name for name in _FILE_SOURCES if getattr(self, name) not in (None, False)]
        if len(given) > 1:
            raise fault(f"says {' and '.join(given)}; only one of them can be")
        if not given:
            raise fault("does not say what the file is", f"add one of: {', '.join(_FILE_SOURCES)}")
        if (self.url is None) != (self.sha256 is None):
            raise fault("url needs sha256" if self.url else "sha256 needs url")
        if self.mode is not None and (self.link is not None or self.remove):
            raise fault(f"mode has no meaning with {given[0]}")
        if not self.path and not (self.source or self.folder):
            raise fault('cannot take "/" as the path of a file')
        return self


class UserModel(Model):
    """A user: a line of /etc/passwd."""

    name: AccountName = Field(description="The name.")
    uid: AccountId = Field(NOT_SAID, description="The number of the user.")
    gid: AccountId = Field(NOT_SAID, description="The number of the user's group; the uid when not said.")
    gecos: Text = Field("", description="The full name.")
    home: ImagePathText = Field("/nonexistent", description="The home folder.")
    shell: ImagePathText = Field("/sbin/nologin", description="The login shell.")
    home_mode: Mode = Field(NOT_SAID, description='Make the home folder with this mode: "0700".')
    remove: Flag = Field(False, description="Take the parent's user of this name away.")

    @model_validator(mode="after")
    def _has_number(self) -> Self:
        if self.uid is None and not self.remove:
            raise fault("uid is missing")
        return self


class GroupModel(Model):
    """A group: a line of /etc/group."""

    name: AccountName = Field(description="The name.")
    gid: AccountId = Field(NOT_SAID, description="The number of the group.")
    members: list[AccountName] = Field([], description="The names of further members.")
    remove: Flag = Field(False, description="Take the parent's group of this name away.")

    @model_validator(mode="after")
    def _has_number(self) -> Self:
        if self.gid is None and not self.remove:
            raise fault("gid is missing")
        return self


class AccountsModel(Model):
    """The users and groups of an image."""

    users: list[UserModel] = Field([], description="Lines of /etc/passwd, by name.")
    groups: list[GroupModel] = Field([], description="Lines of /etc/group, by name.")


class TrustModel(Model):
    """Certificate authorities by mapping: exactly one of text and source."""

    text: Text = Field(NOT_SAID, description="Certificates as PEM text.")
    source: LocalPath = Field(NOT_SAID, description="A local PEM file.")

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        if (self.text is None) == (self.source is None):
            raise fault("needs either text or source")
        return self


TrustItem = Annotated[
    Annotated[LocalPath, Tag(TEXT_TAG)] | Annotated[TrustModel, Tag(MAPPING_TAG)], Discriminator(tag_of)
]


class UpstreamModel(Model):
    """A program that Debian does not have, by a recipe of the catalogue."""

    name: PlainName = Field(description="The recipe, such as nodejs.")
    version: Text = Field(description='Its release line, such as "24".')


class BudgetModel(Model):
    """Layers up to a number."""

    budget: LayerCount = Field(description="The largest number of layers.")


LayersItem = Annotated[
    Annotated[Strategy, Tag(TEXT_TAG)] | Annotated[BudgetModel, Tag(MAPPING_TAG)], Discriminator(tag_of)
]
Settings = dict[VariableName, Words | None]


class Additions(Model):
    """What a step can add to an image; debug variants add the same kinds of things."""

    packages: list[PackageItem] = Field(
        [], description='Debian packages: "libpq5 (>= 15) [amd64]", libpq5=15.3-1, or -libpq5 to take one away.'
    )
    upstream: list[UpstreamModel] = Field([], description="Programs that are not Debian's.")
    files: list[FileModel] = Field([], description="Files, folders and links of your own, by path.")
    accounts: AccountsModel = Field(NOT_SAID, description="Users and groups, by name.")
    trust: list[TrustItem] = Field([], description="Further certificate authorities: paths of PEM files.")
    env: Settings = Field({}, description="Environment variables; null takes one away, ${NAME} is the parent's value.")
    entrypoint: Command | None = Field(None, description="The program that runs; clears an inherited cmd.")
    cmd: Command | None = Field(None, description="The arguments that docker run can replace.")
    effects: list[EffectName] = Field([], description="What maintainer scripts would have done, by name.")


class OverrideModel(Additions):
    """What differs on one distro."""

    from_: Text = Field(NOT_SAID, description="The parent on this distro.")
    title: Text = Field(NOT_SAID, description="One line that says what the image is; not inherited.")
    components: list[ComponentName] = Field([], description="Programs that Bareboat carries itself: healthcheck.")
    omit: list[OmissionModel] = Field([], description="Packages to leave out though something depends on them.")
    accept: list[AcceptanceModel] = Field(
        [], description="Findings of `bareboat check` that are known; changes no file."
    )
    user: Words | None = Field(None, description="Who runs: a name or uid, and a group if you like, user:group.")
    workdir: ImagePathText | None = Field(None, description="Where it runs.")
    ports: list[Port] = Field([], description="Ports that the program listens on: 8080, 53/udp; -8080 takes one away.")
    volumes: list[Volume] = Field([], description="Folders that hold data; -/data takes one away.")
    labels: Settings = Field({}, description="Labels of the image configuration; null takes one away.")
    annotations: Settings = Field({}, description="Annotations of the manifest; null takes one away.")
    stop_signal: SignalName | None = Field(None, description="The signal that asks the program to stop: SIGTERM.")
    healthcheck: HealthcheckItem | None = Field(None, description="A health check, or none to take it away.")
    variants: list[VariantName] = Field([], min_length=1, description="The forms to build, of the four that there are.")
    architectures: list[ArchitectureName] = Field([], min_length=1, description="The architectures to build for.")
    layers: LayersItem = Field("stage", description="How the image is cut: stage, single, package or {budget: 8}.")
    keep: list[PruningWord] = Field(
        [], description="Pruning rules or paths to keep, against the rules; -docs takes one away."
    )
    drop: list[PruningWord] = Field([], description="Further pruning rules or paths to drop; -docs takes one away.")
    max_size: Size = Field(
        NOT_SAID, description="The build fails when the compressed image outgrows it: 25MB; not inherited."
    )
    created: Moment = Field(NOT_SAID, description="The creation time; else the newest time among the inputs.")
    aliases: list[PlainName] = Field([], description="Further names of the image; not inherited.")
    debug: Additions = Field(NOT_SAID, description="What debug variants add.")


class ImageModel(OverrideModel):
    """One image."""

    from_: Text = Field(
        description="The parent: an image of the catalogue, of this file, of a registry or a layout, or scratch."
    )
    distros: dict[str, OverrideModel | None] = Field(
        {}, description="What differs on each distro; the image is there for these distros only."
    )


class DefaultsModel(Model):
    """What every image of the file has beneath its own words."""

    env: Settings = Field({}, description="Environment variables.")
    labels: Settings = Field({}, description="Labels of the image configuration.")
    annotations: Settings = Field({}, description="Annotations of the manifest.")
    variants: list[VariantName] = Field([], min_length=1, description="The forms to build.")
    architectures: list[ArchitectureName] = Field([], min_length=1, description="The architectures to build for.")
    layers: LayersItem = Field("stage", description="How images are cut.")
    created: Moment = Field(NOT_SAID, description="The creation time.")


class SourceModel(Model):
    """A further apt archive."""

    name: PlainName = Field(description="What to call it.")
    url: Url = Field(NOT_SAID, description="Where it is.")
    urls: list[Url] = Field([], description="Where it is, several places with the same content.")
    suite: Text = Field(description="The suite, the folder below dists/.")
    components: list[Text] = Field(min_length=1, description="The components, such as main.")
    keys: list[Text] = Field([], description="Files with the OpenPGP keys that may sign it, or the keys as text.")
    signed_by: list[Text] = Field([], description="Another name for keys.")
    architectures: list[ArchitectureName] = Field([], min_length=1, description="Only for these architectures.")
    priority: Priority = Field(500, description="Its weight, as in apt_preferences(5).")
    pins: list[PackageName] = Field([], description="The packages that may come from here; all when not said.")

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if not self.url and not self.urls:
            raise fault("url is missing")
        if not self.keys and not self.signed_by:
            raise fault("keys are missing", "name the file with the key that signs this archive")
        return self


CompressionName = Annotated[
    Text,
    AfterValidator(by(lambda word: read_choice(word, Compression, "compression"))),
    WithJsonSchema({"enum": [choice.value for choice in Compression]}),
]


class ConfigModel(Model):
    """A whole `bareboat.yaml`."""

    distro: Text = Field(NOT_SAID, description="The Debian release to build from: debian13.")
    defaults: DefaultsModel = Field(NOT_SAID, description="What every image has beneath its own words.")
    images: dict[str, ImageModel] = Field(description="The images by name.")
    sources: list[SourceModel] = Field([], description="Further apt archives, with the keys that may sign them.")
    mirrors: list[Url] = Field([], description="Where Debian's archive can be had; each is tried in turn.")
    compression: CompressionName = Field(NOT_SAID, description="How layers are compressed: gzip or zstd.")
