"""Judging the JSON of images against the OCI image specification 1.1: every fault, gathered, none raised.

Bytes in, problems out; `oci.validate_image` follows the digests, `oci.validate_layer` reads the tars.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import TypeVar

from bareboat.base.digest import Digest
from bareboat.base.document import Document
from bareboat.base.epoch import parse_rfc3339
from bareboat.base.errors import BareboatError
from bareboat.base.problem import Place, Problem, Problems
from bareboat.oci import media
from bareboat.oci.annotations import BASE_DIGEST, CREATED, REF_NAME
from bareboat.oci.config import Execution, Healthcheck, History
from bareboat.oci.descriptor import Descriptor
from bareboat.oci.manifest import check_schema
from bareboat.oci.received import received
from bareboat.oci.reference import is_ref_name

_T = TypeVar("_T")

# "Values MUST comply with RFC 6838, including the naming requirements in its section 4.2." (descriptor.md, `mediaType`)
_NAME_6838 = r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}"
_MEDIA_TYPE = re.compile(rf"{_NAME_6838}/{_NAME_6838}")
# "formatted as defined by RFC 3339, section 5.6" (config.md, `created`)
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
# "Its keys can be in the format of: `port/tcp`, `port/udp`, `port`" (config.md, `ExposedPorts`); Docker adds sctp.
_PORT = re.compile(r"([0-9]{1,5})(?:/(?:tcp|udp|sctp))?")
# "all of the following are valid: `user`, `uid`, `user:group`, `uid:gid`, `uid:group`, `user:gid`" (config.md, `User`)
_USER = re.compile(r"[^:\s]+(:[^:\s]+)?")
# config.md, `StopSignal`: "in the format `SIGNAME`, for instance `SIGKILL` or `SIGRTMIN+3`"
_SIGNAL = re.compile(r"SIG[A-Z0-9]+([+-][0-9]+)?|[0-9]{1,3}")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
# The table of image-index.md, `variant`.
_VARIANTS = {"arm": {"v6", "v7", "v8"}, "arm64": {"v8"}}
_UNKNOWN_PLATFORM = "unknown/unknown"


def validate_index(data: bytes, where: str = "index", *, in_layout: bool = False) -> tuple[Problem, ...]:
    """The faults of an index; `in_layout` for the `index.json` of an image layout, whose entries have names."""
    judge = _Judge()
    document = judge.attempt(where, received, data, where)
    if document is not None:
        judge.index(document, in_layout=in_layout)
    return judge.problems.found


def validate_manifest(data: bytes, where: str = "manifest") -> tuple[Problem, ...]:
    """The faults of a manifest."""
    judge = _Judge()
    document = judge.attempt(where, received, data, where)
    if document is not None:
        judge.manifest(document)
    return judge.problems.found


def validate_config(data: bytes, where: str = "config", *, layers: int | None = None) -> tuple[Problem, ...]:
    """The faults of an image configuration; `layers` is how many the manifest has, when it is known."""
    judge = _Judge()
    document = judge.attempt(where, received, data, where)
    if document is not None:
        judge.config(document, layers)
    return judge.problems.found


class _Judge:
    def __init__(self) -> None:
        self.problems = Problems()

    def attempt(self, where: str, read: Callable[..., _T], *arguments: object) -> _T | None:
        """What `read` gives, or None and a fault."""
        try:
            return read(*arguments)
        except BareboatError as fault:
            self.add(where, fault.message.removeprefix(f"{where}: "))
            return None

    def add(self, where: str, message: str) -> None:
        self.problems.add(Place(where), message)

    def index(self, document: Document, *, in_layout: bool) -> None:
        self._head(document, media.INDEXES)
        entries = self._descriptors(document, "manifests", "manifests[{}]")
        platforms = Counter(str(entry.platform) for _, entry in entries if entry.platform is not None)
        for platform, count in sorted(platforms.items()):
            if count > 1 and not in_layout and platform != _UNKNOWN_PLATFORM:
                self.add(f"{document.where}: manifests", f'has {count} entries for "{platform}"')
        for where, entry in entries:
            name = entry.annotations.get(REF_NAME)
            if in_layout and name is not None and not is_ref_name(name):
                self.add(where, f'{REF_NAME}: "{name[:140]}" is no name of an image')

    def manifest(self, document: Document) -> None:
        self._head(document, media.MANIFESTS)
        config = self._descriptor(document, "config")
        layers = self._descriptors(document, "layers", "layers[{}]")
        if config is not None and config.media_type == media.EMPTY and not document.has("artifactType"):
            # "This MUST be set when `config.mediaType` is set to the empty value." (manifest.md, `artifactType`)
            self.add(document.where, "artifactType is missing, though config is empty")
        if config is not None and config.media_type in media.CONFIGS:
            for where, layer in layers:
                if not media.is_layer(layer.media_type):
                    self.add(where, f'"{layer.media_type}" is no media type of a layer')

    def config(self, document: Document, layers: int | None) -> None:
        where = document.where
        for key in ("architecture", "os"):
            if self.attempt(where, document.string, key) == "":
                self.add(where, f"{key} is empty")
        self._created(where, document)
        diff_ids = self._diff_ids(document)
        history = [self.attempt(entry.where, History.read, entry) for entry in self._list(document, "history")]
        filled = sum(1 for entry in history if entry is None or not entry.empty_layer)
        for entry in self._list(document, "history"):
            self._created(entry.where, entry)
        if layers is not None and diff_ids is not None and diff_ids != layers:
            self.add(f"{where}: rootfs: diff_ids", f"has {diff_ids} entries, the manifest has {layers} layers")
        if history and diff_ids is not None and filled != diff_ids:
            self.add(f"{where}: history", f"tells of {filled} layers, rootfs has {diff_ids}")
        if document.has("config"):
            execution = self.attempt(where, document.document, "config")
            if execution is not None:
                self._execution(execution)

    def _head(self, document: Document, types: frozenset[str]) -> None:
        self.attempt(document.where, check_schema, document)
        kind = self.attempt(document.where, document.optional_string, "mediaType")
        # "When used, this field MUST contain the media type" (manifest.md and image-index.md, `mediaType`)
        if kind is not None and kind not in types:
            self.add(document.where, f'mediaType: "{kind[:140]}" is not that of this document')
        self._annotations(document)
        if document.has("subject"):
            self._descriptor(document, "subject")

    def _descriptor(self, document: Document, key: str) -> Descriptor | None:
        inner = self.attempt(document.where, document.document, key)
        return None if inner is None else self._read_descriptor(inner)

    def _descriptors(self, document: Document, key: str, name: str) -> list[tuple[str, Descriptor]]:
        if not isinstance(document.fields.get(key), list):
            self.add(document.where, f"{key} must be a list")
            return []
        read = [self._read_descriptor(inner) for inner in self._list(document, key)]
        places = [f"{document.where}: {name.format(position)}" for position in range(len(read))]
        return [(place, entry) for place, entry in zip(places, read, strict=True) if entry is not None]

    def _read_descriptor(self, document: Document) -> Descriptor | None:
        where = document.where
        descriptor = self.attempt(where, Descriptor.read, document)
        if descriptor is None:
            return None
        if not _MEDIA_TYPE.fullmatch(descriptor.media_type):
            self.add(where, f'mediaType: "{descriptor.media_type[:140]}" is no media type')
        for url in descriptor.urls:
            if not _URI.fullmatch(url):
                self.add(where, f'urls: "{url[:140]}" is no URI')
        platform = descriptor.platform
        if platform is not None:
            known = _VARIANTS.get(platform.architecture)
            if not platform.os or not platform.architecture:
                self.add(where, f'platform: "{platform}" is incomplete')
            elif known is not None and platform.variant not in {None, *known}:
                self.add(where, f'platform: "{platform}" has no known variant')
        self._annotations(document)
        return descriptor

    def _annotations(self, document: Document) -> None:
        """"Annotations MUST be a key-value map where both the key and value MUST be strings." (annotations.md)"""
        found = self.attempt(document.where, document.string_map, "annotations") or {}
        where = f"{document.where}: annotations"
        if "" in found:
            self.add(where, "a key is empty")
        created = found.get(CREATED)
        if created is not None:
            self._date(f"{where}: {CREATED}", created)
        base = found.get(BASE_DIGEST)
        if base is not None:
            self.attempt(f"{where}: {BASE_DIGEST}", Digest.parse, base)

    def _created(self, where: str, document: Document) -> None:
        created = self.attempt(where, document.optional_string, "created")
        if created is not None:
            self._date(f"{where}: created", created)

    def _date(self, where: str, text: str) -> None:
        if not _RFC_3339.fullmatch(text):
            self.add(where, f'"{text[:80]}" is no date such as 2026-01-31T12:00:00Z')
        else:
            self.attempt(where, parse_rfc3339, text)

    def _diff_ids(self, document: Document) -> int | None:
        rootfs = self.attempt(document.where, document.document, "rootfs")
        if rootfs is None:
            return None
        kind = self.attempt(rootfs.where, rootfs.string, "type")
        if kind is not None and kind != "layers":
            self.add(rootfs.where, f'type: must be "layers", not "{kind[:80]}"')
        if not isinstance(rootfs.fields.get("diff_ids"), list):
            self.add(rootfs.where, "diff_ids must be a list")
        texts = self.attempt(rootfs.where, rootfs.strings, "diff_ids")
        for position, text in enumerate(texts or ()):
            self.attempt(f"{rootfs.where}: diff_ids[{position}]", Digest.parse, text)
        return None if texts is None else len(texts)

    def _list(self, document: Document, key: str) -> tuple[Document, ...]:
        return self.attempt(document.where, document.documents, key) or ()

    def _execution(self, document: Document) -> None:
        execution = self.attempt(document.where, Execution.read, document)
        if execution is None:
            return
        where = document.where
        self._environment(f"{where}: Env", execution.env)
        for port in execution.exposed_ports:
            match = _PORT.fullmatch(port)
            if match is None or not 0 < int(match[1]) < 65536:
                self.add(f"{where}: ExposedPorts", f'"{port[:80]}" is no port such as 8080/tcp')
        for folder in execution.volumes:
            if not folder.startswith("/"):
                self.add(f"{where}: Volumes", f'"{folder[:140]}" is no absolute path')
        if execution.working_dir and not execution.working_dir.startswith("/"):
            self.add(f"{where}: WorkingDir", f'"{execution.working_dir[:140]}" is no absolute path')
        if execution.user and not _USER.fullmatch(execution.user):
            self.add(f"{where}: User", f'"{execution.user[:80]}" is no user or user:group')
        if execution.stop_signal and not _SIGNAL.fullmatch(execution.stop_signal):
            self.add(f"{where}: StopSignal", f'"{execution.stop_signal[:80]}" is no signal such as SIGTERM')
        if execution.healthcheck is not None:
            self._healthcheck(f"{where}: Healthcheck", execution.healthcheck)

    def _environment(self, where: str, entries: Iterable[str]) -> None:
        names: Counter[str] = Counter()
        for entry in entries:
            name, equals, _ = entry.partition("=")
            names[name] += 1
            # "Entries are in the format of `VARNAME=VARVALUE`." (config.md, `Env`)
            if not name or not equals or "\0" in entry:
                self.add(where, f'"{entry[:80]}" is not in the form NAME=value')
        for name in sorted(name for name, count in names.items() if count > 1):
            self.add(where, f'"{name[:80]}" is set twice')

    def _healthcheck(self, where: str, check: Healthcheck) -> None:
        if check.test and check.test[0] not in ("NONE", "CMD", "CMD-SHELL"):
            self.add(where, f'Test: must begin with NONE, CMD or CMD-SHELL, not "{check.test[0][:80]}"')
        if min(check.interval_ns, check.timeout_ns, check.start_period_ns, check.start_interval_ns, check.retries) < 0:
            self.add(where, "has a negative number")
