// The framing tracker beside a full parser, http_parser of Node.js before llhttp: random
// conversations, half of them spoilt, in random pieces, from a fixed seed. Where the tracker says
// idle, the parser has seen the same number of complete messages both ways and none begun; an
// everyday conversation is never lost. HTTP_FUZZ_CASES and HTTP_FUZZ_SEED: `make fuzz-http`.

#include <gtest/gtest.h>

#include <http_parser.h>

#include <strings.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>

#include "http_forms.h"
#include "http_tracker.h"

namespace aet
{

// One direction.
class FullParser
{
      public:
	FullParser(http_parser_type type, const FullParser *requests) : requests_(requests)
	{
		http_parser_init(&parser_, type);
		parser_.data = this;
		http_parser_settings_init(&settings_);
		settings_.on_message_begin = [](http_parser *p) {
			Of(p)->open_ = true;
			Of(p)->coded_ = false;
			return 0;
		};
		settings_.on_header_field = [](http_parser *p, const char *at, size_t length) {
			return Of(p)->OnName(std::string(at, length));
		};
		settings_.on_header_value = [](http_parser *p, const char *, size_t) {
			return Of(p)->OnValue();
		};
		settings_.on_headers_complete = [](http_parser *p) { return Of(p)->OnHeader(); };
		settings_.on_message_complete = [](http_parser *p) { return Of(p)->OnMessage(); };
	}
	FullParser(const FullParser &) = delete;
	FullParser &operator=(const FullParser &) = delete;

	void Feed(const std::string &bytes)
	{
		size_t at = 0;

		while (at < bytes.size() && !error()) {
			at += http_parser_execute(
				&parser_, &settings_, bytes.data() + at, bytes.size() - at);
			if (switched_)
				return;
			parser_.upgrade = 0; // asked for, and not granted
		}
	}
	http_errno error() const
	{
		return HTTP_PARSER_ERRNO(&parser_);
	}
	uint32_t complete() const
	{
		return complete_;
	}
	bool open() const
	{
		return open_;
	}
	bool ended() const
	{
		return ended_ || switched_;
	}

      private:
	static FullParser *Of(http_parser *parser)
	{
		return static_cast<FullParser *>(parser->data);
	}
	int OnName(const std::string &part)
	{
		if (named_)
			name_.clear();
		named_ = false;
		name_ += part;
		return 0;
	}
	// Version 2.9 takes a field whose name only begins so for one (Transfer-Encoding-Hint).
	int OnValue()
	{
		named_ = true;
		coded_ = coded_ || !strcasecmp(name_.c_str(), "transfer-encoding");
		if (!coded_)
			parser_.uses_transfer_encoding = 0;
		return 0;
	}
	// 1: there is no body.
	int OnHeader()
	{
		if (!requests_) {
			heads_.push_back(parser_.method == HTTP_HEAD);
			return 0;
		}
		switched_ = parser_.status_code == 101;
		return parser_.status_code == 304 ||
			(complete() < requests_->heads_.size() && requests_->heads_[complete()]);
	}
	int OnMessage()
	{
		open_ = false;
		if (!requests_ || parser_.status_code >= 200) {
			complete_++;
			ended_ = ended_ || !http_should_keep_alive(&parser_);
		}
		return 0;
	}

	http_parser parser_;
	http_parser_settings settings_;
	const FullParser *requests_; // NULL: these are they
	std::vector<bool> heads_; // of the requests whose header was read: it is a HEAD
	uint32_t complete_ = 0;
	std::string name_; // of a field
	bool named_ = false; // that is all of it
	bool coded_ = false; // Transfer-Encoding was seen
	bool open_ = false;
	bool ended_ = false; // there is nothing after the last one
	bool switched_ = false;
};

static std::string Text(const Conversation &talk)
{
	std::string text;

	for (const Piece &piece : talk.pieces)
		text += (piece.is_request ? "> " : "< ") + testing::PrintToString(piece.bytes) +
			"\n";
	return text;
}

static void Feed(tracker *tracker, const Piece &piece)
{
	(piece.is_request ? tracker_request : tracker_answer)(
		tracker, piece.bytes.data(), piece.bytes.size());
}

static std::string Word(const verdict &v)
{
	return v.lost ? "lost" : v.closing ? "closing" : v.idle ? "idle" : "busy";
}

class HttpFuzz : public testing::Test
{
      protected:
	HttpFuzz() : pieces_(tracker_new()), whole_(tracker_new())
	{
	}
	~HttpFuzz() override
	{
		tracker_free(pieces_);
		tracker_free(whole_);
	}
	// Empty: they agree. `*refused`: the parser wants nothing of it.
	std::string Complaint(const FullParser &requests, const FullParser &answers, bool *refused)
	{
		verdict v = tracker_verdict(pieces_);

		*refused =
			requests.error() || answers.error() || requests.ended() || answers.ended();
		if (!v.idle)
			return "";
		idle_++;
		for (const FullParser *side : {&requests, &answers}) {
			if (side->error()) {
				refusals_[http_errno_name(side->error())]++;
				return IsOfTaste(side->error()) ? ""
								: http_errno_name(side->error());
			}
			if (side->open())
				return std::string(side == &requests ? "a request" : "an answer") +
					" is under way";
			if (side->complete() != v.read)
				return "the parser has seen " + std::to_string(side->complete()) +
					" messages, the tracker " + std::to_string(v.read);
		}
		return answers.ended() ? "the answer was the last one" : "";
	}
	// Refused by this parser, and read in the same way by those that do not refuse it.
	static bool IsOfTaste(http_errno error)
	{
		return error == HPE_INVALID_METHOD || error == HPE_INVALID_URL ||
			error == HPE_INVALID_HEADER_TOKEN;
	}
	void Check(HttpForms *forms, const Conversation &talk)
	{
		FullParser requests(HTTP_REQUEST, nullptr);
		FullParser answers(HTTP_RESPONSE, &requests);
		bool refused = false;

		tracker_reset(pieces_);
		tracker_reset(whole_);
		for (const Piece &piece : talk.pieces) {
			Feed(whole_, piece);
			for (size_t at = 0; at < piece.bytes.size();) {
				size_t most = forms->Draw(3) ? 40 : 2000;
				Piece part = {piece.is_request,
					piece.bytes.substr(at, 1 + forms->Draw(most))};

				at += part.bytes.size();
				Feed(pieces_, part);
				(part.is_request ? requests : answers).Feed(part.bytes);
				if (refused)
					continue;
				ASSERT_EQ(Complaint(requests, answers, &refused), "")
					<< "after " << at << " bytes of " << piece.bytes << "\nin\n"
					<< Text(talk);
			}
			ASSERT_EQ(Word(tracker_verdict(pieces_)), Word(tracker_verdict(whole_)))
				<< Text(talk);
		}
		words_[(talk.everyday ? "everyday " : "spoilt ") + Word(tracker_verdict(whole_))]++;
		if (talk.everyday) {
			ASSERT_EQ(Word(tracker_verdict(whole_)), talk.closes ? "closing" : "idle")
				<< Text(talk);
			ASSERT_TRUE(!requests.error() && !answers.error()) << Text(talk);
		}
	}

	tracker *pieces_;
	tracker *whole_;
	unsigned long idle_ = 0;
	std::map<std::string, unsigned long> words_;
	std::map<std::string, unsigned long> refusals_;
};

static unsigned long Number(const char *variable, unsigned long otherwise)
{
	const char *value = getenv(variable);

	return value ? strtoul(value, nullptr, 10) : otherwise;
}

TEST_F(HttpFuzz, AgreesWithAFullParser)
{
	const unsigned long cases = Number("HTTP_FUZZ_CASES", 100000);
	HttpForms forms(static_cast<unsigned>(Number("HTTP_FUZZ_SEED", 1)));

	for (unsigned long i = 0; i < cases && !HasFatalFailure(); i++)
		Check(&forms, forms.Next());
	std::cout << cases << " conversations, idle " << idle_ << " times;";
	for (const auto &word : words_)
		std::cout << " " << word.first << ": " << word.second << ";";
	for (const auto &refusal : refusals_)
		std::cout << " " << refusal.first << ": " << refusal.second;
	std::cout << "\n";
	EXPECT_GT(idle_, cases);
	EXPECT_GT(words_["spoilt idle"], cases / 100);
	EXPECT_GT(words_["spoilt lost"], cases / 10);
}

} // namespace aet
