/* What the parts of the machine know of each other. */
#ifndef VB_INNER_H
#define VB_INNER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the virtual board needs a little-endian host"
#endif

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define NO_INLINE __attribute__((noinline))
#define ALWAYS_INLINE static inline __attribute__((always_inline))

enum {
    ITCM_SIZE = 0x8000,
    DTCM_BASE = 0x400000,
    DTCM_SIZE = 0x10000,
    SDRAM_SIZE = 128 << 20,
    SYSRAM_SIZE = 0x8000,
    VCPU_OFFSET = 0x7000,       /* of the core blocks in the system RAM */
    VCPU_SIZE = 128,
    CPU_STATE_OFFSET = 46,      /* within such a block */
    MBOX_FLAGS_OFFSET = 0x7fec, /* sv.mbox_flags */
    MAX_CORES = 18,
    N_LINKS = 6,
    N_ROUTES = 1024,
    P2P_WORDS = 8192,
    QUANTUM = 200,              /* cycles of a microsecond at 200 MHz */
    MAX_FAULTS = 64             /* kept a chip */
};

/* Cycles on top of the one that every instruction takes. */
enum {
    COST_BRANCH = 2,
    COST_MULTIPLY = 1,
    COST_LONG_MULTIPLY = 2,
    COST_DEVICE = 5,
    COST_SHARED_READ = 24,
    COST_SHARED_WRITE = 1,
    COST_DMA = 60               /* then four bytes a cycle */
};

#define NEVER UINT64_MAX

/* Interrupt lines. */
enum {
    LINE_TIMER1 = 4, LINE_TIMER2 = 5, LINE_PACKET = 6, LINE_TX_EMPTY = 11, LINE_DMA_DONE = 12,
    LINE_DMA_ERROR = 13, LINE_CPU = 18, LINE_TX_NOT_FULL = 23, LINE_MULTICAST = 24,
    LINE_P2P = 25, LINE_NEIGHBOUR = 26, LINE_FIXED = 27
};

enum { MODE_USR = 0x10, MODE_FIQ = 0x11, MODE_IRQ = 0x12, MODE_SVC = 0x13, MODE_ABT = 0x17,
       MODE_UND = 0x1b, MODE_SYS = 0x1f };
enum { PSR_T = 0x20, PSR_F = 0x40, PSR_I = 0x80 };

typedef struct vb_core vb_core;
typedef struct vb_chip vb_chip;
typedef struct vb_pool vb_pool;

typedef struct {
    uint64_t time;              /* when it was sent, in cycles */
    uint32_t key, payload, control;
    int32_t link;               /* -1, or the link that it must take */
} vb_packet;

enum { PACKET_PAYLOAD = 0x00020000, PACKET_TYPE = 0x00c00000, PACKET_FIXED = 0x00c00000 };

/* PL190. Level 17: nothing in service. */
typedef struct {
    uint32_t enable, select, soft, lines, protect, fallback;
    uint32_t vector[16], control[16];
    int32_t level, depth;
    uint8_t stack[18];
} vb_vic;

typedef struct {
    uint32_t load, reload, control, count;
    uint64_t since;             /* when `count` was the count */
    bool raised, done, frozen;
} vb_timer;

typedef struct {
    uint32_t system, local, descriptor;
} vb_transfer;

typedef struct {
    uint32_t system, local, global_control, timeout, counter_control, status;
    vb_transfer queue[2];
    int32_t n;
    uint64_t finish;
} vb_dma;

enum { TX_SIZE = 64, TX_FULL = 8, RX_SIZE = 8, RX_FULL = 6 };

/* Both queues are rings. A core sees its transmitter full at TX_FULL packets; beyond TX_SIZE they
 * are lost. Nothing is delivered into a receiver with RX_FULL packets. */
typedef struct {
    uint32_t control, data, source, test;
    bool has_data, overrun;
    int32_t tx_first, tx_n, rx_first, rx_n;
    vb_packet tx[TX_SIZE], rx[RX_SIZE];
} vb_comms;

/* One predecoded instruction. `run` is called; where the instruction has a condition, that tests
 * it and calls `body`. What the other members hold is the business of these two. */
typedef struct {
    uint16_t run, body;
    uint8_t rd, rn, rm, rs;
    uint32_t imm;
    uint32_t pc;
} vb_op;

enum { N_ARM = ITCM_SIZE / 4, N_THUMB = ITCM_SIZE / 2 };

enum { CORE_OFF, CORE_ON };

struct vb_core {
    uint32_t r[16];             /* r[15] only means something while no instruction runs */
    uint32_t flag_n, flag_z;    /* N is the top bit of the first; Z is the second being zero */
    uint32_t flag_c, flag_v, flag_q; /* 0 or 1 */
    uint32_t mode, masks;       /* mode bits; I and F */
    uint32_t thumb;
    uint32_t align_check;
    int64_t left, penalty;      /* cycles to go in this stretch; cycles on top since the start */
    vb_op *mark;                /* instructions from here on are not counted yet */
    uint8_t *itcm, *dtcm;
    vb_op *arm_ops, *thumb_ops; /* one more than there are instructions: what runs off the end */
    bool leave;                 /* an interrupt may be due: come out of the stretch */
    bool sleeping;
    bool irq, fiq;              /* what the interrupt controller asks for */
    bool was_open;              /* it could have been interrupted since that was asked */
    uint32_t bank_r[7][2], bank_spsr[7], fiq_r[5], usr_r[5];
    uint64_t now, stretch_end;
    uint64_t consumed;          /* cycles of all stretches */
    uint64_t next_event;
    uint32_t cp15_control;
    uint32_t abort_address;
    int32_t state, number;
    vb_chip *chip;
    vb_vic vic;
    vb_timer timer[2];
    vb_dma dma;
    vb_comms comms;
    vb_op scratch[2];           /* an instruction outside the instruction memory */
};

typedef struct {
    uint32_t control, fixed_route, diagnostics, filter[16], counter[16], other[64];
    uint32_t key[N_ROUTES], mask[N_ROUTES], route[N_ROUTES], p2p[P2P_WORDS];
    uint32_t cache_key[256], cache_route[256];
    uint8_t cache_state[256];   /* 0: empty, 1: found, 2: no entry */
    int32_t n_used;             /* entries beyond are unset */
} vb_router;

typedef struct {
    uint32_t calls, locks, flags, monitor, misc, gpio, gpio_direction, ok, link_disable;
} vb_sysctl;

struct vb_chip {
    uint8_t *sdram, *sysram;
    int32_t n_cores, number;
    int32_t links[N_LINKS];
    vb_machine *machine;
    vb_core *cores;
    uint64_t wake_at[MAX_CORES], next_wake; /* 0 for what is awake */
    int32_t n_awake;            /* cores that ran in the last quantum of this chip */
    uint32_t senders;           /* whose transmitter is not empty, a bit a core */
    bool has_written;           /* something in the system RAM may have changed */
    uint8_t states[MAX_CORES];  /* cpu_state as it was last told */
    vb_router router;
    vb_sysctl sysctl;
    int32_t n_faults, n_new_faults, n_taken;
    vb_fault faults[MAX_FAULTS];
    vb_packet *queue[2];        /* sent by the monitor; for the monitor */
    int32_t n_queue[2], size_queue[2];
    uint64_t dropped, default_routed, sent, delivered;
};

/* A packet at a chip: where it came from (-1: this chip) and where it goes. */
typedef struct {
    int32_t chip, from;
    uint32_t route;
    bool by_default;
} vb_step_of_way;

/* A transmitter whose first packet waits to be routed; core -1 is the monitor. */
typedef struct {
    uint64_t time;
    int32_t chip, core;
} vb_sender;

struct vb_machine {
    int32_t n_chips;
    vb_chip *chips;
    uint64_t now;
    uint64_t blocked_quanta;
    vb_pool *pool;              /* null: one thread */
    int32_t *due, n_due;        /* chips in which something happens in this quantum */
    vb_sender *senders;         /* a heap, the oldest first; room for all there can be */
    int32_t n_senders;
    vb_step_of_way *way;
    int32_t n_way, size_way;
};

#define LOAD_FAILED UINT64_MAX

/* memory.c: false (or LOAD_FAILED) if there is nothing there or the address is odd; then a fault
 * has been kept. `pc` is where the core is. */
uint64_t vb_core_load(vb_core *c, vb_op *op, uint32_t address, int size);
bool vb_core_store(vb_core *c, vb_op *op, uint32_t address, int size, uint32_t value);
bool vb_core_fetch(vb_core *c, uint32_t address, int size, uint32_t *value);
void vb_forget_faults(vb_core *c);
uint8_t *vb_shared(vb_chip *chip, uint32_t address, uint32_t length);
uint8_t *vb_local(vb_core *c, uint32_t address, uint32_t length);
void vb_forget_code(vb_core *c, uint32_t address, uint32_t length);
bool vb_chip_device_read(vb_chip *chip, uint32_t address, uint32_t *value);
bool vb_chip_device_write(vb_chip *chip, uint32_t address, uint32_t value);
void vb_keep_fault(vb_core *c, int kind, uint32_t address, uint32_t pc);

/* peripherals.c: false for an unknown register. */
bool vb_vic_read(vb_core *c, uint32_t at, uint32_t *value);
bool vb_vic_write(vb_core *c, uint32_t at, uint32_t value);
void vb_vic_update(vb_core *c);
void vb_set_line(vb_core *c, int line, bool on);
bool vb_timer_read(vb_core *c, uint64_t now, uint32_t at, uint32_t *value);
bool vb_timer_write(vb_core *c, uint64_t now, uint32_t at, uint32_t value);
bool vb_dma_read(vb_core *c, uint64_t now, uint32_t at, uint32_t *value);
bool vb_dma_write(vb_core *c, uint64_t now, uint32_t at, uint32_t value);
bool vb_comms_read(vb_core *c, uint32_t at, uint32_t *value);
bool vb_comms_write(vb_core *c, uint64_t now, uint32_t at, uint32_t value);
void vb_comms_update(vb_core *c);
void vb_do_events(vb_core *c, uint64_t now);
void vb_find_next_event(vb_core *c);
void vb_reset_devices(vb_core *c);

/* router.c */
bool vb_router_read(vb_chip *chip, uint32_t at, uint32_t *value);
bool vb_router_write(vb_chip *chip, uint32_t at, uint32_t value);
void vb_router_reset(vb_router *r);
void vb_route_packets(vb_machine *m);
bool vb_any_packets(const vb_machine *m);
bool vb_put_in_queue(vb_chip *chip, int which, const vb_packet *packet);

/* sysctl.c */
bool vb_sysctl_read(vb_chip *chip, uint32_t at, uint32_t *value);
bool vb_sysctl_write(vb_chip *chip, uint32_t at, uint32_t value);
void vb_sysctl_reset(vb_sysctl *s);

/* cpu.c */
uint32_t vb_get_cpsr(const vb_core *c);
void vb_set_cpsr(vb_core *c, uint32_t value, uint32_t mask);
bool vb_enter_interrupt(vb_core *c);
void vb_execute(vb_core *c, int64_t cycles);
void vb_step_core(vb_core *c);
void vb_reset_registers(vb_core *c, uint32_t r0);
void vb_mark_end(vb_core *c);
uint64_t vb_core_clock(const vb_core *c, const vb_op *op);

/* machine.c; null for numbers that do not exist, and for the monitor as a core */
vb_chip *vb_chip_at(const vb_machine *m, int32_t chip);
vb_core *vb_core_at(const vb_machine *m, int32_t chip, int32_t core);
void vb_free_core(vb_core *c);
void vb_wake(vb_core *c);
void vb_run_chip(vb_chip *chip, uint64_t until);

/* threads.c */
vb_pool *vb_pool_new(vb_machine *m, int32_t n_threads);
void vb_pool_free(vb_pool *pool);
void vb_pool_run(vb_pool *pool, uint64_t until);

#endif
