/* Thumb instructions to operations. */
#include "cpu.h"

static uint8_t low(uint32_t insn, int at) { return (uint8_t)(insn >> at & 7); }

static uint32_t undefined(uint32_t insn, vb_op *op)
{
    op->imm = insn;
    return OP_undefined;
}

/* Shift by a constant. */
static uint32_t decode_shift(uint32_t insn, vb_op *op)
{
    uint32_t type = insn >> 11 & 3, amount = insn >> 6 & 31;
    op->rd = low(insn, 0);
    op->rm = low(insn, 3);
    if (type == 0 && amount == 0)
        return OP_movs_reg;
    if (amount == 0) {
        op->rs = (uint8_t)(type << 6);
        return OP_movs_sh;
    }
    op->rs = (uint8_t)amount;
    return OP_movs_lsl + type;
}

static uint32_t decode_add_subtract(uint32_t insn, vb_op *op)
{
    bool constant = insn & 1u << 10, minus = insn & 1u << 9;
    op->rd = low(insn, 0);
    op->rn = low(insn, 3);
    op->rm = constant ? 0 : low(insn, 6);
    op->imm = insn >> 6 & 7;
    if (constant)
        return minus ? OP_subs_imm : OP_adds_imm;
    return minus ? OP_subs_reg : OP_adds_reg;
}

static uint32_t decode_byte_constant(uint32_t insn, vb_op *op)
{
    static const uint16_t ops[4] = {OP_movs_imm, OP_cmp_imm, OP_adds_imm, OP_subs_imm};
    op->rd = op->rn = low(insn, 8);
    op->imm = insn & 0xff;
    return ops[insn >> 11 & 3];
}

static uint32_t decode_register_shift(uint32_t insn, vb_op *op, uint32_t type)
{
    op->rm = low(insn, 0);
    op->rs = (uint8_t)(type << 6 | 32 | low(insn, 3));
    return OP_movs_sh;
}

static uint32_t decode_alu(uint32_t insn, vb_op *op)
{
    static const uint16_t ops[16] = {
        OP_ands_reg, OP_eors_reg, 0, 0, 0, OP_adcs_reg, OP_sbcs_reg, 0,
        OP_tst_reg, 0, OP_cmp_reg, OP_cmn_reg, OP_orrs_reg, OP_muls, OP_bics_reg, OP_mvns_reg};
    op->rd = op->rn = low(insn, 0);
    op->rm = low(insn, 3);
    switch (insn >> 6 & 15) {
    case 2: return decode_register_shift(insn, op, 0);
    case 3: return decode_register_shift(insn, op, 1);
    case 4: return decode_register_shift(insn, op, 2);
    case 7: return decode_register_shift(insn, op, 3);
    case 9: /* 0 - rm */
        op->rn = op->rm;
        op->rm = 0;
        return OP_rsbs_imm;
    case 13:
        op->rs = low(insn, 0);
        return OP_muls;
    default: return ops[insn >> 6 & 15];
    }
}

/* High registers. The program counter reads as a constant. */
static uint32_t decode_high(uint32_t insn, vb_op *op)
{
    uint32_t code = insn >> 8 & 3, pc = op->pc + 4;
    op->rd = op->rn = (uint8_t)((insn >> 4 & 8) | low(insn, 0));
    op->rm = (uint8_t)(insn >> 3 & 15);
    op->imm = pc;
    bool from_pc = op->rm == 15;
    switch (code) {
    case 0:
        if (op->rd == 15)
            return from_pc ? undefined(insn, op) : OP_add_pc;
        return from_pc ? OP_add_imm : OP_add_reg;
    case 1:
        if (op->rd == 15)
            return undefined(insn, op);
        return from_pc ? OP_cmp_imm : OP_cmp_reg;
    case 2:
        if (op->rd == 15) {
            op->imm = pc & ~1u;
            return from_pc ? OP_b_far : OP_mov_pc;
        }
        return from_pc ? OP_mov_imm : OP_mov_reg;
    default: return insn & 128 ? OP_blx : OP_bx;
    }
}

static uint32_t decode_literal(uint32_t insn, vb_op *op)
{
    op->rd = low(insn, 8);
    op->imm = ((op->pc + 4) & ~3u) + (insn & 0xff) * 4;
    return OP_ldr_abs;
}

static uint32_t decode_by_register(uint32_t insn, vb_op *op)
{
    static const uint16_t ops[8] = {OP_str_reg, OP_strh_reg, OP_strb_reg, OP_ldrsb_reg,
                                    OP_ldr_reg, OP_ldrh_reg, OP_ldrb_reg, OP_ldrsh_reg};
    op->rd = low(insn, 0);
    op->rn = low(insn, 3);
    op->rm = low(insn, 6);
    return ops[insn >> 9 & 7];
}

static uint32_t decode_by_constant(uint32_t insn, vb_op *op)
{
    uint32_t amount = insn >> 6 & 31;
    bool is_load = insn & 1u << 11;
    op->rd = low(insn, 0);
    op->rn = low(insn, 3);
    switch (insn >> 12) {
    case 6: op->imm = amount * 4; return is_load ? OP_ldr_imm : OP_str_imm;
    case 7: op->imm = amount; return is_load ? OP_ldrb_imm : OP_strb_imm;
    default: op->imm = amount * 2; return is_load ? OP_ldrh_imm : OP_strh_imm;
    }
}

static uint32_t decode_stack(uint32_t insn, vb_op *op)
{
    op->rd = low(insn, 8);
    op->rn = 13;
    op->imm = (insn & 0xff) * 4;
    return insn & 1u << 11 ? OP_ldr_imm : OP_str_imm;
}

static uint32_t decode_address(uint32_t insn, vb_op *op)
{
    op->rd = low(insn, 8);
    op->imm = (insn & 0xff) * 4;
    if (insn & 1u << 11) {
        op->rn = 13;
        return OP_add_imm;
    }
    op->imm += (op->pc + 4) & ~3u;
    return OP_mov_imm;
}

/* Numbers as in the operation: up 1, before 2, write back 4. */
static uint32_t decode_many(uint32_t insn, vb_op *op, uint32_t list, uint32_t how, bool is_load)
{
    op->imm = list;
    op->rm = (uint8_t)__builtin_popcount(list);
    op->rs = (uint8_t)how;
    if (list == 0)
        return undefined(insn, op);
    return is_load ? OP_ldm : OP_stm;
}

static uint32_t decode_push_pop(uint32_t insn, vb_op *op)
{
    uint32_t list = insn & 0xff, more = insn >> 8 & 1;
    op->rn = 13;
    if (insn & 1u << 11)
        return decode_many(insn, op, list | more << 15, 1 | 4, true);
    return decode_many(insn, op, list | more << 14, 2 | 4, false);
}

static uint32_t decode_miscellaneous(uint32_t insn, vb_op *op)
{
    if ((insn & 0x0f00) == 0) {
        op->rd = op->rn = 13;
        op->imm = (insn & 0x7f) * 4;
        return insn & 0x80 ? OP_sub_imm : OP_add_imm;
    }
    if ((insn & 0x0600) == 0x0400)
        return decode_push_pop(insn, op);
    if ((insn & 0x0f00) == 0x0e00)
        return OP_bkpt;
    return undefined(insn, op);
}

static uint32_t decode_transfer(uint32_t insn, vb_op *op)
{
    uint32_t list = insn & 0xff;
    bool is_load = insn & 1u << 11;
    op->rn = low(insn, 8);
    bool keeps = is_load && (list >> op->rn & 1);
    return decode_many(insn, op, list, keeps ? 1 : 1 | 4, is_load);
}

/* A branch by a distance in halves, counted from the next instruction but one. */
static uint32_t branch(vb_op *op, int32_t halves, uint32_t near_op, bool near)
{
    uint32_t target = op->pc + 4 + (uint32_t)halves * 2;
    if (near && target < ITCM_SIZE) {
        op->imm = (uint32_t)(halves + 2);
        return near_op;
    }
    op->imm = target;
    return OP_b_far;
}

static uint32_t decode_long_branch(uint32_t insn, vb_op *op)
{
    uint32_t offset = insn & 0x7ff;
    switch (insn >> 11 & 3) {
    case 2: /* high part of the distance */
        op->rd = 14;
        op->imm = op->pc + 4 + (uint32_t)((int32_t)(offset << 21) >> 9);
        return OP_mov_imm;
    case 3: op->imm = offset * 2; return OP_bl_suffix;
    default: op->imm = offset * 2; return insn & 1 ? undefined(insn, op) : OP_blx_suffix;
    }
}

static uint32_t decode_upper(uint32_t insn, vb_op *op, bool near)
{
    switch (insn >> 12) {
    case 8: return decode_by_constant(insn, op);
    case 9: return decode_stack(insn, op);
    case 10: return decode_address(insn, op);
    case 11: return decode_miscellaneous(insn, op);
    case 12: return decode_transfer(insn, op);
    case 13: return (insn >> 8 & 15) == 15 ? OP_swi : undefined(insn, op);
    default:
        if (insn >> 11 == 28)
            return branch(op, (int32_t)(insn << 21) >> 21, OP_b_al, near);
        return decode_long_branch(insn, op);
    }
}

static uint32_t decode_lower(uint32_t insn, vb_op *op)
{
    switch (insn >> 12) {
    case 0: return decode_shift(insn, op);
    case 1: return insn & 1u << 11 ? decode_add_subtract(insn, op) : decode_shift(insn, op);
    case 2: case 3: return decode_byte_constant(insn, op);
    case 4:
        if (insn & 1u << 11)
            return decode_literal(insn, op);
        return insn & 1u << 10 ? decode_high(insn, op) : decode_alu(insn, op);
    case 5: return decode_by_register(insn, op);
    default: return decode_by_constant(insn, op);
    }
}

void vb_decode_thumb(uint32_t insn, vb_op *op, bool near)
{
    uint32_t condition = insn >> 8 & 15, body;
    bool conditional = insn >> 12 == 13 && condition < 14;
    op->rd = op->rn = op->rm = op->rs = 0;
    op->imm = 0;
    if (conditional)
        body = branch(op, (int8_t)insn, OP_b_al, near);
    else
        body = insn & 0x8000 ? decode_upper(insn, op, near) : decode_lower(insn, op);
    op->run = op->body = (uint16_t)body;
    if (conditional)
        op->run = (uint16_t)((body == OP_b_al ? OP_b_eq : OP_cond_eq) + condition);
}
