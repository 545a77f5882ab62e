/* A virtual SpiNNaker board: chips of ARM968 cores with their peripherals, router and memories.
 *
 * cffi reads the same declarations, so nothing but comments and plain C may stand here.
 * A `vb_machine` holds everything: any number of them may live in one process. No function calls
 * back; only one thread may use a machine at a time. Chips are numbered as they were given.
 * A function that returns int32_t without further words gives 0, or -1 if an argument is wrong.
 */

typedef struct vb_machine vb_machine;

/* Chip and its neighbours: `links[l]` is a chip number or -1. Core 0 is never executed. */
typedef struct {
    int32_t x, y, cores;
    int32_t links[6];
} vb_chip_spec;

enum vb_reason { VB_TIME, VB_FAULT, VB_MAILBOX, VB_STATE, VB_IDLE };

/* Why a run stopped, where, and how many clock cycles it took. */
typedef struct {
    int32_t reason, chip, core;
    int64_t cycles;
} vb_stop;

enum vb_fault_kind {
    VB_DATA_ABORT, VB_ALIGNMENT, VB_PREFETCH_ABORT, VB_UNDEFINED, VB_REGISTER, VB_DMA
};

/* What a core did that no program may; `registers` are r0 to r15 and the cpsr. */
typedef struct {
    int32_t chip, core, kind;
    uint32_t address, pc;
    uint32_t registers[17];
} vb_fault;

typedef struct {
    uint64_t instructions, sent, delivered, dropped, default_routed, blocked_quanta;
} vb_stats;

/* Null if memory ran out or a specification is wrong. */
vb_machine *vb_new(int32_t n_chips, const vb_chip_spec *specs);
void vb_free(vb_machine *m);
/* How many threads run chips; the outcome is the same. */
int32_t vb_set_threads(vb_machine *m, int32_t n);

/* Memory as the chip sees it (core -1), or as one of its cores does. Registers may be read and
 * written by whole words only. */
int32_t vb_read(vb_machine *m, int32_t chip, int32_t core, uint32_t address, uint32_t length,
                uint8_t *to);
int32_t vb_write(vb_machine *m, int32_t chip, int32_t core, uint32_t address, uint32_t length,
                 const uint8_t *from);
int32_t vb_fill(vb_machine *m, int32_t chip, int32_t core, uint32_t address, uint32_t length,
                uint32_t word);

/* Put a core in reset with empty memories, then let it go at address 0 with r0. */
int32_t vb_reset(vb_machine *m, int32_t chip, int32_t core);
int32_t vb_release(vb_machine *m, int32_t chip, int32_t core, uint32_t r0);
int32_t vb_stop_core(vb_machine *m, int32_t chip, int32_t core);
int32_t vb_interrupt(vb_machine *m, int32_t chip, int32_t core);
int32_t vb_freeze_timers(vb_machine *m, int32_t chip, int32_t core);

/* Whether a core slept or could be interrupted at any time since this was last asked. */
int32_t vb_was_open(vb_machine *m, int32_t chip, int32_t core);

/* r0 to r15 and the cpsr; for r15, the address of the next instruction. */
int32_t vb_get_registers(const vb_machine *m, int32_t chip, int32_t core, uint32_t *to);
int32_t vb_set_registers(vb_machine *m, int32_t chip, int32_t core, const uint32_t *from);

/* Execute so many instructions of one core alone, while time stands still elsewhere. */
int32_t vb_step(vb_machine *m, int32_t chip, int32_t core, int32_t count);

/* A packet from the monitor of a chip; `control` as in the communications controller. With a link,
 * it goes out there whatever its key is. */
int32_t vb_send(vb_machine *m, int32_t chip, uint32_t control, uint32_t key, uint32_t payload,
                int32_t link);
/* Packets that were routed to the monitor: (key, payload, control) each; returns how many. */
int32_t vb_take_packets(vb_machine *m, int32_t chip, int32_t most, uint32_t *to);

int32_t vb_load_routes(vb_machine *m, int32_t chip, int32_t first, int32_t n,
                       const uint32_t *entries);
int32_t vb_clear_routes(vb_machine *m, int32_t chip);

/* Run quanta of 1 us until so many have passed or something asks for attention. */
int32_t vb_run(vb_machine *m, int64_t us, int32_t attention, vb_stop *stop);
/* Run until no hardware lock is held on a chip; 1 if one still was after `most_us`. */
int32_t vb_quiesce(vb_machine *m, int32_t chip, int64_t most_us);

int64_t vb_now_us(const vb_machine *m);
/* Faults that were not taken yet; returns how many. */
int32_t vb_take_faults(vb_machine *m, int32_t most, vb_fault *to);
void vb_get_stats(const vb_machine *m, vb_stats *to);
