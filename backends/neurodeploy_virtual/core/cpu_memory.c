/* Operations that branch or touch memory. */
#include "cpu.h"

/* Conditions. */

#define IF_eq (c->flag_z == 0)
#define IF_ne (c->flag_z != 0)
#define IF_cs (c->flag_c)
#define IF_cc (!c->flag_c)
#define IF_mi (c->flag_n >> 31)
#define IF_pl (!(c->flag_n >> 31))
#define IF_vs (c->flag_v)
#define IF_vc (!c->flag_v)
#define IF_hi (c->flag_c && c->flag_z != 0)
#define IF_ls (!c->flag_c || c->flag_z == 0)
#define IF_ge (c->flag_n >> 31 == c->flag_v)
#define IF_lt (c->flag_n >> 31 != c->flag_v)
#define IF_gt (c->flag_n >> 31 == c->flag_v && c->flag_z != 0)
#define IF_le (c->flag_n >> 31 != c->flag_v || c->flag_z == 0)

#define CONDITION(name)                                             \
    vb_op *op_cond_##name(vb_core *c, vb_op *op)                    \
    {                                                               \
        uint32_t run = IF_##name ? op->body : (++op)->run;          \
        return vb_handlers[run](c, op);                             \
    }                                                               \
    vb_op *op_b_##name(vb_core *c, vb_op *op)                       \
    {                                                               \
        vb_op *next = IF_##name ? hop(c, op) : op + 1;              \
        FOLLOW(next);                                               \
    }
CONDITION(eq) CONDITION(ne) CONDITION(cs) CONDITION(cc) CONDITION(mi) CONDITION(pl)
CONDITION(vs) CONDITION(vc) CONDITION(hi) CONDITION(ls) CONDITION(ge) CONDITION(lt)
CONDITION(gt) CONDITION(le)

/* Branches: `imm` is a distance in operations or, where `far`, an address. */

vb_op *op_b_al(vb_core *c, vb_op *op) { FOLLOW(hop(c, op)); }

vb_op *op_b_far(vb_core *c, vb_op *op) { FOLLOW(jump(c, op, op->imm)); }

vb_op *op_bl(vb_core *c, vb_op *op)
{
    c->r[14] = op->pc + 4;
    FOLLOW(hop(c, op));
}

vb_op *op_bl_far(vb_core *c, vb_op *op)
{
    c->r[14] = op->pc + 4;
    FOLLOW(jump(c, op, op->imm));
}

vb_op *op_blx_far(vb_core *c, vb_op *op)
{
    c->r[14] = op->pc + 4;
    FOLLOW(exchange(c, op, op->imm | 1));
}

vb_op *op_bl_suffix(vb_core *c, vb_op *op)
{
    uint32_t target = c->r[14] + op->imm;
    c->r[14] = (op->pc + 2) | 1;
    FOLLOW(jump(c, op, target));
}

vb_op *op_blx_suffix(vb_core *c, vb_op *op)
{
    uint32_t target = (c->r[14] + op->imm) & ~3u;
    c->r[14] = (op->pc + 2) | 1;
    FOLLOW(exchange(c, op, target));
}

vb_op *op_bx(vb_core *c, vb_op *op)
{
    FOLLOW(exchange(c, op, op->rm == 15 ? seen_pc(c, op) & ~3u : c->r[op->rm]));
}

vb_op *op_blx(vb_core *c, vb_op *op)
{
    uint32_t target = c->r[op->rm];
    c->r[14] = (op->pc + size_of(c)) | c->thumb;
    FOLLOW(exchange(c, op, target));
}

/* Single transfers. */

#define ADDRESS_imm c->r[op->rn] + op->imm
#define BACK_imm (void)0
#define ADDRESS_pre c->r[op->rn] + op->imm
#define BACK_pre c->r[op->rn] = address
#define ADDRESS_post c->r[op->rn]
#define BACK_post c->r[op->rn] = address + op->imm
#define ADDRESS_reg c->r[op->rn] + (c->r[op->rm] << op->rs)
#define BACK_reg (void)0

/* The short way is for the core's own data; all else is out of line. */
#define LOAD(name, place, size, as)                                             \
    static NO_INLINE vb_op *far_##name##_##place(vb_core *c, vb_op *op)         \
    {                                                                           \
        uint32_t address = ADDRESS_##place;                                     \
        uint64_t got = vb_core_load(c, op, address, size);                      \
        if (got == LOAD_FAILED)                                                 \
            return vb_data_abort(c, op);                                        \
        BACK_##place;                                                           \
        c->r[op->rd] = (uint32_t)(as)got;                                       \
        NEXT(op);                                                               \
    }                                                                           \
    vb_op *op_##name##_##place(vb_core *c, vb_op *op)                           \
    {                                                                           \
        uint32_t address = ADDRESS_##place;                                     \
        const uint8_t *from = own_data(c, address, size);                       \
        if (UNLIKELY(from == NULL))                                             \
            return far_##name##_##place(c, op);                                 \
        BACK_##place;                                                           \
        c->r[op->rd] = (uint32_t)(as)get_data(from, size);                      \
        NEXT(op);                                                               \
    }
#define STORE(name, place, size)                                                \
    static NO_INLINE vb_op *far_##name##_##place(vb_core *c, vb_op *op)         \
    {                                                                           \
        uint32_t address = ADDRESS_##place;                                     \
        if (!vb_core_store(c, op, address, size, c->r[op->rd]))                 \
            return vb_data_abort(c, op);                                        \
        BACK_##place;                                                           \
        if (UNLIKELY(c->leave))                                                 \
            return leave(c, op);                                                \
        NEXT(op);                                                               \
    }                                                                           \
    vb_op *op_##name##_##place(vb_core *c, vb_op *op)                           \
    {                                                                           \
        uint32_t address = ADDRESS_##place;                                     \
        uint8_t *to = own_data(c, address, size);                               \
        if (UNLIKELY(to == NULL))                                               \
            return far_##name##_##place(c, op);                                 \
        memcpy(to, c->r + op->rd, size);                                        \
        BACK_##place;                                                           \
        NEXT(op);                                                               \
    }
#define LOADS(name, size, as) \
    LOAD(name, imm, size, as) LOAD(name, pre, size, as) LOAD(name, post, size, as) \
    LOAD(name, reg, size, as)
#define STORES(name, size) \
    STORE(name, imm, size) STORE(name, pre, size) STORE(name, post, size) STORE(name, reg, size)

LOADS(ldr, 4, uint32_t)
LOADS(ldrb, 1, uint32_t)
LOADS(ldrh, 2, uint32_t)
LOADS(ldrsb, 1, int8_t)
LOADS(ldrsh, 2, int16_t)
STORES(str, 4)
STORES(strb, 1)
STORES(strh, 2)

vb_op *op_ldr_abs(vb_core *c, vb_op *op)
{
    uint32_t address = op->imm;
    if (LIKELY(address <= ITCM_SIZE - 4)) {
        memcpy(c->r + op->rd, c->itcm + address, 4);
        NEXT(op);
    }
    uint32_t value;
    if (!load(c, op, address, 4, &value))
        return vb_data_abort(c, op);
    c->r[op->rd] = value;
    NEXT(op);
}

/* The less common forms, taken from the instruction (`imm`) each time. */

typedef struct {
    uint32_t address, after;
    bool write_back;
} place;

static place find_place(const vb_core *c, const vb_op *op, uint32_t offset)
{
    uint32_t insn = op->imm, rn = insn >> 16 & 15;
    uint32_t base = rn == 15 ? op->pc + 8 : c->r[rn];
    bool before = insn & 1u << 24;
    uint32_t moved = insn & 1u << 23 ? base + offset : base - offset;
    return (place){before ? moved : base, moved, !before || (insn & 1u << 21)};
}

static void write_back(vb_core *c, const vb_op *op, const place *at)
{
    if (at->write_back)
        c->r[op->imm >> 16 & 15] = at->after;
}

/* LDR, STR, LDRB, STRB. */
vb_op *op_word_slow(vb_core *c, vb_op *op)
{
    uint32_t insn = op->imm, rd = insn >> 12 & 15, carry = c->flag_c, value;
    uint32_t offset = insn & 0xfff;
    int size = insn & 1u << 22 ? 1 : 4;
    if (insn & 1u << 25)
        offset = shift_by_constant(c->r[insn & 15], insn >> 5 & 3, insn >> 7 & 31, &carry);
    place at = find_place(c, op, offset);
    if (!(insn & 1u << 20)) {
        if (!store(c, op, at.address, size, rd == 15 ? op->pc + 12 : c->r[rd]))
            return vb_data_abort(c, op);
        write_back(c, op, &at);
        return c->leave ? leave(c, op) : op + 1;
    }
    if (!load(c, op, at.address, size, &value))
        return vb_data_abort(c, op);
    write_back(c, op, &at);
    if (rd == 15)
        return exchange(c, op, value);
    c->r[rd] = value;
    return op + 1;
}

static vb_op *double_word(vb_core *c, vb_op *op, const place *at, uint32_t rd, bool is_load)
{
    uint32_t low, high;
    if (is_load) {
        if (!load(c, op, at->address, 4, &low) || !load(c, op, at->address + 4, 4, &high))
            return vb_data_abort(c, op);
        write_back(c, op, at);
        c->r[rd] = low;
        c->r[(rd + 1) & 15] = high;
        charge(c, 1);
        return op + 1;
    }
    if (!store(c, op, at->address, 4, c->r[rd])
        || !store(c, op, at->address + 4, 4, c->r[(rd + 1) & 15]))
        return vb_data_abort(c, op);
    write_back(c, op, at);
    charge(c, 1);
    return c->leave ? leave(c, op) : op + 1;
}

/* Halves, signed bytes and double words. */
vb_op *op_half_slow(vb_core *c, vb_op *op)
{
    uint32_t insn = op->imm, rd = insn >> 12 & 15, kind = insn >> 5 & 3, value;
    uint32_t offset = insn & 1u << 22 ? (insn >> 4 & 0xf0) | (insn & 15) : c->r[insn & 15];
    bool is_load = insn & 1u << 20;
    place at = find_place(c, op, offset);
    if (!is_load && kind > 1)
        return rd & 1 ? op_undefined(c, op) : double_word(c, op, &at, rd, kind == 2);
    if (!is_load) {
        if (!store(c, op, at.address, 2, c->r[rd]))
            return vb_data_abort(c, op);
        write_back(c, op, &at);
        return c->leave ? leave(c, op) : op + 1;
    }
    if (!load(c, op, at.address, kind == 2 ? 1 : 2, &value))
        return vb_data_abort(c, op);
    write_back(c, op, &at);
    c->r[rd] = kind == 1 ? value : kind == 2 ? (uint32_t)(int8_t)value : (uint32_t)(int16_t)value;
    return op + 1;
}

vb_op *op_swp(vb_core *c, vb_op *op)
{
    uint32_t value, address = c->r[op->rn];
    int size = op->rs ? 1 : 4;
    if (!load(c, op, address, size, &value) || !store(c, op, address, size, c->r[op->rm]))
        return vb_data_abort(c, op);
    c->r[op->rd] = value;
    charge(c, 1);
    return c->leave ? leave(c, op) : op + 1;
}

/* Many registers. `imm`: which; `rs`: bits 23 (up), 24 (before), 21 (write back), 22 (S) of the
 * instruction as bits 0, 1, 2, 3; `rm`: how many. */

enum { UP = 1, BEFORE = 2, BACK = 4, USER = 8 };

static inline uint32_t first_address(const vb_op *op, uint32_t base)
{
    uint32_t bytes = op->rm * 4u, first = op->rs & UP ? base : base - bytes;
    return first + (!(op->rs & UP) == !(op->rs & BEFORE) ? 4 : 0);
}

static inline uint32_t last_base(const vb_op *op, uint32_t base)
{
    return op->rs & UP ? base + op->rm * 4u : base - op->rm * 4u;
}

/* Fills values; false after a fault. */
static bool load_many(vb_core *c, vb_op *op, uint32_t address, uint32_t *values)
{
    uint32_t offset = address - DTCM_BASE, bytes = op->rm * 4u;
    charge(c, op->rm - 1);
    if (LIKELY(offset < DTCM_SIZE && bytes <= DTCM_SIZE - offset && !(address & 3))) {
        memcpy(values, c->dtcm + offset, bytes);
        return true;
    }
    for (uint32_t i = 0; i < op->rm; i++, address += 4)
        if (!load(c, op, address, 4, values + i))
            return false;
    return true;
}

static bool store_many(vb_core *c, vb_op *op, uint32_t address, const uint32_t *values)
{
    uint32_t offset = address - DTCM_BASE, bytes = op->rm * 4u;
    charge(c, op->rm - 1);
    if (LIKELY(offset < DTCM_SIZE && bytes <= DTCM_SIZE - offset && !(address & 3))) {
        memcpy(c->dtcm + offset, values, bytes);
        return true;
    }
    for (uint32_t i = 0; i < op->rm; i++, address += 4)
        if (!vb_core_store(c, op, address, 4, values[i]))
            return false;
    return true;
}

vb_op *op_ldm(vb_core *c, vb_op *op)
{
    uint32_t values[16], list = op->imm, base = c->r[op->rn], n = 0;
    if (UNLIKELY(!load_many(c, op, first_address(op, base), values)))
        return vb_data_abort(c, op);
    if (op->rs & BACK)
        c->r[op->rn] = last_base(op, base);
    for (uint32_t rest = list & 0x7fff; rest; rest &= rest - 1)
        c->r[__builtin_ctz(rest)] = values[n++];
    return list & 0x8000 ? exchange(c, op, values[n]) : op + 1;
}

vb_op *op_stm(vb_core *c, vb_op *op)
{
    uint32_t values[16], list = op->imm, base = c->r[op->rn], n = 0;
    for (uint32_t rest = list & 0x7fff; rest; rest &= rest - 1)
        values[n++] = c->r[__builtin_ctz(rest)];
    if (list & 0x8000)
        values[n] = op->pc + 12;
    if (UNLIKELY(!store_many(c, op, first_address(op, base), values)))
        return vb_data_abort(c, op);
    if (op->rs & BACK)
        c->r[op->rn] = last_base(op, base);
    return UNLIKELY(c->leave) ? leave(c, op) : op + 1;
}

/* With the S bit: registers of the user mode, or a return from an exception. */

static uint32_t *user_register(vb_core *c, uint32_t number)
{
    if (number >= 13 && number < 15 && vb_bank(c->mode) != 0)
        return &c->bank_r[0][number - 13];
    if (number >= 8 && number < 13 && c->mode == MODE_FIQ)
        return &c->usr_r[number - 8];
    return &c->r[number];
}

vb_op *op_ldm_slow(vb_core *c, vb_op *op)
{
    uint32_t values[16], list = op->imm, base = c->r[op->rn], n = 0;
    if (!load_many(c, op, first_address(op, base), values))
        return vb_data_abort(c, op);
    if (op->rs & BACK)
        c->r[op->rn] = last_base(op, base);
    for (uint32_t rest = list & 0x7fff; rest; rest &= rest - 1) {
        uint32_t number = (uint32_t)__builtin_ctz(rest);
        *(list & 0x8000 ? &c->r[number] : user_register(c, number)) = values[n++];
    }
    if (!(list & 0x8000))
        return op + 1;
    uint32_t saved = c->bank_spsr[vb_bank(c->mode)];
    vb_set_cpsr(c, saved, ~0u);
    c->thumb = saved & PSR_T ? 1 : 0;
    return jump(c, op, values[n]);
}

vb_op *op_stm_slow(vb_core *c, vb_op *op)
{
    uint32_t values[16], list = op->imm, base = c->r[op->rn], n = 0;
    for (uint32_t rest = list & 0x7fff; rest; rest &= rest - 1)
        values[n++] = *user_register(c, (uint32_t)__builtin_ctz(rest));
    if (list & 0x8000)
        values[n] = op->pc + 12;
    if (!store_many(c, op, first_address(op, base), values))
        return vb_data_abort(c, op);
    if (op->rs & BACK)
        c->r[op->rn] = last_base(op, base);
    return c->leave ? leave(c, op) : op + 1;
}
