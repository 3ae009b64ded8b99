"""`${…}` in links, environment, labels and annotations: the few things that a configuration cannot know beforehand."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bareboat.base.errors import BuildError
from bareboat.base.frozen import frozen
from bareboat.base.platform import Architecture
from bareboat.base.problem import suggestion
from bareboat.debian.version import Version

_WORD = re.compile(r"\$\{([^}]*)\}")


@frozen
class Words:
    """What the words of one image on one architecture mean; `versions` are the full versions of its packages."""

    architecture: Architecture
    versions: Mapping[str, str]

    def fill(self, text: str, where: str) -> str:
        """`text` with every `${arch}`, `${oci-arch}`, `${gnu}`, `${version:PACKAGE}` and `${upstream:PACKAGE}` said.

        Raises:
            BuildError: For another word, or a package that the image does not have.
        """
        end = text.rfind("}") + 1  # behind it there is no word, though each of many beginnings would be looked into
        return _WORD.sub(lambda match: self._meaning(match[1], where), text[:end]) + text[end:]

    def _meaning(self, word: str, where: str) -> str:
        plain = {
            "arch": self.architecture.debian,
            "oci-arch": self.architecture.oci,
            "gnu": self.architecture.gnu,
        }
        if word in plain:
            return plain[word]
        kind, _, package = word.partition(":")
        if kind not in ("version", "upstream"):
            known = [*plain, "version:PACKAGE", "upstream:PACKAGE"]
            raise BuildError(f'{where}: "${{{word}}}" has no meaning', hint=f"one of: {', '.join(known)}")
        version = self.versions.get(package)
        if version is None:
            raise BuildError(
                f'{where}: "${{{word}}}": the image has no package "{package}"',
                hint=suggestion(package, self.versions) or None,
            )
        return version if kind == "version" else Version.parse(version).upstream_release
