// tests/programs/steps.c as a service: it does what it is told, one step after the other.
#ifndef AET_TESTS_STEPS_SERVICE_H
#define AET_TESTS_STEPS_SERVICE_H

#include <gtest/gtest.h>

#include "service.h"

namespace aet
{

inline const Program kSteps = {"steps", {"{B}/steps"}, {"http://127.0.0.1:{P}/"}, {}, false};

// The first word of an answer: the version.
inline std::string Starts(const Service &service)
{
	std::string body = service.Get();

	return body.substr(0, body.find(' '));
}

inline void SwapTo(Service *service, int number)
{
	service->SetVersion(number);
	Output reload = service->Reload();
	ASSERT_EQ(reload.code, 0) << reload.err << service->log();
	EXPECT_EQ(Starts(*service), service->Version());
}

} // namespace aet

#endif
