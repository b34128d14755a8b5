"""G, J and H: more than one core module, an instance left un-fused, and another tool."""

from __future__ import annotations

from pathlib import Path

import pytest

from fuser.builder import FurtherModule
from fuser.code import Code
from fuser.component.parse import parse
from fuser.component.tree import Component, CoreModule, NestedComponent
from fuser.errors import NotApplicable, NotViable
from fuser.strategies import resolve
from fuser.symbols import Function, Global, Guest, Imported, Memory, Private, Symbol, Written
from fuser.wasm.types import I32, FunctionType
from prototypes import wit_component
from tests.cases import read
from tests.strategies_support import GATING, OPAQUE, TEXTS, data, fused, made
from tests.support import fuse_text, run_both

TYPE = FunctionType((I32,), (I32,))
RE_EXPORTER = (Path(__file__).parent / "resources" / "re-exporter.wat").read_text()


def core_modules(component: Component) -> int:
    nested = [one.component for one in component if isinstance(one, NestedComponent)]
    return sum(isinstance(one, CoreModule) for one in component) + sum(map(core_modules, nested))


@pytest.mark.parametrize("name", GATING)
@pytest.mark.parametrize("strategy", ["shim-module", "sub-instance"])
def test_the_gating_fixtures_run_beside_a_module_of_their_re_exporter(strategy: str, name: str) -> None:
    assert made(strategy, name).runs
    output = fused(strategy, name)
    assert core_modules(parse(output.data)) >= 2


@pytest.mark.parametrize("name", ["chain-4", "zero-handle"])
def test_kept_instances_may_call_each_other_and_hold_what_they_never_get(name: str) -> None:
    assert made("sub-instance", name).runs


@pytest.mark.parametrize("name", ["types-named-on-export", "kept-only-receives", "kept-calls-itself"])
def test_what_a_kept_instance_does(name: str) -> None:
    case = read(TEXTS / f"{name}.wat")
    strategies = [resolve("canonical"), resolve("sub-instance")]
    assert run_both(case.text, case.calls, strategies=strategies).outcomes == tuple(case.outcomes)


@pytest.mark.parametrize("name", ["given0", "offered0", "GIVEN0"])
def test_a_root_may_have_any_names_beside_a_kept_instance(name: str) -> None:
    text = RE_EXPORTER.replace('(export "run" (func $c', f'(export "{name}" (func $c')
    text = text.replace("(component\n", f'(component (import "{name}" (func $host))\n', 1)
    lowered = '(import "host" (func $host)) (core func (canon lower (func $host)))'
    text = text.replace("(component $W", f"(component $W {lowered}", 1)
    text = text.replace("(instantiate $W", '(instantiate $W (with "host" (func $host))', 1)
    strategies = [resolve("canonical"), resolve("sub-instance")]
    assert run_both(text, [name], core=False, strategies=strategies).outcomes == ((name, (1042,)),)


def test_a_shim_module_for_each_re_exporter_and_a_keeper_for_each_instance() -> None:
    output = fused("shim-module", "resource_floats")
    component = parse(output.data)
    holders = {use.instance for use in output.program.uses}
    keepers = [one for one in component if isinstance(one, NestedComponent) and not core_modules(one.component)]
    assert len(keepers) == len(holders)
    assert core_modules(component) == 2


def test_the_kept_instance_is_no_part_of_the_fused_module() -> None:
    output = fused("sub-instance", "resource_floats")
    assert "intermediate" not in {instance.label for instance in output.program.instances}
    nested = [one for one in parse(output.data) if isinstance(one, NestedComponent)]
    assert sum(core_modules(one.component) > 0 for one in nested) == 1


@pytest.mark.parametrize(
    ("strategy", "name", "why"),
    [
        ("sub-instance", "resource-borrow", "no component defines a resource and holds another's"),
        ("sub-instance", "exported-re-exporter", "the root exports functions of"),
        ("sub-instance", "starting-re-exporter", "a start function may call out of w"),
        ("sub-instance", "parent-and-child", "others' functions pass resources of w"),
        ("sub-instance", "ring", "need each other: w, child"),
        ("shim-module", "exported", "crosses the root, and no keeper can share the host's handles"),
    ],
)
def test_where_they_do_not_apply(strategy: str, name: str, why: str) -> None:
    parent = (TEXTS / "parent-and-child.wat").read_text()
    destructor = '(func (export "dtor") (param i32) (call $drop'
    sources = {
        "exported-re-exporter": RE_EXPORTER.replace(
            '(export "run" (func $c "run"))',
            '(export "run" (func $c "run")) (export "all" (instance $w))',
        ),
        "starting-re-exporter": RE_EXPORTER.replace(
            destructor, f"(func $s (call $drop (i32.const 7))) (start $s) {destructor}"
        ),
        "exported": (Path(__file__).parent / "wrap" / "exported.wat").read_text(),
        "parent-and-child": parent,
        "ring": parent.replace('(with "r" (type $r))', '(with "r" (type $inner))').replace(
            "(core func $one' ",
            "(type $own (resource (rep i32))) (core func (canon resource.new $own)) (core func $one' ",
        ),
    }
    source = sources[name] if name in sources else data(name)
    with pytest.raises(NotApplicable, match=why):
        fuse_text(source, strategy=resolve(strategy))


# -- further modules -----------------------------------------------------------------


def written(module: FurtherModule, symbol: Symbol) -> Code:
    def write(code: Code) -> None:
        if isinstance(symbol, Function):
            code.call(symbol)
        elif isinstance(symbol, Memory):
            code.access("i32.load", symbol)
        else:
            assert isinstance(symbol, Global)
            code.global_get(symbol)

    module.add(Function("f", TYPE, Imported("shim", "f")), write)
    (inner,) = module.functions.values()
    code = Code(TYPE)
    assert isinstance(inner.origin, Written)
    inner.origin.write(code)
    return code


GUEST = Function("malloc", TYPE, Guest(None, 3))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("symbol", "whose"),
    [
        (Function("helper", TYPE, Written(lambda _: None)), "helper of the fused module"),
        (GUEST, "malloc of a guest"),
        (Memory("handles", Private(1)), "handles of the fused module"),
        (Global("top", I32, Private(0)), "top of the fused module"),
    ],
)
def test_a_further_module_refuses_what_it_would_have_to_copy(symbol: Symbol, whose: str) -> None:
    with pytest.raises(NotViable, match=f"module shim would have to reach {whose}"):
        written(FurtherModule("shim"), symbol)


def test_a_further_module_may_use_its_own_and_imports() -> None:
    own = Memory("own", Private(1))
    module = FurtherModule("shim", {own})
    assert written(module, own).parts
    assert written(FurtherModule("shim"), Function("rep", TYPE, Imported("keeper", "rep"))).parts


# -- the reference tool ----------------------------------------------------------------


def test_without_the_tool_the_path_is_not_viable_and_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CARGO_HOME", str(tmp_path))
    with pytest.raises(NotViable, match="wasm-tools is not installed") as caught:
        fused("wit-component", "resource_floats")
    assert caught.value.probe == "which wasm-tools"


def fake_tool(folder: Path, script: str) -> str:
    tool = folder / "wasm-tools"
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)
    return str(folder)


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("exit 3", "refuses"),
        ('test "$1" = --version && echo wasm-tools 0 && exit 0; echo "error: no world" >&2; exit 1', "error: no world"),
    ],
)
def test_a_tool_that_fails_is_found_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str, why: str) -> None:
    monkeypatch.setenv("PATH", f"{fake_tool(tmp_path, script)}:/usr/bin:/bin")
    wit_component._version.cache_clear()
    with pytest.raises(NotViable, match=why):
        fused("wit-component", "resource_floats")
    wit_component._version.cache_clear()


@pytest.mark.parametrize("name", GATING + OPAQUE)
def test_with_the_tool_it_writes_the_component(name: str) -> None:
    one = made("wit-component", name)
    if one.status == "not-viable":
        assert "wasm-tools is not installed" in one.reason
    else:
        assert one.runs
