"""8x8 Connect's error codes in sentences for an agent.

Those of receipts, 0 to 61, and those of the API's answers, from 1000 on, as far as sending a text
can meet them (developer.8x8.com/connect/docs: delivery-receipts-error-codes, api-error-codes).
"""

from __future__ import annotations

# An answer of 200 that took nothing.
REJECTED = "REJECTED"
# Asked for a message: we were let in, and there is none.
NOT_FOUND = "1300"

TELL = "Tell your supervisor."
CHECK = "Check the number with the customer."
LATER = "Try again later."
REWORD = "Word it differently, without links."

SENTENCES = {
    # the operator's reasons, in receipts
    "0": f"The operator did not deliver the text and does not say why. {LATER}",
    "1": f"The phone is off or out of range. {LATER}",
    "2": f"The operator did not take these words. {REWORD}",
    "3": f"The operator misses something in the text. {TELL}",
    "4": f"The operator put the delivery off, and it did not come about. {LATER}",
    "5": f"The next operator did not say in time what became of the text. {LATER}",
    "7": f"The operator could not deliver the text. {LATER}",
    "8": f"The operator refused the text. {TELL}",
    "9": f"The phone and the network did not understand each other. {LATER}",
    "10": f"The operator's own partner has a fault. {LATER}",
    "11": "Too many texts went to this number in a short time. Wait a while before the next one.",
    "12": f"The operator's register of phones has a fault. {LATER}",
    "13": f"The operator does not serve this number or this phone. {CHECK}",
    "14": f"The operator has a fault of its own. {LATER}",
    "15": f"The number is not one that can get texts. {CHECK}",
    "16": f"The operator could not read the format of the text. {TELL}",
    "17": "The text has a length that the operator does not take. Send less at once.",
    "18": f"The operator does not take something that was sent with the text. {TELL}",
    "19": f"The operator does not take our number as a sender. {TELL}",
    "20": f"The text was taken back before it was sent. {TELL}",
    "21": "The phone has no room for another text. Call the customer.",
    "22": f"The operator tried several times, in vain. {LATER}",
    "23": f"The operator's network failed. {LATER}",
    "24": f"The operator could not verify the customer's age. {TELL}",
    "25": f"The network or the customer broke the delivery off. {LATER}",
    "26": "The customer's contract or phone bars such texts. Call the customer.",
    "27": f"The operator cannot deliver the text, now or later. {TELL}",
    "28": "The phone cannot get the text, now or later. Call the customer.",
    "29": f"The phone had a fault. {LATER}",
    "30": f"The number has moved to another operator, and the text got lost. {LATER}",
    "31": f"The operator takes our number for a premium one. {TELL}",
    "32": f"The customer is abroad, and the text did not get there. {LATER}",
    "33": f"The carrier found no way to this number. {TELL}",
    "34": f"The operator screened the text out. {REWORD}",
    "35": f"Too many texts wait at the operator. {LATER}",
    "36": f"The phone was off or out of range for too long. {LATER}",
    "37": "The phone or its contract cannot get texts. Call the customer.",
    "38": f"The operator found the text malformed. {TELL}",
    "39": f"The operator cancelled the text. {LATER}",
    "40": f"The operator's message center has a fault. {LATER}",
    "41": f"The operator's message center rejected the text. {REWORD}",
    "42": f"Our credit at the carrier is used up. {TELL}",
    "43": f"The text was taken for spam. {REWORD}",
    "44": "The customer's account at the operator is blocked or empty. Call the customer.",
    "45": f"The phone is busy with another text. {LATER}",
    "46": f"The phone could not be reached. {LATER}",
    "47": f"The number cannot be reached for the time being. {LATER}",
    "48": f"The operator's system failed. {LATER}",
    "49": f"The operators' networks did not understand each other. {LATER}",
    "50": "We send faster than the operator allows. Try again in a minute.",
    "51": f"The operator did not answer in time. {LATER}",
    "52": f"The operator's answer could not be read. {LATER}",
    "53": f"The operator met a value that it did not expect. {TELL}",
    "54": f"The operator met an error that it did not expect. {LATER}",
    "55": f"The operator cannot tell whose number it is. {CHECK}",
    "56": "The operator has lost track of the text. Ask the customer before you send it again.",
    "57": f"The operator met an error that it has no name for. {LATER}",
    "58": f"The operator's message center is not known. {TELL}",
    "59": f"The number is not in use. {CHECK}",
    "60": f"The text was filtered for what it says. {REWORD}",
    "61": f"The session at the operator ended before the text went out. {LATER}",
    # the carrier's own reasons, in its answers
    "1000": f"The carrier does not take something that we sent it. {TELL}",
    "1001": f"The carrier does not know our subaccount. {TELL}",
    "1002": f"The number is not one that the carrier can read. {CHECK}",
    "1003": f"The carrier does not take the text's encoding. {TELL}",
    "1004": "The carrier cannot send these words. Write the text anew.",
    "1005": f"Our number or sender name is not one that the carrier takes. {TELL}",
    "1009": f"The carrier does not know the number's country. {CHECK}",
    "1010": f"The carrier finds a value out of range. {TELL}",
    "1014": f"Our server's encryption is too old for the carrier, which wants TLS 1.3. {TELL}",
    "1100": f"Too many texts went to the carrier at once. {LATER}",
    "1200": f"Our sign-in at the carrier was refused. {TELL}",
    "1201": f"Our account may not do this at the carrier. {TELL}",
    NOT_FOUND: f"The carrier does not know the address that we asked. {TELL}",
    "1400": "The same text went out a moment ago. Wait a minute before you send it again.",
    "2000": f"The carrier has a fault of its own. {LATER}",
    "2001": f"The carrier does not offer this any more. {TELL}",
    "2002": f"The carrier does not speak this version any more. {TELL}",
    "2003": f"Texts are not part of our contract with the carrier. {TELL}",
    "3006": "The text is too long for the carrier. Send it as several texts.",
    "3011": f"Our sender name is too long for the carrier. {TELL}",
    "3020": f"The carrier does not take our address for receipts: it must be a public one. {TELL}",
}
