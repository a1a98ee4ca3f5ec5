// A Node HTTP server: node node_http.js [PORT [VERSION_FILE]].
'use strict';
const http = require('http');
const program = require('./program_mode.js');

const server = http.createServer((request, response) => {
  response.setHeader('Content-Type', 'text/plain');
  if (program.delay) setTimeout(() => response.end(program.body()), program.delay);
  else response.end(program.body());
});
server.keepAliveTimeout = 120000;
program.start(() => server.listen(program.port, '127.0.0.1'));
