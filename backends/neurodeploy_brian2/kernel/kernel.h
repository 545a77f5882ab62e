/* Static networks of integrate-and-fire neurons in the board's integers, event by event.
 *
 * cffi reads the same declarations, so nothing but comments and plain C may stand here.
 * An `nd_net` (synapses) and an `nd_cells` (constants) never change once made: any number of
 * threads may share them. An `nd_run` is the state of one thread.
 */

typedef struct nd_net nd_net;
typedef struct nd_packing nd_packing;
typedef struct nd_run nd_run;

/* Synapses, column by column. `first_row` is added to `pre`: sources come before neurons. */
typedef struct {
    int64_t n, first_row;
    const int64_t *pre, *post, *weight, *delay, *receptor;
} nd_wires;

/* Neurons [first, end) of one kind. `uniform`: their constants are those of the first one,
 * but for `offset` and what they start from. `tame`: no word can leave 32 bits. `room`, if not 0:
 * none does in a tick that begins with v within 30 bits and synapses that begin and arrive at
 * not below 0 and within so many bits, for exponential synapses and neurons alike. */
typedef struct {
    int32_t first, end, delta, uniform, tame, room;
} nd_span;

/* One value a neuron; S16.15 or, for init and decay, the 32 fractional bits. */
typedef struct {
    int32_t n, n_spans;
    const nd_span *spans;
    const int32_t *v_start, *hold_start, *exc_start, *inh_start, *offset;
    const int32_t *shift_exc, *shift_inh, *init_exc, *init_inh, *decay_exc, *decay_inh;
    const int32_t *factor, *resistance, *leak, *v_rest, *v_reset, *v_thresh, *refractory;
} nd_cells;

/* What comes in and what is wanted. Sources `source[begin[t]]` to `source[begin[t + 1]]` spike
 * in tick t, each `times[...]` times (null: once). Row `wave_of[i]` of `wave`, (rows, period) or
 * null, is added to the current of neuron i. `pending[d]` in slot-major order, (n_slots, 2, n) or
 * null, is what is due in tick d before anything has spiked. `seen[k]` receives
 * (n_ticks, n_seen[k]) values of v, exc and inh. */
typedef struct {
    int64_t n_ticks, period;
    const int64_t *begin;
    const int32_t *source, *times, *wave, *wave_of;
    const uint32_t *pending;
    int32_t keep_spikes;
    int64_t n_seen[3];
    const int64_t *which[3];
    int32_t *seen[3];
} nd_task;

/* Sort synapses into rows, in steps 0 to 5. Steps 0, 2 and 4 have `n_parts` parts that any thread
 * may do, the others part 0 only; all of a step must be done before the next begins. Each returns
 * 0, or -1: then `nd_packing_wrong` is a synapse that does not fit, or -1 if memory ran out. Null
 * if it ran out at once. The sets must outlive the packing, which hands over the network. */
nd_packing *nd_packing_new(int32_t n_sources, int32_t n_neurons, int32_t n_slots, int32_t n_sets,
                           const nd_wires *sets, int32_t n_parts);
int32_t nd_packing_do(nd_packing *p, int32_t step, int32_t part);
int64_t nd_packing_wrong(const nd_packing *p);
nd_net *nd_packing_take(nd_packing *p);
void nd_packing_free(nd_packing *p);

int64_t nd_net_bytes(const nd_net *net);
void nd_net_free(nd_net *net);

/* Null if memory ran out. The three arguments must outlive the run. */
nd_run *nd_run_new(const nd_net *net, const nd_cells *cells, const nd_task *task);
void nd_run_free(nd_run *run);

/* Do ticks [first, end): state starts afresh at every multiple of the period, else goes on from
 * where the last call ended. 0, or -1 if memory ran out. */
int32_t nd_advance(nd_run *run, int64_t first, int64_t end);

/* State after the last tick, with synapses as the next tick finds them but for their decay, and
 * `ring` as `pending` of a next run. */
void nd_state(const nd_run *run, int64_t tick, int32_t *v, int32_t *hold, int32_t *exc,
              int32_t *inh, uint32_t *ring);

/* How often each neuron spiked, added to `counts`; and when, each neuron's ticks from `next` on,
 * which moves on, in ascending order. */
void nd_count_spikes(const nd_run *run, int64_t *counts);
void nd_place_spikes(const nd_run *run, int64_t *next, int64_t *tick);

/* (n, 2) ticks in which a neuron's excitatory and inhibitory buffer was full. */
const int64_t *nd_saturated(const nd_run *run);

/* (n) updates of a neuron in which a word did not fit 32 bits; tame ones have none. */
const int64_t *nd_wrapped(const nd_run *run);
