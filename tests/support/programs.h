// Every server program that is swapped: how it is started, where it answers, what it needs.
#ifndef AET_TESTS_PROGRAMS_H
#define AET_TESTS_PROGRAMS_H

#include <string>
#include <vector>

namespace aet
{

// In all texts: {D} the service's directory, {P} its port, {P1} and {P2} the next ones, {T} the
// tests' programs as they are in the tree, {B} built ones, {V} commands of the virtual environment.
struct Program {
	std::string name;
	std::vector<std::string> command;
	std::vector<std::string> urls;
	std::vector<std::string> env;
	bool listens_by_launcher; // service.listen
};

const std::vector<Program> &Programs();
const Program &ProgramNamed(const std::string &name);
std::vector<std::string> ProgramNames();

// As GoogleTest wants it in the name of a test: letters, digits and '_'.
std::string Identifier(std::string text);

} // namespace aet

#endif
