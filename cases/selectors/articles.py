"""The knowledge base: searched as one types, and read (I3)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchRank
from django.db.models import F, QuerySet
from django.db.models.functions import Left
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from cases.models import Article
from cases.models.article import ARTICLE_WORDS

MOST_FOUND = 12
WORD = re.compile(r"\w+")
SLUG = re.compile(r"[-\w]{1,60}", re.ASCII)
# What PostgreSQL puts around a word it found. Private characters: no article has them in earnest.
FOUND = re.compile("\ue000([^\ue000\ue001]*)\ue001")
STRAY = str.maketrans("", "", "\ue000\ue001")
EXCERPT: dict[str, Any] = {"start_sel": "\ue000", "stop_sel": "\ue001", "config": "english"}
EXCERPT_LENGTH = 160


@dataclass(frozen=True)
class Found:
    """One article found, with the words that were looked for marked."""

    article: Article
    title: SafeString
    excerpt: SafeString


def search_articles(words: str) -> list[Found]:
    """The published articles for what is typed so far, the best first; all where nothing is.

    Every word counts, in any of its forms, and the last one may be still without its end. Where
    that finds nothing, the title may hold the words just as they are typed: so "the" finds, too.
    """
    published = Article.objects.filter(published=True)
    typed = WORD.findall(words)
    if not typed:
        return _found(published.annotate(marked_title=F("title"), **_beginning()).order_by("title"))
    query = SearchQuery(
        " & ".join(f"'{word}'" for word in typed) + ":*", search_type="raw", config="english"
    )
    found = _found(
        published.annotate(words=ARTICLE_WORDS, rank=SearchRank(ARTICLE_WORDS, query))
        .filter(words=query)
        .annotate(
            marked_title=SearchHeadline("title", query, highlight_all=True, **EXCERPT),
            marked_body=SearchHeadline(
                "body", query, max_words=24, min_words=12, max_fragments=1, **EXCERPT
            ),
        )
        .order_by("-rank", "title")
    )
    if found:
        return found
    as_typed = published.filter(title__icontains=words.strip())
    return _found(as_typed.annotate(marked_title=F("title"), **_beginning()).order_by("title"))


def published_article(slug: str) -> Article | None:
    """The article that anybody may read under this slug."""
    if not SLUG.fullmatch(slug):
        return None
    return Article.objects.filter(slug=slug, published=True).first()


def _beginning() -> dict[str, Left]:
    return {"marked_body": Left("body", EXCERPT_LENGTH)}


def _found(articles: QuerySet[Any]) -> list[Found]:
    return [
        Found(row, _marked(row.marked_title), _marked(row.marked_body))
        for row in articles[:MOST_FOUND]
    ]


def _marked(text: str) -> SafeString:
    """``text`` escaped, with the marks of PostgreSQL as HTML."""
    html = FOUND.sub(r"<mark>\1</mark>", escape(text)).translate(STRAY)
    return mark_safe(html)  # noqa: S308 - escaped above; the marks are ours
