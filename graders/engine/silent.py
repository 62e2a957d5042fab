"""What a notebook finds in place of otter when its cells are run to be graded."""

from __future__ import annotations


class SilentNotebook:
    """Stands in for otter.Notebook: check cells mark places and run nothing."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def check(self, *_: object, **__: object) -> None:
        pass

    check_all = export = add_plugin_files = check
