"""What pages and API read about the register."""
