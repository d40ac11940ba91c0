"""Twilio's error codes in sentences for an agent (twilio.com/docs/api/errors)."""

from __future__ import annotations

# The recipient has texted STOP to our number (N1).
OPTED_OUT = "21610"
# Not taken, for it was one too many.
TOO_FAST = {"14107", "21611"}

TELL = "Tell your supervisor."
CHECK = "Check it with the customer."
LATER = "Try again later."

SENTENCES = {
    # our account
    "10001": f"Our account at the carrier is not active. {TELL}",
    "14107": "We send faster than the carrier allows. Try again in a minute.",
    "20003": f"Our sign-in at the carrier was refused. {TELL}",
    "20005": f"Our account at the carrier is closed or not active yet. {TELL}",
    "20403": f"Our account may not do this at the carrier. {TELL}",
    "20404": f"The carrier does not know our account at this base URL. {TELL}",
    "20429": "The carrier is busy. Try again in a minute.",
    "20500": f"The carrier has a fault of its own. {LATER}",
    "20503": f"The carrier is out of service for the moment. {LATER}",
    "63038": f"Our account may send no more texts today. {TELL}",
    # the customer's number
    "21211": f"The number is not one that can get texts. {CHECK}",
    "21217": f"The number does not look like a phone number. {CHECK}",
    "21265": "The number is a short code, which cannot get our texts. Use another number.",
    "21266": "The number is our own. Check whom you want to text.",
    "21408": f"Texts to this country are switched off at the carrier. {TELL}",
    "21604": "There is no number to send to. Choose one.",
    "21608": f"Our trial account may text only numbers verified at the carrier. {TELL}",
    OPTED_OUT: "The customer has opted out by texting STOP. Only the customer can opt in again.",
    "21612": f"The carrier cannot reach this number from ours. {TELL}",
    "21614": "The number is no mobile number and cannot get texts. Call the customer.",
    "21635": "The number is a landline and cannot get texts. Call the customer.",
    # our number
    "21212": f"Our number is not one that can send texts. {TELL}",
    "21407": f"Numbers like ours cannot send texts. {TELL}",
    "21601": f"Our number is none of this account that can send texts. {TELL}",
    "21603": f"The carrier was told no number to send from. {TELL}",
    "21606": f"Our number cannot send texts to this number. {TELL}",
    "21607": f"Our trial account may send from its trial number alone. {TELL}",
    "21611": f"Our number has too many texts waiting at the carrier. {LATER}",
    "21616": f"Several numbers of our account match ours. {TELL}",
    "21621": f"Our number cannot send pictures and files. {TELL}",
    "21622": f"Our account cannot send pictures and files. {TELL}",
    "21659": f"Our number is none of the carrier's, or a short code of another country. {TELL}",
    "21660": f"Our number belongs to another account at the carrier. {TELL}",
    "21661": f"Our number is not set up for texting at the carrier. {TELL}",
    "21701": f"Our messaging service does not exist at the carrier. {TELL}",
    "21703": f"Our messaging service has no number that can send this. {TELL}",
    "21704": f"Our messaging service has no numbers. {TELL}",
    "21709": f"Our sender name is not allowed by the messaging service. {TELL}",
    # the text
    "11751": "The files are too large for the carrier. Send smaller ones.",
    "21602": "The text is empty. Write something first.",
    "21609": f"The carrier does not take our address for receipts: it must be a public one. {TELL}",
    "21617": "The text is too long for the carrier. Send it as two.",
    "21618": "The carrier cannot send these words. Write the text anew.",
    "21620": f"The carrier could not fetch the files from us. {TELL}",
    "21623": "There are too many files. Send ten at most.",
    # on the way
    "30001": f"Too many texts wait at the carrier. {LATER}",
    "30002": f"Our account at the carrier is suspended. {TELL}",
    "30003": f"The phone could not be reached: it may be off or out of range. {LATER}",
    "30004": "The customer's carrier blocked the text. Ask the customer whether they block us.",
    "30005": f"The number is not in use any more. {CHECK}",
    "30006": "The number is a landline, or its carrier cannot take texts. Call the customer.",
    "30007": "The text was filtered as unwanted. Word it differently, without links.",
    "30008": "The text was lost on the way, and the carrier does not say why. Try again.",
    "30010": f"The text would cost more than our account allows. {TELL}",
    "30011": "The number cannot get pictures and files. Send words only.",
    "30017": f"The customer's carrier is overloaded. {LATER}",
    "30018": f"The customer's carrier wants our sender registered beforehand. {TELL}",
    "30019": "The files are too large for the customer's carrier. Send smaller ones.",
    "30022": "We send faster than the customer's carrier allows. Try again in a minute.",
    "30023": "The customer's carrier takes no more of our texts today. Try again tomorrow.",
    "30024": f"Our number is not set up at the customer's carrier yet. {TELL}",
    "30027": "T-Mobile takes no more of our texts today. Try again tomorrow.",
    "30032": f"Our toll-free number is not verified yet. {TELL}",
    "30034": f"Our number is not registered for texting in the US. {TELL}",
    "30036": f"The text waited too long at the carrier, and was not sent. {LATER}",
    "30410": f"The customer's carrier did not answer in time. {LATER}",
}
