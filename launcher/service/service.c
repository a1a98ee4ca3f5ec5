#include "service/service.h"

struct aet_service aet_service = {.page_fd = -1};
