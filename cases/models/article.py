from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models

# As agents search and as the index holds it: the title weighs more.
ARTICLE_WORDS = SearchVector("title", weight="A", config="english") + SearchVector(
    "body", weight="B", config="english"
)


class Article(models.Model):
    """An answer of the knowledge base (I3)."""

    title = models.CharField(max_length=160, unique=True)
    slug = models.SlugField(max_length=60, unique=True)
    body = models.TextField()
    published = models.BooleanField(
        default=True, help_text="Off: agents do not find it, and its public page is gone."
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [
            # the knowledge base, searched as one types
            GinIndex(ARTICLE_WORDS, name="article_words")
        ]

    def __str__(self) -> str:
        return self.title
