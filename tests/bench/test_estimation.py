"""The estimation benchmark estimates what comes true."""

from bench import estimation


def test_estimated_and_realised_auc_agree_in_every_chunk():
    estimates, realised = estimation.estimate(30_000), estimation.realised_auc(30_000)
    assert len(estimates) == len(realised) == estimation.CHUNKS
    for one, true in zip(estimates, realised, strict=True):
        assert abs(one["auc"].value - true) < 5 * one["auc"].detail["standard_error"]
