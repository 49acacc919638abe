import pytest, time
pytestmark=[pytest.mark.browser]
def test_it(stack, visits):
    page = visits.sign_in("agent")
    page.goto("/inbox/?queue=team")
    time.sleep(1)
    print(page.title())
    visits.complaints.found and print(visits.complaints.found)
