"""What every page shares: template tags, icons, lists, and how a form is answered. No business rule."""
