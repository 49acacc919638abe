"""What is typed is found in what was written, and nothing else is."""

import re
import threading

import pytest
from django.db import connection
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from servicedesk.core.search.asked import MOST_TERMS, read
from servicedesk.core.search.vector import (
    LAST_POSITION,
    MOST_BYTES,
    MOST_POSITIONS,
    Vector,
)
from servicedesk.core.search.words import fold, stem, words

pytestmark = pytest.mark.django_db
HAN = st.text(st.sampled_from("退款申请订单发货物流客服咨询的了我"), max_size=30)
MIXED = st.text(
    st.sampled_from("退款申请，。 \n\tabcRefunds0129-.@_😀é（）「」'\\\":&|!*<>"),
    max_size=40,
)
# The connection lives as long as the test that hypothesis repeats.
often = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def vector_of(*texts):
    vector = Vector()
    for text in texts:
        vector.add(text, "C")
    return vector


def holds(text, asked, *more):
    """Ask PostgreSQL whether a text is found."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT %s::tsvector @@ %s::tsquery",
            [vector_of(text, *more).literal(), str(read(asked))],
        )
        return cursor.fetchone()[0]


@often
@given(HAN, st.data())
def test_every_two_or_more_characters_of_a_text_find_it(text, data):
    if len(text) < 2:
        return
    start = data.draw(st.integers(0, len(text) - 2))
    end = data.draw(st.integers(start + 2, len(text)))
    assert holds(text, text[start:end])
    assert holds("您好，" + text + "。谢谢", text[start:end])


@often
@given(HAN, HAN)
def test_chinese_is_found_exactly_where_it_stands(text, asked):
    if asked:
        assert holds(text, asked) == (asked in text)


@often
@given(HAN, HAN, HAN)
def test_no_word_reaches_from_one_text_into_the_next(one, other, asked):
    if asked:
        assert holds(one, asked, other) == (asked in one or asked in other)


@often
@given(st.integers(0, 10**14), st.integers(0, 10**14))
@example(123456, 123)
@example(123456, 12)
@example(12, 12)
def test_a_number_is_found_by_how_it_begins(number, asked):
    whole, begin = str(number), str(asked)
    expected = whole.startswith(begin) if len(begin) >= 3 else whole == begin
    assert holds(f"订单号{whole}，谢谢", begin) == expected


@often
@given(st.from_regex(r"[a-z]{1,12}", fullmatch=True), st.data())
def test_english_is_found_by_its_stem(word, data):
    form = data.draw(st.sampled_from([word, word + "s", word.upper(), word.title()]))
    other = data.draw(st.sampled_from([form, "x" + form]))
    expected = stem(fold(form)) == stem(fold(other))
    assert holds(f"Please {form}, now", other) == expected


@often
@given(MIXED, MIXED)
def test_whatever_is_written_and_typed_postgresql_understands_it(text, asked):
    holds(text, asked)


@often
@given(MIXED)
def test_a_text_finds_itself(text):
    asked = read('"' + text.replace('"', " ") + '"')
    if asked:
        assert holds(text, '"' + text.replace('"', " ") + '"')


@often
@given(st.lists(HAN, max_size=8), HAN)
def test_counts_equal_the_plain_truth(texts, asked):
    if not asked:
        return
    values = [vector_of(text).literal() for text in texts]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM unnest(%s::text[]) AS text "
            "WHERE text::tsvector @@ %s::tsquery",
            [values, str(read(asked))],
        )
        assert cursor.fetchone()[0] == sum(asked in text for text in texts)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("我要退款refund谢谢", "退款refund"),
        ("我要退款refund谢谢", "refund"),
        ("我要退款refund谢谢", "款"),
        ("ＲＥＦＵＮＤ １２３４５", "refund 12345"),
        ("refund 12345", "ＲＥＦＵＮＤ"),
        ("She has refunded two parcels", "refunds parcel"),
        ("SD-2026-000123 is mine", "SD-2026-0001"),
        ("SD-2026-000123 is mine", "sd-2026"),
        ("SD-2026-000123 is mine", "000123"),
        ("/SD-2026-000123/", "SD-2026-000123"),
        ("order SF1234567890", "1234567"),
        ("order SF1234567890", "sf1234"),
        ("mail wang.fang@example.com", "wang.fang@example.com"),
        ("mail wang.fang@example.com", "example"),
        ("firmware 2.4.1 broke it", "2.4"),
        ("退😀款", "退 款"),
        ("ガラス", "ｶﾞﾗｽ"),
        ("환불해 주세요", "환불"),
        ("кнопка Выход", "выход"),
        ("Straße", "STRASSE"),
        ("退款，还没有到", "“退款 还没”"),
        ("where is my parcel", '"my parcel"'),
        ("退款没有到账", "退款 -物流"),
        ("a\x00b 退款", "退款"),
        ("x" * 5000 + " 退款", "x" * 5000),
    ],
)
def test_found(text, asked):
    assert holds(text.replace("\x00", " "), asked)
    assert "\x00" not in vector_of(text).literal()


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("退货，付款", "退款"),
        ("退，款", "退款"),
        ("退😀款", "退款"),
        ("my new parcel", '"my parcel"'),
        ("退款没有到账", "退款 -到账"),
        ("退款没有到账", "退款 -“没有到”"),
        ("SD-2026-000123", "SD-2026-0002"),
        ("refund", "退款"),
        ("fund", "refund"),
        ("退款 申请", "退款申请"),
    ],
)
def test_not_found(text, asked):
    assert not holds(text, asked)


@pytest.mark.parametrize("typed", ["", "  ", "😀", "-", '""', "。，", "-退款", "!!"])
def test_what_holds_no_word_asks_for_nothing(typed):
    assert not read(typed)


def test_more_terms_than_are_looked_for_are_told():
    asked = read(" ".join(f"word{n}x" for n in range(MOST_TERMS + 1)))
    assert asked.much
    assert len(asked.terms) == MOST_TERMS


def test_a_very_long_text_keeps_its_words_and_loses_its_phrases():
    text = "退款申请 " * 8_000 + "物流单号 parcel"
    vector = vector_of(text)
    places = dict(
        each.split(":", 1) for each in vector.literal().split(" ") if ":" in each
    )
    assert all(len(each.split(",")) <= MOST_POSITIONS for each in places.values())
    assert not vector.cut
    assert holds(text, "物流")
    assert holds(text, "parcel")
    assert holds(text, "退款申请")
    assert not holds(text, "物流单号"), "behind position 16,383 only single words count"
    numbers = [int(n) for each in places.values() for n in re.findall(r"\d+", each)]
    assert max(numbers) <= LAST_POSITION


def test_a_text_of_many_different_words_is_cut_and_still_held():
    vector = vector_of(" ".join(f"w{n}" for n in range(100_000)))
    assert vector.cut
    assert vector.full
    assert len(vector.literal()) < 3 * MOST_BYTES
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::tsvector @@ '''w7'''", [vector.literal()])
        assert cursor.fetchone()[0]


@pytest.mark.slow
def test_a_megabyte_is_read():
    vector = vector_of("退款还没有到账，请尽快处理。" * 75_000)
    with connection.cursor() as cursor:
        cursor.execute("SELECT length(%s::tsvector)", [vector.literal()])
        assert cursor.fetchone()[0] == 12


def test_stems_are_the_same_in_every_thread():
    found = []
    forms = ["refunds", "refunded", "refunding", "parcels", "shipping"] * 200

    def work():
        found.append([stem(form + "x" * (n % 7)) for n, form in enumerate(forms)])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(each == found[0] for each in found)
    assert {stem("refunds"), stem("refunded"), stem("refunding")} == {"refund"}


def test_words_say_where_they_stand():
    text = fold("订单SF1234567890，退款")
    for word in words(text):
        assert stem(text[word.start : word.end]) == word.lexeme
