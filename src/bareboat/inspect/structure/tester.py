"""Structure tests of images: every claim of every file, for each image that was chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

from bareboat.base.observer import Observer, Silent
from bareboat.inspect.read_aboard import AboardReader
from bareboat.inspect.selection import Selected
from bareboat.inspect.structure.claims import CommandTest, MetadataTest, StructureTests
from bareboat.inspect.structure.commands import Means, command_result
from bareboat.inspect.structure.expand import with_variables
from bareboat.inspect.structure.files import content_errors, existence_errors, licence_errors
from bareboat.inspect.structure.further import further_tests, passed_over
from bareboat.inspect.structure.metadata import metadata_errors
from bareboat.inspect.structure.outcome import FileResults, ImageResults, Result, Verdict
from bareboat.inspect.structure.subject import Filesystems, Subject
from bareboat.store.blobs import Records
from bareboat.store.images import ImageStore

_TASK = "test"
_NOT_RUN = "no commands are run"

Clock = Callable[[], float]
"""Seconds, from any moment on."""


def verdict_on(
    images: ImageStore,
    chosen: Sequence[tuple[Selected, Sequence[StructureTests]]],
    *,
    means: Means | None,
    clock: Clock,
    records: Records | None = None,
    observer: Observer | None = None,
) -> Verdict:
    """Hold images against what files claim of them.

    Args:
        images: Where they are.
        chosen: Each image with the files that are about it.
        means: By what commands are run; without, command tests are skipped.
        clock: For how long tests take.
        records: Where the facts of layers are remembered.
        observer: Told how far it is, in images.

    Raises:
        ConfigurationError: When options of a file cannot be followed.
        NotFoundError: When a blob is not there.
        DigestMismatchError: When a blob is not what was promised.
        FormatError: When something is damaged so that no container could be started from it.
        StoreError: When this machine refuses.
    """
    watched = observer or Silent()
    reader = AboardReader(images, records)
    watched.begin(_TASK, len(chosen))
    found = []
    try:
        with Filesystems(images) as filesystems:
            for selected, files in chosen:
                subject = Subject(
                    name=selected.names[0] if selected.names else selected.descriptor.digest.short,
                    images=images,
                    descriptor=selected.descriptor,
                    names=selected.names,
                    reader=reader,
                    filesystems=filesystems,
                )
                found.append(_tested(subject, files, means, clock))
                watched.advance(_TASK, 1)
    finally:
        watched.end(_TASK)
    return Verdict(images=tuple(found))


def _tested(subject: Subject, files: Iterable[StructureTests], means: Means | None, clock: Clock) -> ImageResults:
    return ImageResults(
        name=subject.name,
        platform=str(subject.config.platform),
        digest=subject.descriptor.digest,
        files=tuple(_file_results(tests, subject, means, clock) for tests in files),
    )


def _file_results(tests: StructureTests, subject: Subject, means: Means | None, clock: Clock) -> FileResults:
    reason = passed_over(tests.bareboat.when, subject)
    if reason:
        return FileResults(file=tests.file, results=(), passed_over=reason)
    runs = list(_runs(tests, subject, means))
    count = len(tests.command_tests)
    with ThreadPoolExecutor(1 if means is None else means.jobs) as pool:
        results = list(pool.map(partial(_timed, clock=clock), runs[:count]))
    results += [_timed(run, clock=clock) for run in runs[count:]]
    return FileResults(file=tests.file, results=tuple(results))


def _timed(run: Callable[[], Result], *, clock: Clock) -> Result:
    begin = clock()
    result = run()
    return replace(result, duration_s=clock() - begin)


def _runs(tests: StructureTests, subject: Subject, means: Means | None) -> Iterator[Callable[[], Result]]:
    """Every test, in the order of the original: commands come first."""
    environment = with_variables(subject.config.config.environment, tests.global_env_vars)
    for command in tests.command_tests:
        yield partial(_command_result, command, subject, tests, means)
    for content in tests.file_content_tests:
        yield partial(_result, f"File Content Test: {content.name}", content_errors, content, subject)
    for existence in tests.file_existence_tests:
        name = f"File Existence Test: {existence.name}"
        yield partial(_result, name, existence_errors, existence, subject, environment)
    for licence in tests.license_tests:
        yield partial(_result, "License Test", licence_errors, licence, subject)
    if tests.metadata_test != MetadataTest():
        yield partial(_result, "Metadata Test", metadata_errors, tests.metadata_test, subject.config)
    for name, errors in further_tests(tests.bareboat):
        yield partial(_result, f"Bareboat Test: {name}", errors, subject)


def _result(name: str, errors: Callable[..., Iterable[str]], *about: object) -> Result:
    return Result(name=name, errors=tuple(errors(*about)))


def _command_result(command: CommandTest, subject: Subject, tests: StructureTests, means: Means | None) -> Result:
    name = f"Command Test: {command.name}"
    if means is None:
        return Result(name=name, skipped=_NOT_RUN)
    result = command_result(command, subject, tests.global_env_vars, tests.container_run_options, means)
    return replace(result, name=name)
