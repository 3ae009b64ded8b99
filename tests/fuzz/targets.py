"""Every parser that reads foreign bytes, by name; and what counts as a fault of it.

A target may give any value, and may raise any error of ours but InternalError.
Everything else is a fault: other exceptions, too deep recursion, memory that runs out, and an answer that breaks a
promise (AssertionError); hangs are for `run` to see.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bareboat.base.errors import BareboatError, InternalError
from tests.fuzz import mend, reading_debian, reading_images, reading_plans, reading_registries

Mend = Callable[[bytearray], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A parser.

    `read` takes the input; `most_bytes` is how large inputs grow; `mend` makes checksums and the like right again, so
    that changes reach what stands behind them.
    """

    name: str
    read: Callable[[bytes], None]
    most_bytes: int = 4096
    mend: Mend | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong, and where: the innermost line of ours."""

    kind: str
    place: str
    message: str

    @property
    def id(self) -> str:
        """The same for every input that shows the same fault."""
        return f"{self.kind} at {self.place}"


def _table(*targets: Target) -> Mapping[str, Target]:
    return MappingProxyType({target.name: target for target in targets})


TARGETS = _table(
    Target(name="ar", read=reading_debian.read_ar, most_bytes=1024),
    Target(name="tar", read=reading_debian.read_tar, most_bytes=8192, mend=mend.tar),
    Target(name="deb", read=reading_debian.read_package, most_bytes=12288, mend=mend.ar_of_tars),
    Target(name="unpack", read=reading_debian.unpack_package, most_bytes=12288, mend=mend.ar_of_tars),
    Target(name="inflate", read=reading_debian.inflate),
    Target(name="paragraph", read=reading_debian.read_paragraphs, most_bytes=1024),
    Target(name="release", read=reading_debian.read_release, most_bytes=2048),
    Target(name="inrelease", read=reading_plans.read_inrelease),
    Target(name="signature", read=reading_plans.read_signature, most_bytes=2048),
    Target(name="keyring", read=reading_plans.read_keyring),
    Target(name="packages", read=reading_debian.read_index, most_bytes=2048),
    Target(name="prepared", read=reading_debian.read_prepared_index, most_bytes=2048),
    Target(name="relations", read=reading_debian.read_relations, most_bytes=256),
    Target(name="version", read=reading_debian.read_version, most_bytes=64),
    Target(name="md5sums", read=reading_debian.read_md5sums, most_bytes=512),
    Target(name="copyright", read=reading_debian.read_copyright, most_bytes=2048),
    Target(name="script", read=reading_debian.read_script, most_bytes=1024),
    Target(name="elf", read=reading_debian.read_program),
    Target(name="index", read=reading_images.read_index, most_bytes=2048),
    Target(name="manifest", read=reading_images.read_manifest, most_bytes=2048),
    Target(name="config", read=reading_images.read_config, most_bytes=2048),
    Target(name="layout", read=reading_images.read_layout),
    Target(name="reference", read=reading_images.read_reference, most_bytes=256),
    Target(name="layer", read=reading_images.judge_layer, most_bytes=8192, mend=mend.tar),
    Target(name="changeset", read=reading_images.apply_layer, most_bytes=8192, mend=mend.tar),
    Target(name="payload", read=reading_images.read_payload),
    Target(name="archive", read=reading_images.read_archive, most_bytes=8192, mend=mend.tar),
    Target(name="lock", read=reading_plans.read_lock),
    Target(name="configuration", read=reading_plans.read_configuration, most_bytes=2048),
    Target(name="apt", read=reading_plans.read_apt, most_bytes=1024),
    Target(name="npmrc", read=reading_plans.read_npmrc, most_bytes=512),
    Target(name="npm", read=reading_plans.read_npm_document, most_bytes=2048),
    Target(name="publisher", read=reading_plans.read_publisher_archive, most_bytes=8192, mend=mend.tar),
    Target(name="answer", read=reading_plans.read_answer, most_bytes=768),
    Target(name="registry", read=reading_registries.read_registry, most_bytes=1024),
    Target(name="logins", read=reading_registries.read_logins, most_bytes=1024),
    Target(name="mirrors", read=reading_registries.read_mirrors, most_bytes=1024),
    Target(name="ldconf", read=reading_plans.read_loader_conf, most_bytes=1024),
    Target(name="pem", read=reading_plans.read_pem),
    Target(name="der", read=reading_plans.read_der, most_bytes=2048),
    Target(name="record", read=reading_plans.read_record, most_bytes=2048),
)


def fault_of(target: Target, data: bytes) -> Fault | None:
    """The fault that `data` shows, or None when it is read or refused as it should be."""
    try:
        target.read(data)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001  panics of libraries in Rust are no Exceptions
        if isinstance(error, BareboatError) and not isinstance(error, InternalError):
            return None
        return Fault(type(error).__name__, _place_of(error), str(error)[:300])
    return None


def _place_of(error: BaseException) -> str:
    """File and line of the innermost frame of ours; a recursion has too many to tell one from the other."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "/bareboat/" in frame.filename]
    if not frames:
        frames = traceback.extract_tb(error.__traceback__)[-1:]
    name = frames[-1].filename.rpartition("/bareboat/")[2].rpartition("tests/")[2]
    return name if isinstance(error, RecursionError) else f"{name}:{frames[-1].lineno}"
