"""Which dictionary PostgreSQL uses for a person's language."""

_REGCONFIGS = {"en": "english", "de": "german", "fr": "french", "es": "spanish", "pt": "portuguese"}


def regconfig_for(language: str) -> str:
    """The text search configuration of a language code; ``simple`` when PostgreSQL has no dictionary for it."""
    return _REGCONFIGS.get(language.split("-")[0].lower(), "simple")
