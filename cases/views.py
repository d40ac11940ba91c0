"""The public pages of the knowledge base, to which texts link (I3)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.utils.http import http_date
from django.views.decorators.http import conditional_page, require_safe

from cases.selectors.articles import published_article

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

FRESH_SECONDS = 300


@require_safe
@conditional_page
def show_article(request: HttpRequest, slug: str) -> HttpResponse:
    """An article for anybody who has its link: nobody signs in, and any cache may keep it."""
    article = published_article(slug)
    if article is None:
        return render(request, "cases/article_gone.html", status=HTTPStatus.NOT_FOUND)
    response = render(request, "cases/article.html", {"article": article})
    patch_cache_control(response, public=True, max_age=FRESH_SECONDS)
    response["Last-Modified"] = http_date(article.updated_at.timestamp())
    return response
