/*
 * Prints every struct of the ABI, one line each: name size field=offset ... The bindings are compared with this. Then
 * the constants that a binding holds as well: name=value.
 */
#include <stddef.h>
#include <stdio.h>

#include "moelink_fabric.h"

#define STRUCT(type) printf("struct " #type " %zu", sizeof(type))
#define FIELD(type, field) printf(" " #field "=%zu", offsetof(type, field))
#define END() (void)putchar('\n')
#define CONSTANT(name) printf("constant " #name "=%lld\n", (long long)(name))

static void structs(void) {
  STRUCT(mlk_config);
  FIELD(mlk_config, size);
  FIELD(mlk_config, magic);
  FIELD(mlk_config, rank);
  FIELD(mlk_config, rank_count);
  FIELD(mlk_config, signal_count);
  FIELD(mlk_config, compute_units);
  FIELD(mlk_config, timeout_ns);
  FIELD(mlk_config, group_token);
  FIELD(mlk_config, group_name);
  END();
  STRUCT(mlk_caps);
  FIELD(mlk_caps, size);
  FIELD(mlk_caps, magic);
  FIELD(mlk_caps, abi_version);
  FIELD(mlk_caps, flags);
  FIELD(mlk_caps, message_bytes_max);
  FIELD(mlk_caps, page_bytes);
  FIELD(mlk_caps, streaming_bytes);
  FIELD(mlk_caps, compute_units);
  FIELD(mlk_caps, signal_count);
  FIELD(mlk_caps, backend);
  FIELD(mlk_caps, isa);
  END();
  STRUCT(mlk_address);
  FIELD(mlk_address, size);
  FIELD(mlk_address, magic);
  FIELD(mlk_address, bytes);
  END();
  STRUCT(mlk_region_request);
  FIELD(mlk_region_request, size);
  FIELD(mlk_region_request, magic);
  FIELD(mlk_region_request, kind);
  FIELD(mlk_region_request, flags);
  FIELD(mlk_region_request, bytes);
  END();
  STRUCT(mlk_region_info);
  FIELD(mlk_region_info, size);
  FIELD(mlk_region_info, magic);
  FIELD(mlk_region_info, owner);
  FIELD(mlk_region_info, kind);
  FIELD(mlk_region_info, bytes);
  FIELD(mlk_region_info, address);
  END();
  STRUCT(mlk_key);
  FIELD(mlk_key, size);
  FIELD(mlk_key, magic);
  FIELD(mlk_key, bytes);
  END();
  STRUCT(mlk_received);
  FIELD(mlk_received, size);
  FIELD(mlk_received, magic);
  FIELD(mlk_received, from);
  FIELD(mlk_received, reserved);
  FIELD(mlk_received, tag);
  FIELD(mlk_received, bytes);
  END();
  STRUCT(mlk_operand);
  FIELD(mlk_operand, region);
  FIELD(mlk_operand, offset);
  END();
  STRUCT(mlk_rows);
  FIELD(mlk_rows, region);
  FIELD(mlk_rows, offset);
  FIELD(mlk_rows, row_count);
  END();
  STRUCT(spc_gather_args);
  FIELD(spc_gather_args, size);
  FIELD(spc_gather_args, magic);
  FIELD(spc_gather_args, dst);
  FIELD(spc_gather_args, src);
  FIELD(spc_gather_args, row_bytes);
  FIELD(spc_gather_args, count);
  FIELD(spc_gather_args, src_rows);
  END();
  STRUCT(spc_scatter_args);
  FIELD(spc_scatter_args, size);
  FIELD(spc_scatter_args, magic);
  FIELD(spc_scatter_args, dst);
  FIELD(spc_scatter_args, src);
  FIELD(spc_scatter_args, row_bytes);
  FIELD(spc_scatter_args, count);
  FIELD(spc_scatter_args, src_rows);
  FIELD(spc_scatter_args, dst_start);
  FIELD(spc_scatter_args, dst_rows);
  FIELD(spc_scatter_args, dst_row_length);
  END();
  STRUCT(spc_reduce_args);
  FIELD(spc_reduce_args, size);
  FIELD(spc_reduce_args, magic);
  FIELD(spc_reduce_args, dst);
  FIELD(spc_reduce_args, dst_type);
  FIELD(spc_reduce_args, src_type);
  FIELD(spc_reduce_args, partial_type);
  FIELD(spc_reduce_args, source_count);
  FIELD(spc_reduce_args, sources);
  FIELD(spc_reduce_args, hidden);
  FIELD(spc_reduce_args, count);
  FIELD(spc_reduce_args, group_length);
  FIELD(spc_reduce_args, element_length);
  FIELD(spc_reduce_args, group_start);
  FIELD(spc_reduce_args, elem_start);
  FIELD(spc_reduce_args, elem_source);
  FIELD(spc_reduce_args, elem_row);
  FIELD(spc_reduce_args, weights);
  END();
  STRUCT(spc_dot_args);
  FIELD(spc_dot_args, size);
  FIELD(spc_dot_args, magic);
  FIELD(spc_dot_args, out);
  FIELD(spc_dot_args, a);
  FIELD(spc_dot_args, b);
  FIELD(spc_dot_args, a_rows);
  FIELD(spc_dot_args, b_rows);
  FIELD(spc_dot_args, type);
  FIELD(spc_dot_args, reserved);
  FIELD(spc_dot_args, hidden);
  FIELD(spc_dot_args, count);
  END();
  STRUCT(spc_scale_args);
  FIELD(spc_scale_args, size);
  FIELD(spc_scale_args, magic);
  FIELD(spc_scale_args, dst);
  FIELD(spc_scale_args, src);
  FIELD(spc_scale_args, src_rows);
  FIELD(spc_scale_args, weights);
  FIELD(spc_scale_args, type);
  FIELD(spc_scale_args, reserved);
  FIELD(spc_scale_args, hidden);
  FIELD(spc_scale_args, count);
  END();
  STRUCT(spc_reorder_args);
  FIELD(spc_reorder_args, size);
  FIELD(spc_reorder_args, magic);
  FIELD(spc_reorder_args, dst);
  FIELD(spc_reorder_args, src);
  FIELD(spc_reorder_args, element_bytes);
  FIELD(spc_reorder_args, reserved);
  FIELD(spc_reorder_args, rows);
  FIELD(spc_reorder_args, columns);
  END();
  STRUCT(spc_fill_args);
  FIELD(spc_fill_args, size);
  FIELD(spc_fill_args, magic);
  FIELD(spc_fill_args, dst);
  FIELD(spc_fill_args, bytes);
  FIELD(spc_fill_args, value);
  FIELD(spc_fill_args, reserved);
  END();
}

static void constants(void) {
  CONSTANT(MLK_ABI_VERSION);
  CONSTANT(MLK_SLICE_NS_MAX);
  CONSTANT(MLK_ADDRESS_BYTES);
  CONSTANT(MLK_KEY_BYTES);
  CONSTANT(MLK_RANKS_MAX);
  CONSTANT(MLK_SIGNALS_MAX);
  CONSTANT(MLK_COMPUTE_UNITS_MAX);
  CONSTANT(MLK_REGION_BYTES_MAX);
  CONSTANT(MLK_HOST);
  CONSTANT(MLK_ANY_RANK);
  CONSTANT(MLK_CAP_REMOTE_LOADS);
  CONSTANT(MLK_CAP_DEVICE_MEMORY);
  CONSTANT(MLK_CAP_REGISTER);
  CONSTANT(MLK_REGION_POPULATE);
  CONSTANT(MLK_MAGIC_CONFIG);
  CONSTANT(MLK_MAGIC_CAPS);
  CONSTANT(MLK_MAGIC_ADDRESS);
  CONSTANT(MLK_MAGIC_REQUEST);
  CONSTANT(MLK_MAGIC_REGION);
  CONSTANT(MLK_MAGIC_KEY);
  CONSTANT(MLK_MAGIC_RECEIVED);
  CONSTANT(MLK_MAGIC_GATHER);
  CONSTANT(MLK_MAGIC_SCATTER);
  CONSTANT(MLK_MAGIC_REDUCE);
  CONSTANT(MLK_MAGIC_DOT);
  CONSTANT(MLK_MAGIC_SCALE);
  CONSTANT(MLK_MAGIC_REORDER);
  CONSTANT(MLK_MAGIC_FILL);
  CONSTANT(MLK_OK);
  CONSTANT(MLK_TIMEOUT_SLICE);
  CONSTANT(MLK_AGAIN);
  CONSTANT(MLK_E_TIMEOUT);
  CONSTANT(MLK_E_INVALID);
  CONSTANT(MLK_E_STRUCT);
  CONSTANT(MLK_E_RANGE);
  CONSTANT(MLK_E_HANDLE);
  CONSTANT(MLK_E_KEY);
  CONSTANT(MLK_E_PEER);
  CONSTANT(MLK_E_ALIGN);
  CONSTANT(MLK_E_UNSUPPORTED);
  CONSTANT(MLK_E_CLOSED);
  CONSTANT(MLK_E_STATE);
  CONSTANT(MLK_E_LENGTH);
  CONSTANT(MLK_E_STALE_KEY);
  CONSTANT(MLK_E_NO_MEMORY);
  CONSTANT(MLK_E_SYSTEM);
  CONSTANT(MLK_E_PEER_DEAD);
  CONSTANT(MLK_E_PEER_CLOSED);
  CONSTANT(MLK_E_ABORTED);
  CONSTANT(MLK_MEM_HOST);
  CONSTANT(MLK_MEM_SHARED);
  CONSTANT(MLK_MEM_DEVICE);
  CONSTANT(MLK_BF16);
  CONSTANT(MLK_FP16);
  CONSTANT(MLK_FP32);
}

int main(void) {
  structs();
  constants();
  return 0;
}
