"""Commands that give out memory and router entries, and load the router."""

from __future__ import annotations

from neurodeploy_virtual.monitor.datagram import Code, Refusal, Request
from neurodeploy_virtual.monitor.heap import Heap
from neurodeploy_virtual.monitor.layout import SV, Sv
from neurodeploy_virtual.monitor.node import Command, Node, word
from neurodeploy_virtual.monitor.routes import Routes


def _alloc_sdram(node: Node, request: Request) -> bytes:
    app_id, flags = request.arguments[0] >> 8 & 0xFF, request.arguments[0] >> 16 & 0xFF
    heap = Heap(node.memory, node.memory.word(SV + Sv.SDRAM_HEAP))
    owner = app_id << 8 | request.arguments[2] & 0xFF
    address = heap.allocate(request.arguments[1], owner, retry=bool(flags & 4))
    node.control.use(app_id)
    return word(address)


def _free_sdram(node: Node, request: Request) -> bytes:
    heap = Heap(node.memory, node.memory.word(SV + Sv.SDRAM_HEAP))
    if not heap.owns(request.arguments[1]):
        raise Refusal(Code.BAD_ARGUMENT)
    heap.free(request.arguments[1])
    return b""


def _free_sdram_of(node: Node, request: Request) -> bytes:
    heap = Heap(node.memory, node.memory.word(SV + Sv.SDRAM_HEAP))
    return word(heap.free_application(request.arguments[0] >> 8 & 0xFF))


def _alloc_routes(node: Node, request: Request) -> bytes:
    app_id = request.arguments[0] >> 8 & 0xFF
    node.control.use(app_id)
    return word(Routes(node.memory).allocate(request.arguments[1], app_id))


def _free_routes(node: Node, request: Request) -> bytes:
    Routes(node.memory).free(request.arguments[1], bool(request.arguments[2]))
    return b""


def _free_routes_of(node: Node, request: Request) -> bytes:
    app_id = request.arguments[0] >> 8 & 0xFF
    return word(Routes(node.memory).free_application(app_id, bool(request.arguments[1])))


def _sdram_space(node: Node, _request: Request) -> bytes:
    heap = Heap(node.memory, node.memory.word(SV + Sv.SDRAM_HEAP))
    return word(heap.free_bytes) + word(heap.largest_bytes())


def _tagged_block(node: Node, request: Request) -> bytes:
    owner = request.arguments[0] & 0xFF00 | request.arguments[1] & 0xFF
    return node.memory.read(node.memory.word(SV + Sv.ALLOCATED_TAGS) + 4 * owner, 4)


_ALLOCATIONS: tuple[Command, ...] = (
    _alloc_sdram,
    _free_sdram,
    _free_sdram_of,
    _alloc_routes,
    _free_routes,
    _free_routes_of,
    _sdram_space,
    _tagged_block,
)


def allocate(node: Node, request: Request) -> bytes:
    """ALLOC: memory and router entries for an application."""
    operation = request.arguments[0] & 0xFF
    if operation >= len(_ALLOCATIONS):
        raise Refusal(Code.BAD_ARGUMENT)
    return _ALLOCATIONS[operation](node, request)


def routes(node: Node, request: Request) -> bytes:
    """RTR: clear or load the router, set or get the fixed route."""
    first, second, third = request.arguments
    operation, app_id, number = first & 0xFF, first >> 8 & 0xFF, first >> 16
    router = Routes(node.memory)
    if operation == 3:
        if second >> 31:
            return word(router.fixed_route())
        router.set_fixed_route(second)
        return b""
    if operation == 0:
        router.reset()
        done = True
    elif operation == 1:
        done = router.clear(second, number)
    else:
        done = operation == 2 and router.load(second, number, third, app_id)
    if not done:
        raise Refusal(Code.BAD_ARGUMENT)
    return b""


__all__ = ["allocate", "routes"]
