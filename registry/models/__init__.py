from registry.models.facts import Alias, ModelFacts, ModelTag, VersionFacts, VersionTag
from registry.models.rules import RegistryRules

__all__ = ["Alias", "ModelFacts", "ModelTag", "RegistryRules", "VersionFacts", "VersionTag"]
