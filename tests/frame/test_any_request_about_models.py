"""Whatever is asked about models and their uses, the answer is one that the document announces."""

import pytest

from tests.frame.any_request import OF_MODELS, REST
from tests.frame.any_request import ask as ask  # noqa: PLC0414 - a fixture


@pytest.mark.timeout(600)
def test_whatever_is_asked_about_models_the_answer_is_one_that_the_document_announces(ask):
    ask(REST, tagged=OF_MODELS)
