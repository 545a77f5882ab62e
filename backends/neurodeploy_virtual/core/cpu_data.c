/* Operations on registers: data processing, multiplication, status registers. */
#include "cpu.h"

/* Second operands, and the carry that they leave. */
#define OPERAND_imm uint32_t b = op->imm
#define CARRY_imm (op->rs ? op->imm >> 31 : c->flag_c)
#define OPERAND_reg uint32_t b = c->r[op->rm]
#define CARRY_reg c->flag_c
#define OPERAND_lsl uint32_t b = c->r[op->rm] << op->rs
#define CARRY_lsl (c->r[op->rm] >> (32 - op->rs) & 1)
#define OPERAND_lsr uint32_t b = c->r[op->rm] >> op->rs
#define CARRY_lsr (c->r[op->rm] >> (op->rs - 1) & 1)
#define OPERAND_asr uint32_t b = (uint32_t)((int32_t)c->r[op->rm] >> op->rs)
#define CARRY_asr (c->r[op->rm] >> (op->rs - 1) & 1)
#define OPERAND_sh uint32_t carry = c->flag_c, b = any_shift(c, op, &carry)
#define CARRY_sh carry

/* `rs`: type in the top two bits, whether the rest is a register in the next, then that. */
ALWAYS_INLINE uint32_t any_shift(const vb_core *c, const vb_op *op, uint32_t *carry)
{
    uint32_t value = c->r[op->rm], type = op->rs >> 6, amount = op->rs & 31;
    if (op->rs & 32)
        return shift(value, type, c->r[amount & 15] & 0xff, carry);
    return shift_by_constant(value, type, amount, carry);
}

static inline uint32_t add_flags(vb_core *c, uint32_t a, uint32_t b, uint32_t carry)
{
    uint64_t sum = (uint64_t)a + b + carry;
    uint32_t result = (uint32_t)sum;
    c->flag_n = c->flag_z = result;
    c->flag_c = (uint32_t)(sum >> 32);
    c->flag_v = ((a ^ result) & (b ^ result)) >> 31;
    return result;
}

/* No flags. */
#define PLAIN(name, kind, value)                  \
    vb_op *op_##name##_##kind(vb_core *c, vb_op *op) \
    {                                             \
        OPERAND_##kind;                           \
        uint32_t a = c->r[op->rn];                \
        (void)a;                                  \
        c->r[op->rd] = (value);                   \
        NEXT(op);                                \
    }
#define PLAIN_KINDS(name, value)                                                      \
    PLAIN(name, imm, value) PLAIN(name, reg, value) PLAIN(name, lsl, value)           \
    PLAIN(name, lsr, value) PLAIN(name, asr, value) PLAIN_SH(name, value)
#define PLAIN_SH(name, value)                     \
    vb_op *op_##name##_sh(vb_core *c, vb_op *op)  \
    {                                             \
        OPERAND_sh;                               \
        uint32_t a = c->r[op->rn];                \
        (void)a;                                  \
        (void)carry;                              \
        c->r[op->rd] = (value);                   \
        NEXT(op);                                \
    }

PLAIN_KINDS(and, a & b)
PLAIN_KINDS(eor, a ^ b)
PLAIN_KINDS(sub, a - b)
PLAIN_KINDS(rsb, b - a)
PLAIN_KINDS(add, a + b)
PLAIN_KINDS(adc, a + b + c->flag_c)
PLAIN_KINDS(sbc, a - b - !c->flag_c)
PLAIN_KINDS(rsc, b - a - !c->flag_c)
PLAIN_KINDS(orr, a | b)
PLAIN_KINDS(mov, b)
PLAIN_KINDS(bic, a & ~b)
PLAIN_KINDS(mvn, ~b)

/* N, Z and the carry of the shift; `keep` is where the result goes. */
#define LOGIC(name, kind, value, keep)            \
    vb_op *op_##name##_##kind(vb_core *c, vb_op *op) \
    {                                             \
        OPERAND_##kind;                           \
        uint32_t a = c->r[op->rn], result = (value); \
        (void)a;                                  \
        c->flag_c = CARRY_##kind;                 \
        c->flag_n = c->flag_z = result;           \
        keep;                                     \
        NEXT(op);                                \
    }
#define LOGIC_KINDS(name, value, keep)                                                \
    LOGIC(name, imm, value, keep) LOGIC(name, reg, value, keep) LOGIC(name, lsl, value, keep) \
    LOGIC(name, lsr, value, keep) LOGIC(name, asr, value, keep) LOGIC(name, sh, value, keep)
#define TO_RD c->r[op->rd] = result

LOGIC_KINDS(ands, a & b, TO_RD)
LOGIC_KINDS(eors, a ^ b, TO_RD)
LOGIC_KINDS(orrs, a | b, TO_RD)
LOGIC_KINDS(movs, b, TO_RD)
LOGIC_KINDS(bics, a & ~b, TO_RD)
LOGIC_KINDS(mvns, ~b, TO_RD)
LOGIC_KINDS(tst, a & b, (void)0)
LOGIC_KINDS(teq, a ^ b, (void)0)

/* All four flags. */
#define SUM(name, kind, x, y, carry_in, keep)     \
    vb_op *op_##name##_##kind(vb_core *c, vb_op *op) \
    {                                             \
        OPERAND_##kind;                           \
        uint32_t a = c->r[op->rn], result = add_flags(c, x, y, carry_in); \
        (void)CARRY_##kind;                       \
        (void)result;                             \
        keep;                                     \
        NEXT(op);                                \
    }
#define SUM_KINDS(name, x, y, carry_in, keep)                                         \
    SUM(name, imm, x, y, carry_in, keep) SUM(name, reg, x, y, carry_in, keep)         \
    SUM(name, lsl, x, y, carry_in, keep) SUM(name, lsr, x, y, carry_in, keep)         \
    SUM(name, asr, x, y, carry_in, keep) SUM(name, sh, x, y, carry_in, keep)

SUM_KINDS(subs, a, ~b, 1, TO_RD)
SUM_KINDS(rsbs, b, ~a, 1, TO_RD)
SUM_KINDS(adds, a, b, 0, TO_RD)
SUM_KINDS(adcs, a, b, c->flag_c, TO_RD)
SUM_KINDS(sbcs, a, ~b, c->flag_c, TO_RD)
SUM_KINDS(rscs, b, ~a, c->flag_c, TO_RD)
SUM_KINDS(cmp, a, ~b, 1, (void)0)
SUM_KINDS(cmn, a, b, 0, (void)0)

vb_op *op_nop(vb_core *c, vb_op *op)
{
    (void)c;
    NEXT(op);
}

/* An ARM data instruction (the whole of it in `imm`) that reads or writes the program counter. */

static uint32_t slow_register(const vb_core *c, const vb_op *op, uint32_t number, uint32_t pc)
{
    (void)op;
    return number == 15 ? pc : c->r[number];
}

static uint32_t slow_operand(const vb_core *c, const vb_op *op, uint32_t *carry)
{
    uint32_t insn = op->imm, value, amount;
    if (insn & 1u << 25) {
        value = insn & 0xff, amount = insn >> 7 & 30;
        return shift(value, 3, amount, carry);
    }
    if (insn & 16) {
        value = slow_register(c, op, insn & 15, op->pc + 12);
        amount = slow_register(c, op, insn >> 8 & 15, op->pc + 12) & 0xff;
        return shift(value, insn >> 5 & 3, amount, carry);
    }
    value = slow_register(c, op, insn & 15, op->pc + 8);
    return shift_by_constant(value, insn >> 5 & 3, insn >> 7 & 31, carry);
}

static uint32_t slow_logic(uint32_t code, uint32_t a, uint32_t b)
{
    switch (code) {
    case 0: case 8: return a & b;
    case 1: case 9: return a ^ b;
    case 12: return a | b;
    case 13: return b;
    case 14: return a & ~b;
    default: return ~b;
    }
}

static uint32_t slow_sum(vb_core *c, uint32_t code, uint32_t a, uint32_t b)
{
    switch (code) {
    case 2: case 10: return add_flags(c, a, ~b, 1);
    case 3: return add_flags(c, b, ~a, 1);
    case 4: case 11: return add_flags(c, a, b, 0);
    case 5: return add_flags(c, a, b, c->flag_c);
    case 6: return add_flags(c, a, ~b, c->flag_c);
    default: return add_flags(c, b, ~a, c->flag_c);
    }
}

vb_op *op_data_slow(vb_core *c, vb_op *op)
{
    uint32_t insn = op->imm, code = insn >> 21 & 15, rd = insn >> 12 & 15, result;
    uint32_t carry = c->flag_c, b = slow_operand(c, op, &carry);
    uint32_t by_register = !(insn & 1u << 25) && (insn & 16);
    uint32_t a = slow_register(c, op, insn >> 16 & 15, op->pc + (by_register ? 12 : 8));
    uint32_t cpsr = vb_get_cpsr(c);
    bool flags = insn & 1u << 20;
    if ((code >= 2 && code <= 7) || code == 10 || code == 11)
        result = slow_sum(c, code, a, b);
    else {
        result = slow_logic(code, a, b);
        c->flag_n = c->flag_z = result;
        c->flag_c = carry;
    }
    if (!flags)
        vb_set_cpsr(c, cpsr, 0xff000000);
    if (code >= 8 && code <= 11)
        return op + 1;
    if (rd != 15) {
        c->r[rd] = result;
        return op + 1;
    }
    if (flags) { /* return from an exception */
        uint32_t saved = c->bank_spsr[vb_bank(c->mode)];
        vb_set_cpsr(c, saved, ~0u);
        c->thumb = saved & PSR_T ? 1 : 0;
    }
    return jump(c, op, result);
}

/* Thumb forms with the program counter as target. */

vb_op *op_mov_pc(vb_core *c, vb_op *op) { FOLLOW(jump(c, op, c->r[op->rm])); }

vb_op *op_add_pc(vb_core *c, vb_op *op) { return jump(c, op, seen_pc(c, op) + c->r[op->rm]); }

/* Multiplication. Names of registers: rd = rm * rs + rn; long ones put the high word in rd and
 * the low one in rn. */

vb_op *op_mul(vb_core *c, vb_op *op)
{
    charge(c, COST_MULTIPLY);
    c->r[op->rd] = c->r[op->rm] * c->r[op->rs];
    NEXT(op);
}

vb_op *op_muls(vb_core *c, vb_op *op)
{
    charge(c, COST_MULTIPLY);
    c->flag_n = c->flag_z = c->r[op->rd] = c->r[op->rm] * c->r[op->rs];
    NEXT(op);
}

vb_op *op_mla(vb_core *c, vb_op *op)
{
    charge(c, COST_MULTIPLY);
    c->r[op->rd] = c->r[op->rm] * c->r[op->rs] + c->r[op->rn];
    NEXT(op);
}

vb_op *op_mlas(vb_core *c, vb_op *op)
{
    charge(c, COST_MULTIPLY);
    c->flag_n = c->flag_z = c->r[op->rd] = c->r[op->rm] * c->r[op->rs] + c->r[op->rn];
    NEXT(op);
}

static inline void put_long(vb_core *c, const vb_op *op, uint64_t value)
{
    charge(c, COST_LONG_MULTIPLY);
    c->r[op->rn] = (uint32_t)value;
    c->r[op->rd] = (uint32_t)(value >> 32);
}

static inline uint64_t get_long(const vb_core *c, const vb_op *op)
{
    return (uint64_t)c->r[op->rd] << 32 | c->r[op->rn];
}

static inline uint64_t unsigned_product(const vb_core *c, const vb_op *op)
{
    return (uint64_t)c->r[op->rm] * c->r[op->rs];
}

static inline uint64_t signed_product(const vb_core *c, const vb_op *op)
{
    return (uint64_t)((int64_t)(int32_t)c->r[op->rm] * (int32_t)c->r[op->rs]);
}

vb_op *op_umull(vb_core *c, vb_op *op)
{
    put_long(c, op, unsigned_product(c, op));
    NEXT(op);
}

vb_op *op_umlal(vb_core *c, vb_op *op)
{
    put_long(c, op, unsigned_product(c, op) + get_long(c, op));
    NEXT(op);
}

vb_op *op_smull(vb_core *c, vb_op *op)
{
    put_long(c, op, signed_product(c, op));
    NEXT(op);
}

vb_op *op_smlal(vb_core *c, vb_op *op)
{
    put_long(c, op, signed_product(c, op) + get_long(c, op));
    NEXT(op);
}

/* The four above with flags: bit 0 of `imm` accumulates, bit 1 has a sign. */
vb_op *op_long_s(vb_core *c, vb_op *op)
{
    uint64_t product = op->imm & 2 ? signed_product(c, op) : unsigned_product(c, op);
    put_long(c, op, product + (op->imm & 1 ? get_long(c, op) : 0));
    c->flag_n = c->r[op->rd];
    c->flag_z = c->r[op->rd] | c->r[op->rn];
    NEXT(op);
}

/* Halves: bit 0 of `imm` takes the top of rm, bit 1 that of rs. */

static inline int32_t half(uint32_t value, uint32_t top)
{
    return (int16_t)(top ? value >> 16 : value);
}

static inline uint32_t product_of_halves(const vb_core *c, const vb_op *op)
{
    return (uint32_t)(half(c->r[op->rm], op->imm & 1) * half(c->r[op->rs], op->imm & 2));
}

static inline uint32_t product_with_half(const vb_core *c, const vb_op *op)
{
    int64_t product = (int64_t)(int32_t)c->r[op->rm] * half(c->r[op->rs], op->imm & 2);
    return (uint32_t)(product >> 16);
}

static inline void accumulate(vb_core *c, const vb_op *op, uint32_t a)
{
    uint32_t b = c->r[op->rn], result = a + b;
    c->flag_q |= ((a ^ result) & (b ^ result)) >> 31;
    c->r[op->rd] = result;
}

vb_op *op_smla_xy(vb_core *c, vb_op *op)
{
    accumulate(c, op, product_of_halves(c, op));
    NEXT(op);
}

vb_op *op_smlaw_y(vb_core *c, vb_op *op)
{
    accumulate(c, op, product_with_half(c, op));
    NEXT(op);
}

vb_op *op_smul_xy(vb_core *c, vb_op *op)
{
    c->r[op->rd] = product_of_halves(c, op);
    NEXT(op);
}

vb_op *op_smulw_y(vb_core *c, vb_op *op)
{
    c->r[op->rd] = product_with_half(c, op);
    NEXT(op);
}

vb_op *op_smlal_xy(vb_core *c, vb_op *op)
{
    int64_t product = (int32_t)product_of_halves(c, op);
    uint64_t sum = get_long(c, op) + (uint64_t)product;
    charge(c, COST_MULTIPLY);
    c->r[op->rn] = (uint32_t)sum;
    c->r[op->rd] = (uint32_t)(sum >> 32);
    NEXT(op);
}

static int64_t saturate(vb_core *c, int64_t value)
{
    int64_t kept = value > INT32_MAX ? INT32_MAX : value < INT32_MIN ? INT32_MIN : value;
    if (kept != value)
        c->flag_q = 1;
    return kept;
}

/* Bit 0 of `imm` subtracts, bit 1 doubles rn first. */
vb_op *op_qadd(vb_core *c, vb_op *op)
{
    int64_t m = (int32_t)c->r[op->rm], n = (int32_t)c->r[op->rn];
    if (op->imm & 2)
        n = saturate(c, 2 * n);
    c->r[op->rd] = (uint32_t)saturate(c, op->imm & 1 ? m - n : m + n);
    NEXT(op);
}

vb_op *op_clz(vb_core *c, vb_op *op)
{
    uint32_t value = c->r[op->rm];
    c->r[op->rd] = value ? (uint32_t)__builtin_clz(value) : 32;
    NEXT(op);
}

/* Status registers and the system coprocessor; `rs` of the first two: the saved register. */

vb_op *op_mrs(vb_core *c, vb_op *op)
{
    c->r[op->rd] = op->rs ? c->bank_spsr[vb_bank(c->mode)] : vb_get_cpsr(c);
    return op + 1;
}

/* `rd`: fields c, x, s, f as bits 0 to 3; `rn`: the value is `imm`, not a register. */
vb_op *op_msr(vb_core *c, vb_op *op)
{
    static const uint32_t bytes[4] = {0xff, 0xff00, 0xff0000, 0xff000000};
    uint32_t mask = 0, value = op->rn ? op->imm : c->r[op->rm];
    for (int i = 0; i < 4; i++)
        mask |= op->rd >> i & 1 ? bytes[i] : 0;
    if (c->mode == MODE_USR)
        mask &= 0xff000000;
    if (op->rs) {
        uint32_t *saved = c->bank_spsr + vb_bank(c->mode);
        if (vb_bank(c->mode))
            *saved = (*saved & ~mask) | (value & mask);
        return op + 1;
    }
    vb_set_cpsr(c, value, mask);
    return c->leave ? leave(c, op) : op + 1;
}

enum { CP15_ID = 0x41059680 };

/* `imm`: the instruction; the registers used are control, wait for interrupt, write buffer. */
vb_op *op_mcr(vb_core *c, vb_op *op)
{
    uint32_t which = (op->imm >> 8 & 0xf00) | (op->imm << 4 & 0xf0) | (op->imm >> 5 & 7);
    switch (which) {
    case 0x100:
        c->cp15_control = c->r[op->rd];
        c->align_check = c->cp15_control & 2;
        return op + 1;
    case 0x704:
        c->sleeping = true;
        return leave(c, op);
    case 0x7a4:
        return op + 1;
    default:
        return op_undefined(c, op);
    }
}

vb_op *op_mrc(vb_core *c, vb_op *op)
{
    uint32_t which = op->imm >> 16 & 15;
    if (which > 1)
        return op_undefined(c, op);
    uint32_t value = which ? c->cp15_control : CP15_ID;
    if (op->rd == 15)
        vb_set_cpsr(c, (value & 0xf0000000) | c->flag_q << 27, 0xff000000);
    else
        c->r[op->rd] = value;
    return op + 1;
}
