"""Writes what a server would tell the dashboard into files beside it: models, their cards, the comparison.

    python frontend/static_files.py build/static

`make static` builds the dashboard into that folder first.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from ser.app import create_app
from ser.models.manifest import ONNX_FILE

# Those that run in a browser and are recommended.
MODELS = ("cremad-6", "cremad-4")
DESCRIPTION_FILE, CARD_FILE = "model.json", "card.md"


def main() -> None:
    """Write the files of all models."""
    folder = Path(sys.argv[1])
    client = create_app().test_client()
    listed = client.get("/models").get_json()
    models = [each for each in listed["models"] if each["name"] in MODELS]
    shutil.rmtree(folder / "models", ignore_errors=True)
    # Models of the same network share its file.
    written: dict[str, str] = {}
    for model in sorted(models, key=lambda each: MODELS.index(each["name"])):
        name = model["name"]
        description = client.get(f"/models/{name}").get_json()
        directory = folder / "models" / name
        directory.mkdir(parents=True)
        owner = written.setdefault(description["onnx_sha256"], name)
        if owner == name:
            (directory / ONNX_FILE).write_bytes(client.get(f"/models/{name}/{ONNX_FILE}").data)
        (directory / CARD_FILE).write_bytes(client.get(f"/models/{name}/card").data)
        model["card_url"] = f"models/{name}/{CARD_FILE}"
        write(directory / DESCRIPTION_FILE, description | {"onnx_url": f"../{owner}/{ONNX_FILE}"})
    write(folder / "models.json", {"default": MODELS[0], "models": models})
    write(folder / "comparison.json", client.get("/comparison").get_json())


def write(file: Path, content: dict[str, Any]) -> None:
    """Write an answer of the API."""
    file.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")))


if __name__ == "__main__":
    main()
