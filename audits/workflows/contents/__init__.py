"""What the pages of several apps together show, gathered in a fixed number of queries."""
