#define _GNU_SOURCE
#include "mlk_table.h"

#include <stddef.h>
#include <sys/mman.h>

#include "mlk_error.h"
#include "moelink_fabric.h"

int32_t mlk_table_open(const char *call, mlk_table *table, uint64_t entry_bytes, uint32_t capacity) {
  /* anonymous pages: a table for many entries costs only what is used */
  void *entries = mmap(NULL, capacity * entry_bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (entries == MAP_FAILED) return mlk_fail(MLK_E_NO_MEMORY, "%s: no memory for the region table", call);
  *table = (mlk_table){.entries = entries, .entry_bytes = entry_bytes, .capacity = capacity};
  return MLK_OK;
}

void mlk_table_close(mlk_table *table) {
  if (table->entries != NULL) (void)munmap(table->entries, table->capacity * table->entry_bytes);
  table->entries = NULL;
}

mlk_entry *mlk_table_at(const mlk_table *table, uint32_t slot) {
  return (mlk_entry *)(void *)(table->entries + slot * table->entry_bytes);
}

static uint32_t slot_of(const mlk_table *table, const mlk_entry *entry) {
  return (uint32_t)((uint64_t)((const uint8_t *)entry - table->entries) / table->entry_bytes);
}

mlk_entry *mlk_table_find(const mlk_table *table, uint64_t handle) {
  const uint64_t slot = (handle & UINT32_MAX) - 1;
  if (slot >= table->capacity) return NULL;
  mlk_entry *entry = mlk_table_at(table, (uint32_t)slot);
  const uint32_t generation = atomic_load_explicit(&entry->generation, memory_order_acquire);
  return generation == (uint32_t)(handle >> 32) && (generation & 1u) != 0 ? entry : NULL;
}

mlk_entry *mlk_table_take(mlk_table *table) {
  uint32_t slot = table->free;
  while (slot < table->capacity && mlk_table_at(table, slot)->taken != 0) slot++;
  table->free = slot;
  if (slot == table->capacity) return NULL;
  table->free = slot + 1;
  if (slot >= table->top) table->top = slot + 1;
  mlk_entry *entry = mlk_table_at(table, slot);
  entry->taken = 1;
  return entry;
}

uint64_t mlk_table_publish(const mlk_table *table, mlk_entry *entry) {
  const uint32_t generation = atomic_load_explicit(&entry->generation, memory_order_relaxed) + 1;
  atomic_store_explicit(&entry->generation, generation, memory_order_release);
  return (uint64_t)generation << 32 | (slot_of(table, entry) + 1);
}

void mlk_table_drop(mlk_table *table, mlk_entry *entry) {
  if ((atomic_load_explicit(&entry->generation, memory_order_relaxed) & 1u) != 0)
    atomic_fetch_add_explicit(&entry->generation, 1, memory_order_release);
  entry->taken = 0;
  const uint32_t slot = slot_of(table, entry);
  if (slot < table->free) table->free = slot;
}
