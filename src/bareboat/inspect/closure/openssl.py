"""OpenSSL's providers are modules in `ossl-modules` beside libcrypto, loaded as its configuration says.

Format: config(5ssl), "Provider Configuration"; where modules are looked for: OSSL_PROVIDER(3ssl).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bareboat.base.path import ImagePath, parent_of
from bareboat.inspect.closure.grounds import Grounds
from bareboat.inspect.finding import Family, Finding, Rule, Severity

PROVIDER = Rule(
    name="openssl-provider",
    family=Family.closure,
    severity=Severity.warning,
    title="every provider that OpenSSL's configuration activates is there",
    why="programs that load the configuration fail, or go on without the algorithms that were asked for",
)
LEGACY = Rule(
    name="openssl-legacy",
    family=Family.closure,
    severity=Severity.note,
    title="OpenSSL's legacy provider is there",
    why="MD4, RC4, Blowfish, CAST5 and old PKCS#12 files need it; nothing else does",
)

_LIBCRYPTO = "libcrypto.so.3"
_CONF = "/usr/lib/ssl/openssl.cnf"  # Debian's OPENSSLDIR, where it is a link to /etc/ssl/openssl.cnf
_CONF_BEHIND = "/etc/ssl/openssl.cnf"
_BUILT_IN = ("default", "base", "null")
_TRUE = ("1", "yes", "true", "on")
_SECTION = re.compile(r"\[\s*([^\]\s]+)\s*\]")
_LEGACY_PACKAGES = ("openssl-provider-legacy", "libssl3")

Sections = Mapping[str, Mapping[str, str]]


def findings(grounds: Grounds) -> Iterator[Finding]:
    """Activated providers without their module, and the legacy provider when nothing has it."""
    libcrypto = grounds.system_library(_LIBCRYPTO)
    if libcrypto is None:
        return
    environment = grounds.aboard.config.config.environment
    modules = environment.get("OPENSSL_MODULES") or f"/{parent_of(libcrypto)}/ossl-modules"
    conf = _configuration(grounds, environment.get("OPENSSL_CONF"))
    wanted = {} if conf is None else activated(_sections(grounds.files.texts[conf]))
    for name, module in wanted.items() if conf is not None else ():
        path = module if module.startswith("/") else f"{modules}/{module}"
        if name not in _BUILT_IN and grounds.places.file(path) is None:
            provider = grounds.providers.of_package(*_LEGACY_PACKAGES) if name == "legacy" else None
            message = f"activates the provider {name}, and {path} is not in the image"
            yield grounds.finding(PROVIDER, conf or libcrypto, message, needs=f"{name}.so", provider=provider)
    if "legacy" not in wanted and grounds.places.file(f"{modules}/legacy.so") is None:
        message = f"has no {modules}/legacy.so: old algorithms are not available"
        provider = grounds.providers.of_package(*_LEGACY_PACKAGES)
        yield grounds.finding(LEGACY, libcrypto, message, needs="legacy.so", provider=provider)


def activated(sections: Sections) -> Mapping[str, str]:
    """The modules of the providers that a configuration activates, by their names.

    "module: Specifies the pathname of the module"; without it "the name of the provider module is formed from the
    provider's identity".
    """
    start = sections.get("", {}).get("openssl_conf", "openssl_init")
    names = sections.get(sections.get(start, {}).get("providers", ""), {})
    found = {}
    for name, section in names.items():
        said = sections.get(section, {})
        identity = said.get("identity", name.rpartition(".")[2])
        if said.get("activate", "").lower() in _TRUE:
            found[identity] = said.get("module", f"{identity}.so")
    return found


def _configuration(grounds: Grounds, said: str | None) -> ImagePath | None:
    for path in [said] if said else [_CONF, _CONF_BEHIND]:
        file = grounds.places.file(path)
        if file is not None and file in grounds.files.texts:
            return file
    return None


def _sections(data: bytes) -> Sections:
    """The sections of a configuration; what stands before the first is in the one without a name."""
    sections: dict[str, dict[str, str]] = {"": {}}
    current = sections[""]
    for raw in data.decode(errors="replace").splitlines():
        line = raw.partition("#")[0].strip()
        header = _SECTION.fullmatch(line)
        name, equals, value = line.partition("=")
        if header is not None:
            current = sections.setdefault(header[1], {})
        elif equals:
            current[name.strip()] = value.strip()
    return sections
