#include "http_forms.h"

namespace aet
{

static const std::vector<std::string> kRequestHeaders = {
	"Host: example.org:8080\r\n",
	"User-Agent: curl/7.88.1\r\nAccept: */*\r\n",
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n",
	"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8\r\n",
	"Accept-Encoding: gzip, deflate, br\r\nAccept-Language: de,en;q=0.5\r\n",
	"Cookie: session=0123456789abcdef0123456789abcdef0123456789abcdef; theme=dark; "
	"_ga=GA1.2.1234567890.1234567890\r\n",
	"Connection: keep-alive\r\n",
	"connection:Keep-Alive\r\n",
	"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\n",
	"Upgrade-Insecure-Requests: 1\r\nSec-Fetch-Dest: document\r\n",
	"Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_\r\n",
	"If-None-Match: W/\"5f-18f\"\r\n",
	"X-Forwarded-For: 10.0.0.1, 10.0.0.2\r\n",
	"x-amz-copy-source-server-side-encryption-customer-algorithm: AES256\r\n",
	"X-Name: J\xc3\xb6rg \xe2\x80\xa6\r\n",
	"TE: trailers\r\n",
	"X-Empty:\r\n",
	"Content-Type: application/x-www-form-urlencoded\r\n",
};

static const std::vector<std::string> kAnswerHeaders = {
	"Server: nginx/1.22.1\r\nDate: Tue, 01 Jul 2025 10:00:00 GMT\r\n",
	"Content-Type: text/html; charset=utf-8\r\n",
	"content-type: application/json\r\nserver: uvicorn\r\n",
	"Connection: keep-alive\r\nKeep-Alive: timeout=5\r\n",
	"Set-Cookie: session=0123456789abcdef0123456789abcdef; Path=/; Expires=Wed, 09 Jun 2027 "
	"10:18:14 GMT; HttpOnly; SameSite=Lax\r\n",
	"ETag: \"5f-18f\"\r\nLast-Modified: Tue, 01 Jul 2025 10:00:00 GMT\r\n",
	"Accept-Ranges: bytes\r\nVary: Accept-Encoding\r\n",
	"Content-Security-Policy: default-src 'self'; img-src *; script-src 'nonce-0123456789'\r\n",
	"Content-Length-Hint: 12\r\nTransfer-Encode: none\r\n",
	"X-Note: Connection: close\r\n",
};

static const std::vector<std::string> kTargets = {"/", "/index.html", "/api/v1/items?id=7&x=%20y",
	"*", "http://example.org/a",
	"/a/very/long/path/with/many/parts/so/that/it/is/longer/than/"
	"what/any/small/buffer/for/one/line/would/ever/hold/in/it"};

static const std::vector<std::string> kLines = {"Content-Length: 5\r\n", "Content-Length: 0\r\n",
	"Content-Length : 3\r\n", "Content-Length: 3, 3\r\n", "Content-Length: +3\r\n",
	"Content-Length:\r\n", "Content-Length: 99999999999999999999\r\n",
	"Transfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked, identity\r\n",
	"Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: identity\r\n",
	"Transfer-Encoding:\tchunked\r\n", "Transfer-Encoding : chunked\r\n",
	"Transfer-Encoding: xchunked\r\n", "Transfer-Encoding: chunked;a=b\r\n",
	"Connection: close\r\n", "Connection: foo,close\r\n", "Connection: keep-alive\r\n",
	"Connection: upgrade\r\nUpgrade: websocket\r\n", "Expect: 100-continue\r\n", " folded\r\n",
	"\tfolded: 1\r\n", "nocolon\r\n", ": empty\r\n", "A: b\rContent-Length: 7\r\n", "A: b\n",
	"\r\n", "\n", "0\r\n\r\n", "5\r\nhello\r\n", "GET / HTTP/1.1\r\n\r\n",
	"GET / HTTP/1.0\r\n\r\n", "HEAD / HTTP/1.1\r\n\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n",
	"HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\n", "PRI * HTTP/2.0\r\n\r\n"};

static const std::vector<std::string> kWords = {"0", "5", "1", "ffff", ";", " ", "\t", "\r", "\n",
	"\r\n", "chunked", "Content-Length", "Connection: close\r\n", "HEAD", "GET", "204", "304",
	"101", "100", "HTTP/1.0", "HTTP/1.1", std::string(1, '\0'), "\x80", "\xff", ":", ",",
	"\x7f", "\v"};

std::string HttpForms::Bytes()
{
	unsigned length = Draw(4) ? Draw(40) : Draw(700);
	std::string bytes;

	while (bytes.size() < length)
		bytes += Draw(12) ? std::string(1, static_cast<char>(Draw(256))) : Pick(kLines);
	return bytes;
}

std::string HttpForms::Chunks(const std::string &body)
{
	static const std::vector<std::string> kExtensions = {"", "", "", ";", ";a", ";a=\"b c\""};
	std::string chunks;
	char size[32];

	for (size_t at = 0; at < body.size();) {
		std::string part = body.substr(at, 1 + Draw(100));

		(void)snprintf(size, sizeof(size), Draw(2) ? "%zx" : "%04zX", part.size());
		chunks += size + Pick(kExtensions) + "\r\n" + part + "\r\n";
		at += part.size();
	}
	return chunks + "0\r\n" + (Draw(6) ? "" : "X-Sum: 1\r\nX-More: 2\r\n") + "\r\n";
}

std::string HttpForms::RequestHeaders()
{
	std::string text = kRequestHeaders[0];

	for (unsigned i = Draw(6); i > 0; i--)
		text += Pick(kRequestHeaders);
	return text;
}

std::string HttpForms::AnswerHeaders()
{
	std::string text;

	for (unsigned i = Draw(6); i > 0; i--)
		text += Pick(kAnswerHeaders);
	return text;
}

HttpForms::Exchange HttpForms::NextExchange(bool old, bool close)
{
	static const std::vector<std::string> kPlain = {"GET", "DELETE", "OPTIONS", "HEAD", "GET"};
	static const std::vector<std::string> kUploads = {"POST", "PUT", "PATCH"};
	static const std::vector<std::string> kStatus = {
		"200 OK", "404 Not Found", "302 Found", "500 Internal Server Error", "201", "200 "};
	const std::string version = old ? "HTTP/1.0" : "HTTP/1.1";
	bool uploads = Draw(3) == 0;
	std::string method = Pick(uploads ? kUploads : kPlain);
	std::string body = Bytes();
	Exchange exchange;
	unsigned kind = Draw(10);

	exchange.request = method + " " + Pick(kTargets) + " " + version + "\r\n" +
		RequestHeaders() + (old ? "Connection: keep-alive\r\n" : "");
	if (close && Draw(2))
		exchange.request += "Connection: close\r\n";
	else if (close)
		exchange.answer = "Connection: close\r\n";
	if (!uploads && Draw(8) == 0)
		exchange.request += "Content-Length: 0\r\n";
	if (uploads && !old && Draw(4) == 0) {
		exchange.request += "Expect: 100-continue\r\n";
		exchange.interim = "HTTP/1.1 100 Continue\r\n\r\n";
	}
	if (uploads && !old && Draw(3) == 0) {
		exchange.request += "Transfer-Encoding: chunked\r\n\r\n";
		exchange.rest = Chunks(body);
	} else if (uploads) {
		exchange.request += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
		exchange.rest = body;
	} else {
		exchange.request += "\r\n";
	}
	if (exchange.interim.empty() && !old && Draw(10) == 0)
		exchange.interim =
			"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n";

	body = Bytes();
	exchange.answer += AnswerHeaders() + (old ? "Connection: keep-alive\r\n" : "");
	if (kind == 0) {
		exchange.answer = version + " 204 No Content\r\n" + exchange.answer + "\r\n";
	} else if (kind == 1) {
		exchange.answer = version + " 304 Not Modified\r\n" + exchange.answer +
			(Draw(2) ? "Content-Length: 7\r\n\r\n" : "\r\n");
	} else if (kind < 5 && !old) {
		exchange.answer = version + " " + Pick(kStatus) + "\r\n" + exchange.answer +
			"Transfer-Encoding: chunked\r\n\r\n" +
			(method == "HEAD" ? "" : Chunks(body));
	} else {
		exchange.answer = version + " " + Pick(kStatus) + "\r\n" + exchange.answer +
			"Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
			(method == "HEAD" ? "" : body);
	}
	return exchange;
}

void HttpForms::Change(std::string *bytes)
{
	size_t at = Draw(static_cast<unsigned>(bytes->size()) + 1);
	size_t line = bytes->find('\n', at);

	switch (Draw(6)) {
	case 0:
		bytes->erase(at, 1 + Draw(Draw(4) ? 2 : 30));
		break;
	case 1:
		bytes->insert(at, Pick(kWords));
		break;
	case 2:
		if (at < bytes->size())
			(*bytes)[at] = Pick(kWords)[0];
		break;
	case 3:
		if (line != std::string::npos)
			bytes->insert(line + 1, Pick(kLines));
		break;
	case 4:
		bytes->insert(at, bytes->substr(Draw(static_cast<unsigned>(at) + 1), Draw(40)));
		break;
	default:
		*bytes = Draw(2) ? *bytes + Pick(kLines) : Pick(kLines) + *bytes;
	}
}

Conversation HttpForms::Next()
{
	Conversation talk;
	bool old = Draw(10) == 0;

	for (unsigned rounds = 1 + Draw(4); rounds > 0 && !talk.closes; rounds--) {
		unsigned ahead = Draw(3) ? 1 : 1 + Draw(8);
		std::string requests;
		std::string answers;

		talk.closes = rounds == 1 && Draw(5) == 0;
		for (unsigned i = 0; i < ahead; i++) {
			Exchange one = NextExchange(old, talk.closes && i + 1 == ahead);

			if (ahead == 1 && !one.interim.empty()) {
				talk.pieces.push_back({true, one.request});
				talk.pieces.push_back({false, one.interim});
				requests = one.rest;
			} else {
				requests += one.request + one.rest;
				answers += one.interim;
			}
			answers += one.answer;
		}
		talk.pieces.push_back({true, requests});
		talk.pieces.push_back({false, answers});
	}
	if (Draw(2)) {
		talk.everyday = false;
		for (unsigned i = 1 + Draw(3); i > 0; i--)
			Change(&talk.pieces[Draw(static_cast<unsigned>(talk.pieces.size()))].bytes);
	}
	return talk;
}

} // namespace aet
