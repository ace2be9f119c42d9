"""What pages of assessments show, gathered from rows."""
