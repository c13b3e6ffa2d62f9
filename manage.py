#!/usr/bin/env python
"""The desk's command line. Finds or starts PostgreSQL and Redis before Django reads its settings."""

import os
import sys

from puo_desk.stack.command_line import run

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "puo_desk.settings")
    sys.exit(run(sys.argv))
