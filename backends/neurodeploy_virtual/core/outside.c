/* What the monitor does with a machine: memory, cores, packets and routes. */
#include "inner.h"

/* Memory from outside. */

/* Plain memory at an address, for a whole length. */
static uint8_t *memory_at(vb_machine *m, int32_t chip, int32_t core, uint32_t address,
                          uint32_t length)
{
    vb_core *c = core < 0 ? NULL : vb_core_at(m, chip, core);
    uint8_t *found = c ? vb_local(c, address, length) : NULL;
    return found ? found : vb_shared(m->chips + chip, address, length);
}

static bool is_place(const vb_machine *m, int32_t chip, int32_t core)
{
    return vb_chip_at(m, chip) && (core == -1 || vb_core_at(m, chip, core));
}

static bool is_words(uint32_t address, uint32_t length)
{
    return !(address & 3) && !(length & 3) && length <= 0x01000000
           && length <= 0xffffffffu - address;
}

int32_t vb_read(vb_machine *m, int32_t chip, int32_t core, uint32_t address, uint32_t length,
                uint8_t *to)
{
    if (!is_place(m, chip, core))
        return -1;
    const uint8_t *from = memory_at(m, chip, core, address, length);
    if (from) {
        memcpy(to, from, length);
        return 0;
    }
    if (!is_words(address, length))
        return -1;
    for (uint32_t i = 0; i < length; i += 4) {
        uint32_t value;
        if (!vb_chip_device_read(m->chips + chip, address + i, &value))
            return -1;
        memcpy(to + i, &value, 4);
    }
    return 0;
}

/* What is written from outside needs no attention. */
static void note_states(vb_chip *chip, uint32_t address, uint32_t length)
{
    uint32_t first = address & 0x00ffffff;
    for (uint32_t i = 0; i < MAX_CORES; i++) {
        uint32_t at = VCPU_OFFSET + VCPU_SIZE * i + CPU_STATE_OFFSET;
        if (address >> 29 == 7 && at >= first && at - first < length)
            chip->states[i] = chip->sysram[at];
    }
}

static void note_written(vb_machine *m, int32_t chip, int32_t core, uint32_t address,
                         uint32_t length)
{
    vb_core *c = core < 0 ? NULL : vb_core_at(m, chip, core);
    if (c && vb_local(c, address, length))
        vb_forget_code(c, address, length);
    else
        note_states(m->chips + chip, address, length);
}

int32_t vb_write(vb_machine *m, int32_t chip, int32_t core, uint32_t address, uint32_t length,
                 const uint8_t *from)
{
    if (!is_place(m, chip, core))
        return -1;
    uint8_t *to = memory_at(m, chip, core, address, length);
    if (to) {
        memcpy(to, from, length);
        note_written(m, chip, core, address, length);
        return 0;
    }
    if (!is_words(address, length))
        return -1;
    for (uint32_t i = 0; i < length; i += 4) {
        uint32_t value;
        memcpy(&value, from + i, 4);
        if (!vb_chip_device_write(m->chips + chip, address + i, value))
            return -1;
    }
    return 0;
}

int32_t vb_fill(vb_machine *m, int32_t chip, int32_t core, uint32_t address, uint32_t length,
                uint32_t word)
{
    if (!is_place(m, chip, core) || (length & 3))
        return -1;
    uint8_t *to = memory_at(m, chip, core, address, length);
    if (!to)
        return -1;
    for (uint32_t i = 0; i < length; i += 4)
        memcpy(to + i, &word, 4);
    note_written(m, chip, core, address, length);
    return 0;
}

/* Cores from outside. */

int32_t vb_stop_core(vb_machine *m, int32_t chip, int32_t core)
{
    vb_core *c = vb_core_at(m, chip, core);
    if (!c)
        return -1;
    c->state = CORE_OFF;
    c->sleeping = false;
    c->chip->wake_at[core] = NEVER;
    vb_reset_devices(c);
    return 0;
}

int32_t vb_reset(vb_machine *m, int32_t chip, int32_t core)
{
    vb_core *c = vb_core_at(m, chip, core);
    if (!c)
        return -1;
    vb_stop_core(m, chip, core);
    vb_free_core(c);
    c->itcm = calloc(ITCM_SIZE, 1);
    c->dtcm = calloc(DTCM_SIZE, 1);
    c->arm_ops = calloc(N_ARM + 1, sizeof *c->arm_ops);
    c->thumb_ops = calloc(N_THUMB + 1, sizeof *c->thumb_ops);
    if (!c->itcm || !c->dtcm || !c->arm_ops || !c->thumb_ops) {
        vb_free_core(c);
        return -1;
    }
    vb_mark_end(c);
    vb_forget_faults(c);
    vb_reset_registers(c, 0);
    c->chip->sysctl.calls &= ~(1u << core);
    return 0;
}

int32_t vb_release(vb_machine *m, int32_t chip, int32_t core, uint32_t r0)
{
    vb_core *c = vb_core_at(m, chip, core);
    if (!c || !c->itcm)
        return -1;
    vb_reset_registers(c, r0);
    c->state = CORE_ON;
    c->now = m->now;
    vb_wake(c);
    return 0;
}

int32_t vb_interrupt(vb_machine *m, int32_t chip, int32_t core)
{
    return vb_core_at(m, chip, core)
                   && vb_chip_device_write(m->chips + chip, 0xe2000008, 1u << core)
               ? 0
               : -1;
}

int32_t vb_freeze_timers(vb_machine *m, int32_t chip, int32_t core)
{
    vb_core *c = vb_core_at(m, chip, core);
    if (!c)
        return -1;
    c->timer[0].frozen = c->timer[1].frozen = true;
    vb_find_next_event(c);
    if (c->sleeping && !c->irq && !c->fiq)
        c->chip->wake_at[core] = c->next_event;
    return 0;
}

int32_t vb_was_open(vb_machine *m, int32_t chip, int32_t core)
{
    vb_core *c = vb_core_at(m, chip, core);
    if (!c)
        return -1;
    bool open = c->was_open || c->sleeping || !(c->masks & PSR_I);
    c->was_open = !(c->masks & PSR_I);
    return open ? 1 : 0;
}

int32_t vb_get_registers(const vb_machine *m, int32_t chip, int32_t core, uint32_t *to)
{
    const vb_core *c = vb_core_at(m, chip, core);
    if (!c)
        return -1;
    memcpy(to, c->r, sizeof c->r);
    to[16] = vb_get_cpsr(c);
    return 0;
}

int32_t vb_set_registers(vb_machine *m, int32_t chip, int32_t core, const uint32_t *from)
{
    vb_core *c = vb_core_at(m, chip, core);
    if (!c)
        return -1;
    vb_set_cpsr(c, from[16], ~0u);
    c->thumb = from[16] & PSR_T ? 1 : 0;
    memcpy(c->r, from, sizeof c->r);
    c->r[15] &= c->thumb ? ~1u : ~3u;
    return 0;
}

int32_t vb_step(vb_machine *m, int32_t chip, int32_t core, int32_t count)
{
    vb_core *c = vb_core_at(m, chip, core);
    if (!c || !c->itcm)
        return -1;
    for (int32_t i = 0; i < count; i++)
        vb_step_core(c);
    return 0;
}

/* Packets and routes from outside. */

int32_t vb_send(vb_machine *m, int32_t chip, uint32_t control, uint32_t key, uint32_t payload,
                int32_t link)
{
    vb_chip *found = vb_chip_at(m, chip);
    if (!found || link < -1 || link >= N_LINKS)
        return -1;
    vb_packet packet = {m->now, key, payload, control & 0x00ffffff, link};
    if (!vb_put_in_queue(found, 0, &packet))
        return -1;
    found->senders |= 1;
    found->sent++;
    return 0;
}

int32_t vb_take_packets(vb_machine *m, int32_t chip, int32_t most, uint32_t *to)
{
    vb_chip *found = vb_chip_at(m, chip);
    if (!found)
        return 0;
    int32_t n = found->n_queue[1] < most ? found->n_queue[1] : most, rest = found->n_queue[1] - n;
    for (int32_t i = 0; i < n; i++) {
        const vb_packet *p = found->queue[1] + i;
        to[3 * i] = p->key;
        to[3 * i + 1] = p->payload;
        to[3 * i + 2] = p->control;
    }
    if (n)
        memmove(found->queue[1], found->queue[1] + n, (size_t)rest * sizeof(vb_packet));
    found->n_queue[1] = rest;
    return n;
}

static void put_route(vb_chip *chip, uint32_t entry, const uint32_t *from)
{
    static const uint32_t tables[3] = {0x8000, 0xc000, 0x4000};
    for (int i = 0; i < 3; i++)
        vb_router_write(chip, tables[i] + entry * 4, from[i]);
}

int32_t vb_load_routes(vb_machine *m, int32_t chip, int32_t first, int32_t n,
                       const uint32_t *entries)
{
    vb_chip *found = vb_chip_at(m, chip);
    if (!found || first < 0 || n < 0 || n > N_ROUTES || first > N_ROUTES - n)
        return -1;
    for (int32_t i = 0; i < n; i++)
        put_route(found, (uint32_t)(first + i), entries + 3 * i);
    return 0;
}

int32_t vb_clear_routes(vb_machine *m, int32_t chip)
{
    static const uint32_t unset[3] = {~0u, 0, 0xff000000};
    vb_chip *found = vb_chip_at(m, chip);
    for (uint32_t i = 0; found && i < N_ROUTES; i++)
        put_route(found, i, unset);
    return found ? 0 : -1;
}
