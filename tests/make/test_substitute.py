"""`${…}`: the few things that a configuration cannot know."""

from __future__ import annotations

import pytest

from bareboat.base.errors import BuildError
from bareboat.base.platform import architecture
from bareboat.make.substitute import Words

WORDS = Words(architecture=architecture("arm"), versions={"openjdk-21": "1:21.0.4+7-1~deb13u1", "libc6": "2.41-12"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain $HOME", "plain $HOME"),
        ("${arch}", "armhf"),
        ("${oci-arch}", "arm"),
        ("/usr/lib/${gnu}/x-${arch}", "/usr/lib/arm-linux-gnueabihf/x-armhf"),
        ("${version:openjdk-21}", "1:21.0.4+7-1~deb13u1"),
        ("${upstream:openjdk-21}", "21.0.4"),
        ("${upstream:libc6}", "2.41"),
        ("${", "${"),
    ],
)
def test_words_are_said(text: str, expected: str) -> None:
    assert WORDS.fill(text, "here") == expected


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            "${cpu}", 'env.X: "${cpu}" has no meaning',
            "one of: arch, oci-arch, gnu, version:PACKAGE, upstream:PACKAGE",
        ),
        ("${}", 'env.X: "${}" has no meaning', "one of: arch, oci-arch, gnu, version:PACKAGE, upstream:PACKAGE"),
        ("${version:libc}", 'env.X: "${version:libc}": the image has no package "libc"', 'did you mean "libc6"?'),
        ("${upstream:zzz}", 'env.X: "${upstream:zzz}": the image has no package "zzz"', None),
    ],
)  # fmt: skip
def test_words_without_a_meaning_are_refused(text: str, message: str, hint: str | None) -> None:
    with pytest.raises(BuildError) as refused:
        WORDS.fill(text, "env.X")

    assert (refused.value.message, refused.value.hint) == (message, hint)
