import pytest
from playwright.sync_api import expect

from tests.browser.mailbox import link_in, text_of
from tests.browser.people import Colleague, Customer, number_in
from tests.browser.words import LANGUAGES, Words

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("stack")]


def staff_id(stack, username):
    [[key]] = stack.ask("SELECT id FROM staff_user WHERE username = %s", username)
    return key


def team_id(stack, slug):
    [[key]] = stack.ask("SELECT id FROM staff_team WHERE slug = %s", slug)
    return key


class Story:
    """One request from its first word to its end, in one language."""

    def __init__(self, visits, stack, language, folder):
        self.visits, self.stack, self.language = visits, stack, language
        self.say = Words(language)
        self.address = f"mei.{language}@customer.example"
        self.subject = f"升级之后路由器断线 {language}"
        self.photo = folder / "故障照片.png"
        self.photo.write_bytes(PICTURE)

    def colleague(self, username, queue):
        page = self.visits.sign_in(username, language=self.language)
        someone = Colleague(page, self.say)
        someone.queue(queue)
        return someone

    def letter(self, subject, count=1):
        words = self.say(subject, number=self.customer.number)
        return self.stack.mail.wait_for(self.address, words, count=count)

    def asked(self):
        self.emma = self.colleague("emma", "open")
        self.customer = Customer(self.visits.open(language=self.language), self.say)
        self.number = self.customer.ask(
            contact=self.address,
            subject=self.subject,
            category="technical",
            file=self.photo,
        )
        letter = self.letter("We have received your request %(number)s")
        assert link_in(letter).startswith(self.stack.url)

    def taken(self):
        expect(self.emma.row(self.number)).to_be_visible()
        assert self.emma.stayed()
        self.emma.open(self.number)
        self.emma.take()
        said = self.say("%(number)s is yours.", number=self.number)
        expect(self.emma.toast(said)).to_be_visible()
        expect(self.emma.head).to_contain_text("Emma Clarke")
        expect(self.emma.page.locator("#context")).to_contain_text(
            "m***@customer.example"
        )
        assert self.address not in self.emma.page.content()
        expect(self.emma.thread.locator(".file")).to_contain_text("故障照片.png")

    def answered(self):
        self.emma.write("note", "2.4.1 已知问题，先问研发")
        self.emma.write("reply", "您好，我们正在核实固件问题。")
        letter = self.letter("Answer to your request %(number)s")
        assert "我们正在核实固件问题" in text_of(letter)
        page = self.customer.page
        page.goto(link_in(letter))
        expect(page.locator("#progress-thread")).to_contain_text("我们正在核实固件问题")
        expect(page.locator("#progress-thread .file")).to_contain_text("故障照片.png")
        assert "先问研发" not in page.content()

    def written_back(self):
        self.emma.stay()
        self.customer.write("谢谢，什么时候能好？")
        expect(self.emma.thread).to_contain_text("什么时候能好")
        assert self.emma.stayed()

    def handed_over(self):
        self.emma.write("reply", "请把日志发给我们，好吗？")
        self.emma.act("Waiting", reason="等客户发日志")
        self.emma.status("Waiting on customer")
        self.li = self.colleague("agent", "mine")
        self.emma.act(
            "Transfer",
            team=team_id(self.stack, "call-centre"),
            to=staff_id(self.stack, "agent"),
            words="接下来由呼叫中心的李晓为您处理。",
            hand_over="固件已确认，请跟进退换",
        )
        self.customer.page.reload()
        thread = self.customer.page.locator("#progress-thread")
        expect(thread).to_contain_text("接下来由呼叫中心的李晓为您处理")
        assert "请跟进退换" not in self.customer.page.content()
        expect(self.li.row(self.number)).to_be_visible()
        assert self.li.stayed()

    def escalated(self):
        self.liu = self.colleague("supervisor", "second")
        self.li.open(self.number)
        expect(self.li.thread).to_contain_text("请跟进退换")
        self.li.act("Escalate", reason="客户要求赔偿")
        expect(self.liu.row(self.number)).to_be_visible()
        assert self.liu.stayed()

    def not_solved(self):
        self.liu.open(self.number)
        expect(self.liu.head).to_contain_text("刘芳")
        expect(self.liu.head).to_contain_text(self.say("Level 2"))
        self.liu.resolve()
        self.liu.status("Resolved")
        letter = self.letter("Is your request %(number)s solved?")
        page = self.customer.page
        page.goto(link_in(letter))
        expect(page.locator(".ask")).to_contain_text(self.say("Is everything solved?"))
        self.liu.stay()
        self.customer.answer("晚上还是断线", solved=False)
        expect(self.liu.thread).to_contain_text("晚上还是断线")
        self.liu.status("Open")
        assert self.liu.stayed()
        expect(self.liu.head).to_contain_text("刘芳")
        expect(self.liu.head).to_contain_text(self.say("Level 2"))

    def solved(self):
        self.liu.resolve()
        letter = self.letter("Is your request %(number)s solved?", count=2)
        page = self.customer.page
        page.goto(link_in(letter))
        self.customer.answer("", solved=True)
        thanks = self.say("Thank you for telling us: the request is closed.")
        expect(page.get_by_role("status").first).to_contain_text(thanks)
        self.liu.status("Closed")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_request_from_its_first_word_to_solved(visits, stack, language, tmp_path):
    story = Story(visits, stack, language, tmp_path)
    story.asked()
    story.taken()
    story.answered()
    story.written_back()
    story.handed_over()
    story.escalated()
    story.not_solved()
    story.solved()


def test_take_next_gives_the_most_pressing_one(visits):
    emma = Colleague(visits.sign_in("emma", language="en"), Words("en"))
    emma.queue("open")
    first = emma.page.locator("#rows .row").first.get_attribute("data-number")

    emma.page.get_by_role("button", name="Take next").click()
    emma.page.wait_for_url("**/inbox/SD-*/")

    assert number_in(emma.page.url) == first
    expect(emma.toast(f"{first} is yours.")).to_be_visible()
    expect(emma.head).to_contain_text("Emma Clarke")


PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c4944415408d763f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)
