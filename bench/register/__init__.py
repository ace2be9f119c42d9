"""A register of 100,000 models with 300,000 versions and their records, and how long its lists take."""
