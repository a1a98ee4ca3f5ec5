// What a process of a generation finds at an address, by the address book.
#include "library.h"

#include <arpa/inet.h>
#include <cstring>

extern "C" {
#include "address_parse.h"
#include "core/lib.h"
#include "listeners/reach.h"
}

namespace aet
{

class Reach : public testing::Test
{
      protected:
	void SetUp() override
	{
		page_ = std::make_unique<aet_page>();
		page_->word = aet_word(AET_PHASE_OPEN, 1, 2);
		page_->book.active = 1;
		aet_lib.view = page_.get();
		aet_lib.generation = 2;
	}
	void TearDown() override
	{
		aet_lib.view = nullptr;
		aet_lib.generation = 0;
	}
	aet_book_entry *Add(const std::string &text, uint32_t owner = 0)
	{
		aet_book_entry *entry = &page_->book.entries[page_->book.count++];

		EXPECT_EQ(aet_address_parse(text.c_str(), &entry->address, nullptr), 0);
		entry->owner = owner;
		return entry;
	}
	static void Bind(aet_book_entry *entry, uint32_t generation)
	{
		aet_door door = {};

		door.ip = inet_addr("127.64.0.1");
		door.port = 5;
		door.is_open = true;
		entry->places[0] = {generation, door};
	}
	aet_book_answer Ask(const std::string &text, int type = SOCK_STREAM)
	{
		aet_address address;
		int fd;
		aet_book_answer answer;

		EXPECT_EQ(aet_address_parse(text.c_str(), &address, nullptr), 0);
		fd = socket(address.family, type, 0);
		answer = aet_reach(
			fd, reinterpret_cast<sockaddr *>(address.bytes), address.length, &way_);
		close(fd);
		return answer;
	}

	std::unique_ptr<aet_page> page_;
	aet_way way_ = {};
};

TEST_F(Reach, NobodyWhereItsGenerationHasNotBound)
{
	Add("tcp://127.0.0.1:9001");
	EXPECT_EQ(Ask("tcp://127.0.0.1:9001"), AET_BOOK_NOBODY);
	EXPECT_EQ(way_.error, ECONNREFUSED);
	EXPECT_EQ(Ask("tcp://0.0.0.0:9001"), AET_BOOK_NOBODY) << "that is the loopback";
	EXPECT_EQ(Ask("tcp6://[::ffff:127.0.0.1]:9001"), AET_BOOK_NOBODY);
	EXPECT_EQ(Ask("tcp://127.0.0.1:9002"), AET_BOOK_FREE);
	EXPECT_EQ(Ask("tcp://127.0.0.2:9001"), AET_BOOK_FREE);
	EXPECT_EQ(Ask("tcp://127.0.0.1:9001", SOCK_DGRAM), AET_BOOK_FREE);
	page_->book.reaching[3] = 2;
	EXPECT_EQ(Ask("tcp://127.0.0.1:9001"), AET_BOOK_FREE);
	page_->book.active = 0;
	page_->book.reaching[3] = 0;
	EXPECT_EQ(Ask("tcp://127.0.0.1:9001"), AET_BOOK_FREE);
}

TEST_F(Reach, AWildcardStandsForThisMachineAlone)
{
	Add("tcp://0.0.0.0:9001");
	EXPECT_EQ(Ask("tcp://127.3.2.1:9001"), AET_BOOK_NOBODY);
	EXPECT_EQ(Ask("tcp://192.0.2.1:9001"), AET_BOOK_FREE);
	EXPECT_EQ(Ask("tcp6://[::1]:9001"), AET_BOOK_FREE) << "IPv4 alone";
	Add("tcp6://[::]:9002")->flags = AET_SOCKET_V6ONLY;
	Add("tcp6://[::]:9003");
	EXPECT_EQ(Ask("tcp6://[::1]:9002"), AET_BOOK_NOBODY);
	EXPECT_EQ(Ask("tcp://127.0.0.1:9002"), AET_BOOK_FREE);
	EXPECT_EQ(Ask("tcp://127.0.0.1:9003"), AET_BOOK_NOBODY);
}

TEST_F(Reach, ItsOwnThroughTheDoorWhileItWaits)
{
	Bind(Add("tcp://127.0.0.1:9001"), 2);
	EXPECT_EQ(Ask("tcp://127.0.0.1:9001"), AET_BOOK_DOOR);
	const auto *name = reinterpret_cast<const sockaddr_in *>(&way_.name);
	EXPECT_EQ(name->sin_addr.s_addr, inet_addr("127.64.0.1"));
	EXPECT_EQ(ntohs(name->sin_port), 5);
	page_->word = aet_word(AET_PHASE_OPEN, 2, 0);
	EXPECT_EQ(Ask("tcp://127.0.0.1:9001"), AET_BOOK_FREE);
	page_->word = aet_word(AET_PHASE_GATED, 2, 3);
	EXPECT_EQ(Ask("tcp://127.0.0.1:9001"), AET_BOOK_FREE);
	page_->word = aet_word(AET_PHASE_OPEN, 3, 0);
	EXPECT_EQ(Ask("tcp://127.0.0.1:9001"), AET_BOOK_DOOR);
}

TEST_F(Reach, PrivateOnesOfOthersAreNotThere)
{
	Add("tcp://127.0.0.1:9001", 1);
	Add("unix://@aeterna-test-reach", 1);
	Add("tcp://127.0.0.1:9002", 2);
	EXPECT_EQ(Ask("tcp://127.0.0.1:9001"), AET_BOOK_NOBODY);
	EXPECT_EQ(Ask("unix://@aeterna-test-reach"), AET_BOOK_NOBODY);
	EXPECT_EQ(way_.error, ECONNREFUSED);
	EXPECT_EQ(Ask("unix://@aeterna-test-reach2"), AET_BOOK_FREE);
	EXPECT_EQ(Ask("tcp://127.0.0.1:9002"), AET_BOOK_FREE);
}

// Of two sockets at one address (SO_REUSEPORT) it is enough to have bound one.
TEST_F(Reach, OneOfSeveralIsEnough)
{
	Add("tcp://127.0.0.1:9001");
	Bind(Add("tcp://127.0.0.1:9001"), 2);
	Add("tcp://127.0.0.1:9001");
	EXPECT_EQ(Ask("tcp://127.0.0.1:9001"), AET_BOOK_DOOR);
}

// The launcher died while it wrote: what the kernel says counts.
TEST_F(Reach, ABookThatIsBeingWritten)
{
	Add("tcp://127.0.0.1:9001");
	page_->book.sequence = 1;
	EXPECT_EQ(Ask("tcp://127.0.0.1:9001"), AET_BOOK_FREE);
}

} // namespace aet
