/*
 * What tests/gpu/ calls of CUDA's driver, declared here and looked up at run time: neither a toolkit
 * nor a header of it is needed, and a machine without a driver can build all of it. Names and numbers
 * are those of the CUDA Driver API reference, "Virtual Memory Management".
 */
#ifndef GPU_CUDA_H
#define GPU_CUDA_H

#include <stddef.h>
#include <stdint.h>

#define CUDA_LIBRARY "libcuda.so.1"

/* CU_DEVICE_ATTRIBUTE_VIRTUAL_MEMORY_MANAGEMENT_SUPPORTED, _HANDLE_TYPE_POSIX_FILE_DESCRIPTOR_SUPPORTED */
#define CUDA_HAS_VIRTUAL_MEMORY  102
#define CUDA_HAS_FILE_DESCRIPTOR 103
#define CUDA_PINNED              1 /* CU_MEM_ALLOCATION_TYPE_PINNED */
#define CUDA_FILE_DESCRIPTOR     1 /* CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR */
#define CUDA_ON_DEVICE           1 /* CU_MEM_LOCATION_TYPE_DEVICE */
#define CUDA_READ_WRITE          3 /* CU_MEM_ACCESS_FLAGS_PROT_READWRITE */
#define CUDA_LEAST_GRANULARITY   0 /* CU_MEM_ALLOC_GRANULARITY_MINIMUM */

typedef uint64_t cuda_pointer; /* CUdeviceptr */
typedef unsigned long long cuda_handle; /* CUmemGenericAllocationHandle */

struct cuda_location {
	int type;
	int id;
};

struct cuda_properties { /* CUmemAllocationProp */
	int type;
	int handle_types;
	struct cuda_location location;
	void *win32;
	uint8_t flags[8];
};

struct cuda_access { /* CUmemAccessDesc */
	struct cuda_location location;
	int flags;
};

_Static_assert(sizeof(struct cuda_properties) == 32, "as the driver has it");
_Static_assert(sizeof(struct cuda_access) == 12, "as the driver has it");

/* CUDA(symbol, name, arguments): each returns a CUresult, 0 for success. */
#define CUDA_FUNCTIONS(CUDA)                                                                       \
	CUDA(cuInit, init, (unsigned flags))                                                       \
	CUDA(cuGetErrorName, error_name, (int error, const char **ret_name))                       \
	CUDA(cuDeviceGet, device_get, (int *ret_device, int number))                               \
	CUDA(cuDeviceGetAttribute, device_attribute, (int *ret_value, int attribute, int device))  \
	CUDA(cuDevicePrimaryCtxRetain, retain, (void **ret_context, int device))                   \
	CUDA(cuCtxSetCurrent, set_current, (void *context))                                        \
	CUDA(cuMemGetInfo_v2, memory_info, (size_t * ret_free, size_t * ret_total))                \
	CUDA(cuMemGetAllocationGranularity, granularity,                                           \
		(size_t * ret, const struct cuda_properties *properties, int option))              \
	CUDA(cuMemCreate, create,                                                                  \
		(cuda_handle * ret, size_t size, const struct cuda_properties *properties,         \
			unsigned long long flags))                                                 \
	CUDA(cuMemExportToShareableHandle, export_handle,                                          \
		(void *ret, cuda_handle handle, int type, unsigned long long flags))               \
	CUDA(cuMemImportFromShareableHandle, import_handle,                                        \
		(cuda_handle * ret, void *shared, int type))                                       \
	CUDA(cuMemAddressReserve, reserve,                                                         \
		(cuda_pointer * ret, size_t size, size_t alignment, cuda_pointer where,            \
			unsigned long long flags))                                                 \
	CUDA(cuMemMap, map,                                                                        \
		(cuda_pointer where, size_t size, size_t offset, cuda_handle handle,               \
			unsigned long long flags))                                                 \
	CUDA(cuMemSetAccess, set_access,                                                           \
		(cuda_pointer where, size_t size, const struct cuda_access *access, size_t count)) \
	CUDA(cuMemcpyHtoD_v2, copy_to, (cuda_pointer to, const void *from, size_t size))           \
	CUDA(cuMemcpyDtoH_v2, copy_from, (void *to, cuda_pointer from, size_t size))

#define CUDA_MEMBER(symbol, name, arguments) int(*name) arguments;
struct cuda {
	CUDA_FUNCTIONS(CUDA_MEMBER)
};
#undef CUDA_MEMBER

#endif
