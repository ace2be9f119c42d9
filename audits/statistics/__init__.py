"""Pure numbers: plain functions over arrays or counts. No Django, no state, no limit, no global seed."""
