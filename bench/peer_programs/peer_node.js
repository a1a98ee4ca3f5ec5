// The program for Node: answers as peer_program.py does, stops at SIGINT as pm2's manual asks for.
'use strict';
const crypto = require('crypto');
const fs = require('fs');
const http = require('http');

const version = fs.readFileSync(process.env.VERSION_FILE, 'utf8').trim();
const megabytes = Number(process.env.STATE_MB || 0);
const state = {
  count: 0,
  bulk: Array.from({ length: megabytes }, () => Buffer.alloc(1 << 20, crypto.randomBytes(4096))),
  name: crypto.randomBytes(16).toString('hex'),
};

const server = http.createServer((request, response) => {
  state.count += 1;
  const body = `${version} ${state.name} ${state.count}\n`;
  response.setHeader('Content-Type', 'text/plain');
  response.setHeader('Content-Length', body.length);
  response.end(body);
});
server.keepAliveTimeout = 120000;

process.on('SIGINT', () => server.close(() => process.exit(0)));
setTimeout(
  () => server.listen({ port: Number(process.env.PORT), host: '127.0.0.1', backlog: 2048 }),
  Number(process.env.START_S || 0) * 1000,
);
