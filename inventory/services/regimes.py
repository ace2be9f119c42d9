"""Regime packs: loaded from the files of the release, once per version."""

from audits.trail.chain import canonical
from audits.trail.models import Action
from audits.trail.services import governed, record
from inventory.models import RegimePack
from inventory.regimes import faults_in_pack, packs_in_files
from mrm.adapters import storage
from mrm.errors import RuleBroken, UnusableData


@governed()
def load_regime_packs() -> list[RegimePack]:
    """Take in every pack of this release that is not here yet."""
    return [pack for document in packs_in_files() if (pack := load_regime_pack(document))]


@governed()
def load_regime_pack(document: dict) -> RegimePack | None:
    """One version of a pack; None where it is here already. A version that says something else now is refused."""
    if faults := faults_in_pack(document):
        raise UnusableData(*({"message": fault, "field": fault.partition(" ")[0]} for fault in faults))
    digest = storage.digest_of(canonical(document))
    known = RegimePack.objects.filter(code=document["code"], version=document["version"]).first()
    if known:
        if known.digest != digest:
            raise RuleBroken(f"{known} is loaded and says something else; give the changed pack another version.")
        return None
    pack = RegimePack.objects.create(
        code=document["code"],
        version=document["version"],
        title=document["title"],
        effective_from=document["effective_from"],
        effective_to=document["effective_to"],
        document=document,
        digest=digest,
    )
    record(Action.REGIME_LOADED, actor=None, subject=pack, code=pack.code, version=pack.version, digest=digest)
    return pack
