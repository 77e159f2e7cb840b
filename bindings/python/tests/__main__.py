"""Runs the tests in this folder against the package that is installed: `cargo xtask test` does.

The results go to standard output, where they are counted.
"""

import faulthandler
import os
import pathlib
import sys
import unittest

# They stop by themselves: whatever hangs says where, and ends.
faulthandler.dump_traceback_later(1800 if "GOLIVE_LONG" in os.environ else 300, exit=True)
found = unittest.defaultTestLoader.discover(str(pathlib.Path(__file__).parent))
outcome = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(found)
sys.exit(not outcome.wasSuccessful())
