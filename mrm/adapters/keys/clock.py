"""RFC 3161 time-stamps: from our own clock, or from an outside authority over HTTP."""

from datetime import UTC, datetime
from secrets import randbits

from asn1crypto import cms, core, tsp, x509
from pyhanko.sign.signers import SimpleSigner
from pyhanko.sign.timestamps import TimeStamper

from mrm.adapters import outside

# A policy identifier that anyone may derive for themselves: 2.25 is the arc of UUIDs (ITU-T X.667).
LOCAL_POLICY = "2.25.236219604993905861338517561543061676831"


class LocalClock(TimeStamper):
    """Our own time-stamp authority. It proves the order of things to whoever trusts this machine's clock, offline."""

    def __init__(self, signer: SimpleSigner):
        super().__init__()
        self.signer = signer

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        now = datetime.now(UTC).replace(microsecond=0)
        info = {
            "version": "v1",
            "policy": LOCAL_POLICY,
            "message_imprint": req["message_imprint"],
            "serial_number": randbits(63),
            "gen_time": now,
            "accuracy": {"seconds": 1},
            "tsa": x509.GeneralName(name="directory_name", value=self.signer.signing_cert.subject),
        }
        if req["nonce"].native is not None:
            info["nonce"] = req["nonce"]
        content = cms.EncapsulatedContentInfo(
            {"content_type": "tst_info", "content": core.ParsableOctetString(tsp.TSTInfo(info).dump())}
        )
        token = await self.signer.async_sign_general_data(content, "sha256", detached=False)
        return tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token})


class OutsideClock(TimeStamper):
    """A time-stamp authority reached over HTTP (RFC 3161, section 3.4), as set by the administrator."""

    def __init__(self, url: str):
        super().__init__()
        self.url = url

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        answer = outside.post(self.url, req.dump(), content_type="application/timestamp-query")
        if answer.status != 200 or answer.content_type != "application/timestamp-reply":
            said = f"{answer.status}, {answer.content_type or 'nothing'}"
            raise outside.Unreachable(f"{self.url} answered with {said}, not with a time-stamp.")
        return tsp.TimeStampResp.load(answer.content, strict=True)
