"""The engines that can scan a table into a profile, each to the same last count."""
