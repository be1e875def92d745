"""The running program: settings, addresses, time, live streams, the watcher and the worlds it can be filled with.

Importing this package puts the bundled SQLite of `pysqlite3` in place of Python's own before Django can load it:
the SQLite of many systems lies in the range of the write-ahead-log corruption bug (`norket doctor` tells).
"""

import sys


def _use_bundled_sqlite() -> None:
    try:
        import pysqlite3  # noqa: PLC0415
        from pysqlite3 import dbapi2  # noqa: PLC0415
    except ImportError:  # no wheel for this machine: Python's own stays, and `doctor` and `serve` judge its version
        return
    sys.modules["sqlite3"] = pysqlite3
    sys.modules["sqlite3.dbapi2"] = dbapi2


_use_bundled_sqlite()
