"""GET /openapi.json and the interactive GET /docs, which needs nothing from outside."""

from __future__ import annotations

from flask import redirect
from flask_openapi3 import OpenAPI
from flask_openapi3_swagger.plugins import RegisterPlugin
from werkzeug.wrappers import Response

OPENAPI_PATH = "/openapi.json"
DOCS_PATH = "/docs"


def init_app(app: OpenAPI) -> None:
    """Serve the document of `app`, and Swagger UI over it."""
    app.add_url_rule(OPENAPI_PATH, "openapi", lambda: app.api_doc)
    app.register_blueprint(RegisterPlugin.register(doc_url=OPENAPI_PATH), url_prefix=DOCS_PATH)
    app.add_url_rule(DOCS_PATH, "docs", _to_swagger)


def _to_swagger() -> Response:
    return redirect(f"{DOCS_PATH}/{RegisterPlugin.name}")
