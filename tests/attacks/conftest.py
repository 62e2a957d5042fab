"""An attack is never imported: its cells would run in the process that tests."""

collect_ignore_glob = ["*/*.py"]
