"""Static files whose names carry a hash, also where one of the desk's scripts imports another."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class Assets(CompressedManifestStaticFilesStorage):
    """Rewrites ``import … from "./x.js";``, so that a browser never mixes parts of two releases.

    Django's own ``support_js_module_import_aggregation`` looks into every script, and takes the
    comments of others for imports of files that do not exist. Ours are a line each, as here.
    Imports that form a circle have no hash to end with: collectstatic then fails for its passes.
    """

    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        (
            "js/desk/*.js",
            (
                (
                    r'(?m)^(?P<matched>import (?P<names>\{.+\}) from "(?P<url>\./.+)";)$',
                    'import %(names)s from "%(url)s";',
                ),
                (r'(?m)^(?P<matched>import "(?P<url>\./.+)";)$', 'import "%(url)s";'),
            ),
        ),
    )
    # One for each link of the longest chain of imports; what is settled sooner ends sooner.
    max_post_process_passes = 20
