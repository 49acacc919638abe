"""The small marks of the interface say in words what they show."""

import datetime as dt
from types import SimpleNamespace

import pytest
from django import forms
from django.template import engines
from django.utils import timezone, translation
from django.utils.html import escape

from servicedesk.context import Command
from servicedesk.core.templatetags import ui

NOON = dt.datetime(2026, 11, 4, 4, 0, tzinfo=dt.UTC)


def render(source, **context):
    return engines["django"].from_string(source).render(context)


def test_an_icon_without_a_label_is_hidden_from_readers():
    assert 'aria-hidden="true"' in ui.icon("inbox")
    named = ui.icon("mail", label="E-mail <1>")
    assert 'aria-label="E-mail &lt;1&gt;"' in named
    assert "aria-hidden" not in named


def test_every_icon_that_a_mark_uses_is_in_the_sprite(settings):
    sprite = (settings.ROOT / "static/img/icons.svg").read_text()
    names = {
        *ui.CHANNEL_ICONS.values(),
        *ui.STATUS_ICONS.values(),
        *ui.CLOCK_ICONS.values(),
        *ui.TOAST_ICONS.values(),
        *(f"priority-{level}" for level in (1, 2, 3, 4)),
    }
    assert [name for name in names if f'id="{name}"' not in sprite] == []


def test_every_icon_that_a_template_names_is_in_the_sprite(settings):
    sprite = (settings.ROOT / "static/img/icons.svg").read_text()
    missing = set()
    for page in (settings.ROOT / "templates").rglob("*.html"):
        for part in page.read_text().split('{% icon "')[1:]:
            name = part.partition('"')[0]
            if f'id="{name}"' not in sprite:
                missing.add(f"{page.name}: {name}")
    assert missing == set()


def test_every_icon_of_a_queue_is_in_the_sprite(settings):
    sprite = (settings.ROOT / "static/img/icons.svg").read_text()
    queues = pytest.importorskip("tickets.queries.queues")
    missing = [q.icon for q in queues.QUEUES if f'id="{q.icon}"' not in sprite]
    assert missing == []


def test_the_same_person_always_wears_the_same_tint():
    assert ui.avatar("李晓梅", "梅") == ui.avatar("李晓梅", "梅")
    assert ">梅<" in ui.avatar("李晓梅", "梅")
    assert ">A<" in ui.avatar("anna")
    assert ">?<" in ui.avatar("")
    assert "<script>" not in ui.avatar("<script>", "<script>")


def test_a_time_is_readable_without_a_script():
    with timezone.override("Asia/Shanghai"):
        assert ">12:00</time>" in ui.when(NOON, "clock")
        assert ">11-04 12:00</time>" in ui.when(NOON)
        assert ">2026-11-04</time>" in ui.when(NOON, "date")
        assert ">2026-11-04 12:00</time>" in ui.when(NOON, "full")
    assert 'datetime="2026-11-04T04:00:00+00:00"' in ui.when(NOON)
    assert ui.when(None) == ""


@pytest.mark.parametrize(
    ("status", "shape"),
    [
        ("new", "status-new"),
        ("waiting_customer", "status-waiting"),
        ("waiting_colleagues", "status-waiting"),
        ("resolved", "status-resolved"),
        ("merged", "merge"),
    ],
)
def test_a_status_has_a_shape_and_a_word(status, shape):
    chip = ui.status_chip(status, "等待 <客户>")
    assert f"#{shape}" in chip
    assert "等待 &lt;客户&gt;" in chip


def test_a_running_clock_counts_and_a_resting_one_says_its_name():
    running = ui.clock_chip({"state": "warn", "due": NOON, "label": "First response"})
    assert 'data-due="warn"' in running
    assert "#hourglass" in running
    paused = ui.clock_chip({"state": "paused", "due": None, "label": "Paused"})
    assert "data-due" not in paused
    assert 'chip__text">Paused<' in paused
    assert ui.clock_chip(None) == ""
    clock = SimpleNamespace(state="met", due=NOON, label="Resolution")
    assert "data-due" not in ui.clock_chip(clock)


def test_breach_and_warning_differ_by_more_than_colour():
    breached = ui.due_chip(NOON, "breached")
    assert "#alert" in breached
    assert "#alert" not in ui.due_chip(NOON, "ok")
    assert ui.due_chip(None) == ""


def test_priority_says_its_word():
    assert 'title="Urgent"' in ui.priority_mark(1, "Urgent")
    assert 'class="sr-only">Urgent' in ui.priority_mark(1, "Urgent")
    assert 'class="">Urgent' in ui.priority_mark(1, "Urgent", words=True)


def test_undo_is_read_from_a_message_and_only_as_a_path():
    message = SimpleNamespace(extra_tags="undo:/tickets/7/undo/ quiet")
    assert ui.undo_url(message) == "/tickets/7/undo/"
    assert ui.undo_url(SimpleNamespace(extra_tags="undo:https://evil.example/")) == ""
    assert ui.undo_url(SimpleNamespace(extra_tags="undo://evil.example/")) == ""
    assert ui.undo_url(SimpleNamespace(extra_tags=None)) == ""


def test_the_language_is_named_as_browsers_write_it():
    with translation.override("zh-hans"):
        assert ui.language_tag() == "zh-Hans"
    with translation.override("en"):
        assert ui.language_tag() == "en"


@pytest.mark.parametrize(
    ("number", "short"),
    [("SD-2026-000123", "#123"), ("SD-2026-1000000", "#1000000"), ("A-0", "A-0")],
)
def test_a_number_is_shortened_for_lists(number, short):
    assert ui.short_number(number) == short


def test_channels_are_written_once():
    assert ui.as_json(["user:1", "team:2"]) == '["user:1", "team:2"]'
    assert ui.as_json('["user:1"]') == '["user:1"]'
    assert ui.as_json(None) == "[]"


class Contact(forms.Form):
    name = forms.CharField(label="Name", help_text="As on the order")
    agree = forms.BooleanField(label="I agree")
    way = forms.ChoiceField(
        label="By",
        choices=[("phone", "Phone"), ("email", "E-mail")],
        widget=forms.RadioSelect,
        required=False,
    )
    note = forms.CharField(label="Note", required=False)
    key = forms.CharField(widget=forms.HiddenInput, required=False)


def test_a_form_ties_help_and_error_to_the_control():
    page = render("{{ form }}", form=Contact({}))
    assert 'aria-describedby="id_name_helptext id_name_error"' in page
    assert 'id="id_name_helptext"' in page
    assert 'role="alert"' in page
    assert 'id="id_name_error"' in page
    assert page.count('type="hidden"') == 1


def test_a_form_marks_what_may_be_left_out_and_groups_choices():
    with translation.override("en"):
        page = render("{{ form }}", form=Contact())
    assert page.count("(optional)") == 1
    assert "<legend>By</legend>" in page
    assert "field--check" in page
    assert 'role="alert"' not in page


def test_a_kept_part_is_drawn_in_the_readers_language():
    drawn = {}
    for language in ("en", "zh-hans", "en"):
        with translation.override(language):
            drawn.setdefault(language, set()).add(ui.kept("_components/_keys.html"))
    assert [len(each) for each in drawn.values()] == [1, 1]
    assert drawn["en"] != drawn["zh-hans"]


def test_a_kept_part_knows_what_it_is_given_and_nothing_of_the_page():
    source = '{% kept "_components/_commands.html" lines %}'
    for label in ("Mine", "<All>"):
        line = Command(label, "/inbox/", "Queues")
        told = render(source, lines=(line,), csrf_token="secret", shown="of the page")
        assert escape(label) in told
        assert "secret" not in told
        assert "of the page" not in told
