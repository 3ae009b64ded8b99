"""The test of what an image's configuration says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from bareboat.inspect.expression.machine import Expression
from bareboat.inspect.structure.claims import MetadataTest, Setting
from bareboat.oci.config import ImageConfig


def metadata_errors(test: MetadataTest, config: ImageConfig) -> Iterator[str]:
    """What does not hold of a configuration."""
    said = config.config
    yield from setting_errors(test.env_vars, said.environment, "env var")
    yield from unbound_errors(test.unbound_env_vars, said.environment, "env var")
    yield from setting_errors(test.labels, said.labels, "label")
    for what, wanted, actual in (("cmd", test.cmd, said.cmd), ("entrypoint", test.entrypoint, said.entrypoint)):
        if wanted is not None and wanted != actual:
            yield f"Image {what} {list(actual)} does not match expected {what}: {list(wanted)}"
    if test.workdir and test.workdir != said.working_dir:
        yield f"Image workdir {said.working_dir} does not match config workdir: {test.workdir}"
    if test.user and test.user != said.user:
        yield f"Image user {said.user} does not match config user: {test.user}"
    yield from _port_errors(test, said.exposed_ports)
    for volume in test.volumes:
        if volume not in said.volumes:
            yield f"Volume {volume} not found in config"
    for volume in test.unmounted_volumes:
        if volume in said.volumes:
            yield f"Volume {volume} should not be mounted, but was"


def setting_errors(wanted: Iterable[Setting], actual: Mapping[str, str], what: str) -> Iterator[str]:
    """Which settings are missing or have another value; `what` is what one is called."""
    for setting in wanted:
        value = actual.get(setting.key)
        if value is None:
            yield f"{what} {setting.key} not found in image metadata"
        elif not is_as(value, setting.value):
            text = setting.value.text if isinstance(setting.value, Expression) else setting.value
            yield f"{what} {setting.key} value {value} does not match expected value: {text}"


def unbound_errors(keys: Iterable[str], actual: Mapping[str, str], what: str) -> Iterator[str]:
    """Which settings are there and should not be."""
    for key in keys:
        if key in actual:
            yield f"{what} {key} should not be present in image metadata, but is: {actual[key]}"


def is_as(value: str, wanted: str | Expression) -> bool:
    """Whether `value` is the wanted one, or matches the wanted expression somewhere."""
    return wanted.matches(value) if isinstance(wanted, Expression) else value == wanted


def _port_errors(test: MetadataTest, exposed: Iterable[str]) -> Iterator[str]:
    """A port without a protocol stands for that number under any, as in the original."""
    there = {name for port in exposed for name in (port, port.partition("/")[0])}
    for port in test.exposed_ports:
        if port not in there:
            yield f"Port {port} not found in config"
    for port in test.unexposed_ports:
        if port in there:
            yield f"Port {port} should not be exposed, but was"
