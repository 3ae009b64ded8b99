"""`/etc/ssl/certs`: the authorities that programs trust, as update-ca-certificates(8) lays them out.

The bundle `ca-certificates.crt` serves most programs; OpenSSL's default folder look-up follows `HASH.N` to `NAME.pem`
to the certificate in `/usr/share/ca-certificates` or `/usr/local/share/ca-certificates`.
An authority that is there twice counts once; an expired one stays, as Debian keeps it.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from bareboat.base.epoch import Epoch
from bareboat.base.errors import BuildError, ConfigurationError, FormatError
from bareboat.base.frozen import frozen
from bareboat.base.path import ImagePath, name_of
from bareboat.make.effects.stamp import Stamp
from bareboat.make.effects.x509 import Certificate, read_certificates
from bareboat.make.tree import AnyEntry, File, Tree

_SHIPPED = "usr/share/ca-certificates"
_LOCAL = "usr/local/share/ca-certificates"
_FOLDER = "etc/ssl/certs"
_BUNDLE = f"{_FOLDER}/ca-certificates.crt"
_BASE = "base:"


@frozen
class Trusted:
    """Authorities that the user adds: PEM text with one or more certificates, and what to call it in errors."""

    pem: bytes
    where: str


@frozen
class Authority:
    """One trusted authority of an image: where its certificate stands, and the text that goes into the bundle.

    `is_new` says that the tree does not have the file yet, `is_bundled` that there is none: only the bundle of a base
    image has it.
    """

    path: ImagePath
    text: bytes
    certificate: Certificate
    is_new: bool = False
    is_bundled: bool = False

    @property
    def name(self) -> str:
        """`ISRG_Root_X1`: the name of its link in `/etc/ssl/certs`, made as update-ca-certificates makes it."""
        return name_of(self.path).removesuffix(".crt").translate(str.maketrans(" (),", "_==_"))


def entries(tree: Tree, trusted: Iterable[Trusted] = (), *, moment: Epoch) -> tuple[AnyEntry, ...]:
    """The bundle, the links, and the files of authorities that the user added, sorted by path.

    Args:
        tree: The image with the certificates of its packages, their contents kept.
        trusted: Further authorities.
        moment: The time of what is made.

    Raises:
        FormatError: When a certificate cannot be read.
        BuildError: When two different authorities of packages have the same name.
    """
    stamp = Stamp("certificates", moment)
    trust = authorities(tree, trusted)
    made: list[AnyEntry] = [stamp.file(_BUNDLE, b"".join(authority.text for authority in trust))]
    numbers: dict[str, int] = {}
    for authority in sorted(trust, key=lambda authority: f"{authority.name}.pem"):  # as openssl rehash numbers them
        if authority.is_bundled:
            continue
        if authority.is_new:
            made.append(stamp.file(authority.path, authority.text))
        made.append(stamp.link(f"{_FOLDER}/{authority.name}.pem", f"/{authority.path}"))
        subject = authority.certificate.subject_hash
        number = numbers.get(subject, 0)
        numbers[subject] = number + 1
        made.append(stamp.link(f"{_FOLDER}/{subject}.{number}", f"{authority.name}.pem"))
    return tuple(sorted(made, key=lambda entry: entry.path))


def authorities(tree: Tree, trusted: Iterable[Trusted] = ()) -> tuple[Authority, ...]:
    """Every authority once, in the order of the bundle: those of packages by path, then local ones by path.

    Args and errors are those of `entries`.
    """
    shipped = [_found(file) for file in _files(tree, _SHIPPED)]
    local = [_found(file) for file in _files(tree, _LOCAL)]
    bundled = _bundled(tree)
    present = (*shipped, *local)
    _check_names(present)
    present = (*present, *bundled)
    local += _added(trusted, present)
    once: dict[bytes, Authority] = {}
    for authority in (*shipped, *sorted(local, key=lambda authority: authority.path), *bundled):
        once.setdefault(authority.certificate.der, authority)
    return tuple(once.values())


def _bundled(tree: Tree) -> list[Authority]:
    """What the bundle of a base image has, which need not have a file for each authority."""
    if not any(entry.origin.startswith(_BASE) for entry in tree.entries.values()):
        return []
    bundle = tree.resolve(_BUNDLE)
    if not isinstance(bundle, File) or not bundle.data:
        return []
    return [
        Authority(path=ImagePath(f"{_LOCAL}/{one.name}.crt"), text=one.pem, certificate=one, is_bundled=True)
        for one in read_certificates(bundle.data, f"/{_BUNDLE}")
    ]


def _files(tree: Tree, folder: str) -> list[File]:
    return [entry for entry in tree.under(folder) if isinstance(entry, File) and entry.path.endswith(".crt")]


def _found(file: File) -> Authority:
    """The authority of a file of the tree, whose text is kept as it is but for a last line end that is missing."""
    text = file.content
    found = read_certificates(text, f"/{file.path}")
    if len(found) != 1:
        raise BuildError(f'cannot trust "/{file.path}": it holds {len(found)} certificates', hint="one file for each")
    return Authority(path=file.path, text=text if text.endswith(b"\n") else text + b"\n", certificate=found[0])


def _check_names(present: Iterable[Authority]) -> None:
    by_name: dict[str, Authority] = {}
    for authority in present:
        other = by_name.setdefault(authority.name, authority)
        if other.certificate != authority.certificate:
            hint = "give its file another name"
            raise BuildError(f'"/{authority.path}": "/{other.path}" is another authority of that name', hint=hint)


def _wished(trusted: Trusted) -> tuple[Certificate, ...]:
    """The certificates that the user names; it is the configuration that is at fault where they cannot be read."""
    try:
        return tuple(read_certificates(trusted.pem, trusted.where))
    except FormatError as error:
        raise ConfigurationError(error.message, hint=error.hint) from error


def _added(trusted: Iterable[Trusted], present: Iterable[Authority]) -> list[Authority]:
    """The user's authorities that are not there yet, a file for each, for openssl rehash skips files with several.

    Each is called by its subject; where another one has that name, some digits of its own make it unique.
    """
    names = {authority.name for authority in present}
    known = {authority.certificate.der for authority in present}
    added = []
    for text in trusted:
        for certificate in _wished(text):
            if certificate.der in known:
                continue
            name = certificate.name
            if name in names:
                name += f"-{sha256(certificate.der).hexdigest()[:8]}"
            names.add(name)
            known.add(certificate.der)
            path = ImagePath(f"{_LOCAL}/{name}.crt")
            added.append(Authority(path=path, text=certificate.pem, certificate=certificate, is_new=True))
    return added
