"""Run the sandbox as a process."""

import sys

from . import main

sys.exit(main())
