"""Every page of the network answers those who may see it."""

import pytest

from tests.web.conftest import AsPerson

pytestmark = pytest.mark.usefixtures("world")

EVERYBODYS = ("/customers/", "/settings/members/", "/settings/terms/", "/settings/catalog/")
OF_WHOM = {
    "vendor@acme.example": (
        *EVERYBODYS,
        "/partners/",
        "/partners/?tier=distributor",
        "/partners/new/",
        "/partners/new/?tier=distributor",
        "/partners/view/bolt/",
        "/partners/view/north/",
        "/partners/edit/bolt/",
        "/partners/move/bolt/",
        "/customers/view/bolt-moved/",
        "/customers/edit/bolt-dental/",
        "/customers/move/bolt-dental/",
        "/customers/new/",
        "/settings/catalog/new-group/",
        "/settings/catalog/group/credits/",
        "/settings/catalog/new/",
        "/settings/catalog/view/email-core/",
        "/settings/catalog/edit/email-core/",
        "/settings/catalog/measure/email-core/",
        "/settings/catalog/credits/email-core/",
        "/settings/regions/",
        "/settings/regions/?new",
        "/settings/regions/?edit=emea",
        "/settings/account-types/",
        "/settings/sources/",
        "/settings/sources/?edit=manual",
        "/settings/units/",
        "/settings/terms/of/north/",
    ),
    "north@north.example": (
        *EVERYBODYS,
        "/partners/",
        "/partners/new/",
        "/partners/view/bolt/",
        "/partners/edit/bolt/",
        "/partners/view/north/",
        "/customers/?search=dental&msp=bolt",
        "/customers/view/bolt-moved/",
        "/customers/new/",
        "/customers/move/bolt-dental/",
        "/settings/catalog/view/email-core/",
        "/settings/terms/of/bolt/",
        "/settings/terms/change/bolt/",
        "/settings/terms/change/north/",
        "/settings/members/?account=bolt",
    ),
    "admin@bolt.example": (
        *EVERYBODYS,
        "/partners/view/bolt/",
        "/customers/view/bolt-dental/",
        "/customers/edit/bolt-dental/",
        "/customers/new/",
        "/settings/terms/of/bolt/",
        "/settings/members/invite/",
        "/settings/clients/",
        "/settings/clients/new/",
        "/settings/members/edit/?email=billing@bolt.example&account=bolt",
        "/settings/members/remove/?email=billing@bolt.example&account=bolt",
    ),
}


@pytest.mark.parametrize(("email", "address"), [(email, address) for email, addresses in OF_WHOM.items() for address in addresses])
def test_a_page_is_shown(as_person: AsPerson, email: str, address: str) -> None:
    answer = as_person(email).get(address)
    assert answer.status_code == 200, answer.content.decode()[:2000]
