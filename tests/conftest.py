"""Fixtures of every test."""

from tests.makers.engine import containerd, docker_engine

__all__ = ["containerd", "docker_engine"]
