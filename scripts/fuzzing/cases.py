"""All cases, and those of some operators."""

import difflib

# Importing a family declares its cases.
from . import audio, elementwise, movement, networks, products, states  # noqa: F401
from .models import CASES


def selected(only=None):
    """The cases of the operators named, of all if none are. ValueError names what isn't one."""
    if not only:
        return CASES
    names = list(dict.fromkeys(name for name, _, _ in CASES))
    by_name = {name.upper(): name for name in names}
    wanted = []
    for name in only:
        if name.upper() not in by_name:
            near = difflib.get_close_matches(name.upper(), by_name, 3)
            hint = f": did you mean {' or '.join(by_name[it] for it in near)}?" if near else ""
            raise ValueError(f"there are no models of {name}{hint}")
        wanted.append(by_name[name.upper()])
    return [case for case in CASES if case[0] in wanted]
