/*
 * UCX, loaded when it is first asked for and not linked: so that a machine without it gets one clear line, and that UCX
 * starts under the settings that it needs (library.c).
 */
#ifndef UCX_LIBRARY_H
#define UCX_LIBRARY_H

#include <stdint.h>
#include <ucp/api/ucp.h>

#define UCX_FUNCTIONS(F)           \
  F(ucp_config_read)               \
  F(ucp_config_modify)             \
  F(ucp_config_release)            \
  F(ucp_init_version)              \
  F(ucp_cleanup)                   \
  F(ucp_worker_create)             \
  F(ucp_worker_destroy)            \
  F(ucp_worker_query)              \
  F(ucp_worker_get_address)        \
  F(ucp_worker_release_address)    \
  F(ucp_worker_progress)           \
  F(ucp_worker_get_efd)            \
  F(ucp_worker_fence)              \
  F(ucp_worker_arm)                \
  F(ucp_worker_signal)             \
  F(ucp_worker_set_am_recv_handler) \
  F(ucp_ep_create)                 \
  F(ucp_ep_close_nbx)              \
  F(ucp_ep_flush_nbx)              \
  F(ucp_ep_print_info)             \
  F(ucp_mem_map)                   \
  F(ucp_mem_unmap)                 \
  F(ucp_mem_query)                 \
  F(ucp_rkey_pack)                 \
  F(ucp_rkey_buffer_release)       \
  F(ucp_ep_rkey_unpack)            \
  F(ucp_rkey_ptr)                  \
  F(ucp_rkey_destroy)              \
  F(ucp_put_nbx)                   \
  F(ucp_get_nbx)                   \
  F(ucp_am_send_nbx)               \
  F(ucp_am_recv_data_nbx)          \
  F(ucp_request_check_status)      \
  F(ucp_request_free)              \
  F(ucs_status_string)

#define UCX_MEMBER(name) __typeof__(name) *name;
typedef struct ucx_library {
  UCX_FUNCTIONS(UCX_MEMBER)
} ucx_library;
#undef UCX_MEMBER

/* Filled by ucx_load. */
extern ucx_library ucx;

/* Loads UCX once; afterwards says the same again. */
int32_t ucx_load(const char *call);

#endif
