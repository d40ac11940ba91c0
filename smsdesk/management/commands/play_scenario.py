"""``manage.py play_scenario``: play a scenario of the simulated carrier, for training and demos."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from smsdesk.lib import clock

if TYPE_CHECKING:
    from argparse import ArgumentParser

LOOK_SECONDS = 0.5


class Command(BaseCommand):
    help = (
        "Plays a scenario file to a number of the simulated carrier, until it is over or Ctrl-C."
        " Without a name it lists the scenarios there are. The desk must be running."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", help="Such as busy-morning.")
        parser.add_argument("--to", default="", help="A business number; otherwise the first one.")
        parser.add_argument("--seed", type=int, help="Another seed than the file's own.")
        parser.add_argument("--speed", type=int, default=1, help="So many times as fast, up to 60.")
        parser.add_argument("--url", help="Where the desk is reached; otherwise PUBLIC_URL.")
        parser.add_argument("--stop", action="store_true", help="Stop what plays.")

    def handle(self, *_: str, name: str | None, **options: Any) -> None:
        if not settings.HANDSET:
            raise CommandError("The simulated carrier is not served: HANDSET is not set.")
        from smsdesk.handset import runs  # noqa: PLC0415 - not installed without HANDSET
        from smsdesk.handset.services import CannotText  # noqa: PLC0415

        if options["stop"]:
            stopped = runs.stop(now=clock.now())
            self.stdout.write("Stopped." if stopped else "No scenario plays.")
        elif name is None:
            self._list()
        else:
            try:
                runs.start(
                    name=name,
                    number=options["to"],
                    seed=options["seed"],
                    speed=options["speed"],
                    base_url=options["url"] or settings.PUBLIC_URL or "http://127.0.0.1:8000",
                    now=clock.now(),
                )
            except CannotText as refused:
                raise CommandError(str(refused)) from None
            self._play()

    def _list(self) -> None:
        from smsdesk.handset import scenario_files  # noqa: PLC0415 - not installed without HANDSET

        for name in scenario_files.names():
            try:
                self.stdout.write(f"{name}: {scenario_files.load(name).about}")
            except scenario_files.BadScenario as bad:
                self.stderr.write(str(bad))

    def _play(self) -> None:
        from smsdesk.handset import runs  # noqa: PLC0415 - not installed without HANDSET

        try:
            while told := runs.progress(clock.now()):
                runs.play()
                self.stdout.write(
                    f"{told.seconds} of {told.lasts} s: {told.sent} of {told.of} texts sent",
                    ending="\r",
                )
                self.stdout.flush()
                time.sleep(LOOK_SECONDS)
        except KeyboardInterrupt:
            runs.stop(now=clock.now())
            self.stdout.write("\nStopped.")
        else:
            self.stdout.write("\nOver.")
