"""The kinds of evidence that a requirement may be mapped to, each the question it answers about one model."""

EVIDENCE: dict[str, str] = {
    "registered": "Is the model registered with an owner and a purpose?",
    "register_complete": "Does its entry say everything the policy asks for?",
    "tier_confirmed": "Was its tier confirmed by somebody independent?",
    "tier_current": "Does the confirmed tier still rest on what holds?",
    "use_approved": "Is every live use approved for the version in production?",
    "boundaries_stated": "Are the boundaries of its uses stated?",
    "version_identified": "Is the version in production identified by the digest of its artifact or by its code?",
    "reference_data": "Are the data it is compared with kept, by digest?",
    "monitoring_active": "Is every assessment that its schema allows planned?",
    "drift_assessed": "Was drift assessed within the tier's cadence?",
    "bias_assessed": "Was bias assessed within the tier's cadence?",
    "explainability_assessed": "Was what drives its output assessed within the tier's cadence?",
    "performance_assessed": "Was it compared with outcomes within the tier's cadence?",
    "replication_checked": "Do the logged outputs come from the registered artifact?",
    "breaches_followed_up": "Is there a finding or a change request on every open breach?",
    "findings_on_time": "Is no open finding past its date?",
    "decision_signed": "Was the version in production put there by signed decisions?",
    "report_issued": "Was a sealed report issued within the last year?",
    "policy_published": "Is a policy in force, by version and digest?",
    "trail_verifiable": "Is what happened in a signed log that anybody can verify?",
}
