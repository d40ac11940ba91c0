"""Every check that needs no test: ``python -m tests.support.checks``. Two run at a time.

Each prints one line; what it has to say is printed only when it fails.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent

# A deployment's settings, so that check --deploy sees what an operator would have.
DEPLOYED = {
    "DJANGO_SETTINGS_MODULE": "smsdesk.settings.production",
    "SECRET_KEY": "Checks-only-9!" + "".join(chr(97 + n * 7 % 26) for n in range(60)),
    "ALLOWED_HOSTS": "desk.example.org",
    "PUBLIC_URL": "https://desk.example.org",
}
TESTED = {"DJANGO_SETTINGS_MODULE": "smsdesk.settings.test"}

# The slowest first.
CHECKS: dict[str, tuple[list[str], dict[str, str]]] = {
    "types (mypy)": (["mypy", "."], {}),
    "templates' rules (djlint)": (["djlint", "templates", "--lint"], {}),
    "templates' form (djlint)": (["djlint", "templates", "--check"], {}),
    "migrations complete": (
        ["python", "manage.py", "makemigrations", "--check", "--dry-run"],
        TESTED,
    ),
    "deployment settings": (
        ["python", "-W", "error", "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        DEPLOYED,
    ),
    "import contracts": (["lint-imports"], {}),
    "style (ruff check)": (["ruff", "check", "."], {}),
    "form (ruff format)": (["ruff", "format", "--check", "."], {}),
    "spelling (codespell)": (["codespell"], {}),
}


def run_check(command: list[str], environment: dict[str, str]) -> tuple[int, str, float]:
    started = time.monotonic()
    done = subprocess.run(
        [BIN / command[0], *command[1:]],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, time.monotonic() - started


def main() -> int:
    failed = []
    with ThreadPoolExecutor(max_workers=2) as pool:
        running = {name: pool.submit(run_check, *check) for name, check in CHECKS.items()}
        for name, future in running.items():
            code, said, seconds = future.result()
            print(f"{'ok  ' if code == 0 else 'FAIL'} {name} ({seconds:.1f} s)", flush=True)
            if code != 0:
                failed.append(name)
                print(said, flush=True)
    if failed:
        print(f"Failed: {', '.join(failed)}.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
