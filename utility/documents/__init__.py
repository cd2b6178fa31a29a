"""The bill and the receipt as PDF, the usage chart as PNG, in the customer's language."""

from utility.documents.model import BillDocument, BillLine, PaymentWay, ReceiptDocument, UsageBar
from utility.documents.render import FontsMissing, Renderer, render_bill, render_receipt, render_usage_chart
from utility.documents.verification import verification_code, verify

__all__ = [
    "BillDocument",
    "BillLine",
    "FontsMissing",
    "PaymentWay",
    "ReceiptDocument",
    "Renderer",
    "UsageBar",
    "render_bill",
    "render_receipt",
    "render_usage_chart",
    "verification_code",
    "verify",
]
