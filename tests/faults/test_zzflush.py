import pytest
@pytest.mark.django_db(transaction=True)
def test_flush(): pass
