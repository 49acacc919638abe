#!/usr/bin/env python3
"""Django's commands; `python3 desk.py <command>` runs them with servers at hand."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicedesk.settings.desk")
    execute_from_command_line(sys.argv)
