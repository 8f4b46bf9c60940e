"""``python -m emergence``."""

import sys

from emergence import forkserver, parent_watch

status = forkserver.run(sys.argv[1:])
if status is None:
    from emergence.cli import main

    parent_watch.watch()
    status = main()
sys.exit(status)
