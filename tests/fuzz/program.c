/*
 * The file of a program, as anybody may have built or broken it: an ELF file, or a script's first
 * line. Read or refused, always within its bounds.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "inspect/elf_image.h"
#include "inspect/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct aet_elf_image image = {0};
	struct aet_script script = {0};
	int fd = memfd_create("program", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	if (aet_elf_image_read(fd, &image) == 0) {
		if (!memchr(image.interpreter, '\0', sizeof(image.interpreter)))
			abort();
		(void)aet_elf_machine_name(image.machine);
	}
	if (aet_script_read(fd, &script) == 0 &&
		(!memchr(script.interpreter, '\0', sizeof(script.interpreter)) ||
			!memchr(script.env_program, '\0', sizeof(script.env_program))))
		abort();
	(void)close(fd);
	return 0;
}
