from cases.models.article import Article
from cases.models.case import Case, CaseLink, CaseState, ChatLog, Disposition
from cases.models.customer import Customer, CustomerPhone

__all__ = [
    "Article",
    "Case",
    "CaseLink",
    "CaseState",
    "ChatLog",
    "Customer",
    "CustomerPhone",
    "Disposition",
]
