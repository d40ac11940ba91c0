from cases.models.article import Article
from cases.models.campaign import Campaign, CampaignRecipient
from cases.models.canned import CannedReply
from cases.models.case import Case, CaseLink, CaseState, ChatLog, Disposition
from cases.models.customer import Customer, CustomerPhone
from cases.models.note import Mention, Note
from cases.models.retention import Kept, RetentionPeriod

__all__ = [
    "Article",
    "Campaign",
    "CampaignRecipient",
    "CannedReply",
    "Case",
    "CaseLink",
    "CaseState",
    "ChatLog",
    "Customer",
    "CustomerPhone",
    "Disposition",
    "Kept",
    "Mention",
    "Note",
    "RetentionPeriod",
]
