/*
 * Prints the structs and constants of the installed pmix_common.h that Java binds by hand. Built and run by
 * PmixAbiTest where the header is; nothing else needs it.
 */
#include <pmix_common.h>
#include <pmix_deprecated.h>
#include <stddef.h>
#include <stdio.h>

#define NUMBER(name, value) printf(name "=%lld\n", (long long)(value))

int main(void) {
  NUMBER("sizeof proc", sizeof(pmix_proc_t));
  NUMBER("proc.rank", offsetof(pmix_proc_t, rank));
  NUMBER("sizeof value", sizeof(pmix_value_t));
  NUMBER("value.data", offsetof(pmix_value_t, data));
  NUMBER("sizeof byte object", sizeof(pmix_byte_object_t));
  NUMBER("byte object.size", offsetof(pmix_byte_object_t, size));
  NUMBER("sizeof info", sizeof(pmix_info_t));
  NUMBER("info.flags", offsetof(pmix_info_t, flags));
  NUMBER("info.value", offsetof(pmix_info_t, value));
  NUMBER("sizeof scope", sizeof(pmix_scope_t));
  NUMBER("sizeof type", sizeof(pmix_data_type_t));
  NUMBER("SUCCESS", PMIX_SUCCESS);
  NUMBER("PARTIAL_SUCCESS", PMIX_ERR_PARTIAL_SUCCESS);
  NUMBER("TIMEOUT", PMIX_ERR_TIMEOUT);
  NUMBER("INVALID_ARG", PMIX_ERR_INVALID_ARG);
  NUMBER("NOT_FOUND", PMIX_ERR_NOT_FOUND);
  NUMBER("RANK_WILDCARD", (int)(PMIX_RANK_WILDCARD));
  NUMBER("SCOPE_GLOBAL", PMIX_GLOBAL);
  NUMBER("TYPE_BOOL", PMIX_BOOL);
  NUMBER("TYPE_INT", PMIX_INT);
  NUMBER("TYPE_UINT32", PMIX_UINT32);
  NUMBER("TYPE_BYTE_OBJECT", PMIX_BYTE_OBJECT);
  printf("JOB_SIZE=%s\nCOLLECT_DATA=%s\n", PMIX_JOB_SIZE, PMIX_COLLECT_DATA);
  printf("TIMEOUT_SECONDS=%s\nIMMEDIATE=%s\n", PMIX_TIMEOUT, PMIX_IMMEDIATE);
  return 0;
}
