"""YAML becomes values that know their lines, or one error that names a line."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.catalog.documents import LARGEST_FILE, parse_yaml, read_yaml
from sandbox.errors import ContentError

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10)
)


def test_values_are_those_that_json_has():
    text = (
        "text: plain\nquoted: '007'\nwhole: -12\noctal: 010\ndecimal: 1.5e3\nyes: true\nno: false\n"
        "nothing:\ntilde: ~\nday: 2026-01-01\nversion: 1.0.1\n200: key\nlist: [1, {a: b}]\n"
    )
    assert parse_yaml(text, "x.yaml").data == {
        "text": "plain",
        "quoted": "007",
        "whole": -12,
        "octal": 10,
        "decimal": 1500.0,
        "yes": True,
        "no": False,
        "nothing": None,
        "tilde": None,
        "day": "2026-01-01",
        "version": "1.0.1",
        "200": "key",
        "list": [1, {"a": "b"}],
    }


def test_every_part_knows_its_line():
    yaml = parse_yaml("a:\n  b:\n  - c\n  - d: 1\n", "x.yaml")
    assert yaml.place(()).line == 1
    assert yaml.place(("a", "b")).line == 2
    assert yaml.place(("a", "b", 1, "d")).line == 4
    assert str(yaml.place(("a", "b", 1, "missing"))) == "x.yaml:4", "the nearest ancestor's line"


def test_an_alias_stands_for_what_it_names():
    yaml = parse_yaml("a: &x [1, 2]\nb: *x\n", "x.yaml")
    assert yaml.data["b"] == [1, 2]
    assert yaml.place(("b", 0)).line == 2


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("a: 1\nb: 2\na: 3\n", "the key 'a' stands twice", 3),
        ("a:\n  b: 1\n  b: 2\n", "the key 'b' stands twice", 3),
        ("a: [1\n", "not readable as YAML", 2),
        ("a: 1\nb: : c: d\n", "not readable as YAML", 2),
        ("a:\n\t- b\n", "not readable as YAML", 2),
        ("a: 1\nb: \x01\n", "U+0001 is not allowed", 2),
        ("%YAML 3.0\n---\na: 1\n", "not readable as YAML", 1),
        ("- a\n", "holds a list, wanted a mapping", 1),
        ("just text\n", "holds the text 'just text'", 1),
        ("", "holds nothing", 1),
        ("a: 1\n---\nb: 1\n", "a second document begins", 2),
        ("? [a]\n: b\n", "a key is not plain text", 1),
        ("a: &x [*x]\n", "the alias *x points to nothing", 1),
        ("a: *x\n", "the alias *x points to nothing", 1),
        ("a:\n  <<: {b: 1}\n", "merge keys", 2),
        ("a: !!python/object/apply:os.system [id]\n", "has no meaning here", 1),
        ("a: !mine x\n", "has no meaning here", 1),
        ("a: 1e999\n", "too large", 1),
        ("a: " + "[" * 1000, "nested more than", 1),
        (BOMB, "holds more than", 6),
    ],
)
def test_bad_yaml_is_refused_with_its_line(text, message, line):
    with pytest.raises(ContentError, match=r"^scenarios/x\.yaml:") as caught:
        parse_yaml(text, "scenarios/x.yaml")
    assert message in str(caught.value)
    assert caught.value.line == line


def test_a_file_is_named_relative_to_the_content_root(tmp_path):
    (tmp_path / "blocks").mkdir()
    (tmp_path / "blocks/x.yaml").write_text("a: [")
    with pytest.raises(ContentError, match=r"^blocks/x\.yaml:1: "):
        read_yaml(tmp_path / "blocks/x.yaml", tmp_path)


def test_a_file_that_is_not_utf8_is_refused_with_its_line(tmp_path):
    (tmp_path / "x.yaml").write_bytes(b"a: 1\nb: \xff\n")
    with pytest.raises(ContentError, match=r"x\.yaml:2: not UTF-8") as caught:
        read_yaml(tmp_path / "x.yaml", tmp_path)
    assert caught.value.hint


def test_a_byte_order_mark_is_passed_over(tmp_path):
    (tmp_path / "x.yaml").write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read_yaml(tmp_path / "x.yaml", tmp_path).data == {"a": 1}


def test_a_file_that_is_too_large_is_refused_unparsed(tmp_path):
    (tmp_path / "x.yaml").write_bytes(b"#" * (LARGEST_FILE + 1))
    with pytest.raises(ContentError, match="larger than 2048 KiB"):
        read_yaml(tmp_path / "x.yaml", tmp_path)


@pytest.mark.parametrize("name", ["missing.yaml", "."])
def test_a_file_that_can_not_be_read_is_refused(tmp_path, name):
    with pytest.raises(ContentError, match=r"does not exist|can't be read"):
        read_yaml(tmp_path / name, tmp_path)


@given(st.text(alphabet=st.sampled_from(list("ab:-[]{}&*!|>'\"#%@`? \n\t,~1\x00é")), max_size=60))
def test_whatever_the_text_nothing_but_content_errors_come_out(text):
    with suppress(ContentError):
        assert isinstance(parse_yaml(text, "x.yaml").data, dict)
