/* Names of everything a predecoded instruction can do, in the order of their numbers.
 *
 * Both instruction sets decode to the same operations. Suffixes of the second operand: imm (a
 * constant), reg, lsl, lsr, asr (by 1 to 31), sh (any other shift). Suffixes of an address: imm
 * (base + constant), pre and post (the same with write-back), reg (base + index << constant).
 * Where the program counter is an operand, decoding makes a constant of it or uses a `slow` form.
 */
#ifndef VB_OPS_H
#define VB_OPS_H

#define VB_KINDS(X, name) \
    X(name##_imm) X(name##_reg) X(name##_lsl) X(name##_lsr) X(name##_asr) X(name##_sh)
#define VB_PLACES(X, name) X(name##_imm) X(name##_pre) X(name##_post) X(name##_reg)
#define VB_CONDITIONS(X, name) \
    X(name##_eq) X(name##_ne) X(name##_cs) X(name##_cc) X(name##_mi) X(name##_pl) X(name##_vs) \
    X(name##_vc) X(name##_hi) X(name##_ls) X(name##_ge) X(name##_lt) X(name##_gt) X(name##_le)

#define VB_OPS(X) \
    X(decode) X(end) X(after_step) VB_CONDITIONS(X, cond) VB_CONDITIONS(X, b) X(b_al) X(b_far) X(bl) X(bl_far) \
    X(bl_suffix) X(blx_suffix) X(blx_far) X(bx) X(blx) X(nop) X(mov_pc) X(add_pc) \
    VB_KINDS(X, and) VB_KINDS(X, eor) VB_KINDS(X, sub) VB_KINDS(X, rsb) VB_KINDS(X, add) \
    VB_KINDS(X, adc) VB_KINDS(X, sbc) VB_KINDS(X, rsc) VB_KINDS(X, orr) VB_KINDS(X, mov) \
    VB_KINDS(X, bic) VB_KINDS(X, mvn) \
    VB_KINDS(X, ands) VB_KINDS(X, eors) VB_KINDS(X, subs) VB_KINDS(X, rsbs) VB_KINDS(X, adds) \
    VB_KINDS(X, adcs) VB_KINDS(X, sbcs) VB_KINDS(X, rscs) VB_KINDS(X, orrs) VB_KINDS(X, movs) \
    VB_KINDS(X, bics) VB_KINDS(X, mvns) \
    VB_KINDS(X, tst) VB_KINDS(X, teq) VB_KINDS(X, cmp) VB_KINDS(X, cmn) X(data_slow) \
    VB_PLACES(X, ldr) VB_PLACES(X, str) VB_PLACES(X, ldrb) VB_PLACES(X, strb) \
    VB_PLACES(X, ldrh) VB_PLACES(X, strh) VB_PLACES(X, ldrsb) VB_PLACES(X, ldrsh) \
    X(ldr_abs) X(word_slow) X(half_slow) X(ldm) X(stm) X(ldm_slow) X(stm_slow) X(swp) \
    X(mul) X(muls) X(mla) X(mlas) X(umull) X(umlal) X(smull) X(smlal) X(long_s) \
    X(smla_xy) X(smlaw_y) X(smlal_xy) X(smul_xy) X(smulw_y) X(qadd) X(clz) \
    X(mrs) X(msr) X(mcr) X(mrc) X(swi) X(bkpt) X(undefined)

enum {
#define X(name) OP_##name,
    VB_OPS(X)
#undef X
    N_OPS
};

#endif
