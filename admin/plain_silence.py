"""Where a suppression comes from, in plain words. Pure."""

_SOURCES = {
    "keyword": "they wrote it",
    "button": "they tapped a button",
    "preference": "they switched it in WhatsApp",
    "error": "Meta reported it",
    "rule": "a rule",
    "api": "another system",
    "import": "a file",
    "page": "somebody here",
    "command line": "the command line",
}


def source(name: str) -> str:
    """Who holds something back.

    >>> source("keyword"), source("letter")
    ('they wrote it', 'letter')
    """
    return _SOURCES.get(name, name)
