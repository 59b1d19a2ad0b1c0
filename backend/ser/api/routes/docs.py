"""GET /openapi.json and /asyncapi.yaml, and the interactive GET /docs, which needs nothing from outside."""

from __future__ import annotations

from flask import redirect, send_from_directory
from flask_openapi3 import OpenAPI
from flask_openapi3_swagger.plugins import RegisterPlugin
from werkzeug.wrappers import Response

from ser.config import SHIPPED

OPENAPI_PATH = "/openapi.json"
ASYNCAPI_PATH = "/asyncapi.yaml"
DOCS_PATH = "/docs"
_DOCS = SHIPPED / "docs"


def init_app(app: OpenAPI) -> None:
    """Serve the documents of `app`, and Swagger UI over that of its requests."""
    app.add_url_rule(OPENAPI_PATH, "openapi", lambda: app.api_doc)
    app.add_url_rule(ASYNCAPI_PATH, "asyncapi", _asyncapi)
    app.register_blueprint(RegisterPlugin.register(doc_url=OPENAPI_PATH), url_prefix=DOCS_PATH)
    app.add_url_rule(DOCS_PATH, "docs", _to_swagger)


def _asyncapi() -> Response:
    return send_from_directory(_DOCS, "asyncapi.yaml", mimetype="application/yaml")


def _to_swagger() -> Response:
    return redirect(f"{DOCS_PATH}/{RegisterPlugin.name}")
