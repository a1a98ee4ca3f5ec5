#include "http_heads.h"

namespace aet
{

// What is in names, and in values.
std::string HttpHeads::Word(unsigned most)
{
	static const std::string kCommon =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_09";
	std::string word;

	for (unsigned length = 1 + Draw(most); word.size() < length;)
		word += kCommon[Draw(static_cast<unsigned>(kCommon.size()))];
	return word;
}

std::string HttpHeads::Case(std::string word)
{
	unsigned how = Draw(3);

	for (char &c : word)
		if (how == 0 || (how == 1 && Draw(2)))
			c = static_cast<char>(toupper(c));
	return word;
}

std::string HttpHeads::Framing(bool chunked, size_t body)
{
	static const std::vector<std::string> kBlanks = {
		" ", " ", " ", " ", " ", " ", " ", "", "\t", "  ", " \t ", std::string(90, ' ')};
	const std::string blank = kBlanks[Draw(static_cast<unsigned>(kBlanks.size()))];

	if (chunked)
		return Case("transfer-encoding") + ":" + blank + Case("chunked") + "\r\n";
	return Case("content-length") + ":" + blank + std::to_string(body) + "\r\n";
}

std::string HttpHeads::Field()
{
	// As long as those that matter, or one of them.
	static const std::vector<std::string> kNames = {"expect", "expecu", "server", "connection",
		"user-agent", "connectiom", "keep-alive", "content-lengtg", "content-length",
		"accept-charset", "transfer-encoding", "transfer-encodinf", "content-encoding",
		"if-modified-since", "upgrade", "strict-transport-security"};
	static const std::vector<std::string> kValues = {"keep-alive", "close", "Keep-Alive, x",
		"a,close", "a , b", "upgrade", "keep-alive,", "close ", "keep-alivf", "clos", ""};

	switch (Draw(8)) {
	case 0:
		return Case(kNames[Draw(3)]) + ":" + (Draw(2) ? " " : "") + Word(20) + "\r\n";
	case 1:
		return Case("connection") + ": " +
			Case(kValues[Draw(Draw(4) ? 2 : static_cast<unsigned>(kValues.size()))]) +
			"\r\n";
	case 2:
		return Case(kNames[3 + Draw(static_cast<unsigned>(kNames.size()) - 3)]) + ": " +
			(Draw(2) ? Word(8) : "keep-alive") + "\r\n";
	case 3:
		return Word(Draw(8) ? 78 : 100) + ":" + Word(30) + "\r\n";
	default:
		return Word(18) + ": " + (Draw(4) ? Word(24) : Word(140)) +
			(Draw(8) ? "" : "\t" + Word(4) + " \xc3\xa4\xff") + "\r\n";
	}
}

// One byte, or a few, that change what the lines are.
void HttpHeads::Spoil(std::string *bytes)
{
	static const std::string kBytes("\0\t\v\f\r\n\x1f\x7f\x80\xff :,;0", 15);
	size_t at = Draw(static_cast<unsigned>(bytes->size()));
	char byte = kBytes[Draw(static_cast<unsigned>(kBytes.size()))];

	switch (Draw(4)) {
	case 0:
		(*bytes)[at] = byte;
		break;
	case 1:
		bytes->insert(at, 1, byte);
		break;
	case 2:
		bytes->erase(at, 1 + Draw(3));
		break;
	default: // where a line begins, or its second half
		at = bytes->find(Draw(2) ? '\n' : '\r', at);
		bytes->insert(at == std::string::npos ? 0 : at + 1, 1, byte);
	}
}

std::string HttpHeads::Message(bool is_request)
{
	static const std::vector<std::string> kRequests = {"GET /", "GET /", "HEAD /", "POST /",
		"GETS /", "PRI *", "PRIX /", "CONNECT a:", "CONNECTS /", "HEADS /", "get /",
		"Get /"};
	static const std::vector<std::string> kStatus = {" 200 OK", " 204 No", " 304 ",
		" 100 Continue", " 404", " 200", " 101 ", " 2000", " 99 "};
	bool common = Draw(4) > 0;
	bool chunked = Draw(4) == 0;
	bool bare = Draw(4) == 0 && is_request;
	const std::string body(bare ? 0 : Draw(Draw(2) ? 20 : 300), 'b');
	const std::string version = Draw(16) ? "HTTP/1.1" : Draw(4) ? "HTTP/1.0" : "HTTP/1.2";
	unsigned where = Draw(4);
	std::string bytes;

	if (is_request)
		bytes = kRequests[Draw(common ? 4 : static_cast<unsigned>(kRequests.size()))] +
			(Draw(2) ? "" : Word(Draw(4) ? 30 : 200)) + " " + version + "\r\n";
	else
		bytes = version +
			kStatus[Draw(common ? 1 : static_cast<unsigned>(kStatus.size()))] +
			(Draw(4) ? "" : Word(120)) + "\r\n";
	for (unsigned i = 0; i < 4; i++) {
		if (i == where && !bare)
			bytes += Framing(chunked, body.size());
		if (Draw(2))
			bytes += Field();
	}
	bytes += "\r\n";
	if (!chunked || bare)
		return bytes + body;
	if (!body.empty())
		bytes += "12c\r\n" + body + std::string(300 - body.size(), 'c') + "\r\n";
	return bytes + "0\r\n" + (Draw(3) ? "" : Word(20) + ": " + Word(20) + "\r\n") + "\r\n";
}

Conversation HttpHeads::Next()
{
	Conversation talk;

	for (unsigned rounds = 1 + Draw(3); rounds > 0; rounds--) {
		unsigned ahead = Draw(4) ? 1 : 1 + Draw(3);

		for (bool is_request : {true, false}) {
			Piece piece = {is_request, ""};

			for (unsigned i = 0; i < ahead; i++)
				piece.bytes += Message(is_request);
			if (Draw(8) == 0)
				Spoil(&piece.bytes);
			talk.pieces.push_back(piece);
		}
	}
	return talk;
}

} // namespace aet
