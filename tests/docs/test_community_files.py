"""The files with which people come to the project: hooks that can run, forms that GitHub can show."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
HOOKS = [
    hook
    for repository in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    for hook in repository["hooks"]
]
FORMS = sorted(path for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml")
MAKEFILE = (ROOT / "Makefile").read_text()


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_calls_what_make_sets_up(hook):
    program, argument, *_ = [*hook["entry"].split(), ""]
    assert hook["language"] == "system", "a hook of its own environment could say something else than make lint"
    if program == "make":
        assert re.search(rf"^{argument}:", MAKEFILE, re.MULTILINE)
    else:
        assert (ROOT / program).exists()


@pytest.mark.parametrize("hook", [hook for hook in HOOKS if "files" in hook], ids=lambda hook: hook["id"])
def test_a_hook_s_files_are_there(hook):
    paths = [path.relative_to(ROOT).as_posix() for path in (ROOT / "include").rglob("*")]
    paths += ["infrastructure/template.yaml", "docs/data-model.md"]
    assert [path for path in paths if re.search(hook["files"], path)]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.stem)
def test_a_form_has_what_github_needs(form):
    content = yaml.safe_load(form.read_text())
    assert content.keys() >= {"name", "description", "body"}
    fields = [part for part in content["body"] if part["type"] != "markdown"]
    assert fields
    assert len({part["id"] for part in fields}) == len(fields)
    assert all(part["attributes"]["label"] for part in fields)
