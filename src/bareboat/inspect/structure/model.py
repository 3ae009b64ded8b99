"""The door: the shape of files of structure tests, as pydantic models.

They check each value and describe each key; `read` makes the values of `claims` from them.
Keys are those of container-structure-test, but for the section `bareboat`, which is ours.
"""

from __future__ import annotations

from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from bareboat.base.errors import BareboatError
from bareboat.inspect.expression.machine import Expression
from bareboat.inspect.structure import claims
from bareboat.inspect.structure.model_types import (
    AbsenceName,
    AccountId,
    ArchitectureName,
    Arguments,
    Commandline,
    ExecutorName,
    Filled,
    Flag,
    LayerCount,
    Number,
    Pattern,
    Permissions,
    Size,
    Text,
    VariantName,
)
from bareboat.plan.config.types import Words, fault

NOT_SAID: Any = None


class Model(BaseModel):
    """A mapping with a fixed set of keys, written in camel case; null means that a key is not said."""

    VALUE: ClassVar[type[Any] | None] = None
    """What of `claims` it becomes."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, defer_build=True, alias_generator=lambda name: to_camel(name.rstrip("_"))
    )

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, value: object) -> object:
        """yaml.v2 leaves a field as it is where the text says null."""
        return {key: item for key, item in value.items() if item is not None} if isinstance(value, dict) else value


class VariableModel(Model):
    """An environment variable to set."""

    VALUE: ClassVar[type[Any] | None] = claims.Variable

    key: Filled = Field(description="The name.")
    value: Words = Field("", description="The value; `$NAME` and `${NAME}` are the image's values.")
    is_regex: Flag = Field(False, description="Has no meaning where a variable is set.")


class SettingModel(Model):
    """A variable, label or annotation that is to be there."""

    VALUE: ClassVar[type[Any] | None] = claims.Setting

    key: Filled = Field(description="The name.")
    value: Words = Field("", description="The value.")
    is_regex: Flag = Field(False, description="Take the value for an expression, which is to match somewhere.")

    @model_validator(mode="after")
    def _has_expression(self) -> Self:
        if self.is_regex:
            try:
                Expression(self.value)
            except BareboatError as error:
                raise fault(error.message, error.hint) from error
        return self


class LayerSettingModel(SettingModel):
    """An annotation that a layer is to have."""

    VALUE: ClassVar[type[Any] | None] = claims.LayerSetting

    layer: LayerCount = Field(description="Which layer, counted from the base: 1 is the first.")


class UnboundModel(Model):
    """A variable or annotation that is not to be there."""

    key: Filled = Field(description="The name.")
    value: Words = Field("", description="Has no meaning here.")
    is_regex: Flag = Field(False, description="Has no meaning here.")


class BaseCommandModel(Model):
    """What command tests of both versions have."""

    VALUE: ClassVar[type[Any] | None] = claims.CommandTest

    name: Filled = Field(description="What to call the test.")
    setup: list[Commandline] = Field([], description="Commands to run before, in the same filesystem.")
    teardown: list[Commandline] = Field([], description="Commands to run afterwards, in the same filesystem.")
    env_vars: list[VariableModel] = Field([], description="Variables for this test alone.")
    exit_code: Number = Field(0, description="The exit code that the command is to have.")
    expected_output: list[Pattern] = Field([], description="Expressions that are to match the output.")
    excluded_output: list[Pattern] = Field([], description="Expressions that are not to match the output.")
    expected_error: list[Pattern] = Field([], description="Expressions that are to match the error output.")
    excluded_error: list[Pattern] = Field([], description="Expressions that are not to match the error output.")


class CommandModel1(BaseCommandModel):
    """A command, and what it is to say (version 1.0.0)."""

    command: Commandline = Field(description="The program and its arguments.")


class CommandModel(BaseCommandModel):
    """A command, and what it is to say."""

    command: Filled = Field(description="The program: a path, or a name that PATH leads to.")
    args: Arguments = Field([], description="Its arguments.")


class BaseExistenceModel(Model):
    """What existence tests of both versions have."""

    VALUE: ClassVar[type[Any] | None] = claims.ExistenceTest

    name: Filled = Field(description="What to call the test.")
    path: Filled = Field(description="The file or folder; links in the way are followed, a link at the end is not.")
    should_exist: Flag = Field(True, description="Whether it is to be there.")
    permissions: Permissions = Field(NOT_SAID, description='As Go writes them: "-rw-r--r--", "drwxr-xr-x".')


class ExistenceModel1(BaseExistenceModel):
    """A path that is to be there, or not (version 1.0.0)."""

    is_directory: Flag = Field(NOT_SAID, description="Whether it is to be a folder.")


class ExistenceModel(BaseExistenceModel):
    """A path that is to be there, or not."""

    uid: AccountId = Field(NOT_SAID, description="Whose it is to be.")
    gid: AccountId = Field(NOT_SAID, description="Which group's it is to be.")
    is_executable_by: ExecutorName = Field(NOT_SAID, description="For whom it is to be executable.")


class ContentModel(Model):
    """What a file is to hold."""

    VALUE: ClassVar[type[Any] | None] = claims.ContentTest

    name: Filled = Field(description="What to call the test.")
    path: Filled = Field(description="The file; links are followed inside the image.")
    expected_contents: list[Pattern] = Field([], description="Expressions that are to match the file.")
    excluded_contents: list[Pattern] = Field([], description="Expressions that are not to match the file.")


class MetadataModel(Model):
    """What the configuration of the image is to say."""

    VALUE: ClassVar[type[Any] | None] = claims.MetadataTest

    env_vars: list[SettingModel] = Field([], description="Variables that are to be set.")
    env: list[SettingModel] = Field([], description="An older name of envVars.")
    unbound_env_vars: list[UnboundModel] = Field([], description="Variables that are not to be set.")
    unbound_env: list[UnboundModel] = Field([], description="An older name of unboundEnvVars.")
    labels: list[SettingModel] = Field([], description="Labels that are to be there.")
    exposed_ports: list[Filled] = Field([], description="Ports that are to be exposed: 8080, or 53/udp.")
    unexposed_ports: list[Filled] = Field([], description="Ports that are not to be exposed.")
    entrypoint: Arguments = Field(NOT_SAID, description="The entrypoint, all of it; [] for none.")
    cmd: Arguments = Field(NOT_SAID, description="The command, all of it; [] for none.")
    volumes: list[Filled] = Field([], description="Volumes that are to be declared.")
    unmounted_volumes: list[Filled] = Field([], description="Volumes that are not to be declared.")
    workdir: Words = Field("", description="The working folder.")
    user: Words = Field("", description="The user, as the configuration writes it.")


class LicenceModel(Model):
    """Copyright files that are to name neither the AGPL nor the WTFPL."""

    VALUE: ClassVar[type[Any] | None] = claims.LicenceTest

    debian: Flag = Field(False, description="Look at every /usr/share/doc/*/copyright.")
    files: list[Filled] = Field([], description="Further files to look at.")


class RunOptionsModel(Model):
    """How commands are run."""

    VALUE: ClassVar[type[Any] | None] = claims.RunOptions

    user: Words = Field("", description="Who runs them, instead of the image's user.")
    privileged: Flag = Field(False, description="Not to be had: tests that need it fail.")
    allocate_tty: Flag = Field(False, description="Not to be had: tests that need it fail.")
    env_file: Words = Field("", description="A file of NAME=value lines, relative to where the tests are run.")
    env_vars: list[Filled] = Field([], description="Variables of this machine that the commands get too.")
    capabilities: list[Filled] = Field([], description="Not to be had: tests that need them fail.")
    bind_mounts: list[Filled] = Field([], description="Files and folders of this machine: /from:/to or /from:/to:ro.")
    network: Words = Field("", description="host or bridge for a network, none for none; none by default.")


class LayersModel(Model):
    """How the image is to be cut."""

    VALUE: ClassVar[type[Any] | None] = claims.LayerClaims

    count: LayerCount = Field(NOT_SAID, description="How many layers there are to be.")
    most: LayerCount = Field(NOT_SAID, description="How many layers there may be.")
    annotations: list[LayerSettingModel] = Field([], description="Annotations that layers are to have.")


class ConditionModel(Model):
    """Which images the file is about; for others none of its tests is run."""

    VALUE: ClassVar[type[Any] | None] = claims.Condition

    variants: list[VariantName] = Field([], min_length=1, description="By the annotation dev.bareboat.variant.")
    distros: list[Text] = Field([], min_length=1, description="By the annotation dev.bareboat.distro.")
    architectures: list[ArchitectureName] = Field([], min_length=1, description="By the configuration.")


class FurtherModel(Model):
    """What container-structure-test cannot claim."""

    VALUE: ClassVar[type[Any] | None] = claims.Further

    when: ConditionModel = Field(NOT_SAID, description="Which images the whole file is about; all by default.")
    layers: LayersModel = Field(NOT_SAID, description="How the image is cut.")
    annotations: list[SettingModel] = Field([], description="Annotations of the manifest that are to be there.")
    unbound_annotations: list[UnboundModel] = Field([], description="Annotations that are not to be there.")
    architectures: list[ArchitectureName] = Field(
        [], min_length=1, description="What the image is to be for, all of it."
    )
    max_size: Size = Field(NOT_SAID, description="The most that the compressed layers may have together: 25MB.")
    absent: list[AbsenceName] = Field([], description="Classes of files that are not to be there.")
    closed: Flag = Field(False, description="Whether everything that a program needs is to be there; see the rules.")
    non_root: Flag = Field(NOT_SAID, description="Whether the user is to be another than root, or root for false.")


class FileModel1(Model):
    """A file of version 1.0.0."""

    VALUE: ClassVar[type[Any] | None] = claims.StructureTests

    schema_version: Text = Field(description="1.0.0.")
    global_env_vars: list[VariableModel] = Field([], description="Variables for all tests.")
    command_tests: list[CommandModel1] = Field([], description="Commands, and what they are to say.")
    file_content_tests: list[ContentModel] = Field([], description="Files, and what they are to hold.")
    file_existence_tests: list[ExistenceModel1] = Field([], description="Paths that are to be there, or not.")
    license_tests: list[LicenceModel] = Field([], description="Licences that are not to be there.")


class FileModel2(Model):
    """A file of version 2.0.0."""

    VALUE: ClassVar[type[Any] | None] = claims.StructureTests

    schema_version: Text = Field(description="2.0.0.", json_schema_extra={"const": "2.0.0"})
    global_env_vars: list[VariableModel] = Field([], description="Variables for all tests.")
    command_tests: list[CommandModel] = Field([], description="Commands, and what they are to say.")
    file_content_tests: list[ContentModel] = Field([], description="Files, and what they are to hold.")
    file_existence_tests: list[ExistenceModel] = Field([], description="Paths that are to be there, or not.")
    metadata_test: MetadataModel = Field(NOT_SAID, description="What the image's configuration is to say.")
    license_tests: list[LicenceModel] = Field([], description="Licences that are not to be there.")
    container_run_options: RunOptionsModel = Field(NOT_SAID, description="With which options commands are run.")
    bareboat: FurtherModel = Field(NOT_SAID, description="What only Bareboat can claim.")


MODELS: dict[str, type[Model]] = {"1.0.0": FileModel1, "2.0.0": FileModel2}
"""The shape of a file by its schema version."""
