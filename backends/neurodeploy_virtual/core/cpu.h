/* What the files of the processor share. */
#ifndef VB_CPU_H
#define VB_CPU_H

#include "inner.h"
#include "ops.h"

typedef vb_op *(*vb_handler)(vb_core *c, vb_op *op);
extern const vb_handler vb_handlers[N_OPS];

/* How an operation ends: it calls the one that follows, which compilers make a jump. Stretches are
 * short, so where they do not, the stack still holds them. What is rare may also return an
 * operation to the loop in cpu.c, or null to end the stretch. */
#define NEXT(op) return vb_handlers[(op)[1].run](c, (op) + 1)
#define FOLLOW(next) return follow(c, next)

#define X(name) vb_op *op_##name(vb_core *c, vb_op *op);
VB_OPS(X)
#undef X

/* `near`: the instruction stands in the instruction memory, where a branch may be a distance. */
void vb_decode_arm(uint32_t insn, vb_op *op, bool near);
void vb_decode_thumb(uint32_t insn, vb_op *op, bool near);

enum { VECTOR_UNDEFINED = 0x04, VECTOR_SWI = 0x08, VECTOR_PREFETCH = 0x0c, VECTOR_DATA = 0x10,
       VECTOR_IRQ = 0x18, VECTOR_FIQ = 0x1c };

void vb_switch_mode(vb_core *c, uint32_t mode);
int vb_bank(uint32_t mode);
vb_op *vb_exception(vb_core *c, vb_op *op, uint32_t vector, uint32_t mode, uint32_t link);
vb_op *vb_data_abort(vb_core *c, vb_op *op);
void vb_check_interrupts(vb_core *c);

static inline uint32_t size_of(const vb_core *c) { return c->thumb ? 2 : 4; }

/* The value of r15 as an instruction sees it. */
static inline uint32_t seen_pc(const vb_core *c, const vb_op *op)
{
    return op->pc + 2 * size_of(c);
}

static inline void charge(vb_core *c, int64_t cycles)
{
    c->left -= cycles;
    c->penalty += cycles;
}

/* Count what ran up to `op`, and that too. */
static inline void settle(vb_core *c, const vb_op *op) { c->left -= op + 1 - c->mark; }

static inline vb_op *op_at(vb_core *c, uint32_t pc)
{
    return c->thumb ? c->thumb_ops + (pc >> 1) : c->arm_ops + (pc >> 2);
}

static inline vb_op *follow(vb_core *c, vb_op *next)
{
    return LIKELY(next != NULL) ? vb_handlers[next->run](c, next) : NULL;
}

/* Go on at an address: an operation, or null to come out of the stretch. */
static inline vb_op *jump(vb_core *c, vb_op *op, uint32_t target)
{
    settle(c, op);
    charge(c, COST_BRANCH);
    target &= c->thumb ? ~1u : ~3u;
    if (UNLIKELY(target >= ITCM_SIZE || c->left <= 0 || c->leave)) {
        c->r[15] = target;
        return NULL;
    }
    return c->mark = op_at(c, target);
}

/* The same by a distance in operations, within the instruction memory. */
static inline vb_op *hop(vb_core *c, vb_op *op)
{
    int32_t distance = (int32_t)op->imm;
    settle(c, op);
    charge(c, COST_BRANCH);
    if (UNLIKELY(c->left <= 0)) {
        c->r[15] = op->pc + (uint32_t)distance * size_of(c);
        return NULL;
    }
    return c->mark = op + distance;
}

/* Jump to an address whose lowest bit chooses the instruction set. */
static inline vb_op *exchange(vb_core *c, vb_op *op, uint32_t target)
{
    c->thumb = target & 1;
    return jump(c, op, target);
}

/* Come out of the stretch after `op`. */
static inline vb_op *leave(vb_core *c, vb_op *op)
{
    settle(c, op);
    c->r[15] = op->pc + size_of(c);
    return NULL;
}

/* Where data of the core's own memory stand, or null. */
ALWAYS_INLINE uint8_t *own_data(vb_core *c, uint32_t address, int size)
{
    uint32_t offset = address - DTCM_BASE;
    bool there = offset < DTCM_SIZE && !(address & (uint32_t)(size - 1));
    return LIKELY(there) ? c->dtcm + offset : NULL;
}

ALWAYS_INLINE uint32_t get_data(const uint8_t *from, int size)
{
    uint32_t value = 0;
    uint16_t half;
    switch (size) {
    case 4: memcpy(&value, from, 4); return value;
    case 2: memcpy(&half, from, 2); return half;
    default: return *from;
    }
}

static inline bool load(vb_core *c, vb_op *op, uint32_t address, int size, uint32_t *value)
{
    const uint8_t *from = own_data(c, address, size);
    if (LIKELY(from != NULL)) {
        *value = get_data(from, size);
        return true;
    }
    uint64_t got = vb_core_load(c, op, address, size);
    *value = (uint32_t)got;
    return got != LOAD_FAILED;
}

static inline bool store(vb_core *c, vb_op *op, uint32_t address, int size, uint32_t value)
{
    uint8_t *to = own_data(c, address, size);
    if (UNLIKELY(to == NULL))
        return vb_core_store(c, op, address, size, value);
    memcpy(to, &value, (size_t)size);
    return true;
}

/* Any shift of the second operand. */
ALWAYS_INLINE uint32_t shift(uint32_t value, uint32_t type, uint32_t amount, uint32_t *carry)
{
    if (amount == 0)
        return value;
    switch (type) {
    case 0:
        *carry = amount <= 32 ? (uint32_t)((uint64_t)value << amount >> 32) & 1 : 0;
        return amount < 32 ? value << amount : 0;
    case 1:
        *carry = amount <= 32 ? (uint32_t)((uint64_t)value >> (amount - 1)) & 1 : 0;
        return amount < 32 ? value >> amount : 0;
    case 2:
        if (amount > 31) {
            *carry = value >> 31;
            return *carry ? ~0u : 0;
        }
        *carry = value >> (amount - 1) & 1;
        return (uint32_t)((int32_t)value >> amount);
    default:
        amount &= 31;
        value = amount ? value >> amount | value << (32 - amount) : value;
        *carry = value >> 31;
        return value;
    }
}

/* The same with a constant amount as instructions write it: 0 is 32, or a rotation through C. */
ALWAYS_INLINE uint32_t shift_by_constant(uint32_t value, uint32_t type, uint32_t amount,
                                         uint32_t *carry)
{
    if (amount || type == 0)
        return shift(value, type, amount, carry);
    if (type == 3) {
        uint32_t rotated = value >> 1 | *carry << 31;
        *carry = value & 1;
        return rotated;
    }
    return shift(value, type, 32, carry);
}

#endif
