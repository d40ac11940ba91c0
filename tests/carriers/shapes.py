"""The shapes of 8x8's requests and answers, as JSON schemas of our own writing.

What they hold is from docs_oas/connect/sms_api.json and docs/connect/docs of
github.com/8x8Cloud/public-developer-docs at 859e59a (SmsRequest, SmsResponse, the error of 400, and
the events of webhooks). Requests may have nothing that is not named there.
"""

from __future__ import annotations

from typing import Any

CODE = {"type": "integer"}
WORDS = {"type": "string"}
ENCODING = {"enum": ["AUTO", "GSM7", "UCS2"]}


def shape(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {**required, **optional},
        "required": list(required),
        "additionalProperties": False,
    }


SUBACCOUNT = r"^[A-Za-z0-9\-._&]{3,50}$"
SEND = shape(
    {
        "destination": {"type": "string", "pattern": r"^\+{0,1}[1-9]{1}[0-9]{6,14}$"},
        "text": WORDS,
    },
    country={"type": "string", "maxLength": 2},
    source={"type": "string", "maxLength": 16},
    clientMessageId={"type": "string", "maxLength": 350},
    encoding=ENCODING,
    scheduled=WORDS,
    expiry=WORDS,
    dlrCallbackUrl=WORDS,
    clientIp=WORDS,
    track={"enum": ["None", "Outcome"]},
)
ANSWER = shape(
    {
        "umid": WORDS,
        "destination": {"type": "string", "pattern": r"^\+?\d{7,15}$"},
        "encoding": ENCODING,
        "status": shape({"code": {"enum": ["QUEUED", "REJECTED"]}, "description": WORDS}),
    },
    clientMessageId=WORDS,
)
ERROR = shape({"code": CODE, "message": WORDS, "errorId": WORDS, "timestamp": WORDS})
PRICE = shape({"total": {"type": "number"}, "perSms": {"type": "number"}, "currency": WORDS})
INBOUND = shape(
    {
        "umid": WORDS,
        "subAccountId": WORDS,
        "timestamp": WORDS,
        "source": WORDS,
        "destination": WORDS,
        "body": WORDS,
        "encoding": {"enum": ["GSM7", "UCS2"]},
        "smsCount": CODE,
    },
    price=PRICE,
)
RECEIPT = shape(
    {
        "umid": WORDS,
        "subAccountId": WORDS,
        "source": WORDS,
        "destination": WORDS,
        "status": shape(
            {
                "state": {
                    "enum": ["queued", "rejected", "sent", "delivered", "undelivered", "read"]
                },
                "timestamp": WORDS,
            },
            detail={
                "enum": [
                    "delivered_to_operator",
                    "delivered_to_recipient",
                    "rejected_by_operator",
                    "undelivered_to_recipient",
                ]
            },
            errorCode=CODE,
            errorMessage=WORDS,
        ),
        "smsCount": CODE,
    },
    batchId=WORDS,
    clientBatchId=WORDS,
    clientMessageId=WORDS,
    price=PRICE,
)


def event(kind: str, payload: dict[str, Any]) -> dict[str, Any]:
    return shape(
        {
            "namespace": {"const": "SMS"},
            "eventType": {"const": kind},
            "description": WORDS,
            "payload": payload,
        }
    )


INBOUND_EVENT = event("inbound_message_received", INBOUND)
RECEIPT_EVENT = event("outbound_message_status_changed", RECEIPT)
