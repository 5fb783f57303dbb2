"""The sentences that customers and operators read. The keys are stored. The sentences may change."""

from decisions.workflow import Words
from decisions.wrapped import WRAPPED
from tickets.check import Reason
from traces.codes import ErrorCode

WORDS = Words(
    title="Support tickets",
    report="request",
    result="ticket",
    id_label="Task id",
    not_retryable="No failed ticket of yours has this id.",
)

# By error code, and by the check's reason where that says more, for the sender of the text. decisions/sentences.py adds
# whom to ask where no retry helps.
SENTENCES: dict[str, str] = {
    **dict.fromkeys(ErrorCode, "Ticket extraction failed. Please try again."),
    ErrorCode.PROVIDER_REJECTED: "Ticket extraction failed: the model's server did not accept our question.",
    ErrorCode.PROVIDER_REFUSED: "Ticket extraction failed: the model declined to answer.",
    ErrorCode.INVALID_DECISION: "The ticket did not pass our checks.",
    **dict.fromkeys(
        (Reason.WRAPPED_ANSWER, Reason.MALFORMED_TICKET), "The model response did not match the ticket schema."
    ),
}

# What the sender may say of a ticket.
FEEDBACK = {
    "right": "It is right",
    "category_wrong": "The category is wrong",
    "priority_wrong": "The priority is wrong",
    "summary_wrong": "The summary is wrong",
}

# Why the check refused an answer, for operators.
REASONS: dict[str, str] = {
    Reason.WRAPPED_ANSWER: WRAPPED,
    Reason.MALFORMED_TICKET: "The answer was not the exact JSON shape that was asked for.",
    Reason.PERSONAL_DATA: "The summary held an e-mail address, a phone, card or account number, or a secret.",
    Reason.UNGROUNDED_DETAIL: "The summary named a number, date, address or quotation that is not in the text.",
    Reason.LANGUAGE_CONFLICT: "The summary used a script that the text does not use.",
    Reason.UNSUPPORTED_QUOTE: "A quote is not in the text, or is too short to show anything.",
    Reason.INCONSISTENT_TICKET: "The text was said to instruct its reader, and the category was not general.",
}
