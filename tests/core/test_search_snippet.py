"""What is marked in a text, and that nothing of the text itself becomes markup."""

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servicedesk.core.search.asked import read
from servicedesk.core.search.snippet import WIDTH, marked, spans

TEXTS = st.text(
    st.sampled_from("退款申请，。 \n<>&\"'/markscript;=abcRef09😀éＡｶﾞ"), max_size=80
)


def snippet(text, words):
    asked = read(words)
    return marked(text, [s for each in spans(text, asked.terms).values() for s in each])


class Marks(HTMLParser):
    """Collects the tags of a snippet, what they hold, and the text as a whole."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.held, self.text, self._open = [], [], "", False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, attrs))
        self._open = True

    def handle_endtag(self, tag):
        self._open = False

    def handle_data(self, data):
        self.text += data
        if self._open:
            self.held.append(data)


@pytest.mark.parametrize(
    ("text", "words", "held"),
    [
        ("我要退款，谢谢", "退款", ["退款"]),
        ("我要退款，谢谢", "退", ["退"]),
        ("我要退款申请单", "退款申请", ["退款申请"]),
        ("退款和退款", "退款", ["退款", "退款"]),
        ("Two Parcels were returned", "parcel returning", ["Parcels", "returned"]),
        ("订单20261122334", "202611", ["20261122334"]),
        ("see SD-2026-000123.", "sd-2026-0001", ["SD-2026-000123"]),
        ("我要ＲＥＦＵＮＤ吗", "refund", ["ＲＥＦＵＮＤ"]),
        ("ﬁne refund", "refund", ["refund"]),
        ("e\u0301te\u0301 refund", "refund", ["refund"]),
        ("ｶﾞﾗｽの窓", "ガラス", ["ｶﾞﾗｽ"]),
        ("where is my parcel", '"my parcel"', ["my parcel"]),
        ("退款退款申请", "退款 申请", ["退款退款申请"]),
        ("物流", "退款", []),
    ],
)
def test_marked(text, words, held):
    assert Marks(snippet(text, words)).held == held


@settings(max_examples=300, deadline=None)
@given(TEXTS, TEXTS)
def test_nothing_but_marks_is_markup(text, words):
    seen = Marks(snippet(text, words))
    assert {tag for tag, _attrs in seen.tags} <= {"mark"}
    assert all(attrs == [] for _tag, attrs in seen.tags)
    plain = " ".join(text.splitlines())
    assert seen.text.replace("…", "").strip() in plain or "\n" in text


def test_a_long_text_is_shown_around_the_hit():
    html = snippet("先说别的。" * 100 + "我要退款。" + "再说别的。" * 100, "退款")
    assert html.startswith("…")
    assert html.endswith("…")
    assert "<mark>退款</mark>" in html
    assert len(Marks(html).text) <= WIDTH + 2


def test_without_a_hit_it_is_the_beginning():
    assert snippet("a < b", "退款") == "a &lt; b"
