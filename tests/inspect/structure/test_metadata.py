"""The metadata test: what the image's configuration says, claim by claim."""

from __future__ import annotations

from pathlib import Path

import pytest

from bareboat.oci.config import Execution
from tests.inspect.structure.verdicts import errors_of, verdict_of
from tests.makers.image import make_image

CONFIG = Execution(
    user="65532",
    exposed_ports=("8080/tcp", "53/udp"),
    env=("PATH=/usr/bin:/bin", "EMPTY=", "NODE=v24.1"),
    entrypoint=("/usr/bin/sail", "--fast"),
    cmd=("now",),
    volumes=("/data",),
    working_dir="/home/nonroot",
    labels={"team": "harbour", "empty": "", "built": "2026-01-31"},
)

HOLDS = [
    "envVars: [{key: PATH, value: '/usr/bin:/bin'}, {key: EMPTY, value: ''}]",
    "envVars: [{key: NODE, value: 'v2[0-9]', isRegex: true}]",
    "env: [{key: EMPTY}]",
    "unboundEnvVars: [{key: LD_PRELOAD}]",
    "unboundEnv: [{key: LD_PRELOAD}]",
    "labels: [{key: team, value: harbour}, {key: built, value: '^2026-', isRegex: true}, {key: empty, value: ''}]",
    "exposedPorts: [8080, '53', 8080/tcp, 53/udp]",
    "unexposedPorts: [80, 8080/udp, 53/tcp]",
    "entrypoint: [/usr/bin/sail, --fast]",
    "cmd: [now]",
    "volumes: [/data]",
    "unmountedVolumes: [/root]",
    "workdir: /home/nonroot",
    "user: 65532",
]

WRONG = {
    "envVars: [{key: PATH, value: /bin}]": ["env var PATH value /usr/bin:/bin does not match expected value: /bin"],
    "envVars: [{key: NODE, value: '^2', isRegex: true}]": [
        "env var NODE value v24.1 does not match expected value: ^2"
    ],
    "envVars: [{key: NONE, value: ''}]": ["env var NONE not found in image metadata"],
    "unboundEnvVars: [{key: EMPTY}]": ["env var EMPTY should not be present in image metadata, but is: "],
    "labels: [{key: team, value: port}, {key: none}]": [
        "label team value harbour does not match expected value: port",
        "label none not found in image metadata",
    ],
    "exposedPorts: [80, 53/tcp]": ["Port 80 not found in config", "Port 53/tcp not found in config"],
    "unexposedPorts: [8080, 53/udp]": [
        "Port 8080 should not be exposed, but was",
        "Port 53/udp should not be exposed, but was",
    ],
    "entrypoint: []": ["Image entrypoint ['/usr/bin/sail', '--fast'] does not match expected entrypoint: []"],
    "cmd: [now, then]": ["Image cmd ['now'] does not match expected cmd: ['now', 'then']"],
    "volumes: [/root], unmountedVolumes: [/data]": [
        "Volume /root not found in config",
        "Volume /data should not be mounted, but was",
    ],
    "workdir: /, user: root": [
        "Image workdir /home/nonroot does not match config workdir: /",
        "Image user 65532 does not match config user: root",
    ],
}


@pytest.mark.parametrize("claim", HOLDS)
def test_a_claim_that_holds_passes(tmp_path: Path, claim: str) -> None:
    assert errors_of(tmp_path, make_image(config=CONFIG), f"metadataTest: {{{claim}}}") == {"Metadata Test": []}


@pytest.mark.parametrize("claim", WRONG)
def test_a_claim_that_does_not_hold_is_told(tmp_path: Path, claim: str) -> None:
    assert errors_of(tmp_path, make_image(config=CONFIG), f"metadataTest: {{{claim}}}") == {
        "Metadata Test": WRONG[claim]
    }


def test_claims_of_nothing_are_no_test(tmp_path: Path) -> None:
    assert verdict_of(tmp_path, make_image(), "metadataTest: {env: []}").results == ()


def test_variables_of_the_file_are_not_the_image_s(tmp_path: Path) -> None:
    """In the original they are, since it commits them to the image first; a claim about the image is then worthless."""
    text = "globalEnvVars: [{key: MINE, value: 1}]\nmetadataTest: {envVars: [{key: MINE, value: 1}]}"

    assert errors_of(tmp_path, make_image(), text) == {"Metadata Test": ["env var MINE not found in image metadata"]}


def test_empty_entrypoint_and_command_can_be_claimed(tmp_path: Path) -> None:
    assert errors_of(tmp_path, make_image(), "metadataTest: {entrypoint: [], cmd: []}") == {"Metadata Test": []}
