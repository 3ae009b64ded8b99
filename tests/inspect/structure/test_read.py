"""Files of structure tests are read as container-structure-test reads them, and every fault is told with its place."""

from __future__ import annotations

import json

import pytest

from bareboat.base.errors import ConfigurationError
from bareboat.inspect.expression.machine import Expression
from bareboat.inspect.structure import claims
from bareboat.inspect.structure.read import parse_tests

FULL = """
schemaVersion: 2.0.0
globalEnvVars: [{key: A, value: 1}]
commandTests:
- name: says
  setup: [[mkdir, /x], [touch, /x/y]]
  teardown: [[rm, -r, /x]]
  command: ls
  args: [-l, 1]
  envVars: [{key: B, value: $A}]
  expectedOutput: [y]
  excludedOutput: [z]
  expectedError: [warn]
  excludedError: [fail]
  exitCode: 3
fileExistenceTests:
- {name: root, path: /, shouldExist: yes, permissions: drwxr-xr-x, uid: 0, gid: 5, isExecutableBy: group}
- {name: gone, path: /gone, shouldExist: false}
fileContentTests:
- {name: text, path: /text, expectedContents: [a], excludedContents: [b]}
metadataTest:
  envVars: [{key: A, value: b}]
  env: [{key: C, value: d+, isRegex: true}]
  unboundEnvVars: [{key: E}]
  labels: [{key: L, value: ''}]
  exposedPorts: [80, 53/udp]
  unexposedPorts: ['81']
  entrypoint: []
  cmd: [a, 1]
  volumes: [/v]
  unmountedVolumes: [/w]
  workdir: /app
  user: 1000
licenseTests: [{debian: true, files: [/l]}]
containerRunOptions:
  {user: root, privileged: false, allocateTty: true, envFile: f, envVars: [S], capabilities: [C],
   bindMounts: ['/a:/b'], network: host}
bareboat:
  when: {variants: [debug], distros: [debian13], architectures: [amd64]}
  layers: {count: 3, most: 4, annotations: [{layer: 1, key: k, value: v}]}
  annotations: [{key: a, value: 'b.', isRegex: true}]
  unboundAnnotations: [{key: c}]
  architectures: [amd64, arm64]
  maxSize: 2MB
  absent: [shells, setuid]
  closed: true
  nonRoot: true
"""

VALUE = claims.StructureTests(
    file="t.yaml",
    schema_version="2.0.0",
    global_env_vars=(claims.Variable(key="A", value="1"),),
    command_tests=(
        claims.CommandTest(
            name="says",
            command=("ls", "-l", "1"),
            setup=(("mkdir", "/x"), ("touch", "/x/y")),
            teardown=(("rm", "-r", "/x"),),
            env_vars=(claims.Variable(key="B", value="$A"),),
            exit_code=3,
            expected_output=(Expression("y"),),
            excluded_output=(Expression("z"),),
            expected_error=(Expression("warn"),),
            excluded_error=(Expression("fail"),),
        ),
    ),
    file_content_tests=(
        claims.ContentTest(
            name="text", path="/text", expected_contents=(Expression("a"),), excluded_contents=(Expression("b"),)
        ),
    ),
    file_existence_tests=(
        claims.ExistenceTest(
            name="root", path="/", permissions="drwxr-xr-x", uid=0, gid=5, is_executable_by=claims.Executor.group
        ),
        claims.ExistenceTest(name="gone", path="/gone", should_exist=False),
    ),
    metadata_test=claims.MetadataTest(
        env_vars=(claims.Setting(key="A", value="b"), claims.Setting(key="C", value=Expression("d+"))),
        unbound_env_vars=("E",),
        labels=(claims.Setting(key="L", value=""),),
        exposed_ports=("80", "53/udp"),
        unexposed_ports=("81",),
        entrypoint=(),
        cmd=("a", "1"),
        volumes=("/v",),
        unmounted_volumes=("/w",),
        workdir="/app",
        user="1000",
    ),
    license_tests=(claims.LicenceTest(debian=True, files=("/l",)),),
    container_run_options=claims.RunOptions(
        user="root", allocate_tty=True, env_file="f", env_vars=("S",), capabilities=("C",), bind_mounts=("/a:/b",),
        network="host",
    ),
    bareboat=claims.Further(
        when=claims.Condition(variants=("debug",), distros=("debian13",), architectures=("amd64",)),
        layers=claims.LayerClaims(
            count=3, most=4, annotations=(claims.LayerSetting(layer=1, key="k", value="v"),)
        ),
        annotations=(claims.Setting(key="a", value=Expression("b.")),),
        unbound_annotations=("c",),
        architectures=("amd64", "arm64"),
        max_size=2_000_000,
        absent=(claims.Absence.shells, claims.Absence.setuid),
        closed=True,
        non_root=True,
    ),
)  # fmt: skip


def test_every_key_of_version_2_is_read() -> None:
    assert parse_tests(FULL.encode(), "t.yaml") == VALUE


def test_version_1_has_commands_as_lists_and_folders() -> None:
    text = """
schemaVersion: 1.0.0
commandTests: [{name: apt, command: [apt-get, help]}]
fileExistenceTests: [{name: root, path: /, isDirectory: true, shouldExist: true}]
"""
    read = parse_tests(text.encode(), "t.yaml")

    assert [test.command for test in read.command_tests] == [("apt-get", "help")]
    assert [test.is_directory for test in read.file_existence_tests] == [True]


def test_json_is_read_too() -> None:
    document = {"schemaVersion": "1.0.0", "licenseTests": [{"debian": True, "files": []}], "fileExistenceTests": []}

    assert parse_tests(json.dumps(document, indent="\t").encode(), "t.json").license_tests == (
        claims.LicenceTest(debian=True),
    )


def test_null_is_what_is_not_said() -> None:
    text = 'schemaVersion: "2.0.0"\ncommandTests:\nmetadataTest: {entrypoint: null, env: }\n'

    assert parse_tests(text.encode(), "t.yaml") == claims.StructureTests(
        file="t.yaml", schema_version="2.0.0", metadata_test=claims.MetadataTest()
    )


FAULTS = {
    "": ['t.yaml: is empty (say what to test, for example `schemaVersion: "2.0.0"` and fileExistenceTests)'],
    "[]": [
        't.yaml:1:1: must be a mapping (say what to test, for example `schemaVersion: "2.0.0"` and fileExistenceTests)'
    ],
    "a: b": ['t.yaml:1:1: schemaVersion is missing (write `schemaVersion: "2.0.0"`)'],
    "schemaVersion: 2.0.1": ['t.yaml:1:16: schemaVersion: unknown version "2.0.1" (did you mean "2.0.0"?)'],
    "schemaVersion: 2": ['t.yaml:1:16: schemaVersion: unknown version "2" (one of: 1.0.0, 2.0.0)'],
    "schemaVersion: 1.0.0\nmetadataTest: {}": ['t.yaml:2:1: unknown key "metadataTest"'],
    "schemaVersion: 2.0.0\nfileExistanceTests: []": [
        't.yaml:2:1: unknown key "fileExistanceTests" (did you mean "fileExistenceTests"?)'
    ],
    "schemaVersion: 2.0.0\nmetadataTests: {}": [
        't.yaml:2:1: unknown key "metadataTests" (there is one metadataTest, a mapping)'
    ],
    "schemaVersion: 2.0.0\ncommandTests:\n- {name: a, command: [b]}\n- {command: '', exitCode: x, setup: [[]]}": [
        "t.yaml:3:22: commandTests[0].command: must be text, not a list",
        "t.yaml:4:3: commandTests[1]: name is missing",
        "t.yaml:4:13: commandTests[1].command: must not be empty",
        "t.yaml:4:27: commandTests[1].exitCode: must be a whole number, not text",
        "t.yaml:4:38: commandTests[1].setup[0]: must not be empty",
    ],
    "schemaVersion: 2.0.0\nfileContentTests: [{name: a, path: /a, expectedContents: ['(?=a)', '[']}]": [
        't.yaml:2:59: fileContentTests[0].expectedContents[0]: cannot read the expression "(?=a)": '
        "RE2 has no look-ahead (what must not match can be an excluded expression)",
        't.yaml:2:68: fileContentTests[0].expectedContents[1]: cannot read the expression "[": '
        '"[" is not closed (write \\[ for the character)',
    ],
    "schemaVersion: 2.0.0\nfileExistenceTests: [{name: a, path: /a, permissions: '0644', isExecutableBy: all}]": [
        't.yaml:2:55: fileExistenceTests[0].permissions: cannot read the permissions "0644" '
        '(write it as Go does: "-rw-r--r--", "drwxr-xr-x", a setuid file "urwxr-xr-x", /tmp "dtrwxrwxrwx")',
        't.yaml:2:79: fileExistenceTests[0].isExecutableBy: unknown executor "all" (one of: owner, group, other, any)',
    ],
    "schemaVersion: 2.0.0\nmetadataTest: {labels: [{key: a, value: '(', isRegex: true}]}": [
        't.yaml:2:25: metadataTest.labels[0]: cannot read the expression "(": a group is not closed '
        "(write \\( for the character)"
    ],
    "schemaVersion: 2.0.0\nbareboat: {absent: [shell], layers: {count: 0}, maxSize: big}": [
        't.yaml:2:21: bareboat.absent[0]: unknown class of files "shell" (did you mean "shells"?)',
        "t.yaml:2:45: bareboat.layers.count: must be from 1 to 120, not 0",
    ],
}


@pytest.mark.parametrize("text", FAULTS)
def test_every_fault_is_told_with_its_place(text: str) -> None:
    with pytest.raises(ConfigurationError) as fault:
        parse_tests(text.encode(), "t.yaml")

    told = [str(problem) for problem in fault.value.problems]
    assert told[: len(FAULTS[text])] == FAULTS[text]
