"""Pages about the register itself: registering, editing, versions, history."""
