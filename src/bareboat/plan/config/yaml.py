"""`bareboat.yaml` from text to value, with every fault at once."""

from __future__ import annotations

from pathlib import Path

from bareboat.base.errors import ConfigurationError, InternalError
from bareboat.base.problem import Problems
from bareboat.plan.catalog import Catalog
from bareboat.plan.config.check import find_reference_faults
from bareboat.plan.config.config import Config
from bareboat.plan.config.nodes import Node
from bareboat.plan.config.reader import compose
from bareboat.plan.config.values import config_of


def read_config(path: Path, catalog: Catalog) -> Config:
    """The configuration in a file.

    Raises:
        ConfigurationError: When the file cannot be read, and as `parse_config`.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f'cannot read "{path}": {error.strerror or error}') from error
    return parse_config(data, str(path), catalog)


def parse_config(data: bytes, file: str, catalog: Catalog) -> Config:
    """The configuration in `data`.

    Args:
        data: The text, in UTF-8.
        file: What to call it in errors.
        catalog: What its images may build on, and the distros that there are.

    Raises:
        ConfigurationError: With every fault that the text has, each with its line and column; those of inheritance,
            as far as they can be judged beside others.
    """
    problems = Problems()
    node = compose(data, file, problems)
    if node is not None:
        from bareboat.plan.config.faults import find_config_faults

        find_config_faults(node, problems)
        find_reference_faults(node, catalog, problems)
        if problems.found:  # else `plan.inherit` raises its own when it makes recipes
            _find_inheritance_faults(node, file, catalog, problems)
    problems.raise_as(ConfigurationError, f'cannot use "{file}": {problems.counted}')
    if node is None:
        raise InternalError(f'"{file}" was not read, and no fault says why')
    return config_of(node, file)


def _find_inheritance_faults(node: Node, file: str, catalog: Catalog, problems: Problems) -> None:
    """Add the faults of inheritance that the faultless part of a file has."""
    from bareboat.plan.config.sound import sound_part
    from bareboat.plan.inherit import find_inheritance_faults

    part = sound_part(node, catalog)
    if part is not None:
        find_inheritance_faults(config_of(part, file), catalog, problems)
