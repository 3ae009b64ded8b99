from __future__ import annotations

import pytest

from bareboat.base.errors import ResolutionError
from bareboat.base.platform import ARCHITECTURES, architecture
from bareboat.plan.config.config import UpstreamWish
from bareboat.plan.upstream import CARRIED, pinned, program, programs


def wish(version: str, name: str = "nodejs") -> UpstreamWish:
    return UpstreamWish(name=name, version=version)


def test_every_pin_of_the_catalogue_names_its_line_its_files_and_how_to_get_them() -> None:
    for name, one in programs().items():
        known = {arch.oci for arch in ARCHITECTURES if arch.npm or CARRIED in one.sources}
        assert one.name == name
        assert one.sources
        for line, builds in one.pins.items():
            for arch, built in builds.items():
                assert arch in known
                assert f"{built.version}.".startswith(f"{line}.")
                assert (built.name, built.architecture) == (name, arch)
                assert {file.member for file in built.files} == {item.member for item in one.files}
                assert all(file.size > 0 for file in built.files)


def test_the_builds_of_a_line_have_one_version() -> None:
    for one in programs().values():
        for builds in one.pins.values():
            assert len({built.version for built in builds.values()}) == 1


def test_a_wish_means_the_pinned_build_of_its_architecture() -> None:
    assert pinned(wish("24"), architecture("arm64")) is program("nodejs").pins["24"]["arm64"]


@pytest.mark.parametrize(
    ("asked", "arch", "message", "hint"),
    [
        (wish("24", "nodjs"), "amd64", 'no upstream program is called "nodjs"', 'did you mean "nodejs"?'),
        (wish("24", "xyz"), "amd64", 'no upstream program is called "xyz"', None),
        (wish("23"), "amd64", 'nodejs: no release line "23" is pinned', "one of: 22, 24, 26"),
        (wish("24"), "s390x", "nodejs 24 has no build for s390x", "it has: amd64, arm64"),
    ],
)
def test_a_wish_that_nothing_answers_says_what_there_is(
    asked: UpstreamWish, arch: str, message: str, hint: str | None
) -> None:
    with pytest.raises(ResolutionError) as caught:
        pinned(asked, architecture(arch))
    assert (caught.value.message, caught.value.hint) == (message, hint)
