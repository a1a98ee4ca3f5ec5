// Messages whose lines, names and values are of any length, some with a byte in them that does not
// belong there: what a way that looks at sixteen bytes at once may get wrong.
#ifndef AET_TESTS_HTTP_HEADS_H
#define AET_TESTS_HTTP_HEADS_H

#include "http_forms.h"

namespace aet
{

class HttpHeads
{
      public:
	explicit HttpHeads(unsigned seed) : random_(seed)
	{
	}
	Conversation Next();
	unsigned Draw(unsigned below)
	{
		return static_cast<unsigned>(random_()) % below;
	}

      private:
	std::string Word(unsigned most);
	std::string Case(std::string word);
	std::string Framing(bool chunked, size_t body);
	std::string Field();
	std::string Message(bool is_request);
	void Spoil(std::string *bytes);

	std::mt19937 random_;
};

} // namespace aet

#endif
