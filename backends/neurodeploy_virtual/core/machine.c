/* The whole machine: making it, and the passing of time.
 *
 * Time passes in quanta of 1 us. In each, every core that is awake runs its cycles, one core after
 * the other, and comes to the end of the quantum or a little beyond; then packets are routed.
 * Quanta in which nobody would wake are skipped.
 */
#include "inner.h"

/* Making and freeing. */

static bool make_chip(vb_machine *m, int32_t number, const vb_chip_spec *spec, int32_t n_chips)
{
    vb_chip *chip = m->chips + number;
    chip->machine = m;
    chip->number = number;
    chip->n_cores = spec->cores;
    chip->next_wake = NEVER;
    if (spec->cores < 1 || spec->cores > MAX_CORES)
        return false;
    for (int l = 0; l < N_LINKS; l++) {
        if (spec->links[l] < -1 || spec->links[l] >= n_chips)
            return false;
        chip->links[l] = spec->links[l];
    }
    vb_router_reset(&chip->router);
    vb_sysctl_reset(&chip->sysctl);
    chip->sdram = calloc(SDRAM_SIZE, 1);
    chip->sysram = calloc(SYSRAM_SIZE, 1);
    chip->cores = calloc((size_t)spec->cores, sizeof *chip->cores);
    if (!chip->sdram || !chip->sysram || !chip->cores)
        return false;
    for (int32_t i = 0; i < spec->cores; i++) {
        chip->cores[i].chip = chip;
        chip->cores[i].number = i;
        chip->wake_at[i] = NEVER;
        vb_reset_devices(chip->cores + i);
    }
    return true;
}

vb_machine *vb_new(int32_t n_chips, const vb_chip_spec *specs)
{
    if (n_chips < 1 || n_chips > 1 << 16)
        return NULL;
    vb_machine *m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->n_chips = n_chips;
    m->size_way = 16 * n_chips + 64;
    m->chips = calloc((size_t)n_chips, sizeof *m->chips);
    m->senders = calloc((size_t)n_chips * MAX_CORES, sizeof *m->senders);
    m->due = calloc((size_t)n_chips, sizeof *m->due);
    m->way = calloc((size_t)m->size_way, sizeof *m->way);
    bool made = m->chips && m->senders && m->way && m->due;
    for (int32_t i = 0; made && i < n_chips; i++)
        made = make_chip(m, i, specs + i, n_chips);
    if (made)
        return m;
    vb_free(m);
    return NULL;
}

void vb_free_core(vb_core *c)
{
    free(c->itcm);
    free(c->dtcm);
    free(c->arm_ops);
    free(c->thumb_ops);
    c->itcm = c->dtcm = NULL;
    c->arm_ops = c->thumb_ops = NULL;
}

void vb_free(vb_machine *m)
{
    if (!m)
        return;
    vb_pool_free(m->pool);
    for (int32_t i = 0; m->chips && i < m->n_chips; i++) {
        vb_chip *chip = m->chips + i;
        for (int32_t n = 0; chip->cores && n < chip->n_cores; n++)
            vb_free_core(chip->cores + n);
        free(chip->cores);
        free(chip->sdram);
        free(chip->sysram);
        free(chip->queue[0]);
        free(chip->queue[1]);
    }
    free(m->chips);
    free(m->senders);
    free(m->due);
    free(m->way);
    free(m);
}

vb_chip *vb_chip_at(const vb_machine *m, int32_t chip)
{
    return chip >= 0 && chip < m->n_chips ? m->chips + chip : NULL;
}

/* A core that can run: not the monitor. */
vb_core *vb_core_at(const vb_machine *m, int32_t chip, int32_t core)
{
    vb_chip *found = vb_chip_at(m, chip);
    return found && core > 0 && core < found->n_cores ? found->cores + core : NULL;
}

/* Time. */

void vb_wake(vb_core *c)
{
    vb_chip *chip = c->chip;
    if (c->state != CORE_ON)
        return;
    chip->wake_at[c->number] = chip->next_wake = 0;
    if (c->now < chip->machine->now)
        c->now = chip->machine->now; /* it slept through that */
}

static void run_core(vb_core *c, uint64_t until)
{
    while (c->now < until) {
        if (c->next_event <= c->now)
            vb_do_events(c, c->now);
        if (c->sleeping && !c->irq && !c->fiq) {
            if (c->next_event >= until)
                return;
            c->now = c->next_event;
            continue;
        }
        c->sleeping = false;
        vb_enter_interrupt(c);
        uint64_t end = c->next_event < until ? c->next_event : until;
        vb_execute(c, end > c->now ? (int64_t)(end - c->now) : 1);
    }
}

void vb_run_chip(vb_chip *chip, uint64_t until)
{
    chip->n_awake = 0;
    for (int32_t n = 1; n < chip->n_cores; n++) {
        if (chip->wake_at[n] >= until)
            continue;
        vb_core *c = chip->cores + n;
        run_core(c, until);
        chip->n_awake++;
        chip->wake_at[n] = c->sleeping && !c->irq && !c->fiq ? c->next_event : 0;
    }
    chip->next_wake = NEVER;
    for (int32_t n = 1; n < chip->n_cores; n++)
        if (chip->wake_at[n] < chip->next_wake)
            chip->next_wake = chip->wake_at[n];
}

/* Find the chips that are due; returns about how many cores will run. */
static int32_t find_due(vb_machine *m, uint64_t until)
{
    int32_t n_cores = 0;
    m->n_due = 0;
    for (int32_t i = 0; i < m->n_chips; i++)
        if (m->chips[i].next_wake < until) {
            m->due[m->n_due++] = i;
            n_cores += m->chips[i].n_awake;
        }
    return n_cores;
}

static void run_quantum(vb_machine *m)
{
    enum { WORTH_THREADS = 6 };
    uint64_t until = m->now + QUANTUM;
    int32_t n_cores = find_due(m, until);
    if (m->pool && m->n_due > 1 && n_cores >= WORTH_THREADS)
        vb_pool_run(m->pool, until);
    else
        for (int32_t i = 0; i < m->n_due; i++)
            vb_run_chip(m->chips + m->due[i], until);
    m->now = until;
    vb_route_packets(m);
}

int32_t vb_set_threads(vb_machine *m, int32_t n)
{
    if (n < 1)
        return -1;
    vb_pool_free(m->pool);
    m->pool = n > 1 ? vb_pool_new(m, n) : NULL;
    return n > 1 && !m->pool ? -1 : 0;
}

static bool stop_at(vb_stop *stop, int32_t reason, int32_t chip, int32_t core)
{
    stop->reason = reason;
    stop->chip = chip;
    stop->core = core;
    return true;
}

static bool has_fault(vb_machine *m, vb_stop *stop)
{
    for (int32_t i = 0; i < m->n_chips; i++) {
        vb_chip *chip = m->chips + i;
        if (chip->n_new_faults) {
            chip->n_new_faults = 0;
            return stop_at(stop, VB_FAULT, i, chip->faults[chip->n_faults - 1].core);
        }
    }
    return false;
}

static int32_t changed_core(vb_chip *chip)
{
    for (int32_t n = 1; n < chip->n_cores; n++) {
        uint8_t state = chip->sysram[VCPU_OFFSET + VCPU_SIZE * n + CPU_STATE_OFFSET];
        if (state != chip->states[n]) {
            chip->states[n] = state;
            return n;
        }
    }
    return 0;
}

/* Mailbox flags and states are looked at where the system RAM may have changed. */
static bool needs_attention(vb_machine *m, vb_stop *stop)
{
    for (int32_t i = 0; i < m->n_chips; i++) {
        vb_chip *chip = m->chips + i;
        uint32_t flags;
        if (!chip->has_written)
            continue;
        memcpy(&flags, chip->sysram + MBOX_FLAGS_OFFSET, 4);
        if (flags)
            return stop_at(stop, VB_MAILBOX, i, __builtin_ctz(flags));
        int32_t core = changed_core(chip);
        if (core)
            return stop_at(stop, VB_STATE, i, core);
        chip->has_written = false;
    }
    return false;
}

/* When something happens next. */
static uint64_t next_time(const vb_machine *m)
{
    uint64_t next = vb_any_packets(m) ? m->now : NEVER;
    for (int32_t i = 0; i < m->n_chips; i++)
        if (m->chips[i].next_wake < next)
            next = m->chips[i].next_wake;
    return next;
}

/* Skip quanta in which nothing happens; false if there is nothing to run before the end. */
static bool skip_sleep(vb_machine *m, uint64_t end, vb_stop *stop)
{
    uint64_t next = next_time(m);
    if (next == NEVER) {
        stop->reason = VB_IDLE;
        return false;
    }
    next = next / QUANTUM * QUANTUM;
    if (next > m->now)
        m->now = next < end ? next : end;
    return m->now < end;
}

int32_t vb_run(vb_machine *m, int64_t us, int32_t attention, vb_stop *stop)
{
    enum { LONGEST_US = INT32_MAX };
    uint64_t start = m->now;
    *stop = (vb_stop){VB_TIME, -1, -1, 0};
    if (us < 0)
        return -1;
    uint64_t end = start + (uint64_t)(us < LONGEST_US ? us : LONGEST_US) * QUANTUM;
    while (m->now < end && skip_sleep(m, end, stop)) {
        run_quantum(m);
        if (has_fault(m, stop) || (attention && needs_attention(m, stop)))
            break;
    }
    stop->cycles = (int64_t)(m->now - start);
    return 0;
}

int32_t vb_quiesce(vb_machine *m, int32_t chip, int64_t most_us)
{
    vb_chip *found = vb_chip_at(m, chip);
    if (!found)
        return -1;
    for (int64_t i = 0; (found->sysctl.locks & 0xff) && i < most_us; i++)
        run_quantum(m);
    return found->sysctl.locks & 0xff ? 1 : 0;
}

/* Looking. */

int64_t vb_now_us(const vb_machine *m) { return (int64_t)(m->now / QUANTUM); }

int32_t vb_take_faults(vb_machine *m, int32_t most, vb_fault *to)
{
    int32_t n = 0;
    for (int32_t i = 0; i < m->n_chips; i++) {
        vb_chip *chip = m->chips + i;
        while (chip->n_taken < chip->n_faults && n < most)
            to[n++] = chip->faults[chip->n_taken++];
    }
    return n;
}

void vb_get_stats(const vb_machine *m, vb_stats *to)
{
    *to = (vb_stats){.blocked_quanta = m->blocked_quanta};
    for (int32_t i = 0; i < m->n_chips; i++) {
        const vb_chip *chip = m->chips + i;
        to->sent += chip->sent;
        to->delivered += chip->delivered;
        to->dropped += chip->dropped;
        to->default_routed += chip->default_routed;
        for (int32_t n = 1; n < chip->n_cores; n++)
            to->instructions += chip->cores[n].consumed - (uint64_t)chip->cores[n].penalty;
    }
}
