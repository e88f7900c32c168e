"""Go's text is read by its own lexical grammar: where a declaration ends, and when it changed."""

from pathlib import Path

import pytest

from realgo.gosource import Declaration, GoSource, declarations, tokens, version_of
from realgo.toolchain import WITNESS, Toolchain
from scenario import Unavailable

TRAPS = """\
package traps

import "fmt"

// A comment with a brace { and a quote ".

// The comment above.
// func notHere() {
//
//go:nosplit
func braces() string {
	s := "{ \\" // no comment"
	r := `{ "
} // `
	c := '{' /* } */
	if c == '\\'' || c == '}' {
		return s + r
	}
	f := func() { fmt.Println("}") }
	f()
	return ""
}

func (l *list[K, V]) push(k K) { l.n++ }
func (plain) String() string { return "" }
func noBody(x int) (y int)

const (
	one, two = iota, 0x1p-2
	// three is commented
	three
)

var table = map[string]struct{ a, b int }{
	"}": {1, 2},
}
type pair struct{ left, right int }
"""


def all_of(text: str) -> list[Declaration]:
    return list(declarations(text, "traps.go"))


def only(text: str) -> Declaration:
    (found,) = all_of(f"package p\n{text}\n")
    return found


def test_braces_in_strings_runes_and_comments_end_nothing() -> None:
    found = all_of(TRAPS)

    assert [(one.kind, one.name, one.line) for one in found] == [
        ("func", "braces", 11),
        ("func", "list.push", 24),
        ("func", "plain.String", 25),
        ("func", "noBody", 26),
        ("const", "one", 28),
        ("var", "table", 34),
        ("type", "pair", 37),
    ]
    assert found[0].text.splitlines()[-2:] == ['\treturn ""', "}"]
    assert found[3].text == "func noBody(x int) (y int)"
    assert found[5].text.splitlines()[-1] == "}"


def test_the_comment_directly_above_belongs_to_a_declaration_and_no_other() -> None:
    found = all_of(TRAPS)

    assert found[0].comment.splitlines() == [
        "// The comment above.",
        "// func notHere() {",
        "//",
        "//go:nosplit",
    ]
    assert [one.comment for one in found[1:]] == [""] * 6


def test_a_group_declares_all_its_names() -> None:
    assert all_of(TRAPS)[4].names == ("one", "two", "three")


def test_a_semicolon_is_implied_where_a_line_can_end() -> None:
    stream = tokens("a := f(\n1)\ngo f()\nreturn\nfor {\n}\nx++ // why\ny", "x.go")

    assert [token.line for token in stream if token.kind == "end"] == [2, 3, 4, 6, 7, 8]


@pytest.mark.parametrize(
    "other",
    [
        "func f(a int) int { // why\n\treturn a + 1\n}",
        "// Above.\nfunc f(a int) int {\n\n\treturn a /* here */ + 1\n}",
        "func f(\n\ta int,\n) int {\n\treturn a + 1\n}",
        "func f(a int) int { return a + 1; }",
    ],
)
def test_a_fingerprint_does_not_change_with_comments_or_layout(other: str) -> None:
    assert only(other).fingerprint == only("func f(a int) int { return a + 1 }").fingerprint


@pytest.mark.parametrize(
    "other",
    [
        "func f(a int) int { return a + 2 }",
        "func f(a int) int { return a - 1 }",
        "func f(b int) int { return b + 1 }",
        "func f(a int) int {\n\treturn\n\ta + 1 }",
        'func f(a int) int { return a + "1" }',
    ],
)
def test_a_fingerprint_changes_with_the_tokens(other: str) -> None:
    assert only(other).fingerprint != only("func f(a int) int { return a + 1 }").fingerprint


@pytest.mark.parametrize("text", ['func f() { x := "open\n}', "func f() { # }", "var s = `open"])
def test_what_is_not_go_is_told_with_file_and_line(text: str) -> None:
    with pytest.raises(Unavailable, match=r"^traps\.go:2: not Go: "):
        all_of(f"package p\n{text}")


@pytest.fixture
def goroot(tmp_path: Path) -> Path:
    """A library of Go by hand."""
    package = tmp_path / "src" / "runtime"
    package.mkdir(parents=True)
    (package / "a.go").write_text("package runtime\n\nfunc here() {}\n")
    (package / "b.go").write_text("package runtime\n\nvar s = `func here() {}`\nfunc moved() {}\n")
    (package / "c_linux.go").write_text("package runtime\n\nfunc twice() {}\n")
    (package / "c_plan9.go").write_text("package runtime\n\nfunc twice() {}\n")
    (package / "d_test.go").write_text("package runtime\n\nfunc tested() {}\n")
    return tmp_path


def test_a_function_is_found_where_it_is_said_to_be_or_elsewhere_in_its_package(
    goroot: Path,
) -> None:
    source = GoSource(goroot)
    places = {
        name: found and f"{found.file}:{found.line}"
        for name in ("here", "moved", "twice", "tested")
        for found in [source.find(name, "runtime/a.go")]
    }

    assert places == {
        "here": "runtime/a.go:3",
        "moved": "runtime/b.go:4",
        "twice": None,
        "tested": None,
    }


def test_a_file_that_cannot_be_read_is_told(goroot: Path) -> None:
    with pytest.raises(Unavailable, match=r"nosuch\.go: cannot be read: .*is the toolchain whole"):
        GoSource(goroot).declarations("runtime/nosuch.go")


@pytest.mark.parametrize(
    ("said", "version"),
    [("go1.27.3\ntime 2026", "1.27.3"), ("go1.28", "1.28"), ("go1.28rc1", "1.28")],
)
def test_a_goroot_says_its_version(said: str, version: str, tmp_path: Path) -> None:
    (tmp_path / "VERSION").write_text(said)
    (tmp_path / WITNESS).parent.mkdir(parents=True)
    (tmp_path / WITNESS).touch()

    assert version_of(tmp_path) == version


def test_a_goroot_without_its_sources_is_told(tmp_path: Path) -> None:
    (tmp_path / "VERSION").write_text("go1.27.3")

    with pytest.raises(Unavailable, match=f"has no {WITNESS}; name a Go with its sources"):
        version_of(tmp_path)


def test_what_is_no_goroot_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"no Go toolchain: .*`go env GOROOT`"):
        version_of(tmp_path)
    (tmp_path / "VERSION").write_text("devel")
    with pytest.raises(Unavailable, match="says 'devel', which is no release"):
        version_of(tmp_path)


@pytest.mark.go
@pytest.mark.slow
def test_what_is_found_in_go_s_runtime_stands_where_gofmt_puts_it(toolchain: Toolchain) -> None:
    source = GoSource(toolchain.goroot)
    folder = toolchain.goroot / "src" / "runtime"
    # A test or a generator may have a text of Go in a string.
    files = [
        p
        for p in folder.glob("*.go")
        if not p.name.endswith("_test.go") and "`" not in p.read_text()
    ]

    assert len(files) > 300
    for path in files:
        lines = path.read_text().splitlines()
        found = [one for one in source.declarations(f"runtime/{path.name}") if one.kind == "func"]
        starts = [i for i, line in enumerate(lines, 1) if line.startswith("func ")]
        assert [one.line for one in found] == starts, path
        ends = {one.text.splitlines()[-1] for one in found if "\n" in one.text}
        assert ends <= {"}"}, path
