"""What a link may ask for."""

from __future__ import annotations

import pytest

from cabcnn.errors import CabcnnError
from cabcnn.ui import links

EXAMPLES, MODELS, SECONDS = ["stella-us-man"], ["accents", "digits"], (5, 10, 30, 60, 0)


def read(address: str) -> links.Link | None:
    return links.read(address, EXAMPLES, MODELS, SECONDS)


@pytest.mark.parametrize("address", ["", "#", "#top", "#view=%7B%7D", "#seconds=5"])
def test_a_page_without_a_link_stays_as_it_is(address):
    assert read(address) is None


def test_a_link_names_an_example_a_model_and_t():
    asked = "#example=stella-us-man&model=digits&seconds=10&view=%7B%22muted%22%3A%5B3%5D%7D"
    assert read(asked) == ("stella-us-man", "digits", 10)
    assert read("#model=accents") == (None, "accents", None)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("#example=../../etc/passwd", "example '../../etc/passwd'"),
        ("#model=nobody", "model 'nobody'"),
        ("#example=stella-us-man&seconds=7", "first '7' seconds"),
        ("#example=stella-us-man&seconds=nan", "first 'nan' seconds"),
    ],
)
def test_what_is_not_there_is_one_sentence(address, said):
    with pytest.raises(CabcnnError, match="choose another") as caught:
        read(address)
    assert said in str(caught.value)
    assert len(read_error := str(caught.value)) < 600
    assert "\n" not in read_error
