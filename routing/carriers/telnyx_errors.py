"""Telnyx's error codes in sentences for an agent.

From its reference of messaging errors (developers.telnyx.com/docs/messaging/messages/error-codes,
support.telnyx.com/en/articles/6505121).
"""

from __future__ import annotations

# The recipient has texted STOP to a number of our messaging profile (N1).
OPTED_OUT = "40300"
# Nothing tells whether the text was taken.
TIMED_OUT = "10008"
# Not taken, for it was one too many.
TOO_FAST = {"10011", "40318"}

TELL = "Tell your supervisor."
CHECK = "Check the number with the customer."
LATER = "Try again later."

SENTENCES = {
    # what was asked
    "10001": f"Our number is not active at the carrier. {TELL}",
    "10002": f"The carrier does not know such a number. {CHECK}",
    "10003": f"The carrier could not use the address for receipts or pictures. {TELL}",
    "10004": f"The carrier misses something in what we sent it. {TELL}",
    "10005": f"The carrier does not know the messaging profile or the base URL. {TELL}",
    "10006": f"The carrier does not know an ID that we sent it. {TELL}",
    "10007": f"The carrier has a fault of its own. {LATER}",
    TIMED_OUT: "The carrier did not finish in time. Ask the customer before you send it again.",
    "10009": f"Our sign-in at the carrier was refused. {TELL}",
    "10010": f"Our account may not do this at the carrier. {TELL}",
    "10011": "We send faster than the carrier allows. Try again in a minute.",
    "10015": f"The carrier could not read what we sent it. {TELL}",
    "10016": f"The number lacks its country code. {CHECK}",
    # our account
    "20002": f"Our API key was revoked at the carrier. {TELL}",
    "20006": f"Our sign-in at the carrier has expired. {TELL}",
    "20012": f"Our account at the carrier is not active; its credit may be used up. {TELL}",
    "20013": f"Our account at the carrier is blocked. {TELL}",
    "20014": f"Our account at the carrier is not verified. {TELL}",
    "20015": f"Our account at the carrier has no texting. {TELL}",
    "20016": f"Our account at the carrier needs the first level of verification. {TELL}",
    "20017": f"Our account at the carrier needs the second level of verification. {TELL}",
    "20100": f"Our credit at the carrier is used up. {TELL}",
    # on the way
    "40001": "The number is a landline or cannot be reached by text. Call the customer.",
    "40002": "The text was taken for spam. Word it differently, without links, and try later.",
    "40003": f"The customer's carrier blocks our number as a sender of spam. {TELL}",
    "40004": f"The customer's carrier rejected the text and does not say why. {LATER}",
    "40005": f"The phone was off or out of range for too long. {LATER}",
    "40006": f"The customer's carrier could not be reached. {LATER}",
    "40007": f"The text went in a circle between carriers. {TELL}",
    "40008": f"The customer's carrier did not take the text. {CHECK}",
    "40009": "The customer's carrier did not take these words. Word it differently.",
    "40010": f"Our number is not registered for texting in the US. {TELL}",
    "40011": f"We send faster than the customer's carrier allows. {LATER}",
    "40012": f"The customer's carrier does not know the number. {CHECK}",
    "40013": f"The customer's carrier does not take our number as a sender. {TELL}",
    "40014": f"The text waited too long at the carrier, and was not sent. {LATER}",
    "40015": "The carrier took the text for spam. Word it differently, without links.",
    "40016": "T-Mobile takes no more of our texts today. Try again tomorrow.",
    "40017": "AT&T took the text for spam. Word it differently, without links.",
    "40018": "We send faster than AT&T allows. Try again in a minute.",
    # our number and profile
    "40100": f"Our number is not set up for texting at the carrier. {TELL}",
    "40150": f"Our toll-free number is not in the registry of such numbers. {TELL}",
    "40151": f"Our number is still being set up for texting. {TELL}",
    OPTED_OUT: "The customer has opted out by texting STOP. Only the customer can opt in again.",
    "40301": "The number cannot get this kind of message. Send it without pictures and files.",
    "40302": "The message is too large for the carrier. Send less, or smaller files.",
    "40304": f"The carrier does not take such a mixture of contents. {TELL}",
    "40305": f"Our number is not on the messaging profile at the carrier. {TELL}",
    "40306": f"Our sender name is not set up at the carrier. {TELL}",
    "40308": f"Our number cannot send pictures and files. {TELL}",
    "40309": f"Texts to this country are switched off at the carrier. {TELL}",
    "40310": f"The number is not one that can get texts. {CHECK}",
    "40311": f"The secret of our messaging profile is wrong. {TELL}",
    "40312": f"Our messaging profile is disabled at the carrier. {TELL}",
    "40313": f"The secret of our messaging profile is missing. {TELL}",
    "40314": f"Texting is disabled for our account at the carrier. {TELL}",
    "40315": f"Too many texts of our number fail, so the carrier stopped it. {TELL}",
    "40316": "The text is empty. Write something first.",
    "40317": "The carrier cannot send these files. Send fewer, and smaller ones: 1 MB in all.",
    "40318": "Too many texts wait at the carrier. Try again in a minute.",
    "40319": "The number cannot get this kind of message. Send it as a text of words only.",
    "40320": f"Our number is not ready at the carrier yet. {LATER}",
    "40321": f"No number of our messaging profile can send this. {TELL}",
    "40322": "The carrier blocked the text for what it says. Word it differently.",
    "40328": "The text is longer than the carrier takes. Send it as two.",
    "40329": f"Our toll-free number is not verified yet. {TELL}",
}
