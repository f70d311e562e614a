"""``python -m predscope``: the command line."""

import sys

from predscope.cli import main

sys.exit(main())
