"""Kannel for the tests that need a real gateway: bearerbox, smsbox and a fake operator.

``python -m tests.support.kannel`` gets it from Debian where there is none. Where it cannot be had,
the tests that ask for it are skipped, and the summary says why.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import unquote_to_bytes

import requests

from smsdesk.lib.embedded import free_port
from smsdesk.lib.processes import Child
from tests.support.clients import wait_until
from tests.support.template import ROOT

PROGRAMS = ("bearerbox", "smsbox")
OPERATOR = Path("/usr/lib/kannel/test/fakesmsc")
CONFIGURATION = ROOT / "deploy" / "kannel" / "kannel.conf"
PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"])
INSTALL_SECONDS = 300
START_SECONDS = 30
GOT = re.compile(rb"Got message \d+: <(.*)>$", re.MULTILINE)
MESSAGE = re.compile(rb"(\+?\d+) (\+?\d+) ((?:text|ucs-2|udh) .*)")


def missing() -> str:
    """What of Kannel is not here, in a sentence; empty where all is."""
    lacks = [name for name in PROGRAMS if shutil.which(name, path=PATH) is None]
    if not OPERATOR.exists():
        lacks.append(OPERATOR.name)
    names = ", ".join(lacks)
    return names and f"Kannel is not here ({names}): install kannel and kannel-extras."


class Gateway:
    """Kannel with the configuration of deploy/, on ports of its own, and a fake operator."""

    def __init__(self, directory: Path, *, user: str, password: str) -> None:
        self.directory = directory
        self.user, self.password = user, password
        self.ports = {name: free_port() for name in ("admin", "smsbox", "sendsms", "operator")}
        self.children: dict[str, Child] = {}

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.ports['sendsms']}"

    def configure(self, get_url: str) -> None:
        """Write the configuration of deploy/ with our ports, folders, passwords and address."""
        for folder in ("store", "dlr"):
            (self.directory / folder).mkdir(parents=True)
        operator = self.directory / "operator.conf"
        operator.write_text(
            "group = smsc\nsmsc = fake\nsmsc-id = fake\nour-host = 127.0.0.1\n"
            f'port = {self.ports["operator"]}\nconnect-allow-ip = "127.0.0.1"\n'
        )
        text = CONFIGURATION.read_text()
        for ours, theirs in {
            "13000": str(self.ports["admin"]),
            "13001": str(self.ports["smsbox"]),
            "13013": str(self.ports["sendsms"]),
            "/var/spool/kannel": str(self.directory),
            "/etc/kannel/operator.conf": str(operator),
            "ADMIN_PASSWORD": "admin",
            "STATUS_PASSWORD": "status",
            "= DESK_USER": f"= {self.user}",
            "DESK_PASSWORD": self.password,
            # a test does not wait as long as a gateway may
            "http-queue-delay = 10": "http-queue-delay = 1",
        }.items():
            assert ours in text, ours
            text = text.replace(ours, theirs)
        text = re.sub(r'"https://DESK_USER:REQUEST_PASSWORD@[^?]*', f'"{get_url}', text)
        (self.directory / "kannel.conf").write_text(text)

    def start(self, name: str) -> None:
        """Start bearerbox or smsbox, and wait until it is ready."""
        program = shutil.which(name, path=PATH)
        assert program
        child = Child(
            name,
            [program, str(self.directory / "kannel.conf")],
            log=self.directory / f"{name}.log",
            environment={},
            directory=self.directory,
        )
        self.children[name] = child
        child.start()
        wait_until(lambda: name != "smsbox" or "smsbox:" in self.status(), START_SECONDS, what=name)
        wait_until(self.status, START_SECONDS, what=name)

    def log(self, name: str) -> str:
        return (self.directory / f"{name}.log").read_text(errors="replace")

    def status(self) -> str:
        """What bearerbox says of itself; empty while it does not answer."""
        url = f"http://127.0.0.1:{self.ports['admin']}/status.txt?password=status"
        try:
            return requests.get(url, timeout=5).text
        except requests.RequestException:
            return ""

    def kill(self, name: str) -> None:
        process = self.children[name].process
        assert process is not None
        process.kill()
        process.wait(10)

    def operator(self, sender: str, recipient: str, body: str) -> None:
        """Let the operator hand over a text, and stay to take ours."""
        self.leave()
        port = str(self.ports["operator"])
        text = _line(sender, recipient, body)
        child = Child(
            "operator",
            [str(OPERATOR), "-H", "127.0.0.1", "-r", port, "-i", "0.05", "-m", "1", text],
            log=self.directory / "operator.log",
            environment={},
            directory=self.directory,
        )
        self.children["operator"] = child
        child.start()

    def leave(self) -> None:
        if "operator" in self.children:
            self.children.pop("operator").stop()
            (self.directory / "operator.log").unlink(missing_ok=True)

    def taken(self) -> list[tuple[str, str, str]]:
        """The texts that the operator got from us, each of its parts joined again.

        It takes a line for a message: what does not begin with two numbers goes on with the last.
        """
        log = self.directory / "operator.log"
        said: list[tuple[bytes, bytes, bytes]] = []
        for line in GOT.findall(log.read_bytes() if log.exists() else b""):
            begins = MESSAGE.fullmatch(line)
            if begins:
                said.append((begins[1], begins[2], begins[3]))
            else:
                said[-1] = (*said[-1][:2], said[-1][2] + b"\n" + line)
        whole: dict[tuple[bytes, bytes, bytes], dict[int, bytes]] = {}
        for sender, recipient, message in said:
            key, number, piece = _piece(message)
            whole.setdefault((sender, recipient, key), {})[number] = piece
        return [
            (
                sender.decode(),
                recipient.decode(),
                _decoded(key, b"".join(dict(sorted(parts.items())).values())),
            )
            for (sender, recipient, key), parts in whole.items()
        ]

    def end(self) -> None:
        for name in ("operator", "smsbox", "bearerbox"):
            if name in self.children:
                self.children[name].stop()


def _line(sender: str, recipient: str, body: str) -> str:
    if body.isascii() and "\n" not in body:
        return f"{sender} {recipient} text {body}"
    escaped = "".join(f"%{byte:02x}" for byte in body.encode("utf-16-be"))
    return f"{sender} {recipient} ucs2 {escaped}"


def _piece(said: bytes) -> tuple[bytes, int, bytes]:
    """Of a message as the operator prints it: which text it is of, which part, and its bytes."""
    kind, _, rest = said.partition(b" ")
    if kind != b"udh":
        return (
            kind + said,
            1,
            unquote_to_bytes(rest.replace(b"+", b" ")) if kind != b"text" else rest,
        )
    header, _, rest = rest.partition(b" ")
    udh = unquote_to_bytes(header)
    _, _, data = rest.partition(b" ")
    return b"udh" + udh[:4], udh[5], unquote_to_bytes(data.replace(b"+", b" "))


def _decoded(key: bytes, raw: bytes) -> str:
    # The operator does not print the coding of parts; blanks have a zero byte in UCS-2.
    wide = key.startswith(b"ucs-2") or b"\x00" in raw
    return raw.decode("utf-16-be" if wide else "utf-8")


def main() -> None:
    """Make sure that Kannel is here, or say why its tests will be skipped."""
    apt = shutil.which("apt-get")
    if missing() and apt and os.geteuid() == 0:
        print("Getting Kannel for the tests of a real gateway ...", flush=True)
        packages = ["-y", "-qq", "--no-install-recommends", "kannel", "kannel-extras"]
        for arguments in (["update", "-qq"], ["install", *packages]):
            subprocess.run(
                [apt, *arguments],
                # RUNLEVEL: the packages start no gateway of their own.
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=INSTALL_SECONDS,
                check=False,
            )
    why = missing()
    print(f"The tests of a real gateway will be skipped. {why}" if why else "Kannel is here.")


if __name__ == "__main__":
    main()
