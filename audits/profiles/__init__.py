"""One scan of a table into small mergeable counts; the engines that can do the scan. No Django."""
