// A program in Python whose new version fails in whichever phase, or whose own state does not let
// itself be dumped: the swap is undone, and the next one goes well. As state_fault_test.cc for C.

#include "state_faults.h"

namespace aet
{

class PythonFaultTest : public FaultTest
{
      protected:
	void SetSchema(int number)
	{
		WriteFile(service_->directory() + "/schema", std::to_string(number) + "\n");
	}
};

TEST_P(PythonFaultTest, OfTheDump)
{
	BeginCounting({}, "800ms");
	for (const char *fault : {"deadlock", "hang"}) {
		SetDumpFault(fault);
		ExpectUndone("dump_timeout", "handoff.timeout");
	}
	SetDumpFault("crash");
	ExpectUndone("dump_failed", "ended by a signal");
	SetDumpFault("exit");
	ExpectUndone("dump_failed", "ended without a report");
	SetDumpFault("error");
	ExpectUndone("dump_failed", "counter_asyncio:STATE['guarded']: ValueError: not now");
	SetDumpFault("none");
	ExpectGoodSwapAndExact();
}

TEST_P(PythonFaultTest, OfTheNewVersion)
{
	BeginCounting({}, "800ms");
	service_->SetFault("exit1");
	ExpectUndone("exited");
	service_->SetFault("crash");
	ExpectUndone("killed");
	service_->SetFault("load_error");
	ExpectUndone("load_failed", "ValueError: not here");
	service_->SetFault("load_crash");
	ExpectUndone("load_failed", "ended meanwhile");
	service_->SetFault("load_hang");
	ExpectUndone("handoff_timeout");
	service_->SetFault("ok");
	SetSchema(2);
	ExpectUndone("wrong_schema", "hook");
	SetSchema(1);
	ExpectGoodSwapAndExact();
}

INSTANTIATE_TEST_SUITE_P(
	Writers, PythonFaultTest, testing::ValuesIn(Writers("python")), WriterName);

class StreamTest : public FaultTest
{
};

// The launcher writes to a stream that nobody reads any more: SIGPIPE is its own affair.
TEST_P(StreamTest, ItsReaderLetsGoOfIt)
{
	BeginCounting({"STATE_MIB=16", "BREAKS=1"});
	service_->SetFault("let_go");
	ExpectUndone("load_failed", "not read");
	service_->SetFault("ok");
	ExpectGoodSwapAndExact();
}

INSTANTIATE_TEST_SUITE_P(
	Writers, StreamTest, testing::Values(Writer{"python", "pipe"}), WriterName);

} // namespace aet
