"""Vonage's codes in sentences for an agent.

Two tables, for the same number means another thing in each: the status of a send and the err-code
of a receipt (developer.vonage.com/api-errors/sms, and its guide to delivery receipts).
"""

from __future__ import annotations

from routing.carriers.base import Verdict

# Statuses of a send that took nothing and may be tried again.
AGAIN = {"1": Verdict.THROTTLED, "5": Verdict.BUSY, "10": Verdict.THROTTLED}
SIGN_IN_REFUSED = "4"
# Of receipts: the customer wants no more texts from us (N1).
OPTED_OUT = {"9"}

TELL = "Tell your supervisor."
CHECK = "Check the number with the customer."
LATER = "Try again later."
REWORD = "Word it differently, without links."

SENDS = {
    "1": "We send faster than our account allows. Try again in a minute.",
    "2": f"The carrier misses something in what we sent it. {TELL}",
    "3": f"The carrier does not take something that we sent it. {TELL}",
    SIGN_IN_REFUSED: f"Our sign-in at the carrier was refused. {TELL}",
    "5": f"The carrier has a fault of its own. {LATER}",
    "6": f"The carrier cannot send this, or does not know the number's prefix. {CHECK}",
    "7": f"The carrier bars this number from getting texts. {TELL}",
    "8": f"Our account at the carrier is suspended. {TELL}",
    "9": f"Our credit at the carrier is used up. {TELL}",
    "10": f"Too many texts went to the carrier at once. {LATER}",
    "11": f"Our account may not send in this way at the carrier. {TELL}",
    "12": "The text is too long for the carrier. Send it as several texts.",
    "14": f"The carrier could not verify what we signed. {TELL}",
    "15": f"Our number or sender name is not one that may be used for this country. {TELL}",
    "22": f"The carrier does not know the customer's network. {TELL}",
    "23": f"The carrier does not take our address for receipts. {TELL}",
    "29": f"Our account is for trying only, and may not text this number yet. {TELL}",
    "32": f"The carrier was given a signature and a password at once. {TELL}",
    "33": f"The number has been given up and gets no texts any more. {CHECK}",
}

RECEIPTS = {
    "1": f"The text was not delivered, and the carrier does not know why. {CHECK}",
    "2": f"The phone was off or out of range. {LATER}",
    "3": f"The number is not in use any more. {CHECK}",
    "4": "The phone bars such texts. Only the customer's own operator can lift that.",
    "5": "The number is moving between operators. Call the customer.",
    "6": f"The text was taken for spam. {REWORD}",
    "7": f"The phone was busy. {LATER}",
    "8": f"The network failed while the text was on its way. {LATER}",
    "9": "The customer has asked for no more texts. Only the customer can opt in again.",
    "10": f"The operator found an error in how the text was sent. {TELL}",
    "11": f"The carrier found no way to this network. {TELL}",
    "12": f"The number cannot be reached. {CHECK}",
    "13": "The operator holds the text back for the customer's age. Call the customer.",
    "14": "The customer's operator lets no texts through to this number. Call the customer.",
    "15": "The customer's prepaid credit is used up. Call the customer.",
    "16": f"The operator takes no more texts from the carrier for now. {LATER}",
    "50": f"The country wants senders registered, and the text names none of them. {TELL}",
    "51": f"The country wants sender names registered, and ours is not. {TELL}",
    "52": f"The country wants such texts registered, and these words are not. {TELL}",
    "53": f"The country wants the customer's consent registered, and it is not. {TELL}",
    "54": f"The text breaks a rule of the customer's country. {TELL}",
    "99": f"Something is wrong on the way to this number. {TELL}",
}

# What a receipt says that has no code.
WORDS = {
    "expired": f"The phone could not be reached for too long. {LATER}",
    "rejected": f"The customer's operator refused the text. {REWORD}",
}
