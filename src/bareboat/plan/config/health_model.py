"""The door's shape of `healthcheck`: its forms, and what each may say besides."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, Discriminator, Field, Tag, WithJsonSchema, model_validator

from bareboat.plan.config import health
from bareboat.plan.config.shape import MAPPING_TAG, NOT_SAID, TEXT_TAG, Model, tag_of
from bareboat.plan.config.types import (
    DURATION,
    Command,
    Count,
    Duration,
    ImagePathText,
    Text,
    Words,
    by,
    fault,
    pattern,
)

CheckUrl = Annotated[Text, AfterValidator(by(health.read_check_url)), pattern("^http://")]
CheckAddress = Annotated[
    Words, AfterValidator(by(health.read_check_address)), pattern(r"^(unix:/.*|(localhost|[0-9.]+|\[.*\]):[0-9]+)$")
]
SocketPath = Annotated[Text, AfterValidator(by(health.read_socket)), pattern("^/")]
Statuses = Annotated[
    Words,
    AfterValidator(by(health.read_statuses)),
    WithJsonSchema({
        "anyOf": [
            {"type": "string", "pattern": "^[1-5][0-9]{2}(-[1-5][0-9]{2})?(,[1-5][0-9]{2}(-[1-5][0-9]{2})?)*$"},
            {"type": "integer", "minimum": 100, "maximum": 599},
        ]
    }),
]
HeaderName = Annotated[str, AfterValidator(by(health.read_header_name))]
HeaderValue = Annotated[
    Words, AfterValidator(by(health.read_header_value)), WithJsonSchema({"type": ["string", "number", "boolean"]})
]
ServiceName = Annotated[
    Text, AfterValidator(by(health.read_service)), WithJsonSchema({"type": "string", "minLength": 1})
]
Age = Annotated[Words, AfterValidator(by(health.read_age)), pattern(DURATION)]


class HealthcheckModel(Model):
    """How an engine finds out whether the container is well: exactly one of http, tcp, grpc, file, exec and test.

    All but test bring the component healthcheck along.
    """

    http: CheckUrl = Field(NOT_SAID, description="A URL that answers 200 to 399: http://127.0.0.1:8080/healthz.")
    status: Statuses = Field(NOT_SAID, description='With http, the statuses of a healthy answer: 204, "200-299,404".')
    headers: dict[HeaderName, HeaderValue] = Field({}, description="With http, headers to send.")
    socket: SocketPath = Field(NOT_SAID, description="With http, the socket to ask at instead of the URL's host.")
    tcp: CheckAddress = Field(NOT_SAID, description="An address that takes connections: 127.0.0.1:5432.")
    grpc: CheckAddress = Field(NOT_SAID, description="A gRPC server with the standard health service: 127.0.0.1:50051.")
    service: ServiceName = Field(NOT_SAID, description="With grpc, the service to ask for; else the whole server.")
    file: ImagePathText = Field(NOT_SAID, description="A file that is there while all is well: /run/ready.")
    younger_than: Age = Field(NOT_SAID, description="With file, how long ago it was last written at most: 1m.")
    exec: Command = Field(NOT_SAID, min_length=1, description="A program that ends with 0, run without a shell.")
    test: Command = Field(
        NOT_SAID, min_length=1, description="A command in Docker's own words; CMD-SHELL in front runs it by a shell."
    )
    interval: Duration = Field(NOT_SAID, description="The time between two checks: 30s.")
    timeout: Duration = Field(NOT_SAID, description="The longest time that a check may take: 5s.")
    start_period: Duration = Field(NOT_SAID, description="The time to start in, when failures do not count: 1m.")
    start_interval: Duration = Field(NOT_SAID, description="The time between two checks while it starts: 1s.")
    retries: Count = Field(NOT_SAID, description="How many failures in a row make the container unhealthy.")

    @model_validator(mode="after")
    def _has_one_form(self) -> Self:
        given = [form for form in health.FORMS if self.said(form)]
        if not given:
            raise fault("does not say what to check", f"add one of: {', '.join(health.FORMS)}")
        if len(given) > 1:
            raise fault(f"says {' and '.join(given)}; only one of them can be")
        for word, form in health.ONLY_WITH.items():
            if self.said(word.replace("-", "_")) and given != [form]:
                raise fault(f"{word} has a meaning only with {form}")
        return self


def _none_word(value: str) -> str:
    if value != "none":
        raise fault(f'cannot take "{value[:40]}" as a health check', "write a mapping such as {http: …}, or none")
    return value


NoHealthcheck = Annotated[Text, AfterValidator(_none_word), WithJsonSchema({"const": "none"})]
HealthcheckItem = Annotated[
    Annotated[NoHealthcheck, Tag(TEXT_TAG)] | Annotated[HealthcheckModel, Tag(MAPPING_TAG)], Discriminator(tag_of)
]
