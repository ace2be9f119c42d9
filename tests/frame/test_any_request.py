"""Whatever else is asked, and whatever an MLflow client asks, the answer is one that the document announces."""

import pytest

from tests.frame.any_request import MLFLOW, OF_DECISIONS, OF_MODELS, REST
from tests.frame.any_request import ask as ask  # noqa: PLC0414 - a fixture


@pytest.mark.timeout(600)
def test_whatever_else_is_asked_the_answer_is_one_that_the_document_announces(ask):
    ask(REST, not_tagged=OF_MODELS + OF_DECISIONS)


@pytest.mark.timeout(600)
def test_whatever_mlflow_clients_ask_the_answer_is_one_that_the_document_announces(ask):
    ask(MLFLOW)
