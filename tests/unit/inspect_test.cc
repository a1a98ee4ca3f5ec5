/*
 * Looking at programs: real ones, ones compiled here, and the same cut short or overwritten at
 * every place. What is compiled is compiled once for all tests.
 */
#include <algorithm>
#include <elf.h>
#include <fcntl.h>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <stdlib.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

extern "C" {
#include "inspect/inspect.h"
#include "inspect/script.h"
#include "inspect/which.h"
}

namespace
{

std::string read_file(const std::string &path)
{
	std::ostringstream text;

	text << std::ifstream(path, std::ios::binary).rdbuf();
	return text.str();
}

class Inspect : public testing::Test
{
      protected:
	static void SetUpTestSuite()
	{
		char name[] = "/tmp/aet_inspect_XXXXXX";

		ASSERT_NE(mkdtemp(name), nullptr);
		directory = name;
		std::ofstream(directory + "/main.c") << "int main(void) { return 0; }\n";
		std::ofstream(directory + "/hooks.c")
			<< "int aeterna_dump_state(int fd) { return fd; }\n"
			   "int aeterna_load_state(int fd) { return fd; }\n"
			   "int my_aeterna_dump_state(int fd) { return fd; }\n"
			   "int main(void) { return 0; }\n";
		std::ofstream(directory + "/user.c")
			<< "int aeterna_dump_state(int fd);\n"
			   "int main(void) { return aeterna_dump_state(0); }\n";
		compile("main.c", "dynamic", "-s");
		compile("main.c", "static", "-static -s");
		compile("main.c", "static_pie", "-static-pie -s");
		compile("hooks.c", "exported", "-rdynamic");
		compile("hooks.c", "hidden", "");
		compile("hooks.c", "stripped", "-s");
		compile("hooks.c", "libhooks.so", "-shared -fPIC -Dmain=other");
		compile("user.c", "imported", "./libhooks.so");
		compile("main.c", "no_loader", "-Wl,--dynamic-linker=/nowhere/ld-musl-x.so.1");
	}

	static void TearDownTestSuite()
	{
		ASSERT_EQ(system(("rm -rf " + directory).c_str()), 0);
	}

	static void compile(const char *source, const char *name, const char *flags)
	{
		std::string in = "cd " + directory + " && ";

		ASSERT_EQ(
			system((in + "cc -w -O1 " + source + " -o " + name + " " + flags).c_str()),
			0);
	}

	static std::string at(const std::string &name)
	{
		return directory + "/" + name;
	}

	static void write(const std::string &name, const std::string &bytes, mode_t mode = 0755)
	{
		std::ofstream(at(name), std::ios::binary | std::ios::trunc) << bytes;
		ASSERT_EQ(chmod(at(name).c_str(), mode), 0);
	}

	static bool shell(const std::string &command)
	{
		return system(("cd " + directory + " && " + command).c_str()) == 0;
	}

	const aet_program &look(const std::string &argv0, const char *path_env = "/usr/bin:/bin",
		const char *from = nullptr)
	{
		memset(&program, 0xa5, sizeof(program));
		EXPECT_EQ(aet_program_inspect(argv0.c_str(), path_env,
				  from ? from : directory.c_str(), &program),
			0);
		EXPECT_LT(strlen(program.advice), sizeof(program.advice) - 1);
		EXPECT_EQ(program.verdict == AET_PROGRAM_OK, !*aet_program_advice(&program))
			<< program.advice;
		return program;
	}

	bool advises(const std::string &part)
	{
		bool is_there = std::string(program.advice).find(part) != std::string::npos;

		if (!is_there)
			ADD_FAILURE() << "'" << program.advice << "' lacks '" << part << "'";
		return is_there;
	}

	static std::string directory;
	aet_program program;
};

std::string Inspect::directory;

TEST_F(Inspect, AnOrdinaryProgram)
{
	EXPECT_EQ(look("true").verdict, AET_PROGRAM_OK);
	EXPECT_STREQ(program.path, "/usr/bin/true");
	EXPECT_STREQ(program.image, "/usr/bin/true");
	EXPECT_EQ(program.libc, AET_LIBC_GLIBC);
	EXPECT_EQ(program.elf.bits, 64);
	EXPECT_FALSE(program.elf.is_static || program.elf.is_go || program.is_script ||
		program.is_java || program.is_setuid || program.has_capabilities);
	EXPECT_FALSE(aet_program_needs_listen(&program));
	EXPECT_EQ(look("./dynamic").verdict, AET_PROGRAM_OK);
	EXPECT_STREQ(program.path, at("./dynamic").c_str());
}

TEST_F(Inspect, NotFound)
{
	EXPECT_EQ(look("no-such-program").verdict, AET_PROGRAM_NOT_FOUND);
	EXPECT_TRUE(advises("'no-such-program' is not in PATH (/usr/bin:/bin)"));
	EXPECT_STREQ(program.path, "");
	EXPECT_EQ(look("./nothing").verdict, AET_PROGRAM_NOT_FOUND);
	EXPECT_TRUE(advises("'./nothing' is not there in '" + directory + "'"));
	EXPECT_EQ(look("/nowhere/x").verdict, AET_PROGRAM_NOT_FOUND);
	EXPECT_TRUE(advises("'/nowhere/x' is not there"));
	EXPECT_EQ(look("dynamic").verdict, AET_PROGRAM_NOT_FOUND);
	EXPECT_TRUE(advises("write './dynamic'"));
	EXPECT_EQ(look("").verdict, AET_PROGRAM_NOT_FOUND);
	EXPECT_EQ(look("true", "/usr/bin", "/nowhere").verdict, AET_PROGRAM_NOT_FOUND);
	EXPECT_TRUE(advises("the directory '/nowhere' is not there"));
	EXPECT_EQ(look(std::string(10000, 'x')).verdict, AET_PROGRAM_NOT_FOUND);
	EXPECT_EQ(look("/" + std::string(10000, 'x')).verdict, AET_PROGRAM_NOT_FOUND);
}

TEST_F(Inspect, SearchIsExecvps)
{
	ASSERT_TRUE(
		shell("mkdir -p a b c/d && cp dynamic b/prog && cp dynamic c/prog && touch a/prog "
		      "&& mkdir c/prog2"));
	EXPECT_EQ(look("prog", "a:b").verdict, AET_PROGRAM_OK) << "one may not be executed: go on";
	EXPECT_STREQ(program.path, at("b/prog").c_str());
	EXPECT_EQ(look("prog", (at("c") + ":b").c_str()).verdict, AET_PROGRAM_OK);
	EXPECT_STREQ(program.path, at("c/prog").c_str());
	EXPECT_EQ(look("dynamic", "").verdict, AET_PROGRAM_OK) << "empty is the directory";
	EXPECT_EQ(look("dynamic", "/usr/bin:").verdict, AET_PROGRAM_OK);
	EXPECT_EQ(look("dynamic", "a::b").verdict, AET_PROGRAM_OK);
	EXPECT_EQ(look("prog2", "c").verdict, AET_PROGRAM_NOT_EXECUTABLE) << "a directory";
	EXPECT_EQ(look("true", nullptr).verdict, AET_PROGRAM_OK) << "no PATH at all";
	EXPECT_EQ(look("true", (std::string(9000, 'x') + ":/usr/bin").c_str()).verdict,
		AET_PROGRAM_OK);
}

TEST_F(Inspect, NotExecutable)
{
	write("data", "hello\n", 0644);
	EXPECT_EQ(look("./data").verdict, AET_PROGRAM_NOT_EXECUTABLE);
	EXPECT_TRUE(advises("chmod +x"));
	write("agent.py", "print()\n", 0644);
	EXPECT_EQ(look("./agent.py").verdict, AET_PROGRAM_NOT_EXECUTABLE);
	EXPECT_TRUE(advises("[\"python3\", \"FILE.py\"]"));
	write("agent.py", "print()\n");
	EXPECT_EQ(look("./agent.py").verdict, AET_PROGRAM_NOT_EXECUTABLE);
	EXPECT_TRUE(advises("neither a program nor a script"));
	EXPECT_TRUE(advises("run it with python3"));
	write("empty", "");
	EXPECT_EQ(look("./empty").verdict, AET_PROGRAM_NOT_EXECUTABLE);
	EXPECT_EQ(look("/tmp").verdict, AET_PROGRAM_NOT_EXECUTABLE);
	EXPECT_TRUE(advises("is a directory"));
	ASSERT_TRUE(shell("rm -f fifo && mkfifo -m 755 fifo"));
	alarm(10);
	EXPECT_EQ(look("./fifo").verdict, AET_PROGRAM_NOT_EXECUTABLE);
	alarm(0);
}

TEST_F(Inspect, Static)
{
	for (const char *name : {"./static", "./static_pie"}) {
		EXPECT_EQ(look(name).verdict, AET_PROGRAM_STATIC) << name;
		EXPECT_TRUE(program.elf.is_static);
		EXPECT_TRUE(aet_program_needs_listen(&program));
		EXPECT_TRUE(advises("set service.listen and use FD 3 or LISTEN_FDS"));
	}
}

/* Go's mark, put into a program as its linker would. */
TEST_F(Inspect, Go)
{
	std::ofstream(at("note.S")) << ".section .note.go.buildid,\"a\",@note\n"
				       ".long 4, 4, 4\n.ascii \"Go\\0\\0\"\n.ascii \"id01\"\n"
				       ".section .note.GNU-stack,\"\",@progbits\n";
	std::ofstream(at("info.S")) << ".section .go.buildinfo,\"a\",@progbits\n.ascii \"go\"\n"
				       ".section .note.GNU-stack,\"\",@progbits\n";
	compile("main.c note.S", "go_static", "-static -s");
	compile("main.c note.S", "go_dynamic", "-s");
	compile("main.c info.S", "go_info", "-static -s");
	EXPECT_EQ(look("./go_static").verdict, AET_PROGRAM_STATIC_GO);
	EXPECT_TRUE(advises("is a Go program"));
	EXPECT_EQ(look("./go_dynamic").verdict, AET_PROGRAM_GO);
	EXPECT_TRUE(aet_program_needs_listen(&program));
	EXPECT_EQ(look("./go_info").verdict, AET_PROGRAM_STATIC_GO);
}

TEST_F(Inspect, SetuidAndSetgid)
{
	ASSERT_TRUE(
		shell("cp dynamic suid && chmod 4755 suid && cp dynamic sgid && chmod 2755 sgid"));
	EXPECT_EQ(look("./suid").verdict, AET_PROGRAM_SETUID);
	EXPECT_TRUE(program.is_setuid && !program.is_setgid);
	EXPECT_TRUE(advises("chmod u-s"));
	EXPECT_EQ(look("./sgid").verdict, AET_PROGRAM_SETUID);
	EXPECT_TRUE(!program.is_setuid && program.is_setgid);
	EXPECT_TRUE(advises("chmod g-s"));
	write("script", "#!" + at("dynamic") + "\n", 04755);
	EXPECT_EQ(look("./script").verdict, AET_PROGRAM_OK) << "the kernel ignores it on scripts";
	write("script", "#!" + at("suid") + "\n");
	EXPECT_EQ(look("./script").verdict, AET_PROGRAM_SETUID);
}

TEST_F(Inspect, Capabilities)
{
	ASSERT_EQ(geteuid(), 0u) << "only root may set file capabilities";
	ASSERT_TRUE(shell("cp dynamic caps && PATH=$PATH:/usr/sbin:/sbin setcap "
			  "cap_net_bind_service+ep caps"));
	EXPECT_EQ(look("./caps").verdict, AET_PROGRAM_CAPABILITIES);
	EXPECT_TRUE(program.has_capabilities);
	EXPECT_TRUE(advises("CAP_NET_BIND_SERVICE"));
}

TEST_F(Inspect, Hooks)
{
	EXPECT_EQ(look("./exported").verdict, AET_PROGRAM_OK);
	EXPECT_EQ(program.elf.dump_hook, AET_ELF_HOOK_EXPORTED);
	EXPECT_EQ(program.elf.load_hook, AET_ELF_HOOK_EXPORTED);
	EXPECT_EQ(look("./hidden").elf.dump_hook, AET_ELF_HOOK_HIDDEN);
	EXPECT_EQ(program.elf.load_hook, AET_ELF_HOOK_HIDDEN);
	EXPECT_EQ(look("./stripped").elf.dump_hook, AET_ELF_HOOK_ABSENT);
	EXPECT_EQ(look("./dynamic").elf.dump_hook, AET_ELF_HOOK_ABSENT);
	EXPECT_EQ(look("./imported").elf.dump_hook, AET_ELF_HOOK_ABSENT) << "wanted, not given";
	compile("hooks.c", "renamed", "-rdynamic -Daeterna_dump_state=other_dump_state");
	EXPECT_EQ(look("./renamed").elf.dump_hook, AET_ELF_HOOK_ABSENT) << "a longer name's tail";
	EXPECT_EQ(program.elf.load_hook, AET_ELF_HOOK_EXPORTED);
	compile("hooks.c", "longer", "-rdynamic -Daeterna_load_state=aeterna_load_state_v2");
	EXPECT_EQ(look("./longer").elf.load_hook, AET_ELF_HOOK_ABSENT);
}

TEST_F(Inspect, MissingLoader)
{
	EXPECT_EQ(look("./no_loader").verdict, AET_PROGRAM_NO_INTERPRETER);
	EXPECT_EQ(program.libc, AET_LIBC_MUSL);
	EXPECT_TRUE(
		advises("'/nowhere/ld-musl-x.so.1', which is not there: it was built for musl"));
}

TEST_F(Inspect, Scripts)
{
	write("s1", "#!/bin/sh\n");
	EXPECT_EQ(look("./s1").verdict, AET_PROGRAM_OK);
	EXPECT_TRUE(program.is_script);
	EXPECT_STREQ(program.path, at("./s1").c_str());
	EXPECT_STREQ(program.image, "/bin/sh");
	for (const char *line :
		{"#!/usr/bin/env true", "#! /usr/bin/env  true -x", "#!/usr/bin/env -S true -u",
			"#!/usr/bin/env -Strue", "#!/usr/bin/env A=b true",
			"#!/usr/bin/env -i -u HOME true", "#!/usr/bin/env\ttrue"}) {
		write("s2", std::string(line) + "\nexit\n");
		EXPECT_EQ(look("./s2").verdict, AET_PROGRAM_OK) << line;
		EXPECT_STREQ(program.image, "/usr/bin/true") << line;
	}
	write("s3", "#!/usr/bin/env no-such-python\n");
	EXPECT_EQ(look("./s3").verdict, AET_PROGRAM_NO_INTERPRETER);
	EXPECT_TRUE(advises("'no-such-python', which is not there"));
	write("s3", "#!/nowhere/python3 -u\n");
	EXPECT_EQ(look("./s3").verdict, AET_PROGRAM_NO_INTERPRETER);
	EXPECT_TRUE(advises("'/nowhere/python3'"));
	write("s3", "#!/bin/sh\r\n");
	EXPECT_EQ(look("./s3").verdict, AET_PROGRAM_NO_INTERPRETER) << "a file from DOS";
	write("s3", "#!\n");
	EXPECT_EQ(look("./s3").verdict, AET_PROGRAM_NOT_EXECUTABLE);
	write("s3", "#!./static");
	EXPECT_EQ(look("./s3").verdict, AET_PROGRAM_STATIC);
	write("s4", "#!" + at("s1") + "\n");
	EXPECT_EQ(look("./s4").verdict, AET_PROGRAM_OK) << "a script of a script";
	EXPECT_STREQ(program.image, "/bin/sh");
	write("s5", "#!" + at("s5") + "\n");
	EXPECT_EQ(look("./s5").verdict, AET_PROGRAM_NOT_EXECUTABLE) << "a script of itself";
	write("s6", "#!/bin/" + std::string(1000, 'x') + "\n");
	EXPECT_EQ(look("./s6").verdict, AET_PROGRAM_NO_INTERPRETER);
}

TEST_F(Inspect, Java)
{
	ASSERT_TRUE(shell("mkdir -p jdk && cp dynamic jdk/java && ln -sf jdk/java javac"));
	EXPECT_TRUE(look("java", "jdk").is_java);
	EXPECT_EQ(program.verdict, AET_PROGRAM_OK);
	EXPECT_FALSE(look("./javac").is_java);
	write("s7", "#!" + at("jdk/java") + "\n");
	EXPECT_TRUE(look("./s7").is_java);
}

TEST_F(Inspect, OtherMachines)
{
	std::string bytes = read_file(at("dynamic"));
	std::string other = bytes;

	other[18] = static_cast<char>(bytes[18] == 62 ? 183 : 62);
	write("other", other);
	EXPECT_EQ(look("./other").verdict, AET_PROGRAM_WRONG_ARCH);
	EXPECT_TRUE(advises(bytes[18] == 62 ? "is for aarch64 (64 bits)" : "is for x86-64"));
	other = bytes;
	other[4] = 1;
	other[18] = 3;
	write("other", other);
	EXPECT_EQ(look("./other").verdict, AET_PROGRAM_WRONG_ARCH);
	EXPECT_TRUE(advises("is for i386 (32 bits)"));
	other = bytes;
	other[5] = 2;
	std::swap(other[18], other[19]);
	write("other", other);
	EXPECT_EQ(look("./other").verdict, AET_PROGRAM_WRONG_ARCH) << "the other byte order";
}

TEST_F(Inspect, MusL)
{
	ASSERT_TRUE(shell("musl-gcc main.c -o musl")) << "make deps installs musl-tools";
	EXPECT_EQ(look("./musl").libc, AET_LIBC_MUSL);
}

TEST_F(Inspect, CutShortAtEveryLength)
{
	std::string bytes = read_file(at("exported"));

	for (size_t n = 0; n < bytes.size(); n += n < 1200 ? 1 : 97) {
		write("cut", bytes.substr(0, n));
		look("./cut");
		if (n < 4096) {
			EXPECT_EQ(program.verdict, AET_PROGRAM_NOT_EXECUTABLE) << n;
			EXPECT_TRUE(n < 20 || advises("was the copy complete?")) << n;
		}
	}
}

/* What is loaded must be there; symbols and sections behind it may be missing. */
TEST_F(Inspect, CutInsideAndBehindWhatIsLoaded)
{
	std::string bytes = read_file(at("exported"));
	const Elf64_Ehdr *header = reinterpret_cast<const Elf64_Ehdr *>(bytes.data());
	size_t end = 0;

	ASSERT_EQ(header->e_ident[EI_CLASS], ELFCLASS64);
	for (int i = 0; i < header->e_phnum; i++) {
		Elf64_Phdr segment;

		memcpy(&segment, &bytes[header->e_phoff + i * sizeof(segment)], sizeof(segment));
		if (segment.p_type == PT_LOAD)
			end = std::max<size_t>(end, segment.p_offset + segment.p_filesz);
	}
	ASSERT_LT(end, bytes.size());
	write("cut", bytes.substr(0, end - 1));
	EXPECT_EQ(look("./cut").verdict, AET_PROGRAM_NOT_EXECUTABLE);
	write("cut", bytes.substr(0, end));
	EXPECT_EQ(look("./cut").verdict, AET_PROGRAM_OK);
	EXPECT_EQ(program.elf.dump_hook, AET_ELF_HOOK_ABSENT) << "nobody can tell";
}

/* Any byte of the headers may be anything: it is judged somehow, and soon. */
TEST_F(Inspect, GarbageInHeaders)
{
	std::string bytes = read_file(at("exported"));

	alarm(120);
	for (size_t i = 4; i < 1000; i++) {
		for (char c : {'\0', '\x7f', '\xff'}) {
			std::string changed = bytes;

			changed[i] = c;
			write("garbage", changed);
			look("./garbage");
		}
	}
	srand(2);
	for (int i = 0; i < 2000; i++) {
		std::string changed = bytes;

		for (int n = 0; n < 20; n++)
			changed[static_cast<size_t>(rand()) % changed.size()] =
				static_cast<char>(rand());
		for (int n = 0; n < 20; n++)
			changed[changed.size() - 1 - static_cast<size_t>(rand()) % 2000] =
				static_cast<char>(rand());
		write("garbage", changed);
		look("./garbage");
	}
	alarm(0);
}

TEST_F(Inspect, VerdictsHaveNames)
{
	EXPECT_STREQ(aet_program_verdict_name(AET_PROGRAM_OK), "ok");
	EXPECT_STREQ(aet_program_verdict_name(AET_PROGRAM_STATIC_GO), "static_go");
	EXPECT_STREQ(aet_program_verdict_name(AET_PROGRAM_CAPABILITIES), "capabilities");
	EXPECT_STREQ(aet_libc_name(AET_LIBC_MUSL), "musl");
	EXPECT_STREQ(aet_elf_machine_name(0xffff), "unknown");
}

} // namespace
