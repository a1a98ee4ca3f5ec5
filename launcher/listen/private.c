#include "listen/private.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

struct aet_private aet_privates[AET_PRIVATE_MAX];

static struct aet_private *place_for(const struct aet_address *address)
{
	static unsigned next;

	AET_FOREACH_PRIVATE(p)
		if (memcmp(&p->address, address, sizeof(*address)) == 0)
			return p;
	for (struct aet_private *p = aet_privates; p < aet_privates + AET_PRIVATE_MAX; p++)
		if (p->generation == 0)
			return p;
	return &aet_privates[next++ % AET_PRIVATE_MAX];
}

void aet_private_add(
	const struct aet_address *address, uint32_t generation, int pid, enum aet_privacy privacy)
{
	const struct sockaddr_un *un = (const void *)address->bytes;
	struct aet_private *p = place_for(address);
	struct stat status;

	*p = (struct aet_private){
		.generation = generation, .pid = pid, .privacy = privacy, .address = *address};
	if (address->family == AF_UNIX && un->sun_path[0] && lstat(un->sun_path, &status) == 0) {
		p->dev = status.st_dev;
		p->ino = status.st_ino;
	}
}

void aet_private_forget_generation(uint32_t generation)
{
	AET_FOREACH_PRIVATE(p)
		if (p->generation == generation)
			*p = (struct aet_private){0};
}

const char *aet_privacy_text(enum aet_privacy privacy)
{
	static const char *const texts[] = {
		[AET_PRIVACY_NONE] = "",
		[AET_PRIVACY_CONFIGURED] = "service.private names it",
		[AET_PRIVACY_ANY_PORT] = "the kernel chose its port",
		[AET_PRIVACY_PROCESS_NAME] = "its name has the number of its process",
		[AET_PRIVACY_OTHER_NAME] = "each version names it differently",
		[AET_PRIVACY_DIRECTORY] = "its generation made the directory",
	};

	return texts[privacy];
}
