"""Static files with hashed names, including the modules that other modules import."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class DeskStaticStorage(CompressedManifestStaticFilesStorage):
    """Without this, ``import "./page.js"`` would fetch the name without a hash, cached for a year."""

    support_js_module_import_aggregation = True
