"""What the guests of an instance can do, as far as adapters must be ready for it.

Answers may say "can" where a guest never will; they never say "cannot" where one might.
"""

from __future__ import annotations

from collections.abc import Iterator

from fuser.program import (
    ContextSlot,
    CoreFunction,
    ExportedFunction,
    ExportedInstance,
    ExportItem,
    Instance,
    Lift,
    Lower,
    Program,
)


def leaving(program: Program) -> frozenset[Instance]:
    """Return the instances that might try to leave while their may-leave flag is off.

    The flag is off while an adapter calls the instance's realloc, and while the host has
    its post-return called (CanonicalABI.md, `canon_lower`, `canon_lift`); leaving means a
    call of a lowered import, `resource.new` or `resource.drop`.
    """
    called = {instance for instance, _ in called_while_off(program)}
    leave = {lower.instance for lower in program.lowers}
    leave |= {builtin.use.instance for builtin in program.builtins if builtin.operation != "rep"}
    return frozenset(called & leave)


def called_while_off(program: Program) -> Iterator[tuple[Instance, CoreFunction]]:
    """Yield the functions that run while their instance's may-leave flag is off."""
    uses: tuple[Lift | Lower, ...] = (*program.lifts, *program.lowers)
    for use in uses:
        if use.options.realloc is not None:
            yield use.instance, use.options.realloc
    for lift in root_lifts(program):
        if lift.options.post_return is not None:
            yield lift.instance, lift.options.post_return


def root_lifts(program: Program) -> Iterator[Lift]:
    """Yield the lifts that the root exports."""
    pending: list[ExportItem] = [item for _, item in reversed(program.exports)]
    while pending:
        item = pending.pop()
        if isinstance(item, ExportedFunction):
            yield item.lift
        elif isinstance(item, ExportedInstance):
            pending += [part for _, part in reversed(item.items)]


def throwing(program: Program) -> frozenset[Instance]:
    """Return the instances whose code can throw: exceptions need a tag, and none crosses in."""
    return frozenset(one.instance for one in program.core_instances if one.module.tag_types)


def using_context(program: Program) -> frozenset[Instance]:
    """Return the instances that have context slots."""
    return frozenset(
        item.instance
        for core_instance in program.core_instances
        for item in core_instance.imports
        if isinstance(item, ContextSlot)
    )
