"""The strict YAML loader: strings stay strings, and every fault has a file and a line."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explore.errors import InputError
from explore.strict_yaml import parse

SCALARS = [
    ("on", "on"),
    ("yes", "yes"),
    ("2024-01-31", "2024-01-31"),
    ("12:30:45", "12:30:45"),
    ("0o17", "0o17"),
    ("017", "017"),
    ("0x1F", "0x1F"),
    ("1_000", "1_000"),
    (".5", ".5"),
    (".inf", ".inf"),
    ("'true'", "true"),
    ('"1"', "1"),
    ("True", "True"),
    ("true", True),
    ("null", None),
    ("~", None),
    ("-3", -3),
    ("0", 0),
    ("1.5e3", 1500.0),
    ("=", "="),
    ("<<", "<<"),
]


@pytest.mark.parametrize(("text", "value"), SCALARS)
def test_scalars(text: str, value: object) -> None:
    found = parse(f"key: {text}\n", "f").value
    assert found == {"key": value}
    assert type(found["key"]) is type(value)  # type: ignore[index]


FAULTS = [
    ("a: 1\nb: 2\na: 3\n", 3, "duplicate key 'a'"),
    ("x: {a: 1, a: 2}\n", 1, "duplicate key 'a'"),
    ("a:\n\t- b\n", 2, "cannot start any token"),
    ("a: 1\n? [1]\n: 2\n", 2, "a key that is not a string"),
    ("1: 2\n", 1, "a key that is not a string"),
    ("a: &x 1\nb: *x\n", 1, "anchors"),
    ("a: *x\n", 1, "aliases"),
    ("a: !!python/object:os.system 1\n", 1, "tags"),
    ("a: 1\n---\nb: 2\n", 2, "second document"),
    ("a: [1, 2\n", 2, "expected"),
    ("a: 1" + "0" * 400 + "\n", 1, "too long"),
    ("a: 1e999\n", 1, "too large"),
    ("a: \x01\n", 1, "not YAML|control|not allowed"),
    ("[" * 100 + "]" * 100, 1, "nested deeper"),
]


@pytest.mark.parametrize(("text", "line", "message"), FAULTS)
def test_faults_have_file_and_line(text: str, line: int, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        parse(text, "some/file.md", first_line=10)
    assert caught.value.line == line + 9
    assert str(caught.value).startswith(f"some/file.md:{line + 9}: ")
    assert "\n" not in str(caught.value)


def test_lines_of_values() -> None:
    document = parse("a: 1\nb:\n  - x: 2\n    y: 3\n  - z\n", "f")
    assert document.line(("a",)) == 1
    assert document.line(("b", 0, "y")) == 4
    assert document.line(("b", 1)) == 5
    assert document.line(("b", 7, "nowhere")) == 2


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=15,
)


@given(json_values.filter(lambda value: all(mark not in json.dumps(value) for mark in ("\\u007f", "\\ud", "\\ufff"))))
def test_json_reads_back_as_itself(value: object) -> None:
    assert parse(json.dumps(value), "f").value == value


@given(st.text(alphabet="ab:-[]{}#&*!|>'\"%@\n\t ,1", max_size=40))
def test_never_anything_but_a_value_or_an_input_error(text: str) -> None:
    try:
        ours = parse(text, "f").value
    except InputError:
        return
    assert json.loads(json.dumps(ours)) == ours
