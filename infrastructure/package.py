"""Build what Amazon MWAA takes, and write it to dist/.

    python -m infrastructure.package

On MWAA, below /usr/local/airflow:

- `dags/`: dags/ with include/ inside, as no other folder of the project exists there;
- `plugins.zip`: plugins/, the DAGs' module of periods and the list of constraints, unpacked to plugins/;
- `requirements.txt`: the laptop's, with the constraints where they lie on MWAA;
- `startup.sh`: runs first and gives Airflow the names of the stack's buckets and databases.

The same project gives the same bytes. `make deploy` builds the same by itself; it does not read dist/.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from infrastructure.artifacts import files_below, zipped
from infrastructure.console import DeployError, say

ROOT = Path(__file__).resolve().parent.parent
MWAA = ROOT / "infrastructure" / "mwaa"
PERIODS = "coffee_shop/periods.py"  # what the pages import of the DAGs' package
CONSTRAINT = "-c constraints.txt"
# MWAA unpacks plugins.zip there before it runs pip, on every machine ("Managing Python dependencies in
# requirements.txt", its user guide). A list in dags/ would do too, but has no version and could be another than this.
CONSTRAINT_ON_MWAA = '--constraint "/usr/local/airflow/plugins/constraints.txt"'


def build(root: Path = ROOT) -> dict[str, bytes]:
    """Return the files that MWAA takes, by their path in dist/.

    Raises:
        DeployError: requirements.txt has no constraint line that could be rewritten.
    """
    dags = {f"dags/{name}": body for name, body in files_below(root / "dags").items()}
    include = {f"dags/include/{name}": body for name, body in files_below(root / "include").items()}
    plugins = files_below(root / "plugins") | {
        # no __init__.py: where dags/ is on the path too, Python takes the whole package from there
        PERIODS: (root / "dags" / PERIODS).read_bytes(),
        "constraints.txt": (MWAA / "constraints.txt").read_bytes(),
    }
    return {
        **dags,
        **include,
        "plugins.zip": zipped(plugins),
        "requirements.txt": requirements((root / "requirements.txt").read_text(encoding="utf-8")).encode(),
        "startup.sh": (MWAA / "startup.sh").read_bytes(),
    }


def requirements(text: str) -> str:
    """Return the laptop's requirements with the constraints where they lie on MWAA.

    Raises:
        DeployError: there is not exactly one constraint line.
    """
    lines = text.splitlines()
    if lines.count(CONSTRAINT) != 1:
        raise DeployError(f"requirements.txt: expected one line `{CONSTRAINT}`, found {lines.count(CONSTRAINT)}.")
    return "\n".join(CONSTRAINT_ON_MWAA if line == CONSTRAINT else line for line in lines) + "\n"


def write(dist: Path, files: Mapping[str, bytes]) -> None:
    """Make a folder hold these files and no others, and say what changed."""
    there = {path.relative_to(dist).as_posix(): path for path in dist.rglob("*") if path.is_file()}
    new = [name for name, body in files.items() if name not in there or there[name].read_bytes() != body]
    old = sorted(there.keys() - files.keys())
    for name in new:
        (dist / name).parent.mkdir(parents=True, exist_ok=True)
        (dist / name).write_bytes(files[name])
    for name in old:
        there[name].unlink()
    for folder in sorted((path for path in dist.rglob("*") if path.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()
    say(f"{dist}: {len(files)} files, {len(new)} of them new or changed, {len(old)} removed")
    say(f"  {'dags/':<18} {sum(name.startswith('dags/') for name in files)} files")
    for name in (one for one in files if "/" not in one):
        say(f"  {name:<18} {len(files[name])} bytes")


def main() -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m infrastructure.package", description="Write what MWAA takes.")
    parser.add_argument("--to", type=Path, default=ROOT / "dist", metavar="PATH", help="folder (default: dist/)")
    options = parser.parse_args()
    try:
        write(options.to, build())
    except DeployError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
