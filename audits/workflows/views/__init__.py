"""Pages about deciding, and the pages that show several apps together: home, portfolio, a model, a version."""
