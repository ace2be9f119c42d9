"""One archive with everything but the keys: taken while others work, restored only where nothing is lost unsaid."""

from audits.trail.services.backups.restoring import Restored, restore_backup
from audits.trail.services.backups.taking import Taken, take_backup

__all__ = ["Restored", "Taken", "restore_backup", "take_backup"]
