"""What a file of structure tests claims, as frozen values.

The claims are those of container-structure-test, schema versions 1.0.0 and 2.0.0, and in `Further` those that only
Bareboat knows.
"""

from __future__ import annotations

from enum import StrEnum

from bareboat.base.frozen import frozen
from bareboat.inspect.expression.machine import Expression

Commandline = tuple[str, ...]
"""A program and its arguments."""


class Executor(StrEnum):
    """For whom a file is to be executable."""

    owner = "owner"
    group = "group"
    other = "other"
    any = "any"


class Absence(StrEnum):
    """Classes of files that an image can claim to be without."""

    shells = "shells"
    package_managers = "packageManagers"
    setuid = "setuid"
    setgid = "setgid"
    capabilities = "capabilities"
    world_writable = "worldWritable"
    devices = "devices"
    private_keys = "privateKeys"


@frozen
class Variable:
    """An environment variable to set; `value` may name others, `${PATH}`."""

    key: str
    value: str


@frozen
class Setting:
    """A variable, label or annotation that is to be there with this value, or with one that the expression matches."""

    key: str
    value: str | Expression


@frozen
class CommandTest:
    """A program that is run, and what it is to say."""

    name: str
    command: Commandline
    setup: tuple[Commandline, ...] = ()
    teardown: tuple[Commandline, ...] = ()
    env_vars: tuple[Variable, ...] = ()
    exit_code: int = 0
    expected_output: tuple[Expression, ...] = ()
    excluded_output: tuple[Expression, ...] = ()
    expected_error: tuple[Expression, ...] = ()
    excluded_error: tuple[Expression, ...] = ()


@frozen
class ExistenceTest:
    """A path that is to be there, or not; `permissions` are as Go writes them: `-rw-r--r--`, `dtrwxrwxrwx`."""

    name: str
    path: str
    should_exist: bool = True
    permissions: str | None = None
    uid: int | None = None
    gid: int | None = None
    is_executable_by: Executor | None = None
    is_directory: bool | None = None


@frozen
class ContentTest:
    """What a file is to hold."""

    name: str
    path: str
    expected_contents: tuple[Expression, ...] = ()
    excluded_contents: tuple[Expression, ...] = ()


@frozen
class MetadataTest:
    """What the image's configuration is to say; None and empty mean that nothing is claimed."""

    env_vars: tuple[Setting, ...] = ()
    unbound_env_vars: tuple[str, ...] = ()
    labels: tuple[Setting, ...] = ()
    exposed_ports: tuple[str, ...] = ()
    unexposed_ports: tuple[str, ...] = ()
    entrypoint: Commandline | None = None
    cmd: Commandline | None = None
    volumes: tuple[str, ...] = ()
    unmounted_volumes: tuple[str, ...] = ()
    workdir: str = ""
    user: str = ""


@frozen
class LicenceTest:
    """Copyright files that are to name no licence of a certain list."""

    debian: bool = False
    files: tuple[str, ...] = ()


@frozen
class RunOptions:
    """How the programs of command tests are run; `env_vars` are names of this machine's variables."""

    user: str = ""
    privileged: bool = False
    allocate_tty: bool = False
    env_file: str = ""
    env_vars: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    bind_mounts: tuple[str, ...] = ()
    network: str = ""


@frozen
class LayerSetting(Setting):
    """An annotation that the descriptor of a layer is to have; `layer` counts from the base, from one."""

    layer: int


@frozen
class LayerClaims:
    """How the image is to be cut."""

    count: int | None = None
    most: int | None = None
    annotations: tuple[LayerSetting, ...] = ()


@frozen
class Condition:
    """Which images a file is about, by what they say of themselves; empty means any."""

    variants: tuple[str, ...] = ()
    distros: tuple[str, ...] = ()
    architectures: tuple[str, ...] = ()


@frozen
class Further:
    """What container-structure-test cannot claim; sizes are of the compressed layers, in bytes."""

    when: Condition = Condition()
    layers: LayerClaims = LayerClaims()
    annotations: tuple[Setting, ...] = ()
    unbound_annotations: tuple[str, ...] = ()
    architectures: tuple[str, ...] = ()
    max_size: int | None = None
    absent: tuple[Absence, ...] = ()
    closed: bool = False
    non_root: bool | None = None


@frozen
class StructureTests:
    """Everything that one file claims; `file` is what to call it."""

    file: str
    schema_version: str
    global_env_vars: tuple[Variable, ...] = ()
    command_tests: tuple[CommandTest, ...] = ()
    file_content_tests: tuple[ContentTest, ...] = ()
    file_existence_tests: tuple[ExistenceTest, ...] = ()
    metadata_test: MetadataTest = MetadataTest()
    license_tests: tuple[LicenceTest, ...] = ()
    container_run_options: RunOptions = RunOptions()
    bareboat: Further = Further()

    @property
    def runs(self) -> bool:
        """Whether something has to be run."""
        return bool(self.command_tests)
