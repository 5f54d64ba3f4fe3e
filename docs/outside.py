"""A preprocessor of mdBook's: links to files that aren't part of the book lead to the repository."""

import json
import re
import sys

if sys.argv[1:2] == ["supports"]:
    sys.exit(0)

context, book = json.load(sys.stdin)
repository = context["config"]["output"]["html"]["git-repository-url"]


def lead_outside(part):
    """Mends the links of all chapters in a part of the book."""
    if isinstance(part, list):
        for each in part:
            lead_outside(each)
    elif isinstance(part, dict):
        if isinstance(part.get("content"), str):
            part["content"] = re.sub(r"\]\((?:\.\./)+", f"]({repository}/blob/main/", part["content"])
        lead_outside(list(part.values()))


lead_outside(book)
json.dump(book, sys.stdout)
