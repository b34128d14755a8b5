"""The core form as the reference tools wrap it again: as unfused, or `gaps` says why not."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest
import wasmtime

from explore.oracle.engine import Call
from explore.oracle.host import Host
from fuser.fuse import FuseOptions, fuse
from tests.cases import Case, read
from tests.structure_worlds import make_world
from tests.support import Seen, run_component, wat

TESTS = Path(__file__).parent
WASM_TOOLS = shutil.which("wasm-tools") or ""
NEEDS_TOOLS = pytest.mark.skipif(not WASM_TOOLS, reason="needs wasm-tools")
FOLDERS = ("abi", "boundary", "control", "core", "instances", "resources")
FILES = [
    path for folder in FOLDERS for path in sorted((TESTS / folder).glob("*.wat")) if "\n;; call" in path.read_text()
]
SEEDS = 20


def tools(*command: str, data: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([WASM_TOOLS, "component", *command], input=data, capture_output=True, check=False)


def lines(component: bytes) -> Counter[bytes]:
    """Return the lines of a component's world in WIT."""
    done = tools("wit", data=component)
    return Counter(done.stdout.splitlines() if done.returncode == 0 else ())


def traps(seen: Seen) -> tuple[object, ...]:
    """Return what a run showed, without the classes of traps: the tools move code."""
    return seen.trace, tuple((call, got if isinstance(got, tuple) else "traps") for call, got in seen.outcomes)


def compare(component: bytes, case: Case) -> bool:
    """Compare what the tools make of the core form, unless it has gaps; False where it has."""
    core = fuse(component, FuseOptions(emit="module"))
    if core.gaps:
        return False
    wrapped = tools("new", data=core.data)
    assert wrapped.returncode == 0, wrapped.stderr.decode()
    if before := lines(component):  # an imported function that nobody lowers is left out by the tools
        assert not lines(wrapped.stdout) - before
    seen = [run_component(data, case.calls, host=Host(answers=case.host)) for data in (component, wrapped.stdout)]
    assert traps(seen[1]) == traps(seen[0])
    return True


@NEEDS_TOOLS
@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_written_components(path: Path) -> None:
    case = read(path)
    compare(wat(case.text), case)


@NEEDS_TOOLS
def test_random_trees_of_components() -> None:
    worlds = (make_world(seed) for seed in range(SEEDS))
    done = [compare(wat(text), Case(text, world.calls)) for world, text in worlds]
    assert sum(done) > SEEDS / 2


# -- what the tools cannot do ----------------------------------------------------------------

CODE = """(core module $M (import "" "g" (func $g (param i32))) (func (export "run") (call $g (i32.const 1))))
  (core func $low (canon lower (func {})))
  (core instance $m (instantiate $M (with "" (instance (export "g" (func $low))))))
  (func (export "run") (canon lift (core func $m "run")))"""
FIRST = """(import "{}" (instance $one (export "r" (type $r0 (sub resource)))))
  (alias export $one "r" (type $r))"""
USING = """(import "{}" (instance $two (alias outer 1 $r (type $q)) (export "r" (type $s (eq $q)))
  (export "{}" (func (param "self" (borrow $s))))))"""
MENTIONING = (
    """(import "{}" (instance $two (alias outer 1 $r (type $q)) (export "g" (func (param "self" (borrow $q))))))"""
)
AT_ROOT = '(import "g" (func $g (param "self" (borrow $r))))'
ROOT_TYPE = '(import "r" (type $r (sub resource)))'
AGAIN = '(import "r" (type $s (eq $r)))'

USE, MENTION, METHOD = "WIT takes types", "WIT needs a `use`", "WIT has no methods"
WORLDS = [
    (FIRST.format("n:p/one"), USING.format("n:p/two", "g"), '$two "g"', None),
    (FIRST.format("n:p/one"), USING.format("two", "g"), '$two "g"', None),
    (FIRST.format("n:p/one"), MENTIONING.format("n:p/two"), '$two "g"', None),
    (FIRST.format("one"), MENTIONING.format("two"), '$two "g"', None),
    (FIRST.format("one"), AT_ROOT, "$g", None),
    (FIRST.format("n:p/one"), AGAIN + AT_ROOT.replace("$r", "$s"), "$g", None),
    (ROOT_TYPE, AT_ROOT, "$g", None),
    (ROOT_TYPE, AT_ROOT.replace('"g"', '"[method]r.g"'), "$g", None),
    (FIRST.format("one"), USING.format("two", "g"), '$two "g"', USE),
    (FIRST.format("one"), USING.format("n:p/two", "g"), '$two "g"', USE),
    (ROOT_TYPE, USING.format("n:p/two", "g"), '$two "g"', USE),
    (ROOT_TYPE, USING.format("two", "g"), '$two "g"', USE),
    (FIRST.format("one"), AGAIN + AT_ROOT.replace("$r", "$s"), "$g", USE),
    (FIRST.format("n:p/one"), MENTIONING.format("two"), '$two "g"', MENTION),
    (FIRST.format("one"), MENTIONING.format("n:p/two"), '$two "g"', MENTION),
    (ROOT_TYPE, MENTIONING.format("two"), '$two "g"', MENTION),
    (FIRST.format("n:p/one"), AT_ROOT, "$g", MENTION),
    (FIRST.format("n:p/one"), AGAIN + AT_ROOT, "$g", MENTION),
    (FIRST.format("n:p/one"), USING.format("n:p/two", "[method]r.g"), '$two "[method]r.g"', METHOD),
]


@pytest.mark.parametrize(("first", "second", "callee", "gap"), WORLDS)
def test_whose_types_are_mentioned_where(first: str, second: str, callee: str, gap: str | None) -> None:
    core = fuse(wat(f"(component {first} {second} {CODE.format(callee)})"), FuseOptions(emit="module"))
    assert [one.startswith(gap or "") for one in core.gaps] == ([True] if gap else [])
    if WASM_TOOLS:
        assert (tools("new", data=core.data).returncode == 0) is (gap is None)


STARTING = """(component (import "say" (func $say (param "text" string)))
  (import "count" (func $count (param "n" u32)))
  (core module $Memory (memory (export "memory") 1) (data (i32.const 4) "hello"))
  (core instance $memory (instantiate $Memory))
  (core func $say (canon lower (func $say) (memory (core memory $memory "memory"))))
  (core func $count (canon lower (func $count)))
  (core module $M (import "" "say" (func $say (param i32 i32))) (import "" "count" (func $count (param i32)))
    (func $start START) (start $start)
    (func (export "run") (call $say (i32.const 4) (i32.const 5)) (call $count (i32.const 2))))
  (core instance $m (instantiate $M (with "" (instance (export "say" (func $say)) (export "count" (func $count))))))
  (func (export "NAME") (canon lift (core func $m "run"))))"""
DESTROYING = """(component
  (core module $D (func (export "dtor") (param i32))) (core instance $d (instantiate $D))
  (type $t (resource (rep i32) (dtor (core func $d "dtor"))))
  (core func $new (canon resource.new $t)) (core func $drop (canon resource.drop $t))
  (core module $M (import "" "new" (func $new (param i32) (result i32))) (import "" "drop" (func $drop (param i32)))
    (func $start START) (start $start)
    (func (export "run") (call $drop (call $new (i32.const 1)))))
  (core instance $m (instantiate $M (with "" (instance (export "new" (func $new)) (export "drop" (func $drop))))))
  (func $make (param "n" u32) (result (own $t)) (canon lift (core func $new)))
  (instance $x (export "t" (type $t)) (export "make" (func $make)))
  (export "x" (instance $x))
  (func (export "NAME") (canon lift (core func $m "run"))))"""
SAYS, COUNTS = "(call $say (i32.const 4) (i32.const 5))", "(call $count (i32.const 1))"
MAKES, DROPS = "(drop (call $new (i32.const 1)))", "(call $drop (call $new (i32.const 1)))"


@pytest.mark.parametrize(
    ("text", "start", "gap"),
    [
        (STARTING, COUNTS, None),
        (STARTING, SAYS, "a start function may call `say`"),
        (DESTROYING, MAKES, None),
        (DESTROYING, DROPS, None),
    ],
)
def test_what_a_start_function_calls(text: str, start: str, gap: str | None) -> None:
    component = wat(text.replace("START", start).replace("NAME", "run"))
    core = fuse(component, FuseOptions(emit="module"))
    assert [one.startswith(gap or "") for one in core.gaps] == ([True] if gap else [])
    if WASM_TOOLS:
        wrapped = tools("new", data=core.data).stdout
        seen = [traps(run_component(data, [Call("run")])) for data in (component, wrapped)]
        assert (seen[0] == seen[1]) is (gap is None)


def test_a_function_called_memory() -> None:
    core = fuse(wat(STARTING.replace("START", "").replace("NAME", "memory")), FuseOptions(emit="module"))
    assert core.gaps == ("the root exports a function `memory`, which is the name of the memory",)
    exports = {one.name: type(one.type) for one in wasmtime.Module(wasmtime.Engine(), core.data).exports}
    assert exports == {"memory": wasmtime.FuncType, "memory 1": wasmtime.MemoryType}
