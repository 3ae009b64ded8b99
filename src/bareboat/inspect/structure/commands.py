"""Command tests: programs of the image are run through the port `ship/running/runner`, and what they say is compared.

The original makes a container for each command of `setup` and keeps what it changed for the next one; here setup, the
command and teardown follow one another in one filesystem, which comes to the same.
Unlike the original's, commands have no network unless somebody asks for it, and teardown is really run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bareboat.base.errors import ConfigurationError, LimitError, UsageError
from bareboat.base.frozen import frozen
from bareboat.inspect.expression.machine import Expression
from bareboat.inspect.structure.claims import CommandTest, RunOptions, Variable
from bareboat.inspect.structure.expand import expanded, with_variables
from bareboat.inspect.structure.files import text_of
from bareboat.inspect.structure.outcome import Result
from bareboat.inspect.structure.subject import Subject
from bareboat.ship.running.runner import Mount, Order, Outcome, Runner
from bareboat.store.limits import MIB

MOST_OUTPUT_BYTES = 16 * MIB

_WITHOUT_NETWORK = frozenset({"", "none"})


@frozen
class Means:
    """By what commands are run.

    `environment` is that of this machine, for options that name its variables; without `network` there is none unless
    a file asks for it; `jobs` tests of a file are run at a time.
    """

    runner: Runner
    timeout_s: float
    environment: Mapping[str, str]
    network: bool = False
    jobs: int = 1


def command_result(
    test: CommandTest, subject: Subject, variables: Sequence[Variable], options: RunOptions, means: Means
) -> Result:
    """How the test ended; `variables` are those of its file.

    Raises:
        ConfigurationError: When the options name a file that cannot be read.
        StoreError: When this machine refuses.
    """
    refused = list(_refused(options))
    if refused:
        return Result(name=test.name, errors=tuple(refused))
    image = with_variables(subject.config.config.environment, variables)
    environment = with_variables(image, test.env_vars)
    words = [expanded(word, environment) for word in test.command]
    order = _order(subject, options, means, environment)
    before = [_running(order, command) for command in test.setup]
    after = [_running(order, command) for command in test.teardown]
    command = _running(order, words)
    notes: tuple[str, ...] = ()
    try:
        try:
            outcomes = _outcomes(means.runner, [*before, command, *after])
        except UsageError as fault:
            if not after:
                raise
            outcomes = _outcomes(means.runner, [*before, command])
            notes = (f"teardown was not run: {fault.message}",)
    except (UsageError, LimitError) as fault:
        hint = f" ({fault.hint})" if fault.hint else ""
        return Result(name=test.name, errors=(f"{fault.message}{hint}",))
    outcome = outcomes[len(before)]
    notes += tuple(_notes("setup", test.setup, outcomes)) + tuple(
        _notes("teardown", test.teardown, outcomes[len(before) + 1 :])
    )
    stdout, stderr = text_of(outcome.stdout), text_of(outcome.stderr)
    errors = tuple(_errors(test, outcome, stdout, stderr, means.timeout_s))
    return Result(name=test.name, errors=errors, stdout=stdout, stderr=stderr, notes=notes)


def _refused(options: RunOptions) -> Iterator[str]:
    wanted = {
        "privileged": options.privileged,
        "allocateTty": options.allocate_tty,
        "capabilities": bool(options.capabilities),
    }
    for name in (name for name, asked in wanted.items() if asked):
        yield f"cannot run: containerRunOptions asks for {name}, which tests are not given here"


def _order(subject: Subject, options: RunOptions, means: Means, environment: Mapping[str, str]) -> Order:
    """What all programs of a test have in common: the entrypoint is none, as in the original."""
    own = {name: means.environment[name] for name in options.env_vars if name in means.environment}
    from_file = dict(_variables_in(Path(options.env_file), means.environment)) if options.env_file else {}
    return Order(
        images=subject.images,
        manifest=subject.descriptor,
        name=subject.name,
        entrypoint=(),
        env={**from_file, **own, **environment},
        user=options.user or None,
        mounts=tuple(map(_mount, options.bind_mounts)),
        network=means.network if not options.network else options.network not in _WITHOUT_NETWORK,
        writable=True,
        tmpfs=(),
        timeout_s=means.timeout_s,
        most_output_bytes=MOST_OUTPUT_BYTES,
    )


def _running(order: Order, words: Sequence[str]) -> Order:
    return replace(order, argv=tuple(words))


def _outcomes(runner: Runner, orders: Sequence[Order]) -> tuple[Outcome, ...]:
    return (runner.run(orders[0]),) if len(orders) == 1 else runner.run_in_turn(orders)


def _notes(what: str, commands: Sequence[Sequence[str]], outcomes: Sequence[Outcome]) -> Iterator[str]:
    """A command of setup or teardown that fails does not fail the test, in the original as here; it is told."""
    for words, outcome in zip(commands, outcomes, strict=False):
        if outcome.exit_code:
            yield f"{what} ended with {outcome.exit_code}: {' '.join(words)}"


def _errors(test: CommandTest, outcome: Outcome, stdout: str, stderr: str, timeout_s: float) -> Iterator[str]:
    if outcome.timed_out:
        yield f"it was ended after {timeout_s:g} s"
    yield from _stream_errors("error", stderr, test.expected_error, test.excluded_error)
    yield from _stream_errors("output", stdout, test.expected_output, test.excluded_output)
    if outcome.exit_code != test.exit_code and not outcome.timed_out:
        expected = f"Expected: {test.exit_code}, Actual: {outcome.exit_code}"
        yield f"Test '{test.name}' exited with incorrect error code. {expected}"


def _stream_errors(
    what: str, text: str, expected: Sequence[Expression], excluded: Sequence[Expression]
) -> Iterator[str]:
    for expression in expected:
        if not expression.matches(text):
            yield f"Expected string '{expression.text}' not found in {what}"
    for expression in excluded:
        if expression.matches(text):
            yield f"Excluded string '{expression.text}' found in {what}"


def _mount(text: str) -> Mount:
    """`/from:/to` or `/from:/to:ro`, as docker's `--volume` takes it.

    Raises:
        ConfigurationError: When it is neither.
    """
    source, _, rest = text.partition(":")
    target, _, mode = rest.partition(":")
    if not source or not target.startswith("/") or mode not in ("", "rw", "ro"):
        raise ConfigurationError(
            f'containerRunOptions.bindMounts: cannot read "{text}"', hint="write /from:/to or /from:/to:ro"
        )
    return Mount(source=Path(source).absolute(), target=target, read_only=mode == "ro")


def _variables_in(path: Path, environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The variables of a file as docker's `--env-file` takes it: `NAME=value`, or `NAME` for one of this machine.

    Raises:
        ConfigurationError: When it cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = (error.strerror or error) if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigurationError(f'containerRunOptions.envFile: cannot read "{path}": {reason}') from error
    for line in lines:
        name, said, value = line.lstrip().partition("=")
        if name and not name.startswith("#") and (said or name in environment):
            yield name, value if said else environment[name]
