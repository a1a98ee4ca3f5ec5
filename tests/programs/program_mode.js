// What the Node test programs share; see program_mode.py, which says the same in Python.
'use strict';
const fs = require('fs');
const net = require('net');
const path = require('path');

const argument = (index, variable, otherwise) =>
  process.argv[index + 1] || process.env[variable] || otherwise;

const readWord = (file, otherwise) => {
  try {
    return fs.readFileSync(file, 'utf8').trim() || otherwise;
  } catch {
    return otherwise;
  }
};

const versionFile = argument(2, 'VERSION_FILE', 'version');
const mode = readWord(path.join(path.dirname(versionFile), 'mode'), 'ok');
const version = readWord(versionFile, 'v0');

exports.delay = Number(process.env.DELAY_MS || 0); // of each answer
exports.port = Number(argument(1, 'PORT', '8080'));

exports.body = () => {
  if (mode === 'die_on_first_request') process.exit(1);
  return `${version} ${process.pid}\n`;
};

// Calls `listen` when the program may listen, or shows the fault.
exports.start = (listen) => {
  if (mode === 'exit1') process.exit(1);
  if (mode === 'crash') process.kill(process.pid, 'SIGSEGV');
  else if (mode === 'hang') setInterval(() => {}, 3600000);
  else if (mode === 'metrics_first')
    net.createServer((socket) => socket.end()).listen(Number(process.env.METRICS_PORT || 0), '127.0.0.1');
  else if (mode.startsWith('slow_start:')) setTimeout(listen, 1000 * Number(mode.slice(11)));
  else listen();
};
