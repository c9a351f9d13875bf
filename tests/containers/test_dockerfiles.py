"""What the Dockerfiles say; nothing here builds an image."""

import re
import tomllib
from pathlib import Path

import dockerfile_parse
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILES = sorted((ROOT / "containers").glob("*/Dockerfile"))
MAKEFILE = (ROOT / "Makefile").read_text()

each_dockerfile = pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.parent.name)


def values(path: Path, name: str) -> list[str]:
    """Return what follows an instruction, each time that it stands there."""
    lines = dockerfile_parse.DockerfileParser(str(path)).structure
    return [line["value"] for line in lines if line["instruction"] == name]


def copied(path: Path) -> list[str]:
    return [source for value in values(path, "COPY") for source in value.split()[:-1]]


@each_dockerfile
def test_what_it_brings_is_pinned(path):
    (base,) = values(path, "FROM")
    assert re.fullmatch(r"python:3\.12\.\d+-slim-[a-z]+", base)
    assert re.findall(r"\buv==(\S+)", path.read_text()) == re.findall(r"^UV_VERSION = (\S+)", MAKEFILE, re.MULTILINE)
    assert "--constraint" in path.read_text()


def test_the_packages_of_the_group_containers_are_locked():
    group = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]["containers"]
    assert set(group) <= set((ROOT / "constraints.txt").read_text().splitlines())


@each_dockerfile
def test_it_ends_with_a_user_without_rights(path):
    lines = dockerfile_parse.DockerfileParser(str(path)).structure
    assert (lines[-1]["instruction"], lines[-1]["value"]) == ("USER", "10001")


def test_the_context_holds_what_is_copied_and_nothing_else():
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    first, *let_in, last = [line for line in lines if not line.startswith("#")]
    assert (first, last) == ("*", "**/__pycache__")
    sources = {source for path in DOCKERFILES for source in copied(path)}
    assert {f"!{source.partition('/')[0]}" for source in sources} == set(let_in)
    assert [source for source in sources if not (ROOT / source).exists()] == []


@each_dockerfile
def test_the_places_of_its_volumes_belong_to_the_user(path):
    """A new volume takes the owner of the folder that it is mounted on."""
    services = yaml.safe_load((ROOT / "docker-compose.yaml").read_text())["services"].values()
    dockerfile = str(path.relative_to(ROOT))
    mounted = {
        mount.split(":")[1]
        for service in services
        if service.get("build", {}).get("dockerfile") == dockerfile
        for mount in service.get("volumes", [])
    }
    made = " ".join(values(path, "RUN"))
    for words in (r"mkdir -p ((?:/\S+ ?)+)", r"chown coffee-shop: ((?:/\S+ ?)+)"):
        (folders,) = re.findall(words, made)
        assert set(folders.split()) == mounted
