"""The faults that the door finds, as problems with their places, said in the words of the configuration language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from bareboat.base.problem import MOST_PROBLEMS, MOST_SUGGESTIONS, Problems, suggestion
from bareboat.plan.config.model import ConfigModel, ImageModel, OmissionModel
from bareboat.plan.config.nodes import Node, kind_of
from bareboat.plan.config.shape import MAPPING_TAG, TEXT_TAG

_KEY_TAG = "[key]"
_NOT_PATH = frozenset({TEXT_TAG, MAPPING_TAG, _KEY_TAG})

_ELSEWHERE = {
    "<<": "write `from: …` in an image to build on another",
    "arch": 'did you mean "architectures"?',
    "args": 'did you mean "cmd"?',
    "base": 'did you mean "from"?',
    "command": 'did you mean "cmd"?',
    "environment": 'did you mean "env"?',
    "expose": 'did you mean "ports"?',
    "image": 'did you mean "from"?',
    "working-dir": 'did you mean "workdir"?',
}
"""What other tools call our keys, where the nearest word would mislead."""


def find_config_faults(node: Node, problems: Problems) -> None:
    """Add every fault that a `bareboat.yaml` has by itself."""
    find_faults(node, ConfigModel, problems)


def find_omission_faults(node: Node, problems: Problems) -> None:
    """Add every fault of one of the catalogue's omissions."""
    find_faults(node, OmissionModel, problems)


def find_image_faults(node: Node, problems: Problems) -> None:
    """Add every fault that an image's file of the catalogue has by itself."""
    find_faults(node, ImageModel, problems)


def name_of(path: Sequence[str | int]) -> str:
    """How a message names a value: `images.orders-api.files[0].mode`."""
    name = ""
    for part in path:
        name += f"[{part}]" if isinstance(part, int) else f".{part}" if name else part
    return name


def find_faults(
    node: Node, model: type[BaseModel], problems: Problems, elsewhere: Mapping[str, str] = _ELSEWHERE
) -> None:
    """Add every fault that `node` has as `model`; `elsewhere` has hints for keys that it does not know."""
    try:
        model.model_validate(node.plain())
    except ValidationError as invalid:
        for error in invalid.errors(include_url=False)[:MOST_PROBLEMS]:
            _add(node, model, dict(error), problems, elsewhere)


def _add(
    node: Node, model: type[BaseModel], error: dict[str, Any], problems: Problems, elsewhere: Mapping[str, str]
) -> None:
    location: tuple[str | int, ...] = error["loc"]
    path = [part for part in location if part not in _NOT_PATH]
    match error["type"]:
        case "extra_forbidden":
            key = str(path[-1])
            near = suggestion(key, _keys_at(model, path[:-1])) if len(problems) < MOST_SUGGESTIONS else ""
            hint = elsewhere.get(key) or near
            place, path, message = node.key_place_of(path), path[:-1], f'unknown key "{key}"'
        case "missing":
            place, path, message, hint = node.place_of(path), path[:-1], f"{path[-1]} is missing", ""
            hint = "such as `from: base`" if location[-1] == "from" else ""
        case "fault":
            place = node.key_place_of(path) if location[-1] == _KEY_TAG else node.place_of(path)
            message, hint = error["ctx"]["message"], error["ctx"]["hint"]
        case "list_type":
            place, message = node.place_of(path), f"must be a list, {kind_of(error['input'])}"
            hint = "leave the key out, or write []" if error["input"] is None else "put it in brackets: [ ]"
        case "dict_type" | "model_type":
            what = "text or a mapping" if location[-1:] == (MAPPING_TAG,) else "a mapping"
            place, message, hint = node.place_of(path), f"must be {what}, {kind_of(error['input'])}", ""
        case "too_short" | "string_too_short":
            place, message, hint = node.place_of(path), "must not be empty", ""
        case _:
            place, message, hint = node.place_of(path), error["msg"], ""
    problems.add(place, f"{name_of(path)}: {message}" if path else message, hint)


def _keys_at(model: type[BaseModel], path: Sequence[str | int]) -> list[str]:
    """The keys that the mapping at `path` may have."""
    kind: Any = model
    for part in path:
        kind = _below(kind, part)
    return [str(field.alias) for candidate in _models(kind) for field in candidate.model_fields.values()]


def _below(kind: Any, part: str | int) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _below(arguments[0], part)
    if origin in (Union, UnionType):
        return next((found for found in (_below(argument, part) for argument in arguments) if found is not None), None)
    if origin is dict:
        return arguments[1]
    if origin is list:
        return arguments[0]
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return next((field.annotation for field in kind.model_fields.values() if field.alias == part), None)
    return None


def _models(kind: Any) -> list[type[BaseModel]]:
    if isinstance(kind, type):
        return [kind] if issubclass(kind, BaseModel) else []
    return [model for argument in get_args(kind) for model in _models(argument)]
