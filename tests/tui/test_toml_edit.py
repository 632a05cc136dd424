"""One value of a TOML file changed, and every other byte kept."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emnist_tui.tui.toml_edit import change, parse

FILES = {
    "plain": b"# mine\nbell = true   # loud\n\n[keys]\nnew = 'k'\n",
    "crlf": b"# mine\r\nbell = true   # loud\r\n\r\n[keys]\r\nnew = 'k'\r\n",
    "bom": b"\xef\xbb\xbfbell = true\n",
    "bom and crlf": b"\xef\xbb\xbf# mine\r\nbell = true\r\n",
    "latin-1 in comments": b"# gr\xfc\xdfe\nbell = true # caf\xe9\n",
    "utf-8": "# größer ✓\nbell = true\n".encode(),
    "no end of the last line": b"bell = true",
    "blanks and tabs": b"\n\n\tbell\t=\ttrue \t# x  \n\n\n",
    "only a comment": b"# nothing set\n",
    "empty": b"",
}


@pytest.mark.parametrize("content", FILES.values(), ids=FILES.keys())
@pytest.mark.parametrize("value", ["nord", "caf\u00e9"])
def test_an_added_value_leaves_every_other_byte(content: bytes, value: str) -> None:
    changed = change(content, "theme", value)
    assert parse(changed) == {**parse(content), "theme": value}
    added = [line for line in changed.split(b"\n") if line.startswith(b"theme")]
    end = b"\r\n" if b"\r\n" in content else b"\n"
    assert len(added) == 1
    rest = changed.replace(added[0] + b"\n", b"")
    assert rest.removesuffix(b"\n") == content.removesuffix(b"\n")
    assert changed.count(b"\n") == changed.count(end)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_named(encoding: str) -> None:
    with pytest.raises(ValueError, match="UTF-16; save it as UTF-8"):
        parse("\ufeffbell = true\n".encode(encoding))


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_changed_value_keeps_its_line(end: bytes) -> None:
    content = end.join([b"\xef\xbb\xbf# a", b'theme =  "nord"   # \xe9', b"", b"[keys]", b"new = 'k' # mine", b""])
    assert change(content, "theme", "dracula") == content.replace(b"nord", b"dracula")
    assert change(content, "theme", "nord") == content


def test_a_table_is_changed_key_by_key() -> None:
    content = b"[form] # last\nepochs = 3 # few\nthreads = 2\nmine = 1 # unknown here\n\n[keys]\nnew = 'k'\n"
    changed = change(content, "form", {"epochs": 5}, known={"epochs": 3, "threads": None})
    assert changed == content.replace(b"epochs = 3", b"epochs = 5").replace(b"threads = 2\n", b"")


@pytest.mark.parametrize(
    "content", [b"form = { epochs = 3 }\n", b"form.epochs = 3 # few\n", b"[form]\r\nepochs = 3\r\n"]
)
def test_a_table_keeps_the_way_in_which_it_is_written(content: bytes) -> None:
    assert change(content, "form", {"epochs": 5}) == content.replace(b"3", b"5")


def test_a_new_table_has_the_line_ends_of_the_file() -> None:
    changed = change(b"bell = true\r\n", "form", {"epochs": 5, "data": "x"})
    assert changed.count(b"\n") == changed.count(b"\r\n") >= 4
    assert parse(changed) == {"bell": True, "form": {"epochs": 5, "data": "x"}}


@pytest.mark.parametrize("content", [b"theme = ", b"\xff\xfet\0h\0", b"\xe9 = 1", b"a = 1\na = 2"])
def test_a_file_that_is_not_toml_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse(content)
    with pytest.raises(ValueError, match=r".+"):
        change(content, "theme", "nord")


@given(
    st.lists(st.sampled_from(["# \xfc", "", "bell = true", "title=false", " refresh\t= 8 # x"]), unique=True),
    st.booleans(),
)
def test_any_order_of_lines_is_kept(lines: list[str], windows: bool) -> None:
    end = "\r\n" if windows else "\n"
    content = "".join(line + end for line in lines).encode("latin-1")
    changed = change(content, "theme", "nord")
    assert tomllib.loads(changed.decode("latin-1"))["theme"] == "nord"
    assert set(content.split(b"\n")) <= set(changed.split(b"\n"))
    assert change(changed, "theme", "nord") == changed
