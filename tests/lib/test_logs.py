"""S10: nothing that customers wrote, and no number of theirs, comes into the logs."""

from __future__ import annotations

import logging
from io import StringIO
from logging.config import DictConfigurator

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction

from routing.models import Message
from tests.factories import MessageFactory

logger = logging.getLogger("routing.tests")


@pytest.fixture
def log():
    """What is logged, as the desk's settings have it written."""
    formatter = dict(settings.LOGGING["formatters"]["line"])
    handler = logging.StreamHandler(StringIO())
    handler.setFormatter(DictConfigurator(settings.LOGGING).configure_formatter(formatter))
    logging.getLogger().addHandler(handler)
    yield handler.stream
    logging.getLogger().removeHandler(handler)


@pytest.mark.django_db
def test_S10_a_row_that_postgresql_refuses_is_not_written_into_the_log(log):
    message = MessageFactory(body="my daughter\n\nis in hospital")
    with pytest.raises(IntegrityError, match="hospital") as refused, transaction.atomic():
        Message.objects.filter(pk=message.pk).update(state=None)
    later = ValueError("while that was handled")
    later.__context__ = refused.value

    logger.error("Message %s could not be sent", message.pk, exc_info=refused.value)
    logger.error("And then", exc_info=later)
    logger.warning("The sweep is interrupted: %s", refused.value)

    said = log.getvalue()
    assert f"Message {message.pk} could not be sent" in said
    assert 'null value in column "state"' in said
    assert "ValueError: while that was handled" in said
    assert "daughter" not in said
    assert "hospital" not in said


@pytest.mark.parametrize("written", ["+14155550123", "%2B14155550123", "%2b14155550123"])
def test_S10_numbers_are_not_written_into_the_log(log, written):
    logger.warning("Not Found: /desk/new/%s/", written)

    assert log.getvalue().endswith("WARNING routing.tests: Not Found: /desk/new/+…/\n")
