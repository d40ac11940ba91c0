from __future__ import annotations

from django.db import models


class Article(models.Model):
    """An answer of the knowledge base (I3)."""

    title = models.CharField(max_length=160, unique=True)
    slug = models.SlugField(max_length=60, unique=True)
    body = models.TextField()

    def __str__(self) -> str:
        return self.title
