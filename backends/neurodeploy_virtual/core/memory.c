/* What stands at an address: memories with their bounds, devices, faults. */
#include "cpu.h"

/* Tops of the addresses of devices, both copies. */
enum { COMMS_A = 0x10, COMMS_B = 0x20, TIMER_A = 0x11, TIMER_B = 0x21, VIC_A = 0x1f,
       VIC_B = 0x2f, VIC_C = 0xff, DMA_A = 0x30, DMA_B = 0x40, ROUTER_A = 0xe1, ROUTER_B = 0xf1,
       SYSCTL_A = 0xe2, SYSCTL_B = 0xf2, SYSRAM_A = 0xe5, SYSRAM_B = 0xf5 };

static void drop_told_faults(vb_chip *chip)
{
    chip->n_faults -= chip->n_taken;
    memmove(chip->faults, chip->faults + chip->n_taken,
            (size_t)chip->n_faults * sizeof *chip->faults);
    chip->n_taken = 0;
}

void vb_keep_fault(vb_core *c, int kind, uint32_t address, uint32_t pc)
{
    vb_chip *chip = c->chip;
    for (int32_t i = 0; i < chip->n_faults; i++) {
        const vb_fault *old = chip->faults + i;
        if (old->core == c->number && old->kind == kind && old->address == address
            && old->pc == pc)
            return;
    }
    if (chip->n_faults == MAX_FAULTS)
        drop_told_faults(chip);
    if (chip->n_faults == MAX_FAULTS)
        return;
    vb_fault *fault = chip->faults + chip->n_faults++;
    fault->chip = chip->number;
    fault->core = c->number;
    fault->kind = kind;
    fault->address = address;
    fault->pc = pc;
    memcpy(fault->registers, c->r, sizeof c->r);
    fault->registers[15] = pc;
    fault->registers[16] = vb_get_cpsr(c);
    chip->n_new_faults++;
    c->leave = true;
}

/* What was told of a core does not count any more: it starts afresh. */
void vb_forget_faults(vb_core *c)
{
    vb_chip *chip = c->chip;
    int32_t kept = 0, kept_taken = 0;
    for (int32_t i = 0; i < chip->n_faults; i++) {
        bool taken = i < chip->n_taken;
        if (taken && chip->faults[i].core == c->number)
            continue;
        kept_taken += taken;
        chip->faults[kept++] = chip->faults[i];
    }
    chip->n_faults = kept;
    chip->n_taken = kept_taken;
}

uint8_t *vb_shared(vb_chip *chip, uint32_t address, uint32_t length)
{
    uint32_t top = address >> 24, offset = address & 0x0fffffff;
    if (address >> 29 == 3) /* 0x6... and 0x7... */
        return offset < SDRAM_SIZE && length <= SDRAM_SIZE - offset ? chip->sdram + offset : NULL;
    offset &= 0x00ffffff;
    if (top == SYSRAM_A || top == SYSRAM_B)
        return offset < SYSRAM_SIZE && length <= SYSRAM_SIZE - offset ? chip->sysram + offset
                                                                      : NULL;
    return NULL;
}

uint8_t *vb_local(vb_core *c, uint32_t address, uint32_t length)
{
    if (!c->itcm)
        return NULL;
    if (address < ITCM_SIZE)
        return length <= ITCM_SIZE - address ? c->itcm + address : NULL;
    address -= DTCM_BASE;
    return address < DTCM_SIZE && length <= DTCM_SIZE - address ? c->dtcm + address : NULL;
}

/* Something was written into the instruction memory. */
void vb_forget_code(vb_core *c, uint32_t address, uint32_t length)
{
    if (address >= ITCM_SIZE || length == 0)
        return;
    uint32_t end = length > ITCM_SIZE - address ? ITCM_SIZE : address + length;
    for (uint32_t i = address >> 2; i < (end + 3) >> 2; i++)
        c->arm_ops[i].run = OP_decode;
    for (uint32_t i = address >> 1; i < (end + 1) >> 1; i++)
        c->thumb_ops[i].run = OP_decode;
}

static void get(const uint8_t *from, int size, uint32_t *value)
{
    uint32_t read = 0;
    memcpy(&read, from, (size_t)size);
    *value = read;
}

bool vb_core_fetch(vb_core *c, uint32_t address, int size, uint32_t *value)
{
    const uint8_t *from = vb_local(c, address, (uint32_t)size);
    if (!from)
        from = vb_shared(c->chip, address, (uint32_t)size);
    if (!from)
        return false;
    get(from, size, value);
    return true;
}

bool vb_chip_device_read(vb_chip *chip, uint32_t address, uint32_t *value)
{
    uint32_t top = address >> 24, at = address & 0x00ffffff;
    if (top == ROUTER_A || top == ROUTER_B)
        return vb_router_read(chip, at, value);
    if (top == SYSCTL_A || top == SYSCTL_B)
        return vb_sysctl_read(chip, at, value);
    return false;
}

bool vb_chip_device_write(vb_chip *chip, uint32_t address, uint32_t value)
{
    uint32_t top = address >> 24, at = address & 0x00ffffff;
    if (top == ROUTER_A || top == ROUTER_B)
        return vb_router_write(chip, at, value);
    if (top == SYSCTL_A || top == SYSCTL_B)
        return vb_sysctl_write(chip, at, value);
    return false;
}

enum answer { NOTHING, UNKNOWN, DONE };

static bool is_vic_page(uint32_t address) { return address >= 0xfffff000; }

static enum answer device_read(vb_core *c, uint64_t now, uint32_t address, uint32_t *value)
{
    uint32_t at = address & 0x00ffffff;
    bool known;
    switch (address >> 24) {
    case COMMS_A: case COMMS_B: known = vb_comms_read(c, at, value); break;
    case TIMER_A: case TIMER_B: known = vb_timer_read(c, now, at, value); break;
    case VIC_A: case VIC_B: known = vb_vic_read(c, at, value); break;
    case DMA_A: case DMA_B: known = vb_dma_read(c, now, at, value); break;
    case ROUTER_A: case ROUTER_B: case SYSCTL_A: case SYSCTL_B:
        known = vb_chip_device_read(c->chip, address, value);
        break;
    case VIC_C:
        if (!is_vic_page(address))
            return NOTHING;
        known = vb_vic_read(c, address & 0xfff, value);
        break;
    default: return NOTHING;
    }
    return known ? DONE : UNKNOWN;
}

static enum answer device_write(vb_core *c, uint64_t now, uint32_t address, uint32_t value)
{
    uint32_t at = address & 0x00ffffff;
    bool known;
    switch (address >> 24) {
    case COMMS_A: case COMMS_B: known = vb_comms_write(c, now, at, value); break;
    case TIMER_A: case TIMER_B: known = vb_timer_write(c, now, at, value); break;
    case VIC_A: case VIC_B: known = vb_vic_write(c, at, value); break;
    case DMA_A: case DMA_B: known = vb_dma_write(c, now, at, value); break;
    case ROUTER_A: case ROUTER_B: case SYSCTL_A: case SYSCTL_B:
        known = vb_chip_device_write(c->chip, address, value);
        break;
    case VIC_C:
        if (!is_vic_page(address))
            return NOTHING;
        known = vb_vic_write(c, address & 0xfff, value);
        break;
    default: return NOTHING;
    }
    return known ? DONE : UNKNOWN;
}

static bool abort_with(vb_core *c, const vb_op *op, int kind, uint32_t address)
{
    c->abort_address = address;
    vb_keep_fault(c, kind, address, op->pc);
    return false;
}

static uint64_t load_aborted(vb_core *c, const vb_op *op, int kind, uint32_t address)
{
    abort_with(c, op, kind, address);
    return LOAD_FAILED;
}

/* Words stand at addresses that are multiples of four: fault or, without the check, turn. */
static uint64_t load_turned(vb_core *c, vb_op *op, uint32_t address, int size)
{
    uint32_t turn = (address & 3) * 8;
    if (c->align_check)
        return load_aborted(c, op, VB_ALIGNMENT, address);
    uint64_t word = vb_core_load(c, op, address & ~(uint32_t)(size - 1), size);
    if (size == 2 || word == LOAD_FAILED)
        return word;
    return (uint32_t)word >> turn | (uint32_t)word << (32 - turn);
}

/* A full transmitter stays full until packets are routed, after this stretch: a program that asks
 * again and again may as well be slow. */
static void wait_for_room(vb_core *c, const vb_op *op, uint32_t address)
{
    uint32_t top = address >> 24;
    int64_t rest = c->left - (op + 1 - c->mark);
    if ((top == COMMS_A || top == COMMS_B) && c->comms.tx_n >= TX_FULL && rest > 0)
        charge(c, rest);
}

static uint64_t load_device(vb_core *c, vb_op *op, uint32_t address, int size)
{
    uint32_t word = 0;
    charge(c, COST_DEVICE);
    enum answer answer = device_read(c, vb_core_clock(c, op), address & ~3u, &word);
    if (answer == NOTHING)
        return load_aborted(c, op, VB_DATA_ABORT, address);
    if (answer == UNKNOWN)
        vb_keep_fault(c, VB_REGISTER, address, op->pc);
    wait_for_room(c, op, address);
    word >>= (address & 3) * 8;
    return size == 4 ? word : word & ((1u << size * 8) - 1);
}

/* Whether some memory, not a device, may be there. */
static bool is_memory(uint32_t address)
{
    uint32_t top = address >> 24;
    return top == 0 || address >> 29 == 3 || top == SYSRAM_A || top == SYSRAM_B;
}

uint64_t vb_core_load(vb_core *c, vb_op *op, uint32_t address, int size)
{
    const uint8_t *from;
    uint32_t value;
    if (address & (uint32_t)(size - 1))
        return load_turned(c, op, address, size);
    if (!is_memory(address))
        return load_device(c, op, address, size);
    from = vb_local(c, address, (uint32_t)size);
    if (!from) {
        from = vb_shared(c->chip, address, (uint32_t)size);
        if (!from)
            return load_aborted(c, op, VB_DATA_ABORT, address);
        charge(c, COST_SHARED_READ);
    }
    get(from, size, &value);
    return value;
}

static bool store_device(vb_core *c, vb_op *op, uint32_t address, uint32_t value)
{
    charge(c, COST_DEVICE);
    enum answer answer = device_write(c, vb_core_clock(c, op), address, value);
    if (answer == NOTHING)
        return abort_with(c, op, VB_DATA_ABORT, address);
    if (answer == UNKNOWN)
        vb_keep_fault(c, VB_REGISTER, address, op->pc);
    return true;
}

bool vb_core_store(vb_core *c, vb_op *op, uint32_t address, int size, uint32_t value)
{
    uint8_t *to;
    if (address & (uint32_t)(size - 1)) {
        if (c->align_check)
            return abort_with(c, op, VB_ALIGNMENT, address);
        return vb_core_store(c, op, address & ~(uint32_t)(size - 1), size, value);
    }
    if (!is_memory(address))
        return store_device(c, op, address, value);
    if ((to = vb_local(c, address, (uint32_t)size))) {
        memcpy(to, &value, (size_t)size);
        vb_forget_code(c, address, (uint32_t)size);
        return true;
    }
    if (!(to = vb_shared(c->chip, address, (uint32_t)size)))
        return abort_with(c, op, VB_DATA_ABORT, address);
    charge(c, COST_SHARED_WRITE);
    memcpy(to, &value, (size_t)size);
    c->chip->has_written |= address >> 29 == 7; /* the system RAM */
    return true;
}
