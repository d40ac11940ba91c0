"""Twilio's error codes in sentences for an agent (twilio.com/docs/api/errors)."""

from __future__ import annotations

# The recipient has texted STOP to our number (N1).
OPTED_OUT = "21610"
SENTENCES = {
    "20003": "Our sign-in at the carrier was refused. Tell your supervisor.",
    "20429": "The carrier is busy.",
    "21211": "The number is not one that can get texts. Check it with the customer.",
    "21408": "Texts to this country are switched off at the carrier. Tell your supervisor.",
    "21604": "There is no number to send to.",
    "21606": "Our number cannot send texts. Tell your supervisor.",
    OPTED_OUT: "The customer has opted out by texting STOP. Only the customer can opt in again.",
    "21611": "Our number has too many texts waiting at the carrier. Try again later.",
    "21612": "The carrier cannot reach this number from ours.",
    "21614": "The number is no mobile number and cannot get texts.",
    "21617": "The text is too long for the carrier.",
    "30001": "Too many texts wait at the carrier. Try again later.",
    "30002": "Our account at the carrier is suspended. Tell your supervisor.",
    "30003": "The phone could not be reached: it may be off or out of range. Try again later.",
    "30004": "The customer's carrier blocked the text.",
    "30005": "The number is not in use any more. Check it with the customer.",
    "30006": "The number is a landline, or its carrier cannot take texts.",
    "30007": "The text was filtered as unwanted. Word it differently, without links.",
    "30008": "The text was lost on the way, and the carrier does not say why. Try again.",
    "30034": "Our number is not registered for texting in the US. Tell your supervisor.",
}


def explain(code: str, carriers_words: str = "") -> str:
    """What an error code means for the agent; an unknown one keeps the carrier's own words."""
    if code in SENTENCES:
        return SENTENCES[code]
    known = f"The text could not be delivered (the carrier's code {code})." if code else ""
    return " ".join(
        filter(None, [known or "The text could not be delivered.", carriers_words[:200]])
    )
