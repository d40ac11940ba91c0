"""I3: the knowledge base: found as one types, and its public pages."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from cases.models import Article
from cases.selectors.articles import MOST_FOUND, search_articles
from tests.factories import ArticleFactory

pytestmark = pytest.mark.django_db


def titles(words: str) -> list[str]:
    return [found.article.title for found in search_articles(words)]


@pytest.fixture
def shelf():
    ArticleFactory(title="How to file a claim", body="Text us the date of the accident.")
    ArticleFactory(title="After an accident", body="Stop, and make sure everyone is safe.")
    ArticleFactory(title="When a claim is paid", body="Within five working days.")
    ArticleFactory(title="A secret about accidents", published=False)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        # the title weighs more than the body
        ("accident", ["After an accident", "How to file a claim"]),
        # in any form, and the last word without its end
        ("filing claims", ["How to file a claim"]),
        ("clai", ["How to file a claim", "When a claim is paid"]),
        ("work da", ["When a claim is paid"]),
        ("paid claim", ["When a claim is paid"]),
        # words that the index leaves out are found in titles as typed
        ("how", ["How to file a claim"]),
        ("when a", ["When a claim is paid"]),
        ("  ", ["After an accident", "How to file a claim", "When a claim is paid"]),
        ("&|!():*'\\", ["After an accident", "How to file a claim", "When a claim is paid"]),
        ("zebra", []),
        ("accident zebra", []),
    ],
)
def test_I3_articles_are_found_by_what_is_typed_so_far(shelf, words, found):
    assert titles(words) == found


def test_I3_the_words_found_are_marked_and_everything_else_is_text(shelf):
    ArticleFactory(title="<b>Zebras</b>", body="<script>alert(1)</script> a zebra & \ue000 more")

    (found,) = search_articles("zebra")

    assert found.title == "&lt;b&gt;<mark>Zebras</mark>&lt;/b&gt;"
    assert "<mark>zebra</mark> &amp;" in found.excerpt
    assert "<script" not in found.excerpt
    assert "\ue000" not in found.excerpt


def test_I3_a_list_is_short_and_costs_one_query(shelf, django_assert_num_queries):
    for _ in range(2 * MOST_FOUND):
        ArticleFactory(body="about accidents")

    with django_assert_num_queries(1):
        assert len(search_articles("accident")) == MOST_FOUND


def test_I3_the_search_goes_by_the_index(shelf):
    with CaptureQueriesContext(connection) as queries:
        search_articles("accident")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {queries[0]['sql']}")
        plan = str(cursor.fetchall())

    assert "Bitmap Index Scan on article_words" in plan


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=60))
@hypothesis_settings(max_examples=60)
def test_I3_no_words_break_the_search(words):
    assert isinstance(search_articles(words), list)


def test_I3_anybody_reads_an_article_and_any_cache_may_keep_it():
    article = ArticleFactory(
        title="After <an> accident", slug="after", body="Stop.\n\nSee https://acme.example/x <b>"
    )

    page = Client().get(reverse("article", args=["after"]))

    assert page.status_code == 200
    assert "<h1>After &lt;an&gt; accident</h1>" in page.text
    assert "<p>Stop.</p>" in page.text
    assert 'href="https://acme.example/x"' in page.text
    assert "&lt;b&gt;" in page.text
    assert page["Cache-Control"] == "public, max-age=300"
    assert page["ETag"]
    assert page["Last-Modified"] == article.updated_at.strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert not page.cookies
    assert "Cookie" not in page.get("Vary", "")
    assert "<script" not in page.text
    assert len(page.content) < 3_000


def test_I3_an_article_that_did_not_change_is_not_sent_again():
    ArticleFactory(slug="after")
    address = reverse("article", args=["after"])
    page = Client().get(address)

    by_tag = Client().get(address, headers={"If-None-Match": page["ETag"]})
    by_date = Client().get(address, headers={"If-Modified-Since": page["Last-Modified"]})
    Article.objects.update(body="Changed.")
    changed = Client().get(address, headers={"If-None-Match": page["ETag"]})

    assert [by_tag.status_code, by_date.status_code, changed.status_code] == [304, 304, 200]
    assert "Changed." in changed.text


@pytest.mark.parametrize("slug", ["gone", "hidden", "%00", "a/b", "é", "x" * 500, "%ff%fe"])
def test_I3_an_article_that_is_not_there_is_missed_in_words(slug):
    ArticleFactory(slug="hidden", published=False)

    page = Client().get(f"/a/{slug}")

    assert page.status_code == 404
    assert "This page is not here any more" in page.text
    assert "desk" not in page.text
    assert "public" not in page.get("Cache-Control", "")
    assert not page.cookies


def test_I3_a_public_page_is_only_read():
    ArticleFactory(slug="after")

    assert Client().post("/a/after").status_code == 405
    assert Client().head("/a/after").status_code == 200
