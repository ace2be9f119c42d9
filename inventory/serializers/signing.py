from inventory.serializers.deciders import ReasonsOut
from mrm import serializers

LONGEST_COMMENT = 4000
UNREAD = "Read what you would sign first: GET tells it at this address, with its digest."
UNPROVEN = (
    "Prove again who you are: a token alone signs nothing. Send your password with the code of your authenticator app, "
    "or sign with a passkey on the pages."
)


class SignableOut(ReasonsOut):
    may_sign = serializers.BooleanField()
    evidence_digest = serializers.CharField(help_text="Send it with the signature: it says what you have seen.")
    evidence = serializers.DictField()


class ProofIn(serializers.Serializer):
    """A fresh proof of who signs."""

    password = serializers.CharField(
        max_length=1000, trim_whitespace=False, help_text="Yours, again.", error_messages={"required": UNPROVEN}
    )
    code = serializers.CharField(
        max_length=16,
        allow_blank=True,
        default="",
        help_text="Of your authenticator app; without one a password signs nothing.",
    )


class SignedIn(ProofIn):
    """That proof, over what whoever signs was shown."""

    evidence_digest = serializers.RegexField(
        "^[0-9a-f]{64}$", help_text="Of the evidence you were shown.", error_messages={"required": UNREAD}
    )


class SignedCommentIn(SignedIn):
    comment = serializers.CharField(max_length=LONGEST_COMMENT, allow_blank=True, default="")


class SignedReasonIn(SignedIn):
    reason = serializers.CharField(max_length=LONGEST_COMMENT)
