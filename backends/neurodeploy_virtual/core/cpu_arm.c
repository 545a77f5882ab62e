/* ARM instructions (version 5TE) to operations. */
#include "cpu.h"

/* First of the kinds of each data instruction, without and with flags; -1: none. */
static const int16_t PLAIN_OPS[16] = {
    OP_and_imm, OP_eor_imm, OP_sub_imm, OP_rsb_imm, OP_add_imm, OP_adc_imm, OP_sbc_imm,
    OP_rsc_imm, -1, -1, -1, -1, OP_orr_imm, OP_mov_imm, OP_bic_imm, OP_mvn_imm};
static const int16_t FLAG_OPS[16] = {
    OP_ands_imm, OP_eors_imm, OP_subs_imm, OP_rsbs_imm, OP_adds_imm, OP_adcs_imm, OP_sbcs_imm,
    OP_rscs_imm, OP_tst_imm, OP_teq_imm, OP_cmp_imm, OP_cmn_imm, OP_orrs_imm, OP_movs_imm,
    OP_bics_imm, OP_mvns_imm};
enum { KIND_IMM, KIND_REG, KIND_LSL, KIND_LSR, KIND_ASR, KIND_SH };

static uint32_t field(uint32_t insn, int at) { return insn >> at & 15; }

static uint32_t slow(vb_op *op, uint32_t insn, uint32_t which)
{
    op->imm = insn;
    return which;
}

static void set_registers(vb_op *op, uint32_t insn)
{
    op->rn = (uint8_t)field(insn, 16);
    op->rd = (uint8_t)field(insn, 12);
    op->rs = (uint8_t)field(insn, 8);
    op->rm = (uint8_t)field(insn, 0);
}

/* Kind of a shifted register, with `rs` as that kind wants it. */
static int shifted_kind(vb_op *op, uint32_t insn)
{
    uint32_t type = insn >> 5 & 3, amount = insn >> 7 & 31;
    if (insn & 16) {
        op->rs = (uint8_t)(type << 6 | 32 | field(insn, 8));
        return KIND_SH;
    }
    if (amount == 0 && type == 0)
        return KIND_REG;
    if (amount == 0 || type == 3) {
        op->rs = (uint8_t)(type << 6 | amount);
        return KIND_SH;
    }
    op->rs = (uint8_t)amount;
    return KIND_LSL + (int)type;
}

static uint32_t decode_data(uint32_t insn, vb_op *op)
{
    uint32_t code = insn >> 21 & 15, carry = 0;
    bool flags = insn & 1u << 20, constant = insn & 1u << 25;
    bool has_n = code != 13 && code != 15, has_d = code < 8 || code > 11;
    set_registers(op, insn);
    if (constant) {
        op->rs = insn >> 8 & 15 ? 1 : 0;
        op->imm = shift(insn & 0xff, 3, insn >> 7 & 30, &carry);
    }
    if (constant && !flags && op->rn == 15 && op->rd != 15 && (code == 2 || code == 4)) {
        op->imm = op->pc + 8 + (code == 4 ? op->imm : -op->imm);
        op->rn = 0;
        return OP_mov_imm;
    }
    if ((has_d && op->rd == 15) || (has_n && op->rn == 15))
        return slow(op, insn, OP_data_slow);
    if (!constant && (op->rm == 15 || ((insn & 16) && field(insn, 8) == 15)))
        return slow(op, insn, OP_data_slow);
    op->rd = has_d ? op->rd : 0;
    int kind = constant ? KIND_IMM : shifted_kind(op, insn);
    return (uint32_t)((flags ? FLAG_OPS : PLAIN_OPS)[code] + kind);
}

static uint32_t decode_multiply(uint32_t insn, vb_op *op)
{
    static const uint16_t longs[4] = {OP_umull, OP_umlal, OP_smull, OP_smlal};
    uint32_t code = insn >> 21 & 7;
    bool flags = insn & 1u << 20;
    if (insn & 1u << 24) { /* a swap */
        set_registers(op, insn);
        op->rs = insn & 1u << 22 ? 1 : 0;
        return (insn & 0x0fb00ff0) == 0x01000090 ? OP_swp : OP_undefined;
    }
    op->rd = (uint8_t)field(insn, 16);
    op->rn = (uint8_t)field(insn, 12);
    op->rs = (uint8_t)field(insn, 8);
    op->rm = (uint8_t)field(insn, 0);
    if (code & 4) {
        op->imm = code & 3;
        return flags ? OP_long_s : longs[code & 3];
    }
    if (code > 1)
        return OP_undefined;
    return code ? (flags ? OP_mlas : OP_mla) : (flags ? OP_muls : OP_mul);
}

/* Where an address is base plus constant: how to use it. */
static int constant_place(uint32_t insn)
{
    bool before = insn & 1u << 24, back = insn & 1u << 21;
    return before ? (back ? 1 : 0) : 2;
}

static uint32_t decode_half(uint32_t insn, vb_op *op)
{
    static const uint16_t loads[4] = {0, OP_ldrh_imm, OP_ldrsb_imm, OP_ldrsh_imm};
    uint32_t kind = insn >> 5 & 3, offset = (insn >> 4 & 0xf0) | (insn & 15);
    bool is_load = insn & 1u << 20;
    set_registers(op, insn);
    if ((!is_load && kind > 1) || op->rn == 15 || op->rd == 15)
        return slow(op, insn, OP_half_slow);
    uint32_t first = is_load ? loads[kind] : OP_strh_imm;
    if (insn & 1u << 22) {
        op->imm = insn & 1u << 23 ? offset : -offset;
        return first + (uint32_t)constant_place(insn);
    }
    if ((insn & 0x01a00000) == 0x01800000 && op->rm != 15) { /* up, before, no write-back */
        op->rs = 0;
        return first + 3;
    }
    return slow(op, insn, OP_half_slow);
}

static uint32_t decode_halves_product(uint32_t insn, vb_op *op)
{
    op->rd = (uint8_t)field(insn, 16);
    op->rn = (uint8_t)field(insn, 12);
    op->rs = (uint8_t)field(insn, 8);
    op->rm = (uint8_t)field(insn, 0);
    op->imm = insn >> 5 & 3;
    switch (insn >> 21 & 3) {
    case 0: return OP_smla_xy;
    case 1: return insn & 32 ? OP_smulw_y : OP_smlaw_y;
    case 2: return OP_smlal_xy;
    default: return OP_smul_xy;
    }
}

static uint32_t decode_status(uint32_t insn, vb_op *op)
{
    set_registers(op, insn);
    op->rs = insn & 1u << 22 ? 1 : 0;
    if (!(insn & 1u << 21))
        return OP_mrs;
    op->rd = op->rn;
    op->rn = 0;
    return OP_msr;
}

static uint32_t decode_miscellaneous(uint32_t insn, vb_op *op)
{
    uint32_t which = insn >> 21 & 3;
    if (insn & 128)
        return decode_halves_product(insn, op);
    set_registers(op, insn);
    switch (insn >> 4 & 7) {
    case 0: return decode_status(insn, op);
    case 1: return which == 1 ? OP_bx : which == 3 ? OP_clz : slow(op, insn, OP_undefined);
    case 3: return which == 1 ? OP_blx : slow(op, insn, OP_undefined);
    case 5: op->imm = which; return OP_qadd;
    case 7: return which == 1 ? OP_bkpt : slow(op, insn, OP_undefined);
    default: return slow(op, insn, OP_undefined);
    }
}

static uint32_t decode_registers(uint32_t insn, vb_op *op)
{
    if ((insn & 0x90) == 0x90)
        return insn & 0x60 ? decode_half(insn, op) : decode_multiply(insn, op);
    if ((insn & 0x01900000) == 0x01000000)
        return decode_miscellaneous(insn, op);
    return decode_data(insn, op);
}

static uint32_t decode_constant(uint32_t insn, vb_op *op)
{
    uint32_t carry = 0;
    if ((insn & 0x01900000) != 0x01000000)
        return decode_data(insn, op);
    if (!(insn & 1u << 21))
        return slow(op, insn, OP_undefined);
    op->imm = shift(insn & 0xff, 3, insn >> 7 & 30, &carry);
    op->rd = (uint8_t)field(insn, 16);
    op->rn = 1;
    op->rs = insn & 1u << 22 ? 1 : 0;
    return OP_msr;
}

static uint32_t decode_word(uint32_t insn, vb_op *op)
{
    uint32_t offset = insn & 0xfff;
    bool by_register = insn & 1u << 25, is_byte = insn & 1u << 22, is_load = insn & 1u << 20;
    uint32_t first = is_load ? (is_byte ? OP_ldrb_imm : OP_ldr_imm)
                             : (is_byte ? OP_strb_imm : OP_str_imm);
    if (by_register && (insn & 16))
        return slow(op, insn, OP_undefined);
    set_registers(op, insn);
    op->imm = insn & 1u << 23 ? offset : -offset;
    if (op->rn == 15 && !by_register && first == OP_ldr_imm && op->rd != 15
        && (insn & 0x01200000) == 0x01000000 && !(offset & 3)) {
        op->imm += op->pc + 8;
        return OP_ldr_abs;
    }
    if (op->rn == 15 || op->rd == 15)
        return slow(op, insn, OP_word_slow);
    if (!by_register)
        return first + (uint32_t)constant_place(insn);
    if ((insn & 0x01a00060) == 0x01800000 && op->rm != 15) { /* up, before, LSL, no write-back */
        op->rs = (uint8_t)(insn >> 7 & 31);
        return first + 3;
    }
    return slow(op, insn, OP_word_slow);
}

static uint32_t decode_many(uint32_t insn, vb_op *op)
{
    bool is_load = insn & 1u << 20, special = insn & 1u << 22;
    op->imm = insn & 0xffff;
    op->rn = (uint8_t)field(insn, 16);
    op->rm = (uint8_t)__builtin_popcount(op->imm);
    op->rs = (uint8_t)((insn >> 23 & 1) | (insn >> 24 & 1) << 1 | (insn >> 21 & 1) << 2);
    if (op->rm == 0)
        return slow(op, insn, OP_undefined);
    if (special)
        return is_load ? OP_ldm_slow : OP_stm_slow;
    return is_load ? OP_ldm : OP_stm;
}

static uint32_t decode_branch(uint32_t insn, vb_op *op, bool near)
{
    bool link = insn & 1u << 24;
    int32_t words = (int32_t)(insn << 8) >> 8;
    uint32_t target = op->pc + 8 + (uint32_t)words * 4;
    if (near && target < ITCM_SIZE) {
        op->imm = (uint32_t)(words + 2);
        return link ? OP_bl : OP_b_al;
    }
    op->imm = target;
    return link ? OP_bl_far : OP_b_far;
}

static uint32_t decode_coprocessor(uint32_t insn, vb_op *op)
{
    op->imm = insn;
    op->rd = (uint8_t)field(insn, 12);
    if (insn & 1u << 24)
        return OP_swi;
    if (!(insn & 16) || field(insn, 8) != 15)
        return OP_undefined;
    return insn & 1u << 20 ? OP_mrc : OP_mcr;
}

/* Without a condition. */
static uint32_t decode_always(uint32_t insn, vb_op *op)
{
    if ((insn & 0x0e000000) == 0x0a000000) {
        uint32_t words = (uint32_t)((int32_t)(insn << 8) >> 8);
        op->imm = op->pc + 8 + words * 4 + (insn >> 23 & 2);
        return OP_blx_far;
    }
    if ((insn & 0x0d70f000) == 0x0550f000)
        return OP_nop;
    return slow(op, insn, OP_undefined);
}

static uint32_t decode_any(uint32_t insn, vb_op *op, bool near)
{
    switch (insn >> 25 & 7) {
    case 0: return decode_registers(insn, op);
    case 1: return decode_constant(insn, op);
    case 2: case 3: return decode_word(insn, op);
    case 4: return decode_many(insn, op);
    case 5: return decode_branch(insn, op, near);
    case 6: return slow(op, insn, OP_undefined);
    default: return decode_coprocessor(insn, op);
    }
}

void vb_decode_arm(uint32_t insn, vb_op *op, bool near)
{
    uint32_t condition = insn >> 28;
    op->rd = op->rn = op->rm = op->rs = 0;
    op->imm = 0;
    uint32_t body = condition == 15 ? decode_always(insn, op) : decode_any(insn, op, near);
    op->run = op->body = (uint16_t)body;
    if (condition < 14)
        op->run = (uint16_t)(body == OP_b_al ? OP_b_eq + condition : OP_cond_eq + condition);
}
