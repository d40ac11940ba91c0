"""Vonage's codes in sentences for an agent.

Three tables, for the same number means another thing in each: the status of a send and the err-code
of a receipt (SMS API), and the Messages API's codes for both (developer.vonage.com/api-errors/sms,
…/messages, and its guide to delivery receipts).
"""

from __future__ import annotations

from routing.carriers.base import Verdict

# Statuses of a send that took nothing and may be tried again.
AGAIN = {"1": Verdict.THROTTLED, "5": Verdict.BUSY, "10": Verdict.THROTTLED}
SIGN_IN_REFUSED = "4"
# The customer wants no more texts from us (N1): of receipts, and of the Messages API.
OPTED_OUT = {"9", "1240"}
# The Messages API took nothing, for it was one too many.
TOO_FAST = {"1000"}

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

MESSAGES = {
    # in answers to a send
    "unauthorized": SENDS[SIGN_IN_REFUSED],
    "forbidden": f"Our account may not do this at the carrier. {TELL}",
    "low-balance": SENDS["9"],
    "not-found": f"The carrier does not know the address that we asked. {TELL}",
    # in answers and receipts
    "1000": SENDS["1"],
    "1010": SENDS["2"],
    "1020": SENDS["3"],
    "1021": f"The carrier does not take the tag that we sent it. {TELL}",
    "1022": f"The carrier does not take the values of a template. {TELL}",
    "1030": SENDS["5"],
    "1040": SENDS["6"],
    "1050": SENDS["7"],
    "1060": SENDS["8"],
    "1070": f"Our account has not enough credit for this text. {TELL}",
    "1080": SENDS["11"],
    "1090": SENDS["12"],
    "1100": f"The carrier could not pass the text on. {LATER}",
    "1110": SENDS["14"],
    "1120": SENDS["15"],
    "1130": f"The carrier does not take how long the text is to be tried. {TELL}",
    "1140": f"Our account lacks something that this text needs at the carrier. {TELL}",
    "1150": f"The carrier does not take the class of the text. {TELL}",
    "1160": SENDS["29"],
    "1170": f"The number is missing, or is not one that can get texts. {CHECK}",
    "1180": RECEIPTS["2"],
    "1190": RECEIPTS["3"],
    "1200": RECEIPTS["5"],
    "1210": RECEIPTS["6"],
    "1220": RECEIPTS["7"],
    "1230": RECEIPTS["8"],
    "1240": RECEIPTS["9"],
    "1241": "Too many texts went to this number in a short time. Wait a while before the next one.",
    "1250": RECEIPTS["11"],
    "1260": RECEIPTS["12"],
    "1270": RECEIPTS["13"],
    "1280": RECEIPTS["14"],
    "1290": RECEIPTS["15"],
    "1300": f"The number is no customer's of the network that was asked. {CHECK}",
    "1310": "The customer's phone cannot get such a message. Send words only.",
    "1320": "The same message was sent already. Look at the conversation before you send it again.",
    "1330": RECEIPTS["1"],
    "1340": "The time in which this customer may be answered is over. Call the customer.",
    "1350": f"The carrier wants a fee paid before it finds this customer. {TELL}",
    "1360": f"The text waited too long, and was not sent. {LATER}",
    "1370": f"Our permission at the messaging app has run out. {TELL}",
}
