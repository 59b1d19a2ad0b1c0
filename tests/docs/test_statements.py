"""Statements of documents that other files decide."""

from __future__ import annotations

import json
import re

import click
import pytest
import yaml
from tests.docs.blocks import REPOSITORY, blocks

from ser.cli.main import main

UNITS = {"m": "minute", "h": "hour"}
RULES = REPOSITORY / "deploy" / "prometheus" / "rules.yml"


def test_every_alert_has_its_section() -> None:
    """With what it means, how long it lasts, how severe it is, and more than that: what to do."""
    operate = (REPOSITORY / "docs" / "operate.md").read_text()
    sections = dict(re.findall(r"^### `(Ser\w+)`\n(.*?)(?=^##)", operate, re.DOTALL | re.MULTILINE))
    rules = [
        rule
        for group in yaml.safe_load(RULES.read_text())["groups"]
        for rule in group["rules"]
        if "alert" in rule
    ]
    assert list(sections) == [rule["alert"] for rule in rules]
    for rule in rules:
        meaning, _, todo = sections[rule["alert"]].partition("). ")
        assert meaning.startswith("*"), rule["alert"]
        assert rule["labels"]["severity"] in meaning, rule["alert"]
        if "for" in rule:
            number, unit = re.fullmatch(r"(\d+)(\w)", rule["for"]).groups()
            assert re.search(rf"\({number} {UNITS[unit]}", meaning), rule["alert"]
        assert len(todo) > 60, rule["alert"]
        assert rule["annotations"]["runbook_url"] == f"docs/operate.md#{rule['alert'].lower()}"


@pytest.mark.parametrize("kind", ["sh", "js"])
def test_every_address_has_an_example(kind: str) -> None:
    """In Python, some are methods of the client."""
    code = "".join(block.text for block in blocks("docs/api.md") if block.kind == kind)
    for path in json.loads((REPOSITORY / "frontend" / "openapi.json").read_text())["paths"]:
        address = re.escape(path).replace(re.escape("{name}"), r"[\w-]+")
        assert re.search(rf"{address}(?=[\s'?)`])", code), path


def test_every_command_is_listed() -> None:
    text = (REPOSITORY / "docs" / "command-line.md").read_text()
    assert [name for name in main.list_commands(click.Context(main)) if f"ser {name}" not in text] == []


def test_the_errors_of_groups_are_those_of_the_cards() -> None:
    privacy = (REPOSITORY / "docs" / "privacy.md").read_text()
    head, *rows = re.findall(r"^\| ([^|]+) \| (\w+) \| ([^|]+) \| ([^|]+) \|$", privacy, re.MULTILINE)
    models = [name.strip("`") for name in head[2:]]
    assert models == ["cremad-6", "cremad-4"]
    listed = [row for row in rows if re.fullmatch(r"0\.\d{3}", row[2])]
    assert len(listed) == 7
    for group, speakers, *recalls in listed:
        for model, recall in zip(models, recalls, strict=True):
            card = (REPOSITORY / "model" / model / "MODEL_CARD.md").read_text()
            assert re.search(
                rf"^\| [\w ]+ \| {group} \| {speakers} \| \d+ \| {recall} \|", card, re.MULTILINE
            ), group
