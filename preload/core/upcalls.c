#include "core/upcalls.h"

struct aet_upcalls aet_upcalls;
