#include "base/manager.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "fd.h"

void aet_manager_tell(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	size_t length = path ? strlen(path) : 0;
	AET_CLOSE int fd = -1;

	if (length < 2 || length >= sizeof(name.sun_path) || (path[0] != '/' && path[0] != '@'))
		return;
	memcpy(name.sun_path, path, length);
	if (path[0] == '@') /* an abstract name: unix(7) */
		name.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	(void)sendto(fd, state, strlen(state), MSG_DONTWAIT | MSG_NOSIGNAL,
		(const struct sockaddr *)&name,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
}
