/* A board whose cores run whatever random words mean, while all is poked from outside.
 *
 * Built with sanitizers: they end it at the first access outside an object and at every undefined
 * operation. What comes out does not matter, but must be the same for the same seed.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"

static uint64_t state;

static uint32_t draw(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 16);
}

/* Near the ends of memories and in devices more often than elsewhere. */
static uint32_t draw_address(void)
{
    static const uint32_t tops[] = {
        0x00000000, 0x00007fe0, 0x00400000, 0x0040ffe0, 0x60000000, 0x67ffffe0, 0x70000000,
        0xe5000000, 0xe5007000, 0xe5007fe0, 0xf5007f00, 0x10000000, 0x20000000, 0x11000000,
        0x21000000, 0x1f000000, 0x1f000100, 0x2f000200, 0x30000000, 0x40000000, 0xe1000000,
        0xe1000200, 0xe1000300, 0xe1004ff0, 0xe1008000, 0xf100c000, 0xe1010000, 0xe1017ff0,
        0xe2000000, 0xe2000100, 0xf2000180, 0xfffff000, 0xffffffe0};
    uint32_t top = tops[draw() % (sizeof tops / sizeof *tops)];
    return draw() % 16 ? top + draw() % 64 : draw();
}

static uint32_t draw_word(void)
{
    switch (draw() % 4) {
    case 0: return draw_address();
    case 1: return draw() % 256;
    default: return draw() << 8 ^ draw();
    }
}

/* Random words, with more of what programs are made of. */
static uint32_t draw_instruction(void)
{
    static const uint32_t kinds[] = {
        0xe5800000, 0xe5900000, 0xe4800000, 0xe7900000, 0xe1c000b0, 0xe1c000d0, 0xe8900000,
        0xe8800000, 0xe0800000, 0xe1a00000, 0xe12fff10, 0xe1000090, 0xe0800090, 0xe1000080,
        0xe3a00000, 0xea000000, 0xe321f000, 0xee070f90, 0xe10f0000, 0xe8f00000};
    uint32_t kind = kinds[draw() % (sizeof kinds / sizeof *kinds)];
    switch (draw() % 8) {
    case 0: return draw_address();
    case 1: return draw() << 8 ^ draw();
    case 2: case 3: return 0xe59f0000 | (draw() & 0xf7fc); /* load a word from nearby */
    default: return kind | (draw() & 0x001fffff);
    }
}

/* Let a core go on elsewhere, with other registers. */
static void throw_core(vb_machine *m, int32_t chip, int32_t core)
{
    uint32_t registers[17];
    for (int i = 0; i < 16; i++)
        registers[i] = draw_word();
    registers[15] = draw() % 0x8000;
    registers[16] = draw() % 8 ? 0x1f | (draw() & 0xf8000020) : draw();
    vb_set_registers(m, chip, core, registers);
}

static void start_core(vb_machine *m, int32_t chip, int32_t core)
{
    uint32_t words[2048];
    if (vb_reset(m, chip, core))
        abort();
    for (int i = 0; i < 2048; i++)
        words[i] = draw_instruction();
    for (uint32_t at = 0; at < 0x8000; at += sizeof words)
        vb_write(m, chip, core, at, sizeof words, (const uint8_t *)words);
    for (int i = 0; i < 8; i++) /* whatever goes wrong, it goes on somewhere */
        words[i] = 0xea000000 | draw() % 0x1f00;
    vb_write(m, chip, core, 0, 32, (const uint8_t *)words);
    for (int i = 0; i < 2048; i++)
        words[i] = draw_word();
    vb_write(m, chip, core, 0x400000 + draw() % 4 * 0x2000, sizeof words, (const uint8_t *)words);
    vb_release(m, chip, core, draw());
}

static void poke(vb_machine *m, int32_t n_chips)
{
    int32_t chip = (int32_t)(draw() % (uint32_t)(n_chips + 1)), core = (int32_t)(draw() % 20) - 1;
    uint8_t bytes[96];
    uint32_t entries[12], taken[30], length = draw() % sizeof bytes;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)draw();
    for (int i = 0; i < 12; i++)
        entries[i] = draw_word();
    switch (draw() % 12) {
    case 0: vb_read(m, chip, core, draw_address(), length, bytes); break;
    case 1: vb_write(m, chip, core, draw_address(), length, bytes); break;
    case 2: vb_fill(m, chip, core, draw_address(), length, draw()); break;
    case 3: vb_send(m, chip, draw(), draw_word(), draw(), (int32_t)(draw() % 9) - 2); break;
    case 4: vb_take_packets(m, chip, 10, taken); break;
    case 5: vb_load_routes(m, chip, (int32_t)(draw() % 1100) - 10, 4, entries); break;
    case 6: vb_interrupt(m, chip, core); break;
    case 7: vb_freeze_timers(m, chip, core); break;
    case 8: vb_stop_core(m, chip, core); break;
    case 9: vb_step(m, chip, core, 5); break;
    case 10: vb_quiesce(m, chip, 20); break;
    default: vb_clear_routes(m, chip); break;
    }
}

int main(int argc, char **argv)
{
    enum { N_CHIPS = 3 };
    vb_chip_spec specs[N_CHIPS] = {{0, 0, 18, {1, 2, -1, 2, -1, 0}},
                                   {1, 0, 4, {2, -1, 0, 0, -1, 1}},
                                   {2, 0, 2, {0, 1, 1, -1, 2, 0}}};
    vb_fault faults[16];
    vb_stats stats;
    vb_stop stop;
    int rounds = argc > 2 ? atoi(argv[2]) : 200;
    state = 88172645463325252ull + (argc > 1 ? strtoull(argv[1], NULL, 10) : 0);
    vb_machine *m = vb_new(N_CHIPS, specs);
    if (!m || vb_set_threads(m, argc > 3 ? atoi(argv[3]) : 1))
        return 1;
    for (int i = 0; i < rounds; i++) {
        int32_t chip = (int32_t)(draw() % N_CHIPS);
        start_core(m, chip, 1 + (int32_t)(draw() % (uint32_t)(specs[chip].cores - 1)));
        for (int k = 0; k < 40; k++) {
            poke(m, N_CHIPS);
            for (chip = 0; chip < N_CHIPS; chip++)
                for (int32_t core = 1; core < specs[chip].cores; core++)
                    throw_core(m, chip, core);
            vb_run(m, draw() % 16 ? 1 : 30, (int32_t)(draw() & 1), &stop);
        }
        vb_take_faults(m, 16, faults);
    }
    vb_get_stats(m, &stats);
    printf("%llu %llu %lld\n", (unsigned long long)stats.instructions,
           (unsigned long long)stats.sent, (long long)vb_now_us(m));
    vb_free(m);
    return 0;
}
