"""GET /models, and the card of each."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_openapi3 import APIBlueprint, Tag

from ser.api import context
from ser.api.schemas import ErrorBody, ModelPath, ModelsBody
from ser.models.baseline import MIN_BASELINE_S
from ser.models.store import ModelDirectory

bp = APIBlueprint("models", __name__, abp_tags=[Tag(name="Models")])


@bp.get("/models", summary="List the models", responses={200: ModelsBody})
def models() -> dict[str, Any]:
    """Requests choose one by its name."""
    pool = context.models()
    return {
        "default": pool.default,
        "models": [_describe(name, each) for name, each in pool.directories.items()],
    }


@bp.get(
    "/models/<name>/card",
    summary="Get a model card in Markdown",
    responses={200: {"content": {"text/markdown": {"schema": {"type": "string"}}}}, 404: ErrorBody},
)
def card(path: ModelPath) -> Response:
    """Scores, on which speakers they were measured, and what the model must not be used for."""
    return Response(context.models().directory(path.name).card, mimetype="text/markdown")


def _describe(name: str, directory: ModelDirectory) -> dict[str, Any]:
    manifest = directory.manifest
    return {
        "name": name,
        "description": manifest.description,
        "emotions": manifest.labels,
        "corpus": manifest.corpus.title,
        "licence": manifest.corpus.licence,
        "licence_url": manifest.corpus.licence_url,
        "also_trained_on": [
            {
                "corpus": each.corpus.title,
                "licence": each.corpus.licence,
                "licence_url": each.corpus.licence_url,
                "source": each.corpus.source,
            }
            for each in manifest.also_trained_on
        ],
        "uar": manifest.unseen_uar,
        "unseen_speakers": len(manifest.unseen_speakers) or None,
        "parameters": manifest.parameters,
        "card_url": f"/models/{name}/card",
        "baseline_kind": directory.feature_set.kind,
        "abstains_below": manifest.min_confidence,
        "abstains_below_unknown": directory.min_confidence_unknown,
        "min_baseline_s": MIN_BASELINE_S,
    }
