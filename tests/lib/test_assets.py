"""The desk's scripts under their hashed names."""

from __future__ import annotations

import re
import shutil

from django.core.files.storage import FileSystemStorage

from smsdesk.lib.assets import Assets
from smsdesk.settings.environment import ROOT

SCRIPTS = sorted(path.name for path in (ROOT / "static/js/desk").glob("*.js"))


def test_every_import_is_written_as_the_patterns_find_it():
    """One that is not found keeps its plain name: its module would be loaded a second time."""
    patterns = dict(Assets.patterns)["js/desk/*.js"]
    for name in SCRIPTS:
        for line in (ROOT / "static/js/desk" / name).read_text().splitlines():
            if re.match(r'\s*(import\b|export\b.*\bfrom ")', line):
                found = any(re.search(pattern, line) for pattern, _ in patterns)
                assert found, f"{name}: put it on a line of its own, and nothing else: {line}"


def test_every_script_imports_hashed_names_that_exist(tmp_path):
    source = FileSystemStorage(ROOT / "static")
    assets = Assets(location=tmp_path, base_url="/static/")
    shutil.copytree(ROOT / "static/js", tmp_path / "js")

    paths = {f"js/desk/{name}": (source, f"js/desk/{name}") for name in SCRIPTS}
    done = list(assets.post_process(paths))

    assert [problem for _, _, problem in done if isinstance(problem, Exception)] == []
    for name in SCRIPTS:
        script = (tmp_path / assets.stored_name(f"js/desk/{name}")).read_text()
        imported = re.findall(r'"(\.{1,2}/.+)"', script)
        for other in imported:
            assert re.fullmatch(r"\./\w+\.[0-9a-f]{12}\.js", other), name
            assert (tmp_path / "js/desk" / other).exists()
