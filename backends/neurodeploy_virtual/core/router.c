/* The router of a chip, and how packets travel.
 *
 * Packets are routed between quanta, the oldest first, and arrive wherever they go at once. A
 * packet for a full receiver stays with its sender, and all behind it: this is how the network
 * pushes back. One that waits too long is dropped.
 */
#include "inner.h"

enum { ROUTER_CONTROL = 0x00, ROUTER_COUNTING = 0x2c, ROUTER_FIXED = 0x84, ROUTER_OTHER = 0x100,
       ROUTER_FILTERS = 0x200, ROUTER_COUNTERS = 0x300, ROUTER_TEST = 0xf00,
       ROUTER_ROUTES = 0x4000, ROUTER_KEYS = 0x8000, ROUTER_MASKS = 0xc000, ROUTER_P2P = 0x10000 };
enum { ROUTE_BITS = 0x00ffffff, LINK_BITS = 0x3f, N_CACHED = 256 };

/* In cycles: how long a packet waits for a core that takes packets, and for one that does not. */
enum { PATIENCE = 100000 * QUANTUM, NO_PATIENCE = 2 * QUANTUM };
enum { MOST_QUEUED = 1 << 20 };

/* Registers and tables. */

static void forget_lookups(vb_router *r)
{
    memset(r->cache_state, 0, sizeof r->cache_state);
    while (r->n_used && r->key[r->n_used - 1] == ~0u && r->mask[r->n_used - 1] == 0)
        r->n_used--;
}

void vb_router_reset(vb_router *r)
{
    memset(r, 0, sizeof *r);
    for (int i = 0; i < N_ROUTES; i++) {
        r->key[i] = ~0u;
        r->route[i] = 0xff000000;
    }
    for (int i = 0; i < P2P_WORDS; i++)
        r->p2p[i] = 0x00db6db6;
}

/* The table that holds an address, or null; `*first` is set for those that change routes. */
static uint32_t *table_at(vb_router *r, uint32_t at, bool *is_route)
{
    uint32_t entry = at >> 2 & (N_ROUTES - 1);
    *is_route = true;
    if (at & 3)
        return NULL;
    switch (at & ~(N_ROUTES * 4u - 1)) {
    case ROUTER_ROUTES: return r->route + entry;
    case ROUTER_KEYS: return r->key + entry;
    case ROUTER_MASKS: return r->mask + entry;
    default: break;
    }
    *is_route = false;
    if (at >= ROUTER_P2P && at < ROUTER_P2P + P2P_WORDS * 4)
        return r->p2p + (at - ROUTER_P2P) / 4;
    return NULL;
}

static uint32_t *register_at(vb_router *r, uint32_t at)
{
    if (at & 3)
        return NULL;
    if (at < ROUTER_OTHER)
        return at == ROUTER_FIXED ? &r->fixed_route : r->other + at / 4;
    if (at >= ROUTER_FILTERS && at < ROUTER_FILTERS + 64)
        return r->filter + (at - ROUTER_FILTERS) / 4;
    if (at >= ROUTER_COUNTERS && at < ROUTER_COUNTERS + 64)
        return r->counter + (at - ROUTER_COUNTERS) / 4;
    return NULL;
}

bool vb_router_read(vb_chip *chip, uint32_t at, uint32_t *value)
{
    bool is_route;
    const uint32_t *from = table_at(&chip->router, at, &is_route);
    if (!from)
        from = register_at(&chip->router, at);
    if (from)
        *value = *from;
    return from != NULL;
}

bool vb_router_write(vb_chip *chip, uint32_t at, uint32_t value)
{
    vb_router *r = &chip->router;
    bool is_route;
    uint32_t *to = table_at(r, at, &is_route);
    if (to) {
        *to = value;
        if (is_route) {
            int32_t entry = (int32_t)(at >> 2 & (N_ROUTES - 1));
            r->n_used = entry >= r->n_used ? entry + 1 : r->n_used;
            forget_lookups(r);
        }
        return true;
    }
    to = register_at(r, at);
    if (!to)
        return false;
    *to = value;
    if (at == ROUTER_COUNTING) /* the upper half clears counters */
        for (int i = 0; i < 16; i++)
            if (value >> (16 + i) & 1)
                r->counter[i] = 0;
    return true;
}

/* The route of a key; false if no entry has it. */
static bool look_up(vb_router *r, uint32_t key, uint32_t *route)
{
    uint32_t slot = key * 2654435761u >> 24;
    if (r->cache_state[slot] && r->cache_key[slot] == key) {
        *route = r->cache_route[slot];
        return r->cache_state[slot] == 1;
    }
    bool found = false;
    *route = 0;
    for (int32_t i = 0; i < r->n_used && !found; i++)
        if ((key & r->mask[i]) == r->key[i]) {
            *route = r->route[i] & ROUTE_BITS;
            found = true;
        }
    r->cache_key[slot] = key;
    r->cache_route[slot] = *route;
    r->cache_state[slot] = found ? 1 : 2;
    return found;
}

/* Counters. The fields of a filter say which packets it counts. */

static bool is_counted(uint32_t filter, const vb_packet *p, const vb_step_of_way *s,
                       uint32_t places)
{
    uint32_t type = 1u << (p->control >> 22 & 3);
    bool with_payload = p->control & PACKET_PAYLOAD;
    return (filter & 15 & type) && (filter >> 4 & 1) && (filter >> (s->by_default ? 10 : 11) & 1)
           && (filter >> (with_payload ? 12 : 13) & 1) && (filter >> (s->from < 0 ? 14 : 15) & 1)
           && (filter >> 16 & 0x1ff & places);
}

/* `places`: dumped, local cores, the monitor, links, from bit 0 on. */
static void count(vb_chip *chip, const vb_packet *p, const vb_step_of_way *s, uint32_t places)
{
    vb_router *r = &chip->router;
    uint32_t enabled = r->other[ROUTER_COUNTING / 4] & 0xffff;
    for (int i = 0; enabled; i++, enabled >>= 1)
        if ((enabled & 1) && is_counted(r->filter[i], p, s, places))
            r->counter[i]++;
}

static uint32_t places_of(uint32_t route)
{
    uint32_t cores = route >> N_LINKS;
    return (cores >> 1 ? 2 : 0) | (cores & 1 ? 4 : 0) | (route & LINK_BITS) << 3;
}

static void drop(vb_chip *chip, const vb_packet *p, const vb_step_of_way *s)
{
    chip->dropped++;
    count(chip, p, s, 1);
}

/* The way of one packet. */

static void add_step(vb_machine *m, int32_t chip, int32_t from)
{
    if (m->n_way < m->size_way)
        m->way[m->n_way++] = (vb_step_of_way){chip, from, 0, false};
}

static void find_route(vb_chip *chip, const vb_packet *p, vb_step_of_way *s)
{
    uint32_t type = p->control & PACKET_TYPE;
    if (type == PACKET_FIXED) {
        s->route = chip->router.fixed_route & ROUTE_BITS;
    } else if (type == 0 && !look_up(&chip->router, p->key, &s->route) && s->from >= 0) {
        s->route = 1u << (s->from + 3) % N_LINKS;
        s->by_default = true;
    }
}

/* Fill `way` with all chips that the packet comes to. A ring of routes ends where it is full. */
static void find_way(vb_machine *m, int32_t start, const vb_packet *p)
{
    m->n_way = 0;
    add_step(m, start, -1);
    for (int32_t i = 0; i < m->n_way; i++) {
        vb_step_of_way *s = m->way + i;
        vb_chip *chip = m->chips + s->chip;
        if (i == 0 && p->link >= 0)
            s->route = 1u << p->link;
        else
            find_route(chip, p, s);
        for (int l = 0; l < N_LINKS; l++)
            if ((s->route >> l & 1) && chip->links[l] >= 0)
                add_step(m, chip->links[l], (l + 3) % N_LINKS);
    }
}

enum { LISTENING = 1u << LINE_PACKET | 15u << LINE_MULTICAST };

/* Whether the packet should wait for some core. */
static bool must_wait(const vb_machine *m, const vb_packet *p)
{
    for (int32_t i = 0; i < m->n_way; i++) {
        const vb_chip *chip = m->chips + m->way[i].chip;
        for (uint32_t cores = m->way[i].route >> (N_LINKS + 1); cores; cores &= cores - 1) {
            int n = __builtin_ctz(cores) + 1;
            if (n >= chip->n_cores)
                break;
            const vb_core *c = chip->cores + n;
            uint64_t patience = c->vic.enable & LISTENING ? PATIENCE : NO_PATIENCE;
            if (c->state == CORE_ON && c->comms.rx_n >= RX_FULL && m->now < p->time + patience)
                return true;
        }
    }
    return false;
}

static void deliver(vb_core *c, const vb_packet *p, const vb_step_of_way *s)
{
    vb_comms *k = &c->comms;
    if (c->state != CORE_ON || k->rx_n >= RX_FULL) {
        drop(c->chip, p, s);
        return;
    }
    k->rx[(k->rx_first + k->rx_n++) % RX_SIZE] = *p;
    c->chip->delivered++;
    vb_comms_update(c);
}

static void deliver_here(vb_machine *m, const vb_packet *p, const vb_step_of_way *s)
{
    vb_chip *chip = m->chips + s->chip;
    bool lost = s->route == 0;
    count(chip, p, s, places_of(s->route));
    chip->default_routed += s->by_default;
    for (int l = 0; l < N_LINKS; l++)
        lost |= (s->route >> l & 1) && chip->links[l] < 0;
    if (lost)
        drop(chip, p, s);
    for (uint32_t cores = s->route >> N_LINKS; cores; cores &= cores - 1) {
        int n = __builtin_ctz(cores);
        if (n == 0)
            vb_put_in_queue(chip, 1, p);
        else if (n < chip->n_cores)
            deliver(chip->cores + n, p, s);
        else
            drop(chip, p, s);
    }
}

/* Senders, in the order of their first packets. */

static bool comes_before(const vb_sender *a, const vb_sender *b)
{
    if (a->time != b->time)
        return a->time < b->time;
    return a->chip != b->chip ? a->chip < b->chip : a->core < b->core;
}

static void sift_down(vb_machine *m, int32_t at)
{
    vb_sender moved = m->senders[at];
    for (;;) {
        int32_t child = 2 * at + 1;
        if (child >= m->n_senders)
            break;
        if (child + 1 < m->n_senders
            && comes_before(m->senders + child + 1, m->senders + child))
            child++;
        if (!comes_before(m->senders + child, &moved))
            break;
        m->senders[at] = m->senders[child];
        at = child;
    }
    m->senders[at] = moved;
}

static const vb_packet *first_packet(vb_machine *m, const vb_sender *s)
{
    vb_chip *chip = m->chips + s->chip;
    if (s->core < 0)
        return chip->n_queue[0] ? chip->queue[0] : NULL;
    vb_comms *k = &chip->cores[s->core].comms;
    return k->tx_n ? k->tx + k->tx_first : NULL;
}

static void add_sender(vb_machine *m, int32_t chip, int32_t core)
{
    vb_sender s = {0, chip, core};
    const vb_packet *p = first_packet(m, &s);
    if (!p)
        return;
    s.time = p->time;
    m->senders[m->n_senders++] = s;
}

static void find_senders(vb_machine *m)
{
    m->n_senders = 0;
    for (int32_t i = 0; i < m->n_chips; i++) {
        for (uint32_t rest = m->chips[i].senders; rest; rest &= rest - 1) {
            int32_t n = __builtin_ctz(rest);
            add_sender(m, i, n ? n : -1);
        }
    }
    for (int32_t i = m->n_senders / 2; i-- > 0;)
        sift_down(m, i);
}

static void take_first(vb_machine *m, const vb_sender *s)
{
    vb_chip *chip = m->chips + s->chip;
    if (s->core < 0) {
        chip->n_queue[0]--;
        if (chip->n_queue[0] == 0)
            chip->senders &= ~1u;
        memmove(chip->queue[0], chip->queue[0] + 1,
                (size_t)chip->n_queue[0] * sizeof(vb_packet));
        return;
    }
    vb_core *c = chip->cores + s->core;
    c->comms.tx_first = (c->comms.tx_first + 1) % TX_SIZE;
    if (--c->comms.tx_n == 0)
        chip->senders &= ~(1u << s->core);
    vb_comms_update(c);
}

/* Route the first packet of the first sender; false if it has to wait. */
static bool route_first(vb_machine *m, const vb_sender *s)
{
    vb_packet p = *first_packet(m, s);
    find_way(m, s->chip, &p);
    if (must_wait(m, &p))
        return false;
    for (int32_t i = 0; i < m->n_way; i++)
        deliver_here(m, &p, m->way + i);
    take_first(m, s);
    return true;
}

void vb_route_packets(vb_machine *m)
{
    bool blocked = false;
    find_senders(m);
    if (!m->n_senders)
        return;
    while (m->n_senders) {
        bool routed = route_first(m, m->senders);
        const vb_packet *next = routed ? first_packet(m, m->senders) : NULL;
        blocked |= !routed;
        if (next)
            m->senders[0].time = next->time;
        else
            m->senders[0] = m->senders[--m->n_senders];
        if (m->n_senders)
            sift_down(m, 0);
    }
    m->blocked_quanta += blocked;
}

bool vb_any_packets(const vb_machine *m)
{
    for (int32_t i = 0; i < m->n_chips; i++)
        if (m->chips[i].senders)
            return true;
    return false;
}

bool vb_put_in_queue(vb_chip *chip, int which, const vb_packet *packet)
{
    int32_t n = chip->n_queue[which], size = chip->size_queue[which];
    if (n == size) {
        size = size ? 2 * size : 16;
        vb_packet *larger = NULL;
        if (size <= MOST_QUEUED)
            larger = realloc(chip->queue[which], (size_t)size * sizeof *larger);
        if (!larger) {
            chip->dropped++;
            return false;
        }
        chip->queue[which] = larger;
        chip->size_queue[which] = size;
    }
    chip->queue[which][n] = *packet;
    chip->n_queue[which]++;
    return true;
}
