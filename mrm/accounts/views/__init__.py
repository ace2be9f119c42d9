"""Pages about people and what they hold: roles, given by an administrator; tokens, issued by each for themselves."""
