// An S3-compatible server for tests: s3rver, which knows keys but not signatures of version 4, behind a door that checks
// these with aws4, as well as the hash of what came and Content-MD5.
// Usage: node --openssl-legacy-provider server.js DATA BUCKET [LOG]; prints the port it listens on. LOG gets one line per request.
// (s3rver makes the tokens of its listings with an old cipher, hence the flag.)
'use strict';
const crypto = require('crypto');
const fs = require('fs');
const http = require('http');
const path = require('path');

const modules = path.join(__dirname, '../../build/s3_server/node_modules');
const aws4 = require(path.join(modules, 'aws4'));
const S3rver = require(path.join(modules, 's3rver'));

const keys = {accessKeyId: 'S3RVER', secretAccessKey: 'a/secret+of/tests'};
const [data, bucket, log] = process.argv.slice(2);

// Signs the headers that the client signed, and compares.
function refusal(request, body) {
  const headers = request.headers;
  const match = /Credential=([^/]+)\/\d+\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=/.exec(
      headers.authorization || '');
  if (!match) return ['AccessDenied', 'Access Denied'];
  if (match[1] !== keys.accessKeyId) return ['InvalidAccessKeyId', 'The AWS Access Key Id does not exist in our records.'];
  const hash = crypto.createHash('sha256').update(body).digest('hex');
  if (headers['x-amz-content-sha256'] !== hash) return ['XAmzContentSHA256Mismatch', 'The body is not what was signed.'];
  const signed = Object.fromEntries(match[3].split(';').map(name => [name, headers[name]]));
  const again = aws4.sign(
      {service: 's3', region: match[2], method: request.method, path: request.url, headers: signed,
       extraHeadersToInclude: {range: true}}, keys);
  const ours = Object.entries(again.headers).find(([name]) => name.toLowerCase() === 'authorization')[1];
  if (ours !== headers.authorization) return ['SignatureDoesNotMatch', 'The signature does not match.'];
  const md5 = crypto.createHash('md5').update(body).digest('base64');
  if (headers['content-md5'] && headers['content-md5'] !== md5) return ['BadDigest', 'The MD5 does not match.'];
  return null;
}

function note(request, status) {
  const encryption = request.headers['x-amz-server-side-encryption'] || '-';
  if (log) fs.appendFileSync(log, `${request.method} ${request.url} ${status} ${encryption}\n`);
}

function serve(port, request, response) {
  const chunks = [];
  request.on('data', chunk => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    const wrong = refusal(request, body);
    if (wrong) {
      const text = `<Error><Code>${wrong[0]}</Code><Message>${wrong[1]}</Message></Error>`;
      note(request, 403);
      response.writeHead(403, {'Content-Type': 'application/xml', 'Content-Length': text.length});
      response.end(request.method === 'HEAD' ? undefined : text);
      return;
    }
    const forward = http.request(
        {host: '127.0.0.1', port, method: request.method, path: request.url, headers: request.headers}, answer => {
          note(request, answer.statusCode);
          response.writeHead(answer.statusCode, answer.headers);
          answer.pipe(response);
        });
    forward.end(body);
  });
}

const storage = new S3rver({
  port: 0, address: '127.0.0.1', silent: true, directory: data, vhostBuckets: false, configureBuckets: [{name: bucket}],
});
storage.run().then(({port}) => {
  const door = http.createServer((request, response) => serve(port, request, response));
  door.listen(0, '127.0.0.1', () => console.log(door.address().port));
});
// Whoever started it holds its standard input: no server outlives its test.
process.stdin.on('end', () => process.exit(0)).resume();
