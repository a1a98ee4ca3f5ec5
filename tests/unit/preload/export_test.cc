// The shared object as the loader sees it: its exports are the hooks and nothing else, it needs no
// other object, and what it wants from the program's libc is a short list.
#include "library.h"

#include <algorithm>
#include <set>
#include <sstream>
#include <unistd.h>

namespace aet
{

static std::set<std::string> Lines(const std::vector<std::string> &command)
{
	char name[] = "/tmp/aeterna-export-XXXXXX";
	int fd = mkstemp(name);
	SpawnOptions options;
	std::set<std::string> lines;
	std::string line;

	options.out = fd;
	Process process(command, options);
	EXPECT_EQ(process.Wait(), 0);
	std::istringstream text(ReadFile(name));
	while (std::getline(text, line))
		lines.insert(line);
	close(fd);
	unlink(name);
	return lines;
}

// Of this tree, wherever the tests are started; plain/ has the one that follows no connections.
static std::string Object(const std::string &place = "/lib/")
{
	char self[4096] = "";
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	std::string path(self, static_cast<size_t>(std::max<ssize_t>(length, 0)));

	return path.substr(0, path.rfind("/build/")) + place + "libaeterna_preload.so";
}

TEST(Export, TheHooksAndNothingElse)
{
	std::set<std::string> hooks = {
#define HOOK(name, type, parameters, arguments) #name,
#include "core/hooks.def"
	};
	const std::set<std::string> module = {// aeterna/module.h
		"aeterna_attach", "aeterna_attach_describe", "aeterna_attach_size",
		"aeterna_attach_start", "aeterna_await_decision", "aeterna_await_serving",
		"aeterna_busy", "aeterna_copy_checked", "aeterna_described", "aeterna_detached",
		"aeterna_guard", "aeterna_mergeable", "aeterna_names", "aeterna_report",
		"aeterna_report_merge", "aeterna_report_standing", "aeterna_sections",
		"aeterna_serving", "aeterna_stand_still", "aeterna_take_fds"};
	const std::set<std::string> io = {
#include "hooks/hooks_io.def"
#undef HOOK
	};

	hooks.insert(module.begin(), module.end());
	EXPECT_EQ(Lines({"nm", "-D", "--defined-only", "--format=just-symbols",
			  Object("/lib/plain/")}),
		hooks);
	hooks.insert(io.begin(), io.end());
	EXPECT_EQ(Lines({"nm", "-D", "--defined-only", "--format=just-symbols", Object()}), hooks);
}

TEST(Export, WhatItWantsFromTheProgramsLibc)
{
	std::set<std::string> wanted = {
		"__errno_location", // in glibc and in musl
		"dlsym",
		"fork", // a dump runs in a child that the libc knows of
		"dl_iterate_phdr", // weak: musl's static programs lack it
		"__register_atfork", // weak, one libc has the one, the other the other
		"pthread_atfork",
		"pthread_key_create", // weak: what tells of the main thread's end
		"pthread_setspecific",
		"environ",
		"gnu_get_libc_version",
	};
	std::set<std::string> strong;

	EXPECT_EQ(
		Lines({"nm", "-D", "--undefined-only", "--format=just-symbols", Object()}), wanted);
	for (const std::string &line : Lines({"nm", "-D", "--undefined-only", Object()}))
		if (line.find(" U ") != std::string::npos)
			strong.insert(line.substr(line.rfind(' ') + 1));
	EXPECT_EQ(strong, (std::set<std::string>{"__errno_location", "dlsym", "fork"}));
}

TEST(Export, NeedsNoOtherObjectAndHasNoTextRelocations)
{
	bool has_name = false;

	for (const std::string &line : Lines({"readelf", "--dynamic", "--wide", Object()})) {
		EXPECT_EQ(line.find("(NEEDED)"), std::string::npos) << line;
		EXPECT_EQ(line.find("TEXTREL"), std::string::npos) << line;
		has_name = has_name || line.find("[libaeterna_preload.so]") != std::string::npos;
	}
	EXPECT_TRUE(has_name);
	// Unversioned, or a program's own versioned reference would not find it.
	for (const std::string &line : Lines({"readelf", "--version-info", "--wide", Object()}))
		EXPECT_NE(line.compare(0, 7, "Version"), 0) << line;
}

} // namespace aet
