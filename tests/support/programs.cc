#include "programs.h"

#include <stdexcept>

namespace aet
{

static constexpr char kPython[] = "/usr/bin/python3";
static constexpr char kHttp[] = "http://127.0.0.1:{P}/";
static constexpr char kUdp[] = "udp://127.0.0.1:{P}";
static constexpr char kUnix[] = "unix://{D}/sock";

static Program Built(const std::string &name, const std::vector<std::string> &env = {})
{
	return {name, {"{B}/" + name}, {kHttp}, env, false};
}

static Program Python(const std::string &name, const std::string &file)
{
	return {name, {kPython, "{T}/" + file}, {kHttp}, {}, false};
}

static Program UdpPython(const std::string &shape)
{
	return {"udp_" + shape, {kPython, "{T}/udp_echo.py"}, {kUdp}, {"UDP_SHAPE=" + shape},
		false};
}

static Program NodeCluster(const std::string &policy)
{
	return {"node_cluster_" + policy, {"node", "{T}/node_cluster.js"}, {kHttp},
		{"NODE_CLUSTER_SCHED_POLICY=" + policy}, false};
}

static Program Gunicorn(const std::string &name, const std::vector<std::string> &options)
{
	Program program = {name, {"{V}/gunicorn", "--chdir", "{T}", "-w", "2"}, {kHttp}, {}, false};

	program.command.insert(program.command.end(), options.begin(), options.end());
	program.command.insert(program.command.end(), {"-b", "127.0.0.1:{P}", "wsgi_app:app"});
	return program;
}

static Program ByLauncher(Program program)
{
	program.listens_by_launcher = true;
	return program;
}

// Servers from Debian, PyPI and npm, as they are.
static const std::vector<Program> kPackaged = {
	{"http_server_module",
		{kPython, "-m", "http.server", "--bind", "127.0.0.1", "-d", "{D}/www", "{P}"},
		{kHttp}, {}, false},
	{"uvicorn",
		{"{V}/python", "-m", "uvicorn", "--app-dir", "{T}", "--port", "{P}",
			"--no-access-log", "--timeout-keep-alive", "120", "uvicorn_app:app"},
		{kHttp}, {}, false},
	Gunicorn("gunicorn_sync", {}),
	Gunicorn("gunicorn_gthread",
		{"-k", "gthread", "--threads", "8", "--keep-alive", "120", "--worker-connections",
			"4000"}),
	NodeCluster("rr"),
	NodeCluster("none"),
	{"nginx", {"nginx", "-p", "{D}", "-e", "stderr", "-c", "{D}/nginx.conf"}, {kHttp}, {},
		false},
	{"redis", {"redis-server", "{D}/redis.conf"},
		{"redis://127.0.0.1:{P}/CONFIG%20GET%20syslog-ident"}, {}, false},
	{"memcached",
		{"sh", "-c",
			"exec memcached -u nobody -l 127.0.0.1 -p {P} -m $(cat {D}/megabytes)"},
		{"memcached://127.0.0.1:{P}/stats%20settings#maxbytes"}, {}, false},
	{"haproxy", {"haproxy", "-f", "{D}/haproxy.cfg"}, {kHttp}, {}, false},
};

static const std::vector<Program> kOwn = {
	Python("http_server", "http_server.py"),
	{"asyncio", {kPython, "{T}/asyncio_server.py"}, {kHttp, "http://127.0.0.1:{P1}/"}, {},
		false},
	{"node_http", {"node", "{T}/node_http.js"}, {kHttp}, {}, false},
	Python("helper_spawner", "helper_spawner.py"),
	Built("threaded"),
	Built("threaded-musl"),
	Built("prefork"),
	Built("epoll"),
	Built("reuseport"),
	Built("dual_stack"),
	{"twins", {"{B}/dual_stack"}, {kHttp}, {"TWINS=1"}, false},
	{"multi_listener", {"{B}/multi_listener"}, {kHttp, "http://127.0.0.1:{P2}/"}, {}, false},
	{"unix_c", {"{B}/unix_server", "{D}/sock"}, {kUnix}, {}, false},
	{"unix_abstract", {"{B}/unix_server", "@{D}/sock"}, {"unix://@{D}/sock"}, {}, false},
	{"unix_python", {kPython, "{T}/unix_server.py", "{D}/sock"}, {kUnix}, {}, false},
	{"udp_c", {"{B}/udp_echo"}, {kUdp}, {}, false},
	UdpPython("asyncio"),
	UdpPython("blocking"),
	UdpPython("socketserver"),
	{"shell_wrapper", {"sh", "-c", "/usr/bin/python3 {T}/asyncio_server.py; exit $?"},
		{kHttp, "http://127.0.0.1:{P1}/"}, {}, false},
	ByLauncher(Python("fd3", "fd3.py")),
	ByLauncher(Built("go_server")),
	ByLauncher(Built("rust_server")),
};

const std::vector<Program> &Programs()
{
	static const std::vector<Program> all = [] {
		std::vector<Program> list = kPackaged;

		list.insert(list.end(), kOwn.begin(), kOwn.end());
		return list;
	}();

	return all;
}

const Program &ProgramNamed(const std::string &name)
{
	for (const Program &program : Programs())
		if (program.name == name)
			return program;
	throw std::runtime_error("no program " + name);
}

std::vector<std::string> ProgramNames()
{
	std::vector<std::string> names;

	for (const Program &program : Programs())
		names.push_back(program.name);
	return names;
}

std::string Identifier(std::string text)
{
	for (char &letter : text)
		if (!isalnum(static_cast<unsigned char>(letter)))
			letter = '_';
	return text;
}

} // namespace aet
