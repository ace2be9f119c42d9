"""`python -m mrm_verify`, for a machine on which nothing is installed."""

import sys

from mrm_verify.command import main

if __name__ == "__main__":
    sys.exit(main())
