/* Chips of one quantum on several threads.
 *
 * Within a quantum chips touch nothing of each other, so the outcome is the same on any number of
 * threads. Between quanta of busy times the helpers spin; after a while without work they sleep.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "inner.h"

enum { MOST_THREADS = 64, SPINS = 4000, SPINS_BEFORE_YIELD = 200 };

struct vb_pool {
    pthread_t threads[MOST_THREADS];
    int32_t n_helpers;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    atomic_uint turn;           /* goes up for every quantum */
    atomic_int sleepers, busy, next;
    bool ends;
    vb_machine *machine;
    uint64_t until;
};

static void pause_a_little(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

/* Run chips until none is left. */
static void take_chips(vb_pool *pool)
{
    vb_machine *m = pool->machine;
    for (;;) {
        int32_t i = atomic_fetch_add(&pool->next, 1);
        if (i >= m->n_due)
            return;
        vb_run_chip(m->chips + m->due[i], pool->until);
    }
}

static unsigned wait_for_turn(vb_pool *pool, unsigned seen)
{
    for (int i = 0; i < SPINS; i++) {
        unsigned turn = atomic_load(&pool->turn);
        if (turn != seen)
            return turn;
        pause_a_little();
    }
    pthread_mutex_lock(&pool->lock);
    atomic_fetch_add(&pool->sleepers, 1);
    while (atomic_load(&pool->turn) == seen)
        pthread_cond_wait(&pool->wake, &pool->lock);
    atomic_fetch_sub(&pool->sleepers, 1);
    pthread_mutex_unlock(&pool->lock);
    return atomic_load(&pool->turn);
}

static void *help(void *argument)
{
    vb_pool *pool = argument;
    unsigned seen = 0;
    for (;;) {
        seen = wait_for_turn(pool, seen);
        if (pool->ends)
            return NULL;
        take_chips(pool);
        atomic_fetch_sub(&pool->busy, 1);
    }
}

static void begin_turn(vb_pool *pool)
{
    atomic_store(&pool->next, 0);
    atomic_store(&pool->busy, pool->n_helpers);
    atomic_fetch_add(&pool->turn, 1);
    if (atomic_load(&pool->sleepers) == 0)
        return;
    pthread_mutex_lock(&pool->lock);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
}

void vb_pool_run(vb_pool *pool, uint64_t until)
{
    pool->until = until;
    begin_turn(pool);
    take_chips(pool);
    for (int i = 0; atomic_load(&pool->busy) > 0; i++) {
        if (i < SPINS_BEFORE_YIELD)
            pause_a_little();
        else
            sched_yield();
    }
}

vb_pool *vb_pool_new(vb_machine *m, int32_t n_threads)
{
    vb_pool *pool = calloc(1, sizeof *pool);
    if (!pool)
        return NULL;
    pool->machine = m;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    int32_t wanted = (n_threads < MOST_THREADS ? n_threads : MOST_THREADS) - 1;
    while (pool->n_helpers < wanted
           && pthread_create(pool->threads + pool->n_helpers, NULL, help, pool) == 0)
        pool->n_helpers++;
    return pool;
}

void vb_pool_free(vb_pool *pool)
{
    if (!pool)
        return;
    pool->ends = true;
    begin_turn(pool);
    for (int32_t i = 0; i < pool->n_helpers; i++)
        pthread_join(pool->threads[i], NULL);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}
