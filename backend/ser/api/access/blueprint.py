"""Groups of routes that need a key."""

from __future__ import annotations

from flask_openapi3 import APIBlueprint, Tag

from ser.api.schemas import ACCESS_ERRORS, KEY_SCHEME


def guarded_blueprint(name: str, tag: str) -> APIBlueprint:
    """Return a group of routes that are documented to need a key, or none without SER_API_KEYS.

    Args:
        name: of the group.
        tag: its heading in the OpenAPI document.
    """
    return APIBlueprint(
        name,
        __name__,
        abp_tags=[Tag(name=tag)],
        abp_security=[{scheme: [] for scheme in KEY_SCHEME}, {}],
        abp_responses=ACCESS_ERRORS,
    )
