"""The board itself: cores, routers and memories, in C, and their Python face.

``board.h`` is all that Python sees of the C side; ``inner.h`` is what its parts know of each other:

* ``cpu_arm.c`` and ``cpu_thumb.c`` turn instructions into the operations of ``ops.h`` when they
  are first met; ``cpu_data.c`` and ``cpu_memory.c`` carry these out; ``cpu.c`` has modes,
  exceptions and the loop;
* ``memory.c`` finds what stands at an address: every access outside the memories and the known
  registers ends there, as a fault;
* ``peripherals.c``, ``sysctl.c`` and ``router.c`` are the devices;
* ``machine.c`` and ``threads.c`` let time pass, ``outside.c`` is what a monitor may do.

Values are those of the hardware, bit by bit. Time is a model: an instruction takes a cycle of
5 ns, and some take more (``inner.h``, ``COST_...``); cores take turns of 1 us; a packet arrives
within 1 us of being sent, wherever it goes. It is the same in every run.
"""
