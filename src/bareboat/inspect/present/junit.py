"""Structure tests as JUnit XML, which CI systems read: a suite for each image, platform and file.

There is no standard of it; this is what Jenkins' and GitLab's readers take: `testsuites`, `testsuite`, `testcase` with
`failure`, `skipped`, `system-out` and `system-err`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from bareboat.inspect.structure.outcome import FileResults, ImageResults, Result, Verdict

SUITE = "container-structure-test.test"

# XML 1.0, 2.2: "Char ::= #x9 | #xA | #xD | [#x20-#xD7FF] | [#xE000-#xFFFD] | [#x10000-#x10FFFF]"
_NO_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_of(verdict: Verdict, name: str = SUITE) -> str:
    """The document; `name` is the class of every test."""
    root = ElementTree.Element("testsuites", _counts(verdict.results))
    for image in verdict.images:
        for file in image.files:
            _suite(root, image, file, name)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _suite(root: ElementTree.Element, image: ImageResults, file: FileResults, name: str) -> None:
    said = {"name": _text(f"{image.name} ({image.platform}) {file.file}"), **_counts(file.results)}
    suite = ElementTree.SubElement(root, "testsuite", said)
    if file.passed_over:
        properties = ElementTree.SubElement(suite, "properties")
        ElementTree.SubElement(properties, "property", {"name": "passed over", "value": _text(file.passed_over)})
    for result in file.results:
        _case(suite, result, name)


def _case(suite: ElementTree.Element, result: Result, name: str) -> None:
    said = {"name": _text(result.name), "classname": _text(name), "time": f"{result.duration_s:.6f}"}
    case = ElementTree.SubElement(suite, "testcase", said)
    if result.skipped:
        ElementTree.SubElement(case, "skipped", {"message": _text(result.skipped)})
    if result.errors:
        failure = ElementTree.SubElement(case, "failure", {"message": _text(result.errors[0])})
        failure.text = _text("\n".join(result.errors))
    for tag, text in (("system-out", result.stdout), ("system-err", result.stderr)):
        if text:
            ElementTree.SubElement(case, tag).text = _text(text)


def _counts(results: Sequence[Result]) -> dict[str, str]:
    return {
        "tests": str(len(results)),
        "failures": str(sum(bool(result.errors) for result in results)),
        "skipped": str(sum(bool(result.skipped) for result in results)),
        "time": f"{sum(result.duration_s for result in results):.6f}",
    }


def _text(text: str) -> str:
    return _NO_CHARACTER.sub("\ufffd", text)
