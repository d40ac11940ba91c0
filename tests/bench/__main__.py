"""``python -m tests.bench``: measure the desk beside its floor, and write docs/performance.md.

``--quick`` only shows that everything works: its figures mean nothing and are not written.
``--only webhooks`` (or another part) measures that part alone, and writes nothing either.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from importlib import import_module

import django
from django.core.management import call_command

from tests.bench import report
from tests.bench.machine import Machine

PARTS = ("webhooks", "assignments", "pages", "pushes", "offers", "sends", "reports")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smoke run of seconds")
    parser.add_argument("--only", action="append", choices=PARTS, help="one part, or several")
    wanted = parser.parse_args()
    load = os.getloadavg()[0]
    started = time.monotonic()
    machine = Machine()
    try:
        machine.start()
        django.setup()
        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        # Only now: these import models, whose settings name the servers.
        session = import_module("tests.bench.session").Session(machine, quick=wanted.quick)
        sections = []
        for part in wanted.only or PARTS:
            print(f"Measuring {part} ...", flush=True)
            section = getattr(session, part)()
            print(f"\n{report.as_text(section)}", flush=True)
            sections.append(section)
        facts = machine.facts()
    finally:
        machine.stop()
    minutes = (time.monotonic() - started) / 60
    facts |= {"Load before": f"{load:.2f}", "Took": f"{minutes:.1f} minutes"}
    print("\n".join(f"{name:<12} {value}" for name, value in facts.items()))
    if not wanted.quick and not wanted.only:
        report.write_page(sections, facts)
        print(f"Written to {report.PAGE}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
