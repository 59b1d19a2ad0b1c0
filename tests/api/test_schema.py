"""The API held against its own OpenAPI document by schemathesis, in what it allows and in what it forbids."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import schemathesis
from flask.testing import FlaskClient
from hypothesis import given
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.schemas import BaseSchema
from tests.fuzz.profiles import few

from clips import CLIPS
from ser.api.access import keys

pytestmark = pytest.mark.slow

# A schema cannot say which bytes are a WAV file, or which text is a token.
REFUSED = {"expected-statuses": ["2xx", "404", "400", "413", "422"]}
CONFIG = {"checks": {"positive_data_acceptance": REFUSED}}
GOOD = CLIPS[0].path.read_bytes()


@pytest.fixture(scope="module")
def document(make_client: Callable[..., FlaskClient]) -> BaseSchema:
    """The document of a server without keys."""
    return described(make_client().application)


def described(app: object) -> BaseSchema:
    return schemathesis.openapi.from_wsgi("/openapi.json", app, config=SchemathesisConfig.from_dict(CONFIG))


@pytest.mark.parametrize("mode", GenerationMode)
def test_every_answer_is_as_the_document_says(mode: GenerationMode, document: BaseSchema) -> None:
    tried = 0
    for found in document.get_all_operations():
        operation = found.ok()

        @few(8)
        @given(case=operation.as_strategy(generation_mode=mode))
        def validate(case: schemathesis.Case) -> None:
            nonlocal tried
            case.call_and_validate()
            tried += 1

        # Of what takes nothing but a name, nothing can be wrong.
        if mode is GenerationMode.POSITIVE or operation.body or operation.query:
            validate()
    assert tried >= 32


@pytest.mark.parametrize("path", ["/predict", "/baseline", "/analyze"])
@pytest.mark.parametrize("fields", [{}, {"voice_gender": "true"}, {"model": "cremad-6", "adapt": "true"}])
def test_answers_to_real_speech_are_as_the_document_says(
    path: str, fields: dict[str, str], document: BaseSchema
) -> None:
    # As one file, six clips are what a baseline needs.
    files = [clip.path.read_bytes() for clip in CLIPS[:6]] if path == "/baseline" else GOOD
    case = document[path]["POST"].Case(body={"file": files, **fields}, media_type="multipart/form-data")
    assert case.call_and_validate().status_code == 200


def test_what_needs_a_key_is_what_the_document_says_needs_one(
    make_client: Callable[..., FlaskClient], tmp_path: Path
) -> None:
    keys.add(tmp_path / "keys", "somebody")
    client = make_client(api_keys=tmp_path / "keys")
    for path, operations in client.get("/openapi.json").json["paths"].items():
        for method, operation in operations.items():
            answer = client.open(path.replace("{name}", "cremad-4"), method=method)
            assert (answer.status_code == 401) == ("security" in operation), path
