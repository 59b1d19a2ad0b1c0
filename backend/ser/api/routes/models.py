"""GET /models, GET /models/<name>, the card and the file of each."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from flask import Response, send_file

from ser.analysis import cutter, live
from ser.api import context
from ser.api.access.blueprint import guarded_blueprint
from ser.api.schemas import (
    ErrorBody,
    ModelDetailsBody,
    ModelPath,
    ModelsBody,
    RatingBody,
    ScoresBody,
)
from ser.models.affect import RATINGS
from ser.models.baseline import MIN_BASELINE_S
from ser.models.manifest import ONNX_FILE, Manifest
from ser.models.store import ModelDirectory

bp = guarded_blueprint("models", "Models")


@bp.get("/models", summary="List the models", responses={200: ModelsBody})
def models() -> dict[str, Any]:
    """Requests choose one by its name; those that ask for an emotion, one of the task `emotion`."""
    pool = context.models()
    return {
        "default": pool.default,
        "models": [_describe(name, each) for name, each in pool.directories.items()],
    }


@bp.get("/models/<name>", summary="Describe one model", responses={200: ModelDetailsBody, 404: ErrorBody})
def model(path: ModelPath) -> dict[str, Any]:
    """What GET /models says of it, and where its figures and its labels come from."""
    directory = context.models().directory(path.name)
    return {
        **_describe(path.name, directory),
        **_details(path.name, directory.manifest),
        "features": directory.feature_set.description,
    }


@bp.get(
    "/models/<name>/card",
    summary="Get a model card in Markdown",
    responses={200: {"content": {"text/markdown": {"schema": {"type": "string"}}}}, 404: ErrorBody},
)
def card(path: ModelPath) -> Response:
    """Scores, on which speakers they were measured, and what the model must not be used for."""
    return Response(context.models().directory(path.name).card, mimetype="text/markdown")


@bp.get(
    "/models/<name>/model.onnx",
    summary="Get the file of a model",
    responses={
        200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}},
        404: ErrorBody,
        503: ErrorBody,
    },
)
def onnx_file(path: ModelPath) -> Response:
    """From a waveform or frames to probabilities: docs/embed.md says how it is used without this server.

    Models of the same network give the same file; `onnx_output` says which output is a model's.
    """
    directory = context.models().directory(path.name)
    response = send_file(
        BytesIO(directory.read(ONNX_FILE)),
        mimetype="application/octet-stream",
        as_attachment=True,
        download_name=f"{path.name}.onnx",
        etag=directory.manifest.sha256[ONNX_FILE],
        conditional=True,
    )
    # Kept, but asked for again each time: a model of the same name may be another one.
    response.cache_control.no_cache = True
    return response


def _describe(name: str, directory: ModelDirectory) -> dict[str, Any]:
    manifest = directory.manifest
    found = manifest.cross_validated
    return {
        "name": name,
        "description": manifest.description,
        "task": manifest.task,
        "group": manifest.group,
        "emotions": manifest.labels,
        "corpus": manifest.corpus.title,
        "licence": manifest.corpus.licence,
        "licence_url": manifest.corpus.licence_url,
        "weights_licence": manifest.licence,
        "restricted": manifest.restricted,
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
        "cross_validated": found and found.model_dump(),
        "parameters": manifest.parameters,
        "card_url": f"/models/{name}/card",
        "baseline_kind": directory.feature_set.kind,
        "takes_baseline": directory.takes_baseline,
        "abstains_below": manifest.min_confidence,
        "abstains_below_unknown": directory.min_confidence_unknown,
        "min_baseline_s": MIN_BASELINE_S,
        "tells_intensity": manifest.tells_intensity,
    }


def _details(name: str, manifest: Manifest) -> dict[str, Any]:
    corpora = [manifest.corpus, *(each.corpus for each in manifest.also_trained_on)]
    return {
        "network_labels": manifest.network_labels or manifest.labels,
        "architecture": manifest.architecture,
        "corpora": [corpus.model_dump() for corpus in corpora],
        "split": {
            "by": manifest.split.get("by", "speaker"),
            "sizes": {part: len(of) for part, of in manifest.split.items() if isinstance(of, list)},
        },
        "scores": {name: manifest.unseen_score(name) for name in ScoresBody.model_fields},
        "onnx_url": f"/models/{name}/model.onnx",
        "onnx_output": manifest.output,
        "onnx_sha256": manifest.sha256.get(ONNX_FILE),
        "min_speech_s": manifest.min_speech_s,
        "scaling": manifest.scaling and manifest.scaling.model_dump(),
        "prior_frames": manifest.prior_frames,
        "ratings": _ratings(manifest.labels),
        "file_windows": {"window_s": cutter.WINDOW_S, "hop_s": cutter.HOP_S},
        "live_windows": {"window_s": live.longest_window_s(manifest.window), "hop_s": live.HOP_S},
        "created": manifest.created,
    }


def _ratings(labels: Sequence[str]) -> dict[str, dict[str, Any]]:
    if not set(labels) <= RATINGS.keys():
        return {}
    said = RatingBody.model_fields
    return {name: {field: getattr(RATINGS[name], field) for field in said} for name in labels}
