"""The image configuration: what a container started from the image gets, and how its layers came about.

OCI image specification 1.1, "Image Configuration"; `Healthcheck` is Docker's extension (its Image Specification 1.2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from bareboat.base.canon import canonical
from bareboat.base.digest import Digest
from bareboat.base.document import Document
from bareboat.base.epoch import Epoch, parse_rfc3339
from bareboat.base.errors import BareboatError, FormatError
from bareboat.base.frozen import frozen
from bareboat.oci import media
from bareboat.oci.descriptor import Descriptor, Platform
from bareboat.oci.received import filled, no_texts, nothing, received, texts, unknown

ROOTFS_TYPE = "layers"

_FIELDS = frozenset({"created", "author", "architecture", "os", "variant", "config", "rootfs", "history"})
_HISTORY_FIELDS = frozenset({"created", "created_by", "author", "comment", "empty_layer"})
_HEALTHCHECK_FIELDS = frozenset({"Test", "Interval", "Timeout", "StartPeriod", "StartInterval", "Retries"})
_EXECUTION_FIELDS = frozenset(
    {
        *("User", "ExposedPorts", "Env", "Entrypoint", "Cmd", "Volumes"),
        *("WorkingDir", "Labels", "StopSignal", "Healthcheck"),
    }
)


@frozen
class Healthcheck:
    """Docker's health check; durations are in nanoseconds.

    `test` begins with `CMD`, `CMD-SHELL` or `NONE`.
    """

    test: tuple[str, ...] = ()
    interval_ns: int = 0
    timeout_ns: int = 0
    start_period_ns: int = 0
    start_interval_ns: int = 0
    retries: int = 0
    extra: Mapping[str, object] = field(default_factory=nothing, hash=False, repr=False)

    @classmethod
    def read(cls, document: Document) -> Healthcheck:
        """Read the mapping `Healthcheck`."""
        return cls(
            test=document.strings("Test"),
            interval_ns=_number(document, "Interval"),
            timeout_ns=_number(document, "Timeout"),
            start_period_ns=_number(document, "StartPeriod"),
            start_interval_ns=_number(document, "StartInterval"),
            retries=_number(document, "Retries"),
            extra=unknown(document, _HEALTHCHECK_FIELDS),
        )

    def fields(self) -> dict[str, object]:
        """As JSON has it; zero means "inherited" to Docker and is left out."""
        numbers = {
            "Interval": self.interval_ns,
            "Timeout": self.timeout_ns,
            "StartPeriod": self.start_period_ns,
            "StartInterval": self.start_interval_ns,
            "Retries": self.retries,
        }
        said = {key: number for key, number in numbers.items() if number}
        return {**self.extra, **filled({"Test": list(self.test)}), **said}


@frozen
class Execution:
    """"The execution parameters which should be used as a base when running a container using the image."

    An empty field and an absent one mean the same; `exposed_ports` and `volumes` are sets, kept sorted.
    `env` has entries `NAME=value` in their order.
    """

    user: str = ""
    exposed_ports: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    working_dir: str = ""
    labels: Mapping[str, str] = field(default_factory=no_texts, hash=False)
    stop_signal: str = ""
    healthcheck: Healthcheck | None = None
    extra: Mapping[str, object] = field(default_factory=nothing, hash=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "exposed_ports", tuple(sorted(set(self.exposed_ports))))
        object.__setattr__(self, "volumes", tuple(sorted(set(self.volumes))))

    @property
    def environment(self) -> dict[str, str]:
        """`env` as a mapping; of two entries with one name the later counts."""
        return {name: value for name, _, value in (entry.partition("=") for entry in self.env)}

    @classmethod
    def read(cls, document: Document) -> Execution:
        """Read the mapping `config` of an image configuration."""
        return cls(
            user=document.optional_string("User") or "",
            exposed_ports=_names(document, "ExposedPorts"),
            env=document.strings("Env"),
            entrypoint=document.strings("Entrypoint"),
            cmd=document.strings("Cmd"),
            volumes=_names(document, "Volumes"),
            working_dir=document.optional_string("WorkingDir") or "",
            labels=texts(document, "Labels"),
            stop_signal=document.optional_string("StopSignal") or "",
            healthcheck=Healthcheck.read(document.document("Healthcheck")) if document.has("Healthcheck") else None,
            extra=unknown(document, _EXECUTION_FIELDS),
        )

    def fields(self) -> dict[str, object]:
        """As JSON has it.

        "This JSON structure value is unusual because it is a direct JSON serialization of the Go type
        `map[string]struct{}` and is represented in JSON as an object mapping its keys to an empty object."
        """
        said = filled(
            {
                "User": self.user,
                "ExposedPorts": {port: {} for port in self.exposed_ports},
                "Env": list(self.env),
                "Entrypoint": list(self.entrypoint),
                "Cmd": list(self.cmd),
                "Volumes": {volume: {} for volume in self.volumes},
                "WorkingDir": self.working_dir,
                "Labels": dict(self.labels),
                "StopSignal": self.stop_signal,
            }
        )
        health = {} if self.healthcheck is None else {"Healthcheck": self.healthcheck.fields()}
        return {**self.extra, **said, **health}


@frozen
class History:
    """How one layer came about, or a step that made none (`empty_layer`)."""

    created: str | None = None
    created_by: str | None = None
    author: str | None = None
    comment: str | None = None
    empty_layer: bool = False
    extra: Mapping[str, object] = field(default_factory=nothing, hash=False, repr=False)

    @classmethod
    def read(cls, document: Document) -> History:
        """Read an entry of `history`."""
        return cls(
            created=document.optional_string("created") or None,
            created_by=document.optional_string("created_by") or None,
            author=document.optional_string("author") or None,
            comment=document.optional_string("comment") or None,
            empty_layer=document.boolean("empty_layer") if document.has("empty_layer") else False,
            extra=unknown(document, _HISTORY_FIELDS),
        )

    def fields(self) -> dict[str, object]:
        """As JSON has it."""
        said = {
            "created": self.created,
            "created_by": self.created_by,
            "author": self.author,
            "comment": self.comment,
            "empty_layer": self.empty_layer,
        }
        return {**self.extra, **filled(said)}


@frozen
class ImageConfig:
    """The configuration of one image; its digest is the image's ID.

    Dates are RFC 3339 text, as written: others write fractions of seconds and zones that a rebuilt history must keep.
    `raw` are the bytes as received; a changed copy has none and is written canonically.
    """

    created: str | None = None
    author: str | None = None
    architecture: str
    os: str = "linux"
    variant: str | None = None
    config: Execution = Execution()
    diff_ids: tuple[Digest, ...] = ()
    history: tuple[History, ...] = ()
    extra: Mapping[str, object] = field(default_factory=nothing, hash=False, repr=False)
    raw: bytes | None = field(init=False, default=None, compare=False, repr=False)

    @property
    def platform(self) -> Platform:
        """What the image runs on."""
        return Platform(os=self.os, architecture=self.architecture, variant=self.variant)

    @property
    def created_at(self) -> Epoch | None:
        """When the image was created, to the second.

        Raises:
            FormatError: When it is no date.
        """
        return None if self.created is None else parse_rfc3339(self.created)

    @classmethod
    def parse(cls, data: bytes, where: str = "config") -> ImageConfig:
        """Read an image configuration.

        Raises:
            FormatError: When it breaks its format.
            LimitError: When it is larger than any registry takes.
        """
        document = received(data, where)
        rootfs = document.document("rootfs")
        # config.md, `rootfs`: "MUST be set to `layers`.
        # Implementations MUST generate an error if they encounter a unknown value while verifying or unpacking."
        if rootfs.string("type") != ROOTFS_TYPE:
            raise FormatError(f'{rootfs.where}: type: must be "layers", not "{rootfs.string("type")[:80]}"')
        config = cls(
            created=document.optional_string("created") or None,
            author=document.optional_string("author") or None,
            architecture=document.string("architecture"),
            os=document.string("os"),
            variant=document.optional_string("variant") or None,
            config=Execution.read(document.document("config")) if document.has("config") else Execution(),
            diff_ids=_digests(rootfs, "diff_ids"),
            history=tuple(History.read(entry) for entry in document.documents("history")),
            extra=unknown(document, _FIELDS),
        )
        object.__setattr__(config, "raw", data)
        return config

    def to_bytes(self) -> bytes:
        """The bytes as received, or the canonical ones of a configuration made here."""
        if self.raw is not None:
            return self.raw
        said = {
            "created": self.created,
            "author": self.author,
            "variant": self.variant,
            "config": self.config.fields(),
            "history": [entry.fields() for entry in self.history],
        }
        return canonical(
            {
                **self.extra,
                "architecture": self.architecture,
                "os": self.os,
                "rootfs": {"type": ROOTFS_TYPE, "diff_ids": [str(diff_id) for diff_id in self.diff_ids]},
                **filled(said),
            }
        )

    def descriptor(self) -> Descriptor:
        """What describes this configuration in a manifest."""
        return Descriptor.of(media.CONFIG, self.to_bytes())


def _number(document: Document, key: str) -> int:
    return document.integer(key) if document.has(key) else 0


def _names(document: Document, key: str) -> tuple[str, ...]:
    return tuple(document.document(key).fields) if document.has(key) else ()


def _digests(document: Document, key: str) -> tuple[Digest, ...]:
    try:
        return tuple(Digest.parse(text) for text in document.strings(key))
    except BareboatError as fault:
        raise FormatError(f"{document.where}: {key}: {fault.message}") from fault
