/* The processor: modes, exceptions, conditions and the loop that runs instructions. */
#include "cpu.h"

const vb_handler vb_handlers[N_OPS] = {
#define X(name) op_##name,
    VB_OPS(X)
#undef X
};

/* Modes. */

int vb_bank(uint32_t mode)
{
    switch (mode) {
    case MODE_FIQ: return 5;
    case MODE_IRQ: return 4;
    case MODE_SVC: return 1;
    case MODE_ABT: return 2;
    case MODE_UND: return 3;
    default: return 0;
    }
}

void vb_switch_mode(vb_core *c, uint32_t mode)
{
    int from = vb_bank(c->mode), to = vb_bank(mode);
    if (from != to) {
        memcpy(c->bank_r[from], c->r + 13, 8);
        memcpy(c->r + 13, c->bank_r[to], 8);
    }
    if (c->mode != MODE_FIQ && mode == MODE_FIQ) {
        memcpy(c->usr_r, c->r + 8, 20);
        memcpy(c->r + 8, c->fiq_r, 20);
    } else if (c->mode == MODE_FIQ && mode != MODE_FIQ) {
        memcpy(c->fiq_r, c->r + 8, 20);
        memcpy(c->r + 8, c->usr_r, 20);
    }
    c->mode = mode;
}

uint32_t vb_get_cpsr(const vb_core *c)
{
    return (c->flag_n & 1u << 31) | (c->flag_z == 0 ? 1u << 30 : 0) | c->flag_c << 29
           | c->flag_v << 28 | c->flag_q << 27 | c->masks | (c->thumb ? PSR_T : 0) | c->mode;
}

static bool is_mode(uint32_t mode)
{
    return mode == MODE_USR || mode == MODE_SYS || vb_bank(mode) != 0;
}

void vb_set_cpsr(vb_core *c, uint32_t value, uint32_t mask)
{
    if (mask & 0xff000000) {
        c->flag_n = value;
        c->flag_z = ~value & 1u << 30;
        c->flag_c = value >> 29 & 1;
        c->flag_v = value >> 28 & 1;
        c->flag_q = value >> 27 & 1;
    }
    if (mask & 0xff) {
        c->masks = value & (PSR_I | PSR_F);
        c->was_open |= !(value & PSR_I);
        if (is_mode(value & 0x1f))
            vb_switch_mode(c, value & 0x1f);
        vb_check_interrupts(c);
    }
}

void vb_check_interrupts(vb_core *c)
{
    if ((c->irq && !(c->masks & PSR_I)) || (c->fiq && !(c->masks & PSR_F)))
        c->leave = true;
}

/* Exceptions. */

static void enter(vb_core *c, uint32_t mode, uint32_t link)
{
    uint32_t cpsr = vb_get_cpsr(c);
    vb_switch_mode(c, mode);
    c->bank_spsr[vb_bank(mode)] = cpsr;
    c->masks |= mode == MODE_FIQ ? PSR_I | PSR_F : PSR_I;
    c->thumb = 0;
    c->r[14] = link;
}

vb_op *vb_exception(vb_core *c, vb_op *op, uint32_t vector, uint32_t mode, uint32_t link)
{
    enter(c, mode, link);
    return jump(c, op, vector);
}

vb_op *vb_data_abort(vb_core *c, vb_op *op)
{
    return vb_exception(c, op, VECTOR_DATA, MODE_ABT, op->pc + 8);
}

bool vb_enter_interrupt(vb_core *c)
{
    if (c->fiq && !(c->masks & PSR_F)) {
        enter(c, MODE_FIQ, c->r[15] + 4);
        c->r[15] = VECTOR_FIQ;
        return true;
    }
    if (c->irq && !(c->masks & PSR_I)) {
        enter(c, MODE_IRQ, c->r[15] + 4);
        c->r[15] = VECTOR_IRQ;
        return true;
    }
    return false;
}

vb_op *op_undefined(vb_core *c, vb_op *op)
{
    vb_keep_fault(c, VB_UNDEFINED, op->imm, op->pc);
    return vb_exception(c, op, VECTOR_UNDEFINED, MODE_UND, op->pc + size_of(c));
}

vb_op *op_swi(vb_core *c, vb_op *op)
{
    return vb_exception(c, op, VECTOR_SWI, MODE_SVC, op->pc + size_of(c));
}

vb_op *op_bkpt(vb_core *c, vb_op *op)
{
    vb_keep_fault(c, VB_PREFETCH_ABORT, op->pc, op->pc);
    return vb_exception(c, op, VECTOR_PREFETCH, MODE_ABT, op->pc + 4);
}

/* Running. */

vb_op *op_decode(vb_core *c, vb_op *op)
{
    uint32_t insn = 0;
    if (c->thumb) {
        op->pc = (uint32_t)(op - c->thumb_ops) * 2;
        memcpy(&insn, c->itcm + op->pc, 2);
        vb_decode_thumb(insn, op, true);
    } else {
        op->pc = (uint32_t)(op - c->arm_ops) * 4;
        memcpy(&insn, c->itcm + op->pc, 4);
        vb_decode_arm(insn, op, true);
    }
    return vb_handlers[op->run](c, op);
}

vb_op *op_end(vb_core *c, vb_op *op)
{
    c->left -= op - c->mark;
    c->r[15] = ITCM_SIZE;
    return NULL;
}

/* What stands behind the last instructions. */
void vb_mark_end(vb_core *c)
{
    c->arm_ops[N_ARM].run = OP_end;
    c->thumb_ops[N_THUMB].run = OP_end;
}

/* What stands behind an instruction that runs alone. */
vb_op *op_after_step(vb_core *c, vb_op *op) { return leave(c, op - 1); }

/* An instruction that is not in the instruction memory. */
static vb_op *run_outside(vb_core *c)
{
    vb_op *op = c->scratch;
    uint32_t pc = c->r[15], insn;
    c->mark = op;
    op->pc = pc;
    if (!vb_core_fetch(c, pc, (int)size_of(c), &insn)) {
        vb_keep_fault(c, VB_PREFETCH_ABORT, pc, pc);
        return vb_exception(c, op, VECTOR_PREFETCH, MODE_ABT, pc + 4);
    }
    if (c->thumb)
        vb_decode_thumb(insn, op, false);
    else
        vb_decode_arm(insn, op, false);
    op[1].run = OP_after_step;
    return vb_handlers[op->run](c, op);
}

void vb_execute(vb_core *c, int64_t cycles)
{
    c->left = cycles;
    c->stretch_end = c->now + (uint64_t)cycles;
    c->leave = false;
    while (c->left > 0 && !c->leave && !c->sleeping) {
        vb_op *op;
        if (LIKELY(c->r[15] < ITCM_SIZE))
            op = c->mark = op_at(c, c->r[15]);
        else
            op = run_outside(c);
        while (op)
            op = vb_handlers[op->run](c, op);
    }
    c->consumed += (uint64_t)(cycles - c->left);
    c->now += (uint64_t)(cycles - c->left);
}

/* The instruction behind is forgotten for a moment, so that it does not run. */
static void step_inside(vb_core *c)
{
    vb_op *op = c->mark = op_at(c, c->r[15]);
    if (op[1].run != OP_end)
        op[1].run = OP_after_step;
    vb_op *next = vb_handlers[op->run](c, op);
    if (op[1].run == OP_after_step)
        op[1].run = OP_decode;
    if (next)
        leave(c, op);
}

void vb_step_core(vb_core *c)
{
    c->left = 1; /* so every jump comes back */
    c->stretch_end = c->now + 1;
    c->leave = false;
    vb_op *next = NULL;
    if (c->r[15] < ITCM_SIZE)
        step_inside(c);
    else if ((next = run_outside(c)))
        leave(c, c->scratch);
    c->consumed += (uint64_t)(1 - c->left);
    c->now += (uint64_t)(1 - c->left);
}

uint64_t vb_core_clock(const vb_core *c, const vb_op *op)
{
    return c->stretch_end - (uint64_t)c->left + (uint64_t)(op - c->mark);
}

void vb_reset_registers(vb_core *c, uint32_t r0)
{
    memset(c->r, 0, sizeof c->r);
    memset(c->bank_r, 0, sizeof c->bank_r);
    memset(c->bank_spsr, 0, sizeof c->bank_spsr);
    memset(c->fiq_r, 0, sizeof c->fiq_r);
    memset(c->usr_r, 0, sizeof c->usr_r);
    c->flag_n = c->flag_c = c->flag_v = c->flag_q = 0;
    c->flag_z = 1;
    c->thumb = 0;
    c->mode = MODE_SVC;
    c->masks = PSR_I | PSR_F;
    c->was_open = false;
    c->align_check = 0;
    c->cp15_control = 0;
    c->sleeping = false;
    c->r[0] = r0;
}
