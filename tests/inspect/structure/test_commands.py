"""Command tests: what is run, with what, and what is made of the answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from bareboat.base.errors import ConfigurationError
from bareboat.oci.config import Execution
from bareboat.ship.running.runner import Mount
from tests.inspect.structure.verdicts import errors_of, verdict_of
from tests.makers.image import make_image
from tests.makers.runner import RememberedRunner, said

CONFIG = Execution(env=("PATH=/usr/bin", "HOME=/root"), entrypoint=("/usr/bin/never",), user="65532")
IMAGE = make_image(config=CONFIG)


def test_a_program_is_run_with_the_words_variables_and_options_of_its_file(tmp_path: Path) -> None:
    runner = RememberedRunner(ls=said())
    (tmp_path / "env").write_text("# ours\nFILED=1\nHANDED\nABSENT\n\n")
    text = f"""
globalEnvVars: [{{key: PATH, value: '/x:$PATH'}}]
commandTests: [{{name: it, command: ls, args: [-l, $PATH, '$B', '$'], envVars: [{{key: B, value: 'b$HOME'}}]}}]
containerRunOptions:
  {{user: root, envVars: [GIVEN, GONE], envFile: {tmp_path}/env, bindMounts: ['/a:/b:ro', '/c:/d'], network: host}}
"""
    assert errors_of(tmp_path, IMAGE, text, runner=runner, environment={"GIVEN": "g", "HANDED": "h"}) == {
        "Command Test: it": []
    }

    (order,) = runner.orders
    assert (order.entrypoint, order.argv) == ((), ("ls", "-l", "/x:/usr/bin", "b/root", "$"))
    assert order.env == {
        "FILED": "1", "HANDED": "h", "GIVEN": "g", "PATH": "/x:/usr/bin", "HOME": "/root", "B": "b/root",
    }  # fmt: skip
    assert (order.user, order.network, order.writable, order.tmpfs, order.timeout_s) == ("root", True, True, (), 60)
    assert order.mounts == (
        Mount(source=Path("/a"), target="/b", read_only=True),
        Mount(source=Path("/c"), target="/d"),
    )


@pytest.mark.parametrize(("option", "asked", "network"), [
    ("", False, False), ("", True, True), ("none", True, False), ("host", False, True), ("bridge", False, True),
])  # fmt: skip
def test_there_is_no_network_unless_somebody_asks(tmp_path: Path, option: str, asked: bool, network: bool) -> None:
    runner = RememberedRunner(ls=said())
    text = f"commandTests: [{{name: it, command: ls}}]\ncontainerRunOptions: {{network: '{option}'}}"

    verdict_of(tmp_path, IMAGE, text, runner=runner, network=asked)

    assert [order.network for order in runner.orders] == [network]


def test_setup_the_command_and_teardown_follow_one_another_in_one_filesystem(tmp_path: Path) -> None:
    runner = RememberedRunner(mkdir=said(), ls=said("found\n"), rm=said(exit_code=3))
    text = """
commandTests:
- {name: it, setup: [[mkdir, $HOME], [mkdir, b]], command: ls, teardown: [[rm, x]], expectedOutput: ['^found\\n$']}
"""
    verdict = verdict_of(tmp_path, IMAGE, text, runner=runner)

    assert [order.argv for order in runner.orders] == [("mkdir", "$HOME"), ("mkdir", "b"), ("ls",), ("rm", "x")]
    assert runner.turns == [4]
    assert [(result.errors, result.notes) for result in verdict.results] == [((), ("teardown ended with 3: rm x",))]


def test_a_teardown_that_cannot_be_started_fails_nothing(tmp_path: Path) -> None:
    runner = RememberedRunner(ls=said("found\n"))
    text = "commandTests: [{name: it, command: ls, teardown: [[none]], expectedOutput: [found]}]"

    (result,) = verdict_of(tmp_path, IMAGE, text, runner=runner).results

    assert result.errors == ()
    assert result.notes == ('teardown was not run: app:latest: cannot run "none": it is not in the image',)


ANSWERS = {
    "expectedOutput: [a, b], excludedOutput: [c]": [],
    "expectedError: ['^warn'], excludedError: [fatal]": [],
    "exitCode: 0": [],
    "expectedOutput: ['^b']": ["Expected string '^b' not found in output"],
    "excludedOutput: [a, x]": ["Excluded string 'a' found in output"],
    "expectedError: [fatal]": ["Expected string 'fatal' not found in error"],
    "excludedError: [warn]": ["Excluded string 'warn' found in error"],
    "exitCode: 2": ["Test 'it' exited with incorrect error code. Expected: 2, Actual: 0"],
}


@pytest.mark.parametrize("claim", ANSWERS)
def test_the_answer_is_held_against_every_claim(tmp_path: Path, claim: str) -> None:
    runner = RememberedRunner(ls=said("a\nb\n", "warning\n"))
    text = f"commandTests: [{{name: it, command: ls, {claim}}}]"

    verdict = verdict_of(tmp_path, IMAGE, text, runner=runner)

    assert [list(result.errors) for result in verdict.results] == [ANSWERS[claim]]
    assert [(result.stdout, result.stderr) for result in verdict.results] == [("a\nb\n", "warning\n")]


def test_a_program_that_is_not_there_fails_the_test_and_not_the_run(tmp_path: Path) -> None:
    text = "commandTests: [{name: it, command: none, setup: [[ls]]}, {name: then, command: ls}]"

    assert errors_of(tmp_path, IMAGE, text, runner=RememberedRunner(ls=said())) == {
        "Command Test: it": ['app:latest: cannot run "none": it is not in the image (name another)'],
        "Command Test: then": [],
    }


def test_a_program_that_takes_too_long_fails(tmp_path: Path) -> None:
    runner = RememberedRunner(ls=said("a", exit_code=124, timed_out=True))

    assert errors_of(tmp_path, IMAGE, "commandTests: [{name: it, command: ls}]", runner=runner) == {
        "Command Test: it": ["it was ended after 60 s"]
    }


@pytest.mark.parametrize("option", ["privileged: true", "allocateTty: true", "capabilities: [NET_ADMIN]"])
def test_what_cannot_be_given_fails_the_test(tmp_path: Path, option: str) -> None:
    runner = RememberedRunner(ls=said())
    text = f"commandTests: [{{name: it, command: ls}}]\ncontainerRunOptions: {{{option}}}"
    word = option.partition(":")[0]

    assert errors_of(tmp_path, IMAGE, text, runner=runner) == {
        "Command Test: it": [f"cannot run: containerRunOptions asks for {word}, which tests are not given here"]
    }
    assert runner.orders == []


def test_without_a_runner_commands_are_skipped(tmp_path: Path) -> None:
    verdict = verdict_of(tmp_path, IMAGE, "commandTests: [{name: it, command: ls}]")

    assert [(result.passed, result.skipped) for result in verdict.results] == [(False, "no commands are run")]
    assert (verdict.passes, verdict.failures, verdict.skips, verdict.passed) == (0, 0, 1, False)


@pytest.mark.parametrize(("option", "message"), [
    ("envFile: /none/env", 'containerRunOptions.envFile: cannot read "/none/env": No such file or directory'),
    ("bindMounts: ['/a']", 'containerRunOptions.bindMounts: cannot read "/a"'),
    ("bindMounts: ['/a:b']", 'containerRunOptions.bindMounts: cannot read "/a:b"'),
    ("bindMounts: ['/a:/b:z']", 'containerRunOptions.bindMounts: cannot read "/a:/b:z"'),
])  # fmt: skip
def test_options_that_cannot_be_followed_are_refused(tmp_path: Path, option: str, message: str) -> None:
    text = f"commandTests: [{{name: it, command: ls}}]\ncontainerRunOptions: {{{option}}}"

    with pytest.raises(ConfigurationError) as fault:
        verdict_of(tmp_path, IMAGE, text, runner=RememberedRunner(ls=said()))

    assert fault.value.message == message
