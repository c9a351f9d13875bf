"""A Dockerfile carried out without Docker: COPY into a root below a temporary folder, RUN with its paths there.

What only an image can have (its base, its user, its entry point) is listed by line instead. Text of a RUN line is changed
in one way: a path below one of PLACES gets the root in front.
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

import dockerfile_parse

ROOT = Path(__file__).resolve().parents[2]
CODE, VOLUMES = "/opt/coffee-shop", "/var/lib"
PLACES = (CODE, VOLUMES)
ABOUT_THE_IMAGE = ("FROM", "USER", "ENTRYPOINT", "CMD", "LABEL")
# users are the image's own; the archive of Spark's classes takes half a minute, and the Makefile's set-up makes the same
NOT_CARRIED_OUT = ("useradd", "local_aws.glue.warm_up")
# of the image alone: a home that can be written, and no cache beside the files
NOT_SET = ("HOME", "UV_NO_CACHE")


@dataclass
class Image:
    """What a Dockerfile made: files below ``root``, an environment, a working directory."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)
    workdir: str = "/"
    left_out: list[str] = field(default_factory=list)  # line number and text of what was not carried out


def instructions(dockerfile: Path) -> list[tuple[int, str, str]]:
    """Return line number, name and value of each instruction."""
    parser = dockerfile_parse.DockerfileParser(str(dockerfile))
    found = [each for each in parser.structure if each["instruction"] != "COMMENT"]
    return [(each["startline"] + 1, each["instruction"], each["value"]) for each in found]


def in_root(text: str, root: Path, places: tuple[str, ...] = PLACES) -> str:
    """Return the text with the root in front of every path below one of the places."""
    names = "|".join(map(re.escape, places))
    return re.sub(rf"(?<![\w/.-])({names})(?=[/\s:\"']|$)", rf"{root}\1", text)


def context(ignore_file: Path) -> list[Path]:
    """Return the files of the build's context: what `.dockerignore` leaves of the project.

    Only the three forms that ours has are read: `*` first, then `!name` of the top level, then `**/name`.
    """
    lines = [line for line in ignore_file.read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*", "the file names what is let in, not what is left out"
    let_in = [line[1:] for line in lines[1:] if line.startswith("!")]
    left_out = [line.removeprefix("**/") for line in lines[1:] if line.startswith("**/")]
    assert len(let_in) + len(left_out) == len(lines) - 1
    files = [path for name in let_in for path in ([ROOT / name, *(ROOT / name).rglob("*")]) if path.is_file()]
    return [
        path
        for path in files
        if not any(fnmatch(part, pattern) for part in path.relative_to(ROOT).parts for pattern in left_out)
    ]


def build(dockerfile: Path, root: Path) -> Image:
    """Carry a Dockerfile out below an empty folder."""
    image = Image(root)
    for line, name, value in instructions(dockerfile):
        if name in ABOUT_THE_IMAGE or (name == "RUN" and any(words in value for words in NOT_CARRIED_OUT)):
            image.left_out.append(f"{line}: {name} {' '.join(value.split())}")
        elif name == "ENV":
            _set(image, line, value)
        elif name == "WORKDIR":
            image.workdir = value
            _inside(image, value).mkdir(parents=True)
        elif name == "COPY":
            _copy(image, value)
        elif name == "RUN":
            _run(image, value)
        else:
            raise AssertionError(f"{dockerfile}:{line}: {name} is not known here: carry it out, or list it")
    return image


def _inside(image: Image, path: str) -> Path:
    return image.root / Path(image.workdir, path).relative_to("/")


def _set(image: Image, line: int, value: str) -> None:
    for pair in value.split():
        name, _, text = pair.partition("=")
        if name in NOT_SET:
            image.left_out.append(f"{line}: ENV {pair}")
        else:
            image.environment[name] = text


def _copy(image: Image, value: str) -> None:
    *sources, target = value.split()
    assert not value.startswith("--")
    files = context(ROOT / ".dockerignore")
    for source in sources:
        found = [path for path in files if path.is_relative_to(ROOT / source)]
        assert found, f"COPY {value}: {source} is not in the build's context"
        for path in found:
            inner = path.relative_to(ROOT / source)
            to = _inside(image, target) / (path.name if target.endswith("/") else inner)
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, to)


def environment(image: Image) -> dict[str, str]:
    """Return the environment of a program of the image: that of its ENV lines, and what any machine has."""
    here = Path(sys.executable).parent
    found = {name: in_root(value, image.root) for name, value in image.environment.items()}
    found["PATH"] = found.get("PATH", "$PATH").replace("$PATH", f"{here}:/usr/local/bin:/usr/bin:/bin")
    return {"HOME": str(image.root), "LANG": "C.UTF-8"} | found


def installing(image: Image) -> dict[str, str]:
    """Return the environment of a RUN line: the image's, and how this machine reaches its package registries."""
    machine = (
        "HOME",
        "SSL_CERT_",
        "UV_",
        "PIP_",
        "REQUESTS_",
        "http_",
        "https_",
        "HTTP_",
        "HTTPS_",
        "no_proxy",
        "NO_PROXY",
    )
    return environment(image) | {name: value for name, value in os.environ.items() if name.startswith(machine)}


def _run(image: Image, value: str) -> None:
    command = in_root(value, image.root)
    done = subprocess.run(
        ["sh", "-euc", command],
        cwd=_inside(image, "."),
        env=installing(image),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"RUN {command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
