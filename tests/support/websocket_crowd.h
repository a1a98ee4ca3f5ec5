// tests/programs/websocket_clients.py: a crowd of WebSocket clients, and what became of each answer.
#ifndef AET_TESTS_WEBSOCKET_CROWD_H
#define AET_TESTS_WEBSOCKET_CROWD_H

#include <gtest/gtest.h>

#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <unistd.h>

#include "service.h"

namespace aet
{

// examples/websocket_agent.py, or a program of ours around it; file below this directory.
inline Program WebSocketProgram(const std::string &file = "examples/websocket_agent.py")
{
	std::string here = std::filesystem::current_path();

	return {"websocket", {"{V}/python", here + "/" + file}, {},
		{"PYTHONPATH=" + here + "/python"}, false};
}

class Crowd
{
      public:
	Crowd(const Service &service, int clients, double gap_s)
	    : clients_(clients), path_(service.directory() + "/crowd.json")
	{
		std::string errors = service.directory() + "/crowd.log";
		int fd = open(errors.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0644);

		process_ = Process(
			{service.Fill("{V}/python"), service.Fill("{T}/websocket_clients.py"),
				std::to_string(service.port()), std::to_string(clients),
				std::to_string(gap_s), path_},
			SpawnOptions{{"PYTHONDONTWRITEBYTECODE=1"}, "", fd, fd});
		close(fd);
		log_ = errors;
	}
	nlohmann::json Report() const
	{
		nlohmann::json report = nlohmann::json::parse(ReadFile(path_), nullptr, false);

		return report.is_object() ? report : nlohmann::json();
	}
	std::string Text() const
	{
		return ReadFile(path_) + "\n" + ReadFile(log_);
	}
	// All are there, and each has had its first answer.
	bool IsUp(Milliseconds deadline = kLong) const
	{
		return Eventually(
			[this] {
				nlohmann::json report = Report();

				return report.is_object() && report["open"] == clients_ &&
					report["least"].get<int>() >= 1;
			},
			deadline);
	}
	// So many answers more, by this process.
	bool Hears(pid_t pid, int answers, Milliseconds deadline = kLong) const
	{
		int before = AnswersOf(pid);

		return Eventually([&] { return AnswersOf(pid) >= before + answers; }, deadline);
	}
	int AnswersOf(pid_t pid) const
	{
		nlohmann::json report = Report();

		if (!report.is_object())
			return 0;
		return report["pids"].value(std::to_string(pid), 0);
	}
	// Every message had its answer, the next number, within a second; nobody was disconnected.
	nlohmann::json ExpectExact()
	{
		process_.Signal(SIGTERM);
		EXPECT_EQ(process_.Wait(), 0) << Text();
		nlohmann::json report = Report();
		EXPECT_EQ(report["open"], clients_);
		EXPECT_EQ(report["closed"], 0) << Text();
		EXPECT_EQ(report["wrong"].size(), 0u) << Text();
		EXPECT_EQ(report["late"], 0) << Text();
		EXPECT_EQ(report["answered"], report["sent"]) << Text();
		return report;
	}

      private:
	int clients_;
	std::string path_;
	std::string log_;
	Process process_;
};

} // namespace aet

#endif
