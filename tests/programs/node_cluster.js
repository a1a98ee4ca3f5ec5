// A Node cluster with WORKERS (2) workers; a worker that dies is replaced. The scheduling policy is
// Node's own NODE_CLUSTER_SCHED_POLICY (rr or none): node node_cluster.js [PORT [VERSION_FILE]].
'use strict';
const cluster = require('cluster');
const http = require('http');
const program = require('./program_mode.js');

if (cluster.isPrimary) {
  program.start(() => {
    for (let i = 0; i < Number(process.env.WORKERS || 2); i++) cluster.fork();
    cluster.on('exit', (worker) => {
      if (!worker.exitedAfterDisconnect) cluster.fork();
    });
  });
} else {
  const server = http.createServer((request, response) => {
    response.setHeader('Content-Type', 'text/plain');
    response.end(program.body());
  });
  server.keepAliveTimeout = 65000;
  server.listen(program.port, '127.0.0.1');
}
