"""The pipeline as a whole: what comes out, that it validates, and how a bad plan is found out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import pytest

from fuser.builder import ProgramBuilder, Symbols
from fuser.code import Code
from fuser.component.parse import parse
from fuser.errors import (
    InvalidOutput,
    Malformed,
    NotApplicable,
    NotViable,
    TypeMismatch,
    UnresolvedImport,
)
from fuser.explain import explain
from fuser.fuse import FuseOptions, fuse
from fuser.handles.canonical import Canonical, CanonicalHandles
from fuser.handles.interface import Arrangement, Builder, Call, Claim, Crossing, Handoff, Need
from fuser.handles.interface import Canonical as WrapperType
from fuser.handles.uses import Reach, borrowed_uses, exported_types
from fuser.outline import core_modules, outline
from fuser.program import Builtin, Program, ResourceType
from fuser.symbols import Function, Imported
from fuser.validate import validate_input
from fuser.wasm.encode import section
from fuser.wasm.module import parse_module
from fuser.wasm.types import I32, FunctionType
from tests.linking import refusal
from tests.support import run_both, run_component, wat

RESOURCES = Path(__file__).parent / "resources"


def component(name: str) -> bytes:
    return wat((RESOURCES / f"{name}.wat").read_text())


PLAIN = """
(component
  (component $A
    (core module $M (func (export "f") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))
    (core instance $m (instantiate $M))
    (func (export "f") (param "x" u32) (result u32) (canon lift (core func $m "f"))))
  (component $B
    (import "f" (func $f (param "x" u32) (result u32)))
    (core func $f' (canon lower (func $f)))
    (core module $M
      (import "" "f" (func $f (param i32) (result i32)))
      (func (export "run") (result i32) (call $f (call $f (i32.const 40)))))
    (core instance $m (instantiate $M (with "" (instance (export "f" (func $f'))))))
    (func (export "run") (result u32) (canon lift (core func $m "run"))))
  (instance $a (instantiate $A))
  (instance $b (instantiate $B (with "f" (func $a "f"))))
  (export "run" (func $b "run")))
"""


def exporting(count: int) -> bytes:
    """A component that exports an instance with so many instances in it."""
    items = " ".join(f'(export "i{number}" (instance $i))' for number in range(count))
    return wat(f"""
    (component
      (core module $M (func (export "f")))
      (core instance $m (instantiate $M))
      (func $f (canon lift (core func $m "f")))
      (instance $i (export "f" (func $f)))
      (instance $j {items})
      (export "j" (instance $j)))
    """)


def test_components_nest_as_deep_as_the_engine_takes_them() -> None:
    data = wat("""(component (core module $M (func (export "f"))) (core instance $m (instantiate $M))
      (func $f (canon lift (core func $m "f"))) (export "f" (func $f)))""")
    sections = (b"\x01\0\0\0", b"\x01\x01\0\0\x01f", b"\x01\0\x01f\x01\0\0")  # instantiate, take `f`, export it
    for _ in range(990):
        around = zip((5, 6, 11), sections, strict=True)
        data = data[:8] + section(4, data) + b"".join(section(id, contents) for id, contents in around)
    assert not refusal(data)
    assert len(fuse(data).data) < 200


def test_equal_instances_that_are_exported_take_one_component() -> None:
    fuse(exporting(2000))


def test_a_scalar_call_is_a_plain_call() -> None:
    fused = fuse(wat(PLAIN))
    assert [call.work for call in fused.calls] == [()]
    assert not fused.sites
    assert run_both(PLAIN, ["run"]).outcomes == (("run", (42,)),)
    assert "a plain call" in explain(fused).as_text()


def test_two_inputs_are_linked_by_name() -> None:
    leaf = wat("""
      (component
        (core module $M (func (export "f") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))
        (core instance $m (instantiate $M))
        (func (export "double") (param "x" u32) (result u32) (canon lift (core func $m "f"))))""")
    user = wat("""
      (component
        (import "double" (func $f (param "x" u32) (result u32)))
        (core func $f' (canon lower (func $f)))
        (core module $M
          (import "" "f" (func $f (param i32) (result i32)))
          (func (export "run") (result i32) (call $f (i32.const 21))))
        (core instance $m (instantiate $M (with "" (instance (export "f" (func $f'))))))
        (func (export "run") (result u32) (canon lift (core func $m "run"))))""")
    fused = fuse([leaf, user])
    assert run_component(fused.data, ["run"]).outcomes == (("run", (42,)),)


def test_sites_are_the_unreachables_of_the_output() -> None:
    for emit in ("component", "module"):
        fused = fuse(component("re-exporter"), FuseOptions(emit=emit))  # type: ignore[arg-type]
        assert fused.sites
        assert {fused.data[offset] for offset, _ in fused.sites} == {0x00, 0x04}


def test_the_core_form_leaves_no_import_for_a_resource_that_never_leaves() -> None:
    fused = fuse(component("list-of-borrow"), FuseOptions(emit="module"))
    assert b"[resource-" not in fused.data


def test_a_guest_that_is_not_valid_is_found_with_its_place_in_the_outer_file() -> None:
    data = wat(PLAIN)
    place = data.index(bytes.fromhex("20 00 41 01 6a"))  # local.get 0, i32.const 1, i32.add
    with pytest.raises(Malformed) as raised:
        fuse(data[:place] + b"\x20\x07" + data[place + 2 :])  # a local that is not there
    assert raised.value.offset == place
    assert "unknown local 7" in str(raised.value)


def test_an_input_that_is_not_valid_is_found_with_its_place() -> None:
    data = wat(PLAIN)
    place = data.rindex(b"\x00\x03run\x01")  # the root's export
    with pytest.raises(Malformed, match="not in kebab case") as raised:
        fuse(data[:place] + b"\x00\x03r%n\x01" + data[place + 6 :])
    assert raised.value.offset is not None
    assert abs(raised.value.offset - place) < 4


def test_an_outline_has_the_imports_and_exports_and_knows_where_they_were() -> None:
    data = component("list-of-own")
    without_code = outline(data)
    assert len(without_code.data) < len(data)
    assert parse(without_code.data)
    assert fuse(without_code.data).program.lowers
    assert run_component(without_code.data, ["run"]).outcomes == (("run", "unreachable"),)
    place = data.rindex(b"\x00\x03run\x01")
    assert without_code.original(without_code.data.rindex(b"\x00\x03run\x01")) == place
    assert outline(without_code.data).data == without_code.data


def test_an_outline_has_one_function_of_each_type() -> None:
    """Compiling one for each export takes longer and more memory than all of fusing, where there are 75,000."""
    data = wat("""(component (import "x" (func $x))
      (core module $m (import "" "f" (func $f))
        (func $a (export "a")) (func $b (export "b")) (func $c (export "c") (param i32)) (func $d (param i64))
        (export "f" (func $f)))
      (core func $f (canon lower (func $x)))
      (core instance $i (instantiate $m (with "" (instance (export "f" (func $f))))))
      (func (export "run") (canon lift (core func $i "b"))))""")
    ((_, without_code),) = core_modules(outline(data).data)
    module = parse_module(without_code)
    assert len(module.functions) == 2
    assert [(one.name, one.index) for one in module.exports if one.name == "f"] == [("f", 0)]
    validate_input(data)


def test_initial_values_may_name_functions_of_an_outline() -> None:
    data = wat("""(component
      (core module $m
        (func $a) (func $b (export "b"))
        (global (export "g") funcref (ref.func $b)) (table 2 funcref (ref.func $a)))
      (core instance $i (instantiate $m))
      (func (export "run") (canon lift (core func $i "b"))))""")
    assert run_component(outline(data).data, ["run"]).outcomes == (("run", "unreachable"),)


# -- what a program says of its resources ------------------------------------------------


def test_uses_are_read_off_the_program() -> None:
    program = fuse(component("own-from-borrow")).program
    definer, borrower, caller = (use.instance for use in program.uses)
    assert {use.instance for use in borrowed_uses(program)} == {borrower}
    assert not exported_types(program)
    reach = Reach.of(program)
    assert reach.reaches(caller, definer)
    assert reach.reaches(borrower, definer)
    assert not reach.reaches(definer, caller)
    assert not reach.reaches(borrower, caller)
    assert reach.reaches(None, caller)


def test_exported_types_are_those_that_the_root_passes() -> None:
    program = fuse(component("exported-own-through-the-host")).program
    assert exported_types(program) == frozenset(program.resources)


def test_eliding_lends_saves_code_and_changes_nothing() -> None:
    for name in ("re-exporter", "list-of-borrow", "same-handle-borrowed-twice"):
        short = fuse(component(name))
        long = fuse(component(name), FuseOptions(strategy=Canonical(elide_lends=False)))
        assert len(short.core) < len(long.core)
        assert run_component(short.data, ["run"]).outcomes == run_component(long.data, ["run"]).outcomes


# -- strategies that go wrong -----------------------------------------------------------------


@dataclass(frozen=True)
class Keeping(Canonical):
    name: ClassVar[str] = "keeping"

    def arrange(self, program: Program, build: Builder) -> Arrangement:
        del build
        return Arrangement(program, kept=program.instances[:1])


@dataclass(frozen=True)
class Refusing(Canonical):
    name: ClassVar[str] = "refusing"

    def plan(self, program: Program, build: Builder) -> CanonicalHandles:
        del program, build
        raise NotApplicable("nobody opted in")


class Broken(CanonicalHandles):
    def builtin(self, builtin: Builtin, code: Code) -> None:
        del builtin
        code.op("f64.add")


@dataclass(frozen=True)
class Breaking(Canonical):
    name: ClassVar[str] = "breaking"

    def plan(self, program: Program, build: Builder) -> CanonicalHandles:
        return Broken(program, build)


class Reaching(CanonicalHandles):
    def builtin(self, builtin: Builtin, code: Code) -> None:
        code.global_get(self.build.module("beside").cell("theirs", I32))
        code.op("drop")
        super().builtin(builtin, code)


@dataclass(frozen=True)
class ReachingOver(Canonical):
    name: ClassVar[str] = "reaching-over"

    def plan(self, program: Program, build: Builder) -> CanonicalHandles:
        return Reaching(program, build)


@dataclass(frozen=True)
class Rewiring(Canonical):
    name: ClassVar[str] = "rewiring"

    def arrange(self, program: Program, build: Builder) -> Arrangement:
        del build
        return Arrangement(replace(program), notes=("made anew",))


def test_the_core_form_has_no_room_for_a_kept_instance() -> None:
    with pytest.raises(NotViable, match="no room for an instance that stays un-fused"):
        fuse(component("re-exporter"), FuseOptions(strategy=Keeping(), emit="module"))


def test_a_strategy_may_not_apply() -> None:
    with pytest.raises(NotApplicable, match="nobody opted in"):
        fuse(component("re-exporter"), FuseOptions(strategy=Refusing()))


def test_invalid_code_of_a_strategy_is_found_unless_told_not_to_look() -> None:
    with pytest.raises(InvalidOutput):
        fuse(component("re-exporter"), FuseOptions(strategy=Breaking()))
    assert fuse(component("re-exporter"), FuseOptions(strategy=Breaking(), validate=False)).data


def test_the_fused_module_gets_no_copy_of_the_state_of_a_further_module() -> None:
    with pytest.raises(NotViable, match="would have to reach theirs of a further module"):
        fuse(component("re-exporter"), FuseOptions(strategy=ReachingOver()))


def test_a_rewired_program_is_a_need_with_its_note() -> None:
    fused = fuse(component("re-exporter"), FuseOptions(strategy=Rewiring()))
    assert fused.needs.reasons[Need.REWIRED] == "made anew"
    assert fused.notes == ("made anew",)
    assert fused.data == fuse(component("re-exporter")).data


def test_inputs_that_do_not_fit_are_refused() -> None:
    leaf = wat("""(component
      (core module $M (func (export "f") (param i64)))
      (core instance $m (instantiate $M))
      (func (export "f") (param "x" u64) (canon lift (core func $m "f"))))""")
    user = wat('(component (import "f" (func $f (param "x" u32))) (core func (canon lower (func $f))))')
    with pytest.raises((TypeMismatch, UnresolvedImport)):
        fuse([leaf, user])


# -- what else a strategy may ask for -------------------------------------------------------


@dataclass(frozen=True)
class Delegated:
    """Handles that are the wrapper's, of one type per runtime type: right where only the definer borrows."""

    types: dict[ResourceType, WrapperType]
    kind: str

    def builtin(self, builtin: Builtin, code: Code) -> None:
        code.get(0)
        code.call(getattr(self.types[builtin.use.type], builtin.operation))

    def cross(self, call: Call, code: Code) -> Crossing:
        del call
        return DelegatedCrossing(self, code)


@dataclass(frozen=True)
class DelegatedCrossing:
    handles: Delegated
    code: Code

    def enter(self) -> None:
        pass

    def lift(self, hand: Handoff) -> None:
        """An own leaves a keeper as its rep; the wrapper's one table keeps it where it is."""
        if hand.kind == "borrow":
            self.code.call(self.handles.types[hand.type].rep)

    def lower(self, hand: Handoff) -> None:
        del hand

    def leave(self) -> None:
        pass

    def finish(self) -> None:
        pass


@dataclass(frozen=True)
class Asking:
    """Asks the builder for types of the wrapper in one of three ways."""

    name: ClassVar[str] = "asking"
    claim: ClassVar[Claim] = Canonical.claim
    kind: str = "canonical"

    def arrange(self, program: Program, build: Builder) -> Arrangement:
        del build
        return Arrangement(program)

    def plan(self, program: Program, build: Builder) -> Delegated:
        return Delegated({type: self._type(type, build) for type in program.resources}, self.kind)

    def _type(self, type: ResourceType, build: Builder) -> WrapperType:
        destructor = build.destructor(type)
        if self.kind == "keeper":
            return build.keeper(("kept", type.id), destructor, type.label, table=0)
        made = build.canonical(("asked", type.id), destructor, type.label)
        if self.kind == "canonical":
            return made
        beside = build.module("beside")
        new = beside.function("new", made.new.type, self._pass_on(made.new))
        return WrapperType(beside.function("new twice removed", new.type, self._pass_on(new)), made.rep, made.drop)

    def _pass_on(self, function: Function) -> Callable[[Code], None]:
        def write(code: Code) -> None:
            code.get(0)
            code.call(function)

        return write


@pytest.mark.parametrize(
    ("kind", "need"), [("canonical", Need.CANONICAL), ("keeper", Need.KEEPER), ("module", Need.MODULE)]
)
def test_types_of_the_wrapper(kind: str, need: Need) -> None:
    fused = fuse(component("re-exporter"), FuseOptions(strategy=Asking(kind)))
    assert need in fused.needs.reasons
    expected = (("run", (1042,)), ("run", (2042,)))
    assert run_component(fused.data, ["run", "run"], dict(fused.sites)).outcomes == expected


def test_regions_follow_each_other_behind_the_memory() -> None:
    program = fuse(component("list-of-own")).program
    build = ProgramBuilder(program, Symbols(lambda item: Function(item.label, FunctionType(), Imported("", ""))), guard)
    user = program.uses[-1].instance
    first, second = build.reserve(user, 20), build.reserve(user, 8)
    assert (first.start, second.start) == (65536, 65536 + 32)
    assert first.memory is second.memory is build.memory_of(user)
    assert build.realloc(user) is not None
    assert Need.RESERVE in build.needs.reasons


def test_an_instance_without_memory_reserves_nothing() -> None:
    program = fuse(component("re-exporter")).program
    build = ProgramBuilder(program, Symbols(lambda item: Function(item.label, FunctionType(), Imported("", ""))), guard)
    with pytest.raises(NotApplicable, match="has no memory of its own"):
        build.reserve(program.uses[0].instance, 8)
    assert build.realloc(program.uses[0].instance) is None


def guard(type: ResourceType, destructor: Function) -> Function:
    del type
    return destructor
