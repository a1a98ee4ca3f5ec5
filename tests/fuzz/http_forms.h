// Conversations as clients and servers of every day hold them, and what may go wrong in them.
#ifndef AET_TESTS_HTTP_FORMS_H
#define AET_TESTS_HTTP_FORMS_H

#include <random>
#include <string>
#include <vector>

namespace aet
{

struct Piece {
	bool is_request;
	std::string bytes;
};

struct Conversation {
	std::vector<Piece> pieces;
	bool everyday = true; // nothing was changed in it
	bool closes = false; // somebody said so
};

class HttpForms
{
      public:
	explicit HttpForms(unsigned seed) : random_(seed)
	{
	}
	Conversation Next();
	unsigned Draw(unsigned below)
	{
		return static_cast<unsigned>(random_()) % below;
	}

      private:
	struct Exchange {
		std::string request;
		std::string rest; // after the interim answer
		std::string interim;
		std::string answer;
	};
	Exchange NextExchange(bool old, bool close);
	std::string Pick(const std::vector<std::string> &list)
	{
		return list[Draw(static_cast<unsigned>(list.size()))];
	}
	std::string Bytes();
	std::string Chunks(const std::string &body);
	std::string RequestHeaders();
	std::string AnswerHeaders();
	void Change(std::string *bytes);

	std::mt19937 random_;
};

} // namespace aet

#endif
