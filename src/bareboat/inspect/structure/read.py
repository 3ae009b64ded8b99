"""Files of structure tests, in YAML or JSON, from text to values, with every fault at once.

The format is container-structure-test's, schema versions 1.0.0 and 2.0.0, and the section `bareboat`.
What that tool leaves out silently, such as unknown keys in JSON or an expression that it cannot read, is a fault here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bareboat.base.errors import ConfigurationError, InternalError
from bareboat.base.problem import Problems, suggestion
from bareboat.inspect.expression.machine import Expression
from bareboat.inspect.structure.claims import LayerSetting, Setting, StructureTests, Variable
from bareboat.plan.config.nodes import Node
from bareboat.plan.config.reader import compose

VERSIONS = ("1.0.0", "2.0.0")

_EXAMPLE = 'say what to test, for example `schemaVersion: "2.0.0"` and fileExistenceTests'
_ELSEWHERE = {
    "<<": "YAML 1.2 has no merge keys: write the keys out, or give a whole value an anchor",
    "commandTest": 'did you mean "commandTests"?',
    "entryPoint": 'did you mean "entrypoint"?',
    "fullCommand": "write `command`, as a list in version 1.0.0, and with `args` in version 2.0.0",
    "metadataTests": "there is one metadataTest, a mapping",
}


def read_tests(path: Path) -> StructureTests:
    """What the file at `path` claims.

    Raises:
        ConfigurationError: When it cannot be read, and as `parse_tests`.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f'cannot read "{path}": {error.strerror or error}') from error
    return parse_tests(data, str(path))


def parse_tests(data: bytes, file: str) -> StructureTests:
    """What `data` claims; `file` is what to call it.

    Raises:
        ConfigurationError: With every fault, each with its line and column.
    """
    problems = Problems()
    node = compose(data, file, problems, _EXAMPLE)
    version = None if node is None else _version(node, problems)
    if node is not None and version is not None:
        from bareboat.inspect.structure.model import MODELS
        from bareboat.plan.config.faults import find_faults

        find_faults(node, MODELS[version], problems, _ELSEWHERE)
    problems.raise_as(ConfigurationError, f'cannot use "{file}": {problems.counted}')
    if node is None or version is None:
        raise InternalError(f'"{file}" was not read, and no fault says why')
    return _tests(node, version, file)


def _version(node: Node, problems: Problems) -> str | None:
    if not isinstance(node.value, dict):
        problems.add(node.place, "must be a mapping", _EXAMPLE)
        return None
    said = node.value.get("schemaVersion")
    if said is None or said.value is None:
        problems.add(node.place, "schemaVersion is missing", 'write `schemaVersion: "2.0.0"`')
    elif not isinstance(said.value, str) or said.value not in VERSIONS:
        text = said.value if isinstance(said.value, str) else ""
        hint = suggestion(text, VERSIONS) or f"one of: {', '.join(VERSIONS)}"
        problems.add(said.place, f'schemaVersion: unknown version "{text[:40]}"', hint)
    else:
        return str(said.value)
    return None


def _tests(node: Node, version: str, file: str) -> StructureTests:
    from bareboat.inspect.structure.model import MODELS

    return StructureTests(file=file, **_said(MODELS[version].model_validate(node.plain())))


def _frozen(value: Any) -> Any:
    """A value of a model as one of `claims`."""
    from bareboat.inspect.structure import model

    match value:
        case list():
            return tuple(_frozen(item) for item in value)
        case model.UnboundModel():
            return value.key
        case model.VariableModel():
            return Variable(key=value.key, value=value.value)
        case model.SettingModel():
            setting = Expression(value.value) if value.is_regex else value.value
            if isinstance(value, model.LayerSettingModel):
                return LayerSetting(layer=value.layer, key=value.key, value=setting)
            return Setting(key=value.key, value=setting)
        case model.Model():
            if value.VALUE is None:
                raise InternalError(f"nobody knows what becomes of {type(value).__name__}")
            return value.VALUE(**_said(value))
        case _:
            return value


def _said(value: Any) -> dict[str, Any]:
    """The fields that were written, by the names that `claims` has for them."""
    said = {name: _frozen(getattr(value, name)) for name in value.model_fields_set}
    if "args" in said:
        said["command"] = (said["command"], *said.pop("args"))
    elif isinstance(said.get("command"), str):
        said["command"] = (said["command"],)
    for old, name in (("env", "env_vars"), ("unbound_env", "unbound_env_vars")):
        if old in said:
            said[name] = (*said.get(name, ()), *said.pop(old))
    return said
