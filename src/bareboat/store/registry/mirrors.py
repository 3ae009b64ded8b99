"""Where else images may be had: the mirrors of containers' `registries.conf` and of the command line.

containers-registries.conf(5), version 2: `[[registry]]` with `prefix`, `location`, `insecure`, `blocked`,
`mirror-by-digest-only` and `[[registry.mirror]]`.
Mirrors are asked for pulls alone; who pushes means the registry that was named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bareboat.base.document import Document
from bareboat.base.errors import ConfigurationError, UsageError
from bareboat.base.frozen import frozen
from bareboat.oci.reference import Reference

_PULLS = {"all": (True, True), "digest-only": (True, False), "tag-only": (False, True)}


@frozen
class Mirror:
    """Another place of the same images.

    Attributes:
        location: `host[:port][/path]`, which takes the place of the prefix.
        insecure: Whether it may speak plain HTTP.
        digests: Whether it is asked for digests.
        tags: Whether it is asked for tags.
    """

    location: str
    insecure: bool = False
    digests: bool = True
    tags: bool = True


@frozen
class Rule:
    """What holds for the references below `prefix`, which may begin with `*.`; `location` is where they truly are."""

    prefix: str
    location: str = ""
    insecure: bool = False
    blocked: bool = False
    mirrors: tuple[Mirror, ...] = ()
    source: str = ""


@frozen(kw_only=False)
class Table:
    """All rules; of those that fit a reference, the longest prefix counts."""

    rules: tuple[Rule, ...] = ()

    def rule_for(self, reference: Reference) -> Rule | None:
        """The rule for a reference, if there is one.

        Raises:
            UsageError: When it blocks the reference.
        """
        name = f"{reference.registry}/{reference.repository}"
        fitting = [rule for rule in self.rules if _fits(rule.prefix, name)]
        if not fitting:
            return None
        rule = max(fitting, key=lambda one: len(one.prefix))
        if rule.blocked:
            raise UsageError(
                f'{reference}: cannot be used: "{rule.prefix}" is blocked in {rule.source}',
                hint="name another registry, or ask who looks after this machine",
            )
        return rule

    def places(self, reference: Reference) -> tuple[tuple[Reference, bool], ...]:
        """Where to look for a reference, best first, each with whether it may speak plain HTTP.

        Raises:
            UsageError: When the reference is blocked, or a rule leads to no reference.
        """
        rule = self.rule_for(reference)
        if rule is None:
            return ((reference, False),)
        by_digest = reference.digest is not None
        mirrors = [mirror for mirror in rule.mirrors if (mirror.digests if by_digest else mirror.tags)]
        origin = _moved(reference, rule, rule.location) if rule.location else reference
        return (
            *((_moved(reference, rule, mirror.location), mirror.insecure) for mirror in mirrors),
            (origin, rule.insecure),
        )

    def with_mirrors(self, words: Iterable[str]) -> Table:
        """This table, with the `HOST=MIRROR` of the command line before all others.

        Raises:
            UsageError: When one is not written so.
        """
        table = self
        for word in words:
            prefix, equals, location = word.partition("=")
            if not (equals and prefix and location) or "://" in word:
                raise UsageError(
                    f'cannot read "{word}" as a mirror',
                    hint="write it as docker.io=mirror.example:5000, without https://",
                )
            prefix, mirror = prefix.strip("/"), Mirror(location=location.strip("/"))
            old = next((rule for rule in table.rules if rule.prefix == prefix), Rule(prefix=prefix, source="--mirror"))
            new = replace(old, mirrors=(mirror, *old.mirrors))
            table = Table((*(rule for rule in table.rules if rule.prefix != prefix), new))
        return table


def table_files(environment: Mapping[str, str], root: Path = Path("/")) -> tuple[Path, ...]:
    """The files in the order in which they count, the later ones more; the user's takes the place of the machine's.

    Args:
        environment: The variables of the environment.
        root: The root folder of the machine.
    """
    if named := environment.get("CONTAINERS_REGISTRIES_CONF"):
        return (Path(named),)
    machine = root / "etc/containers"
    folders = [machine / "registries.conf.d"]
    main = machine / "registries.conf"
    if home := environment.get("HOME"):
        settings = environment.get("XDG_CONFIG_HOME", "")
        own = (Path(settings) if settings.startswith("/") else Path(home, ".config")) / "containers"
        folders.append(own / "registries.conf.d")
        if (own / "registries.conf").is_file():
            main = own / "registries.conf"
    return (main, *(file for folder in folders for file in sorted(folder.glob("*.conf"))))


def table_from(files: Sequence[Path]) -> Table:
    """The table in `files`; those that are not there say nothing.

    Raises:
        ConfigurationError: When one cannot be read.
    """
    rules: dict[str, Rule] = {}
    for file in files:
        try:
            data = file.read_bytes()
        except FileNotFoundError:
            continue
        except OSError as fault:
            raise ConfigurationError(f"{file}: cannot read: {fault.strerror or fault}") from fault
        for rule in rules_in(data, str(file)):
            rules[rule.prefix] = rule
    return Table(tuple(rules.values()))


def rules_in(data: bytes, where: str) -> tuple[Rule, ...]:
    """The rules of one file; of the elder version 1, which has none of this, nothing.

    Raises:
        ConfigurationError: When it is no TOML, or breaks the format.
    """
    import tomllib  # most machines have no such file

    try:
        fields = tomllib.loads(data.decode())
    except (ValueError, RecursionError) as fault:
        raise ConfigurationError(f"{where}: cannot read as TOML: {fault}") from fault
    document = Document(fields, where, ConfigurationError)
    return tuple(_rule(entry, where) for entry in document.documents("registry"))


def _rule(entry: Document, where: str) -> Rule:
    location = (entry.optional_string("location") or "").strip("/")
    prefix = (entry.optional_string("prefix") or location).strip("/")
    if not prefix:
        raise ConfigurationError(f"{entry.where}: has neither prefix nor location")
    if not location and not prefix.startswith("*."):
        location = prefix
    digest_only = entry.has("mirror-by-digest-only") and entry.boolean("mirror-by-digest-only")
    return Rule(
        prefix=prefix,
        location=location,
        insecure=entry.has("insecure") and entry.boolean("insecure"),
        blocked=entry.has("blocked") and entry.boolean("blocked"),
        mirrors=tuple(_mirror(one, digest_only=digest_only) for one in entry.documents("mirror")),
        source=where,
    )


def _mirror(entry: Document, *, digest_only: bool) -> Mirror:
    said = entry.optional_string("pull-from-mirror") or ("digest-only" if digest_only else "all")
    if said not in _PULLS:
        raise ConfigurationError(f'{entry.where}: pull-from-mirror: cannot be "{said}"', hint=" ".join(_PULLS))
    digests, tags = _PULLS[said]
    return Mirror(
        location=entry.string("location").strip("/"),
        insecure=entry.has("insecure") and entry.boolean("insecure"),
        digests=digests,
        tags=tags,
    )


def _fits(prefix: str, name: str) -> bool:
    """Whether the name of a repository is below a prefix: whole parts, or any host below `*.`."""
    if prefix.startswith("*."):
        host, _, path = prefix[1:].partition("/")
        there, _, rest = name.partition("/")
        return there.endswith(host) and (not path or rest == path or rest.startswith(f"{path}/"))
    return name == prefix or name.startswith(f"{prefix}/")


def _moved(reference: Reference, rule: Rule, location: str) -> Reference:
    """`reference` with `location` in the place of the prefix."""
    name = f"{reference.registry}/{reference.repository}"
    rest = name.partition("/")[2] if rule.prefix.startswith("*.") else name[len(rule.prefix) :].strip("/")
    host, _, path = f"{location}/{rest}".strip("/").partition("/")
    if not any(mark in host for mark in ".:[") and host != "localhost":
        return replace(reference, registry=host, repository=path)  # A bare name is a host here.
    try:
        moved = Reference.parse(f"{host}/{path}")
    except UsageError as fault:
        where = rule.source or "--mirror"
        raise UsageError(f'{where}: cannot use "{location}" as a place of images: {fault.message}') from fault
    return replace(moved, tag=reference.tag, digest=reference.digest)
