"""Why an operator behind Kannel did not deliver: SMPP 3.4's statuses and final states, in words."""

from __future__ import annotations

import re

NACK = re.compile(r"NACK/(0x[0-9A-Fa-f]+|[0-9]+)")
FINAL = re.compile(r"\bstat:([A-Z]+)", re.IGNORECASE)
TELL = "Tell your supervisor."

# SMPP 3.4, 5.1.3 command_status; what an agent can do about it, or whom to tell.
SENTENCES = {
    "0x01": f"The operator found the text to have a wrong length. {TELL}",
    "0x02": f"The operator could not read the gateway's request: its length is wrong. {TELL}",
    "0x03": f"The operator does not know the gateway's command. {TELL}",
    "0x04": f"The gateway was not signed in at the operator. {TELL}",
    "0x05": f"The gateway is signed in at the operator twice. {TELL}",
    "0x06": f"The operator refused the text's priority. {TELL}",
    "0x07": f"The operator gives no receipts for texts like this. {TELL}",
    "0x08": "The operator has a fault. Try again later.",
    "0x0a": f"Our number cannot send texts over this operator. {TELL}",
    "0x0b": "The number is not one that this operator can reach. Check it with the customer.",
    "0x0c": f"The operator does not know the text it was asked about. {TELL}",
    "0x0d": f"The operator let the gateway not sign in. {TELL}",
    "0x0e": f"The gateway's password at the operator is wrong. {TELL}",
    "0x0f": f"The operator does not know the gateway's name. {TELL}",
    "0x11": "The operator could not take the text back.",
    "0x13": "The operator could not replace the text.",
    "0x14": "Too many texts wait at the operator. Try again later.",
    "0x15": f"The operator does not know the kind of service. {TELL}",
    "0x33": f"The operator was given a wrong number of receivers. {TELL}",
    "0x34": f"The operator does not know the list of receivers. {TELL}",
    "0x40": f"The operator refused how the receiver was marked. {TELL}",
    "0x42": f"The operator refused to replace an earlier text. {TELL}",
    "0x43": f"The operator refused the text's class. {TELL}",
    "0x44": f"The operator sends to no list of receivers. {TELL}",
    "0x45": "The operator did not take the text and does not say why. Try again later.",
    "0x48": f"The operator refused the type of our number. {TELL}",
    "0x49": f"The operator refused the numbering plan of our number. {TELL}",
    "0x50": f"The operator refused the type of the customer's number. {TELL}",
    "0x51": f"The operator refused the numbering plan of the customer's number. {TELL}",
    "0x53": f"The operator does not know the gateway's type of system. {TELL}",
    "0x54": f"The operator refused the mark for replacing a text. {TELL}",
    "0x55": f"The operator was given a wrong number of texts. {TELL}",
    "0x58": "We send faster than the operator allows. Try again in a minute.",
    "0x61": f"The operator refused the time at which to deliver. {TELL}",
    "0x62": f"The operator refused how long the text holds. {TELL}",
    "0x63": f"The operator has no such stored text. {TELL}",
    "0x64": "The receiver cannot take the text now. Try again later.",
    "0x65": "The receiver will not take the text, now or later.",
    "0x66": "The receiver refused the text.",
    "0x67": f"The operator could not say what became of the text. {TELL}",
    "0xc0": f"The operator could not read an addition to the text. {TELL}",
    "0xc1": f"The operator allows no such addition to a text. {TELL}",
    "0xc2": f"An addition to the text has a wrong length. {TELL}",
    "0xc3": f"The operator misses an addition to the text. {TELL}",
    "0xc4": f"The operator refused the value of an addition to the text. {TELL}",
    "0xfe": "The text could not be delivered on the last stretch. Try again later.",
    "0xff": "The operator met an error it has no name for. Try again later.",
    # the final state of a receipt
    "DELETED": "The operator deleted the text before it was delivered. Try again.",
    "EXPIRED": "The phone was off or out of range for too long. Try again later.",
    "REJECTD": "The operator or the receiver rejected the text. Word it differently.",
    "UNDELIV": "The text cannot be delivered to this number. Check it with the customer.",
    "UNKNOWN": "The operator has lost track of the text. Ask the customer before sending again.",
}


def code_in(answer: str) -> str:
    """The status in what the operator answered, such as ``0x0b`` or ``UNDELIV``; empty for none."""
    if refusal := NACK.search(answer):
        number = int(refusal[1], 16 if refusal[1].lower().startswith("0x") else 10)
        return f"{number:#04x}"
    final = FINAL.search(answer)
    return final[1].upper() if final else ""
