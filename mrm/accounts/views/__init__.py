"""Pages about people and what they hold: roles, tokens, sign-ins; and the page where anything is signed."""
