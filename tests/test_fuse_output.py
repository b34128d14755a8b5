"""What any output is like: one instance with code, the root's types as they were, the same bytes every time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import wasmtime
from wasmtime import component as wc

from explore.oracle.engine import engine
from fuser.component.parse import parse
from fuser.fuse import FuseOptions, fuse
from fuser.link import link
from fuser.program import Lift
from fuser.validate import validate_component
from tests.many import composition
from tests.support import run_component, wat

FIXTURES = sorted((Path(__file__).parent.parent / "fixtures").glob("*/*.wasm"))


def typed(items: Mapping[str, Any]) -> str:
    """Imports or exports as the engine shows them, without what tells two loads of one type apart."""
    return repr([(name, described(item.ty)) for name, item in items.items()])


def described(type: object) -> object:
    own = engine(optimised=False)
    match type:
        case wc.ComponentInstanceType():
            return [(name, described(item.ty)) for name, item in type.exports(own).items()]
        case wc.FuncType():
            return [(name, described(one)) for name, one in type.params], described(type.result)
        case wc.ListType():
            return "list", described(type.element)
        case wc.OptionType():
            return "option", described(type.payload)
        case wc.ResultType():
            return "result", described(type.ok), described(type.err)
        case wc.TupleType():
            return "tuple", [described(one) for one in type.elements]
        case wc.RecordType():
            return "record", [(name, described(one)) for name, one in type.fields]
        case wc.VariantType():
            return "variant", [(name, described(one)) for name, one in type.cases]
        case wc.EnumType() | wc.FlagsType():
            return type.__class__.__name__, list(type.names)
        case _:
            return type.__class__.__name__


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_one_instance_has_all_the_code_and_the_root_is_as_it_was(path: Path) -> None:
    data = path.read_bytes()
    output = fuse(data, FuseOptions(validate=False)).data
    program = link(parse(output))
    assert not [lower for lower in program.lowers if isinstance(lower.callee, Lift)]
    assert len({core.instance for core in program.core_instances}) == 1
    if len(data) > 1 << 20:
        return  # compiling it takes too long
    own = engine(optimised=False)
    before, after = wc.Component(own, data).type, wc.Component(own, output).type
    assert typed(after.imports(own)) == typed(before.imports(own))
    assert typed(after.exports(own)) == typed(before.exports(own))
    validate_component(output)


@pytest.mark.parametrize("emit", ["component", "module"])
def test_the_same_bytes_wherever_and_whenever(emit: str, tmp_path: Path) -> None:
    data = next(path for path in FIXTURES if path.stem == "resource_floats").read_bytes()
    outputs = set()
    for seed in ("0", "1", "77"):
        folder = tmp_path / f"here {seed}"
        folder.mkdir()
        (folder / f"{seed}.wasm").write_bytes(data)
        command = [sys.executable, "-m", "fuser.cli", "fuse", f"{seed}.wasm", "-o", "out.wasm", "--emit", emit]
        subprocess.run(command, cwd=folder, env={**os.environ, "PYTHONHASHSEED": seed}, check=True)
        outputs.add((folder / "out.wasm").read_bytes())
    assert len(outputs) == 1


def test_three_hundred_instances() -> None:
    data = wat(composition(memories=90, others=210))
    fused = fuse(data)
    calls = [("f", "schön"), ("n", 5)]
    for output, sites in ((data, {}), (fused.data, dict(fused.sites))):
        store = wasmtime.Store(engine(optimised=False))
        store.set_epoch_deadline(1_000_000)
        instance = wc.Linker(store.engine).instantiate(store, wc.Component(store.engine, output))
        assert [run(store, instance, *call) for call in calls] == ["schön", 214], sites
    assert len(link(parse(fused.data)).core_instances) == 1


def run(store: wasmtime.Store, instance: wc.Instance, name: str, argument: object) -> object:
    function = instance.get_func(store, name)
    assert function is not None
    return function(store, argument)


def test_a_shim_that_somebody_can_reach_stays() -> None:
    text = """(component
      (core module $shim (table (export "$imports") 1 funcref)
        (func (export "0") (result i32) (call_indirect (result i32) (i32.const 0))))
      (core instance $shim (instantiate $shim))
      (core module $main (import "" "0" (func $f (result i32))) (import "" "$imports" (table 1 funcref))
        (func (export "run") (result i32) (i32.add (call $f) (table.size))))
      (core instance $main (instantiate $main (with "" (instance $shim))))
      (core module $fill (import "" "$imports" (table 1 funcref))
        (func $f (result i32) (i32.const 4)) (elem (i32.const 0) func $f))
      (core instance (instantiate $fill (with "" (instance $shim))))
      (func (export "run") (result u32) (canon lift (core func $main "run"))))"""
    fused = fuse(wat(text))
    assert run_component(fused.data, ["run"]).outcomes == (("run", (5,)),)
