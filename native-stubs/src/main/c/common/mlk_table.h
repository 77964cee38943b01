/*
 * A table of entries that callers hold by handle = generation << 32 | slot + 1, so that one that was released is known.
 * Finding takes no lock; the rest is under the owner's.
 */
#ifndef MLK_TABLE_H
#define MLK_TABLE_H

#include <stdatomic.h>
#include <stdint.h>

/* What an entry starts with; the rest is the backend's. */
typedef struct mlk_entry {
  _Atomic uint32_t generation; /* odd: published */
  uint32_t taken;
} mlk_entry;

typedef struct mlk_table {
  uint8_t *entries; /* pages come as they are used */
  uint64_t entry_bytes;
  uint32_t capacity;
  uint32_t top;  /* slots ever used */
  uint32_t free; /* no free slot below */
} mlk_table;

int32_t mlk_table_open(const char *call, mlk_table *table, uint64_t entry_bytes, uint32_t capacity);
void mlk_table_close(mlk_table *table);
/* The entry of a slot below top. */
mlk_entry *mlk_table_at(const mlk_table *table, uint32_t slot);
/* Null when there is none. */
mlk_entry *mlk_table_find(const mlk_table *table, uint64_t handle);
/* A free entry, not found yet; null when the table is full. */
mlk_entry *mlk_table_take(mlk_table *table);
/* Lets it be found; its handle. */
uint64_t mlk_table_publish(const mlk_table *table, mlk_entry *entry);
void mlk_table_drop(mlk_table *table, mlk_entry *entry);

#endif
