/* The system controller of a chip: calls to cores, locks, flags. */
#include "inner.h"

enum { CHIP_ID = 0x00, CPU_DISABLE = 0x04, CALL_SET = 0x08, CALL_CLEAR = 0x0c, OK_SET = 0x10,
       OK_CLEAR = 0x14, MONITOR_ID = 0x34, MISCELLANEOUS = 0x38, GPIO_RESET = 0x3c,
       GPIO_PORT = 0x40, GPIO_DIRECTION = 0x44, GPIO_SET = 0x48, GPIO_CLEAR = 0x4c,
       FLAG_SET = 0x58, FLAG_CLEAR = 0x5c, SLEEPING = 0x64, LOCK_SET = 0x100, LOCK_CLEAR = 0x180,
       LINK_DISABLE = 0x200 };
enum { THIS_CHIP = 0x59111012, CORE_BITS = 0x0003ffff };

void vb_sysctl_reset(vb_sysctl *s)
{
    memset(s, 0, sizeof *s);
    s->ok = CORE_BITS;
}

static uint32_t sleeping_cores(const vb_chip *chip)
{
    uint32_t cores = 0;
    for (int32_t i = 1; i < chip->n_cores; i++)
        cores |= (uint32_t)(chip->cores[i].state == CORE_ON && chip->cores[i].sleeping) << i;
    return cores;
}

/* Reading a lock takes or frees it; the top bit says whether it was taken. */
static uint32_t use_lock(vb_sysctl *s, uint32_t at)
{
    uint32_t bit = 1u << (at >> 2 & 31), was = s->locks & bit;
    s->locks = at < LOCK_CLEAR ? s->locks | bit : s->locks & ~bit;
    return was ? 1u << 31 : 0;
}

bool vb_sysctl_read(vb_chip *chip, uint32_t at, uint32_t *value)
{
    vb_sysctl *s = &chip->sysctl;
    if (at >= LOCK_SET && at < LOCK_CLEAR + 128 && !(at & 3))
        return *value = use_lock(s, at), true;
    switch (at) {
    case CHIP_ID: *value = THIS_CHIP; return true;
    case CPU_DISABLE: *value = 0; return true;
    case CALL_SET: case CALL_CLEAR: *value = s->calls; return true;
    case OK_SET: case OK_CLEAR: *value = s->ok; return true;
    case MONITOR_ID: *value = s->monitor; return true;
    case MISCELLANEOUS: *value = s->misc; return true;
    case GPIO_PORT: case GPIO_SET: *value = s->gpio; return true;
    case GPIO_DIRECTION: *value = s->gpio_direction; return true;
    case FLAG_SET: case FLAG_CLEAR: *value = s->flags; return true;
    case SLEEPING: *value = sleeping_cores(chip); return true;
    case LINK_DISABLE: *value = s->link_disable; return true;
    default: return false;
    }
}

static void call_cores(vb_chip *chip, uint32_t cores, bool on)
{
    vb_sysctl *s = &chip->sysctl;
    cores &= CORE_BITS;
    s->calls = on ? s->calls | cores : s->calls & ~cores;
    for (int32_t i = 1; i < chip->n_cores; i++)
        if (cores >> i & 1)
            vb_set_line(chip->cores + i, LINE_CPU, on);
}

bool vb_sysctl_write(vb_chip *chip, uint32_t at, uint32_t value)
{
    vb_sysctl *s = &chip->sysctl;
    switch (at) {
    case CALL_SET: call_cores(chip, value, true); return true;
    case CALL_CLEAR: call_cores(chip, value, false); return true;
    case OK_SET: s->ok |= value & CORE_BITS; return true;
    case OK_CLEAR: s->ok &= ~value; return true;
    case MONITOR_ID: s->monitor = value & 31; return true;
    case MISCELLANEOUS: s->misc = value; return true;
    case GPIO_RESET: return true;
    case GPIO_PORT: s->gpio = value; return true;
    case GPIO_DIRECTION: s->gpio_direction = value; return true;
    case GPIO_SET: s->gpio |= value; return true;
    case GPIO_CLEAR: s->gpio &= ~value; return true;
    case FLAG_SET: s->flags |= value; return true;
    case FLAG_CLEAR: s->flags &= ~value; return true;
    case LINK_DISABLE: s->link_disable = value; return true;
    default: return false;
    }
}
