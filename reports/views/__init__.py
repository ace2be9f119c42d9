"""Pages about what was handed out: asking for a report, fetching it, verifying one."""
