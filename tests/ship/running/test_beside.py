"""What puts a shell beside a container: commands word by word, from what docker, podman and kubectl say."""

from __future__ import annotations

import json

import pytest

from bareboat.base.errors import UsageError
from bareboat.ship.running.beside import (
    Subject,
    beside_container,
    beside_pod,
    debug_image,
    shell_in,
    subject_of_container,
    subject_of_pod,
)


@pytest.mark.parametrize(
    ("image", "variant", "expected"),
    [
        ("orders-api", None, "orders-api:debug"),
        ("orders-api:latest", None, "orders-api:debug"),
        ("orders-api:nonroot", None, "orders-api:debug-nonroot"),
        ("orders-api:debug", None, "orders-api:debug"),
        ("orders-api:debug-nonroot", None, "orders-api:debug-nonroot"),
        ("localhost:5000/team/orders-api:1.2-nonroot", None, "localhost:5000/team/orders-api:1.2-debug-nonroot"),
        ("registry.example/orders-api:1.2", "nonroot", "registry.example/orders-api:1.2-debug-nonroot"),
        ("registry.example/orders-api:1.2", "latest", "registry.example/orders-api:1.2-debug"),
        (f"orders-api:nonroot@sha256:{'0' * 64}", None, "orders-api:debug-nonroot"),
    ],
)
def test_the_debug_variant_is_in_the_same_repository(image: str, variant: str | None, expected: str) -> None:
    assert debug_image(Subject(image=image, variant=variant)) == expected


@pytest.mark.parametrize("variant", [None, "other"])
def test_a_tag_that_tells_nothing_is_not_guessed_at(variant: str | None) -> None:
    with pytest.raises(UsageError, match=r'cannot tell the debug variant of "orders-api:1\.2" from its tag') as refused:
        debug_image(Subject(image="orders-api:1.2", variant=variant))
    assert refused.value.hint is not None
    assert "--image" in refused.value.hint


def test_a_container_s_neighbour_shares_its_processes_and_its_network() -> None:
    assert " ".join(beside_container("docker", "orders", "orders-api:debug-nonroot", "65532").command) == (
        "docker run --rm --interactive --tty --pid container:orders --network container:orders "
        "--user 65532 --entrypoint /busybox/sh orders-api:debug-nonroot"
    )


@pytest.mark.parametrize("user", ["", "0", "root"])
def test_root_needs_leave_to_look(user: str) -> None:
    words = beside_container("podman", "c", "i:debug", user).command

    assert words[0] == "podman"
    assert " ".join(words).count("--cap-add SYS_PTRACE") == 1
    assert "--user" not in words


def test_a_pod_s_neighbour_is_an_ephemeral_container() -> None:
    assert " ".join(beside_pod("orders-7d9f", "shop", "app", "r.example/orders:debug-nonroot", "65532").command) == (
        "kubectl debug --namespace shop --stdin --tty pod/orders-7d9f --image=r.example/orders:debug-nonroot "
        "--target=app --profile=restricted -- /busybox/sh"
    )
    assert "--profile=general" in beside_pod("p", None, "app", "i:debug", "").command


def test_the_image_itself_has_a_shell() -> None:
    words = "docker run --rm --interactive --tty --entrypoint /busybox/sh i:debug"
    assert " ".join(shell_in("docker", "i:debug").command) == words


def inspected(**config: object) -> str:
    return json.dumps([{"Config": config}])


def test_what_docker_says_of_a_container_is_enough() -> None:
    title = {"org.opencontainers.image.title": "python3-debian13:nonroot"}
    said = inspected(Image="r.example/orders:1", User="65532", Labels=title)

    assert subject_of_container(said) == Subject(image="r.example/orders:1", user="65532", variant="nonroot")
    assert subject_of_container(inspected(Image="i", User="", Labels=None)) == Subject(image="i")


@pytest.mark.parametrize("said", ["", "[]", "{}", "[{}]", "[1]", "null"])
def test_an_engine_that_says_something_else_is_told(said: str) -> None:
    with pytest.raises(UsageError, match="cannot read what the engine says"):
        subject_of_container(said)


def pod(*containers: dict[str, object], **spec: object) -> str:
    return json.dumps({"spec": {"containers": containers, **spec}})


APP = {"name": "app", "image": "r.example/orders:nonroot"}
LOGS = {"name": "logs", "image": "r.example/logs:latest", "securityContext": {"runAsUser": 77}}


@pytest.mark.parametrize(
    ("document", "container", "expected"),
    [
        (pod(APP, LOGS), None, ("app", Subject(image="r.example/orders:nonroot", user="nonroot"))),
        (pod(APP, LOGS), "logs", ("logs", Subject(image="r.example/logs:latest", user="77"))),
        (
            pod(APP, LOGS, securityContext={"runAsUser": 1000}), "app",
            ("app", Subject(image="r.example/orders:nonroot", user="1000")),
        ),
        (
            pod(LOGS, securityContext={"runAsUser": 1000}), None,
            ("logs", Subject(image="r.example/logs:latest", user="77")),
        ),
        (pod({"name": "app", "image": "i"}), None, ("app", Subject(image="i"))),
    ],
)  # fmt: skip
def test_what_kubectl_says_of_a_pod_is_enough(
    document: str, container: str | None, expected: tuple[str, Subject]
) -> None:
    assert subject_of_pod(document, container) == expected


def test_a_container_that_the_pod_has_not_is_told() -> None:
    with pytest.raises(UsageError, match='the pod has no container "ap"') as refused:
        subject_of_pod(pod(APP, LOGS), "ap")
    assert refused.value.hint == "it has: app, logs"


@pytest.mark.parametrize("said", ["", "[]", "{}", '{"spec": {"containers": []}}', '{"spec": {"containers": [1]}}'])
def test_a_kubectl_that_says_something_else_is_told(said: str) -> None:
    with pytest.raises(UsageError, match="cannot read what kubectl says"):
        subject_of_pod(said, None)
