"""Static files with hashed names, including the modules that the desk's own modules import.

Without that, ``import "./page.js"`` would fetch the name without a hash, cached for a year. Only files under
``js/`` are read for imports: libraries bring files whose comments look like imports of what is not there.
"""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage  # type: ignore[import-untyped]


class DeskStaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Hashed, compressed, with the imports of the desk's own modules rewritten."""

    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        ("js/*.js", CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1]),
    )
