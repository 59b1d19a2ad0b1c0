"""What commands must not print: lines of TensorFlow, CUDA, XLA, absl, oneDNN and joblib about themselves."""

from __future__ import annotations

import re

_FOREIGN = re.compile(
    r"absl|[IWEF]\d{4} \d\d:|oneDNN|cuInit|cuda|GPU will not be used|XLA|rebuild TensorFlow|AVX"
    r"|joblib|loky|UserWarning|FutureWarning|DeprecationWarning|\x1b\[",
    re.IGNORECASE,
)


def foreign_lines(text: str) -> list[str]:
    """Return the lines of an output that are not ours."""
    return [line for line in text.splitlines() if _FOREIGN.search(line)]
