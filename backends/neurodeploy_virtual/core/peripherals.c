/* What every core has of its own: interrupt controller, timers, DMA, communications controller. */
#include "inner.h"

/* Interrupt controller (PL190). A vector is read to take an interrupt into service, which holds
 * back all of its level and below until the handler writes there. */

enum { VIC_IRQ = 0x00, VIC_FIQ = 0x04, VIC_RAW = 0x08, VIC_SELECT = 0x0c, VIC_ENABLE = 0x10,
       VIC_DISABLE = 0x14, VIC_SOFT_SET = 0x18, VIC_SOFT_CLEAR = 0x1c, VIC_PROTECT = 0x20,
       VIC_VECTOR = 0x30, VIC_FALLBACK = 0x34, VIC_VECTORS = 0x100, VIC_CONTROLS = 0x200 };
enum { LEVEL_FALLBACK = 16, LEVEL_NONE = 17 };

static uint32_t raw_lines(const vb_vic *v) { return v->lines | v->soft; }

/* Most urgent level that asks for the ordinary interrupt. */
static int32_t asking_level(const vb_vic *v)
{
    uint32_t asking = raw_lines(v) & v->enable & ~v->select;
    if (!asking)
        return LEVEL_NONE;
    for (int32_t i = 0; i < 16; i++)
        if ((v->control[i] & 0x20) && (asking >> (v->control[i] & 31) & 1))
            return i;
    return LEVEL_FALLBACK;
}

void vb_vic_update(vb_core *c)
{
    c->fiq = raw_lines(&c->vic) & c->vic.enable & c->vic.select;
    c->irq = asking_level(&c->vic) < c->vic.level;
    if (c->fiq || c->irq) {
        if (c->sleeping)
            vb_wake(c);
        c->leave |= (c->irq && !(c->masks & PSR_I)) || (c->fiq && !(c->masks & PSR_F));
    }
}

void vb_set_line(vb_core *c, int line, bool on)
{
    uint32_t lines = on ? c->vic.lines | 1u << line : c->vic.lines & ~(1u << line);
    if (lines != c->vic.lines) {
        c->vic.lines = lines;
        vb_vic_update(c);
    }
}

static uint32_t take_vector(vb_core *c)
{
    vb_vic *v = &c->vic;
    int32_t level = asking_level(v);
    if (level >= v->level)
        return v->fallback;
    v->stack[v->depth++] = (uint8_t)v->level;
    v->level = level;
    vb_vic_update(c);
    return level < 16 ? v->vector[level] : v->fallback;
}

bool vb_vic_read(vb_core *c, uint32_t at, uint32_t *value)
{
    vb_vic *v = &c->vic;
    if (at >= VIC_VECTORS && at < VIC_VECTORS + 64)
        return *value = v->vector[(at - VIC_VECTORS) / 4], true;
    if (at >= VIC_CONTROLS && at < VIC_CONTROLS + 64)
        return *value = v->control[(at - VIC_CONTROLS) / 4], true;
    switch (at) {
    case VIC_IRQ: *value = raw_lines(v) & v->enable & ~v->select; return true;
    case VIC_FIQ: *value = raw_lines(v) & v->enable & v->select; return true;
    case VIC_RAW: *value = raw_lines(v); return true;
    case VIC_SELECT: *value = v->select; return true;
    case VIC_ENABLE: *value = v->enable; return true;
    case VIC_SOFT_SET: *value = v->soft; return true;
    /* Written only on paper; the extra monitor reads them before it sets one bit. */
    case VIC_DISABLE: case VIC_SOFT_CLEAR: *value = 0; return true;
    case VIC_PROTECT: *value = v->protect; return true;
    case VIC_VECTOR: *value = take_vector(c); return true;
    case VIC_FALLBACK: *value = v->fallback; return true;
    default: return false;
    }
}

static bool vic_set(vb_vic *v, uint32_t at, uint32_t value)
{
    switch (at) {
    case VIC_SELECT: v->select = value; return true;
    case VIC_ENABLE: v->enable |= value; return true;
    case VIC_DISABLE: v->enable &= ~value; return true;
    case VIC_SOFT_SET: v->soft |= value; return true;
    case VIC_SOFT_CLEAR: v->soft &= ~value; return true;
    case VIC_PROTECT: v->protect = value; return true;
    case VIC_VECTOR:
        if (v->depth)
            v->level = v->stack[--v->depth];
        return true;
    case VIC_FALLBACK: v->fallback = value; return true;
    default: return false;
    }
}

bool vb_vic_write(vb_core *c, uint32_t at, uint32_t value)
{
    bool known = true;
    if (at >= VIC_VECTORS && at < VIC_VECTORS + 64)
        c->vic.vector[(at - VIC_VECTORS) / 4] = value;
    else if (at >= VIC_CONTROLS && at < VIC_CONTROLS + 64)
        c->vic.control[(at - VIC_CONTROLS) / 4] = value & 0x3f;
    else
        known = vic_set(&c->vic, at, value);
    vb_vic_update(c);
    return known;
}

/* Timers (SP804). */

enum { TIMER_LOAD = 0x00, TIMER_COUNT = 0x04, TIMER_CONTROL = 0x08, TIMER_CLEAR = 0x0c,
       TIMER_RAW = 0x10, TIMER_MASKED = 0x14, TIMER_RELOAD = 0x18 };
enum { TIMER_ONCE = 1, TIMER_WIDE = 2, TIMER_INTERRUPT = 0x20, TIMER_PERIODIC = 0x40,
       TIMER_ON = 0x80 };

static int prescale(const vb_timer *t)
{
    uint32_t code = t->control >> 2 & 3;
    return code == 1 ? 4 : code == 2 ? 8 : 0;
}

static bool is_counting(const vb_timer *t)
{
    return (t->control & TIMER_ON) && !t->done && !t->frozen;
}

/* When the count reaches zero. */
static uint64_t zero_time(const vb_timer *t)
{
    uint64_t count = t->count ? t->count : 1;
    return t->since + (count << prescale(t));
}

/* Cycles from one zero to the next. */
static uint64_t period(const vb_timer *t)
{
    uint64_t count = t->control & TIMER_WIDE ? 1ull << 32 : 1ull << 16;
    if (t->control & TIMER_PERIODIC)
        count = t->reload ? t->reload : count;
    return count << prescale(t);
}

/* Let the timer come to a time. */
static void bring_to(vb_timer *t, uint64_t now)
{
    if (!is_counting(t) || zero_time(t) > now)
        return;
    t->raised = true;
    if (t->control & TIMER_ONCE) {
        t->done = true;
        t->count = 0;
        return;
    }
    uint64_t zero = zero_time(t), whole = period(t);
    t->since = zero + (now - zero) / whole * whole;
    t->count = (uint32_t)((whole >> prescale(t)) & 0xffffffff);
    if (t->count == 0) /* 2^32 */
        t->count = 0xffffffff;
}

static uint32_t count_at(const vb_timer *t, uint64_t now)
{
    if (!is_counting(t))
        return t->count;
    return t->count - (uint32_t)((now - t->since) >> prescale(t));
}

static void update_timer_lines(vb_core *c)
{
    for (int i = 0; i < 2; i++) {
        const vb_timer *t = c->timer + i;
        vb_set_line(c, LINE_TIMER1 + i, t->raised && (t->control & TIMER_INTERRUPT));
    }
}

static void bring_timers_to(vb_core *c, uint64_t now)
{
    bring_to(c->timer, now);
    bring_to(c->timer + 1, now);
    update_timer_lines(c);
}

bool vb_timer_read(vb_core *c, uint64_t now, uint32_t at, uint32_t *value)
{
    vb_timer *t = c->timer + (at >= 0x20);
    if (at >= 0x40)
        return false;
    bring_timers_to(c, now);
    switch (at & 0x1f) {
    case TIMER_LOAD: *value = t->load; return true;
    case TIMER_COUNT: *value = count_at(t, now); return true;
    case TIMER_CONTROL: *value = t->control; return true;
    case TIMER_RAW: *value = t->raised; return true;
    case TIMER_MASKED: *value = t->raised && (t->control & TIMER_INTERRUPT); return true;
    case TIMER_RELOAD: *value = t->reload; return true;
    default: return false;
    }
}

static bool timer_set(vb_timer *t, uint64_t now, uint32_t at, uint32_t value)
{
    switch (at) {
    case TIMER_LOAD:
        t->load = t->reload = t->count = value;
        t->since = now;
        t->done = false;
        return true;
    case TIMER_CONTROL:
        t->count = count_at(t, now);
        t->since = now;
        t->control = value;
        return true;
    case TIMER_CLEAR: t->raised = false; return true;
    case TIMER_RELOAD: t->load = t->reload = value; return true;
    default: return false;
    }
}

bool vb_timer_write(vb_core *c, uint64_t now, uint32_t at, uint32_t value)
{
    if (at >= 0x40)
        return false;
    bring_timers_to(c, now);
    bool known = timer_set(c->timer + (at >= 0x20), now, at & 0x1f, value);
    update_timer_lines(c);
    vb_find_next_event(c);
    c->leave = true; /* the stretch may be too long now */
    return known;
}

/* DMA. */

enum { DMA_SYSTEM = 0x04, DMA_LOCAL = 0x08, DMA_DESCRIPTOR = 0x0c, DMA_CONTROL = 0x10,
       DMA_STATUS = 0x14, DMA_GLOBAL = 0x18, DMA_TIMEOUT = 0x24, DMA_COUNTING = 0x28,
       DMA_COUNTERS = 0x40 };
enum { DMA_UNCOMMIT = 1, DMA_ABORT = 2, DMA_CLEAR_DONE = 8 };
enum { DMA_BUSY = 1, DMA_QUEUE_FULL = 4, DMA_DONE = 1 << 10, DMA_SECOND_DONE = 1 << 11 };

static uint32_t length_of(const vb_transfer *t) { return t->descriptor & 0x1ffff; }

static uint64_t duration(const vb_transfer *t) { return COST_DMA + length_of(t) / 4; }

static void update_dma_line(vb_core *c)
{
    vb_set_line(c, LINE_DMA_DONE, c->dma.status & c->dma.global_control
                                      & (DMA_DONE | DMA_SECOND_DONE));
}

static void move(vb_core *c, const vb_transfer *t)
{
    uint32_t length = length_of(t);
    uint8_t *shared = vb_shared(c->chip, t->system, length);
    uint8_t *local = vb_local(c, t->local, length);
    if (!shared || !local) {
        vb_keep_fault(c, VB_DMA, shared ? t->local : t->system, c->r[15]);
        return;
    }
    if (t->descriptor & 1u << 19) {
        memcpy(shared, local, length);
        c->chip->has_written |= t->system >> 29 == 7;
    } else {
        memcpy(local, shared, length);
        vb_forget_code(c, t->local, length);
    }
}

static void finish_transfers(vb_core *c, uint64_t now)
{
    vb_dma *d = &c->dma;
    while (d->n && d->finish <= now) {
        move(c, d->queue);
        d->status |= d->status & DMA_DONE ? DMA_SECOND_DONE : DMA_DONE;
        d->queue[0] = d->queue[1];
        if (--d->n)
            d->finish += duration(d->queue);
    }
    update_dma_line(c);
}

bool vb_dma_read(vb_core *c, uint64_t now, uint32_t at, uint32_t *value)
{
    vb_dma *d = &c->dma;
    finish_transfers(c, now);
    if (at >= DMA_COUNTERS && at < DMA_COUNTERS + 32)
        return *value = 0, true;
    switch (at) {
    case DMA_SYSTEM: *value = d->system; return true;
    case DMA_LOCAL: *value = d->local; return true;
    case DMA_DESCRIPTOR: *value = d->n ? d->queue[d->n - 1].descriptor : 0; return true;
    case DMA_CONTROL: *value = 0; return true;
    case DMA_STATUS:
        *value = (uint32_t)c->number << 24 | d->status | (d->n > 0 ? DMA_BUSY : 0)
                 | (d->n > 1 ? DMA_QUEUE_FULL : 0);
        return true;
    case DMA_GLOBAL: *value = d->global_control; return true;
    case DMA_TIMEOUT: *value = d->timeout; return true;
    case DMA_COUNTING: *value = d->counter_control; return true;
    default: return false;
    }
}

static void dma_control(vb_dma *d, uint64_t now, uint32_t value)
{
    if ((value & DMA_UNCOMMIT) && d->n > 1)
        d->n = 1;
    if ((value & DMA_ABORT) && d->n) {
        d->queue[0] = d->queue[1];
        if (--d->n)
            d->finish = now + duration(d->queue);
    }
    if (value & DMA_CLEAR_DONE) {
        bool second = d->status & DMA_SECOND_DONE;
        d->status &= ~(uint32_t)(DMA_DONE | DMA_SECOND_DONE);
        d->status |= second ? DMA_DONE : 0;
    }
}

static void start_transfer(vb_dma *d, uint64_t now, uint32_t descriptor)
{
    if (d->n == 2)
        return;
    d->queue[d->n] = (vb_transfer){d->system, d->local, descriptor};
    if (d->n++ == 0)
        d->finish = now + duration(d->queue);
}

bool vb_dma_write(vb_core *c, uint64_t now, uint32_t at, uint32_t value)
{
    vb_dma *d = &c->dma;
    bool known = true;
    finish_transfers(c, now);
    switch (at) {
    case DMA_SYSTEM: d->system = value; break;
    case DMA_LOCAL: d->local = value; break;
    case DMA_DESCRIPTOR: start_transfer(d, now, value); break;
    case DMA_CONTROL: dma_control(d, now, value); break;
    case DMA_GLOBAL: d->global_control = value; break;
    case DMA_TIMEOUT: d->timeout = value; break;
    case DMA_COUNTING: d->counter_control = value; break;
    default: known = false;
    }
    update_dma_line(c);
    if (at == DMA_DESCRIPTOR || at == DMA_CONTROL) {
        vb_find_next_event(c);
        c->leave = true;
    }
    return known;
}

/* Communications controller. */

enum { TX_CONTROL = 0x00, TX_DATA = 0x04, TX_KEY = 0x08, RX_STATUS = 0x0c, RX_DATA = 0x10,
       RX_KEY = 0x14, SOURCE_ADDRESS = 0x18, TEST = 0x1c };
#define TX_IS_EMPTY (1u << 31)
enum { TX_IS_FULL = 1 << 30, TX_OVERRUN = 1 << 29, TX_HAS_ROOM = 1 << 28,
       CONTROL_BITS = 0x00ffffff };

void vb_comms_update(vb_core *c)
{
    vb_comms *k = &c->comms;
    static const uint8_t kinds[4] = {LINE_MULTICAST, LINE_P2P, LINE_NEIGHBOUR, LINE_FIXED};
    uint32_t lines = c->vic.lines;
    lines &= ~(1u << LINE_PACKET | 15u << LINE_MULTICAST | 1u << LINE_TX_EMPTY
               | 1u << LINE_TX_NOT_FULL);
    if (k->rx_n)
        lines |= 1u << LINE_PACKET | 1u << kinds[k->rx[k->rx_first].control >> 22 & 3];
    lines |= k->tx_n == 0 ? 1u << LINE_TX_EMPTY : 0;
    lines |= k->tx_n < TX_FULL ? 1u << LINE_TX_NOT_FULL : 0;
    if (lines != c->vic.lines) {
        c->vic.lines = lines;
        vb_vic_update(c);
    }
}

static uint32_t tx_status(const vb_comms *k)
{
    uint32_t status = k->control & CONTROL_BITS;
    status |= k->tx_n == 0 ? TX_IS_EMPTY : 0;
    status |= k->tx_n >= TX_FULL ? TX_IS_FULL : TX_HAS_ROOM;
    return status | (k->overrun ? TX_OVERRUN : 0);
}

bool vb_comms_read(vb_core *c, uint32_t at, uint32_t *value)
{
    vb_comms *k = &c->comms;
    const vb_packet *head = k->rx_n ? k->rx + k->rx_first : NULL;
    switch (at) {
    case TX_CONTROL: *value = tx_status(k); return true;
    case TX_DATA: *value = k->data; return true;
    case TX_KEY: *value = 0; return true;
    case RX_STATUS: *value = head ? 1u << 31 | (head->control & CONTROL_BITS) : 0; return true;
    case RX_DATA: *value = head ? head->payload : 0; return true;
    case RX_KEY:
        *value = head ? head->key : 0;
        if (head) {
            k->rx_first = (k->rx_first + 1) % RX_SIZE;
            k->rx_n--;
            vb_comms_update(c);
        }
        return true;
    case SOURCE_ADDRESS: *value = k->source; return true;
    case TEST: *value = k->test; return true;
    default: return false;
    }
}

static void send(vb_core *c, uint64_t now, uint32_t key)
{
    vb_comms *k = &c->comms;
    uint32_t control = k->control & CONTROL_BITS;
    if (k->has_data)
        control |= PACKET_PAYLOAD;
    if (k->tx_n == TX_SIZE) {
        k->overrun = true;
        c->chip->dropped++;
    } else {
        int32_t at = (k->tx_first + k->tx_n++) % TX_SIZE;
        k->tx[at] = (vb_packet){now, key, k->data, control, -1};
        c->chip->senders |= 1u << c->number;
        c->chip->sent++;
    }
    k->has_data = false;
    vb_comms_update(c);
}

bool vb_comms_write(vb_core *c, uint64_t now, uint32_t at, uint32_t value)
{
    vb_comms *k = &c->comms;
    switch (at) {
    case TX_CONTROL:
        k->control = value;
        k->has_data = false;
        k->overrun = false;
        return true;
    case TX_DATA:
        k->data = value;
        k->has_data = true;
        return true;
    case TX_KEY: send(c, now, value); return true;
    case RX_STATUS: return true;
    case SOURCE_ADDRESS: k->source = value; return true;
    case TEST: k->test = value; return true;
    default: return false;
    }
}

/* All together. */

void vb_do_events(vb_core *c, uint64_t now)
{
    bring_timers_to(c, now);
    finish_transfers(c, now);
    vb_find_next_event(c);
}

void vb_find_next_event(vb_core *c)
{
    uint64_t next = c->dma.n ? c->dma.finish : NEVER;
    for (int i = 0; i < 2; i++) {
        const vb_timer *t = c->timer + i;
        if (is_counting(t) && (t->control & TIMER_INTERRUPT) && !t->raised
            && zero_time(t) < next)
            next = zero_time(t);
    }
    c->next_event = next;
}

void vb_reset_devices(vb_core *c)
{
    memset(&c->vic, 0, sizeof c->vic);
    memset(c->timer, 0, sizeof c->timer);
    memset(&c->dma, 0, sizeof c->dma);
    memset(&c->comms, 0, sizeof c->comms);
    c->vic.level = LEVEL_NONE;
    c->irq = c->fiq = false;
    c->chip->senders &= ~(1u << c->number);
    vb_comms_update(c);
    vb_find_next_event(c);
}
