"""What the desk says to its operators more than once."""

from __future__ import annotations

# The next step that the bot sees, and the part beside the conversation where it is done.
STEPS = {
    "new_complaint": ("Register a complaint", "complaint"),
    "status": ("Tell the complaint's status", "complaints"),
    "send_bill": ("Send the bill", "accounts"),
    "send_receipt": ("Send the receipt", "accounts"),
    "link_account": ("Link the account first", "link"),
    "incident": ("Look at the known cuts", "cuts"),
    "callback": ("Offer a call back", ""),
}
REFUSED = {
    "taken": "Somebody else has this conversation.",
    "changed": "This conversation was changed in the meantime. Look again.",
    "unread": "The customer wrote something new. Read it first.",
    "state": "That is not possible any more. Look again.",
    "who": "Your role does not allow this.",
    "not_yours": "This conversation is not with you. Claim it first.",
}
