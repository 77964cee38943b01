/* Gives each instruction set its own names for one source: SPC_NAME(gather) is gather_avx512, and so on. */
#ifndef SPC_NAME_H
#define SPC_NAME_H

#ifndef SPC_ISA
#error "the build defines SPC_ISA: baseline, avx2 or avx512"
#endif

#include "spc_kernels.h"

#define SPC_JOIN2(name, isa) spc_##name##_##isa
#define SPC_JOIN(name, isa) SPC_JOIN2(name, isa)
#define SPC_NAME(name) SPC_JOIN(name, SPC_ISA)
#define SPC_TEXT2(isa) #isa
#define SPC_TEXT(isa) SPC_TEXT2(isa)

void SPC_NAME(gather)(const void *args, uint64_t begin, uint64_t end, int stream);
void SPC_NAME(scatter)(const void *args, uint64_t begin, uint64_t end, int stream);
void SPC_NAME(reduce)(const void *args, uint64_t begin, uint64_t end, int stream);
void SPC_NAME(dot)(const void *args, uint64_t begin, uint64_t end, int stream);
void SPC_NAME(scale)(const void *args, uint64_t begin, uint64_t end, int stream);
void SPC_NAME(reorder)(const void *args, uint64_t begin, uint64_t end, int stream);
void SPC_NAME(fill)(const void *args, uint64_t begin, uint64_t end, int stream);
void SPC_NAME(copy)(void *dst, const void *src, uint64_t bytes, int stream);

#endif
