"""The AsyncAPI document, held against the code; `tests/e2e/test_stream.py` holds the messages against it."""

from __future__ import annotations

import yaml
from flask.testing import FlaskClient

from live import DOCUMENT
from ser.api.errors import HTTP_STATUS
from ser.api.schemas import StreamConfig

SCHEMAS = DOCUMENT["components"]["schemas"]


def test_it_is_served_as_it_is(client: FlaskClient) -> None:
    answer = client.get("/asyncapi.yaml")
    assert answer.status_code == 200
    assert answer.mimetype == "application/yaml"
    assert yaml.safe_load(answer.data) == DOCUMENT
    assert DOCUMENT["asyncapi"] == "3.0.0"


def test_every_reference_leads_somewhere() -> None:
    def references(node: object) -> list[str]:
        if isinstance(node, list):
            return [found for each in node for found in references(each)]
        if not isinstance(node, dict):
            return []
        return [node["$ref"]] if "$ref" in node else references(list(node.values()))

    found = references(DOCUMENT)
    assert found
    for reference in found:
        place: dict = DOCUMENT
        for name in reference.removeprefix("#/").split("/"):
            place = place[name]


def test_each_message_of_the_channel_is_said_by_one_side() -> None:
    said = [each["$ref"] for operation in DOCUMENT["operations"].values() for each in operation["messages"]]
    assert sorted(said) == sorted(
        f"#/channels/stream/messages/{name}" for name in DOCUMENT["channels"]["stream"]["messages"]
    )


def test_a_configuration_is_what_the_server_takes() -> None:
    taken = StreamConfig.model_json_schema()["properties"]
    documented = SCHEMAS["Config"]["properties"]
    assert set(taken) == set(documented)
    for name, field in StreamConfig.model_fields.items():
        if not field.is_required():
            assert documented[name]["default"] == field.default
        for bound in ("minimum", "maximum"):
            assert documented[name].get(bound) == taken[name].get(bound)
    assert documented["encoding"]["enum"] == taken["encoding"]["enum"]


def test_the_codes_of_errors_are_ours() -> None:
    assert set(SCHEMAS["Error"]["properties"]["code"]["enum"]) <= set(HTTP_STATUS)
