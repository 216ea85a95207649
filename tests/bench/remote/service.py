"""A small HTTP/1.1 server on 127.0.0.1 that keeps connections, and services for figures.py to measure against."""
import asyncio, base64, json, struct, time, zlib


class Request:
    def __init__(self, method, path, headers, body, came):
        self.method, self.path, self.headers, self.body, self.came = method, path, headers, body, came


class Server:
    """`handle(request)` gives (status, headers, body); `requests` are those that came, in order, without their bodies."""
    def __init__(self, handle):
        self.handle, self.came, self.at_once, self.most_at_once = handle, [], 0, 0

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.serve, '127.0.0.1', 0, backlog=256)
        self.url = 'http://127.0.0.1:%d' % self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.server.close()

    async def serve(self, reader, writer):
        try:
            while True:
                first = await reader.readline()
                if not first: break
                came = time.monotonic()
                self.came.append(came)
                headers = {}
                while (line := (await reader.readline()).decode().strip()):
                    name, _, value = line.partition(':')
                    headers[name.lower()] = value.strip()
                body = await reader.readexactly(int(headers.get('content-length', 0)))
                method, path = first.decode().split()[:2]
                self.at_once += 1
                self.most_at_once = max(self.most_at_once, self.at_once)
                try:
                    status, more, body = await self.handle(Request(method, path, headers, body, came))
                finally:
                    self.at_once -= 1
                more = {'Content-Length': len(body), **more}
                writer.write(f'HTTP/1.1 {status} -\r\n'.encode() + ''.join(f'{k}: {v}\r\n' for k, v in more.items()).encode() + b'\r\n' + body)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


def png(width, height, channels, rows):
    """`rows`: bytes of each; 1 channel: grey, 3: RGB, 4: RGBA."""
    def chunk(name, data): return struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))
    head = struct.pack('>IIBBBBB', width, height, 8, {1: 0, 3: 2, 4: 6}[channels], 0, 0, 0)
    return b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', head) + chunk(b'IDAT', zlib.compress(b''.join(b'\0' + r for r in rows), 1)) + chunk(b'IEND', b'')


def painted(width, height, seed):
    wave = bytes((i * 3 + seed * 7 + (i // 40) * 31) % 256 for i in range(3 * (width + height) + 3 * 64))
    return png(width, height, 3, [wave[3 * (y // 2 + seed % 64):][:3 * width] for y in range(height)])


def cut_out(width, height):
    """What a background remover answers: the left half is kept."""
    row = (b'\x80\x90\xa0\xff' * (width // 2)) + (b'\0\0\0\0' * (width - width // 2))
    return png(width, height, 4, [row] * height)


class Remover:
    """remove.bg: every call takes `seconds`."""
    def __init__(self, seconds, width, height):
        self.seconds, self.picture = seconds, cut_out(width, height)

    async def __call__(self, request):
        await asyncio.sleep(self.seconds)
        return 200, {'Content-Type': 'image/png', 'X-Credits-Charged': 1}, self.picture


class SlowJobs:
    """An asynchronous SageMaker endpoint and its S3: calls are accepted after `accept`, done `work` seconds later."""
    def __init__(self, accept, work):
        self.accept, self.work, self.inputs, self.outputs = accept, work, {}, {}
        self.submitted, self.accepted = [], {}  # names of inputs: calls that came; calls that got their answer, and when

    async def __call__(self, request):
        if request.method == 'PUT':
            self.inputs[request.path] = request.body
            return 200, {}, b''
        if request.method == 'POST':
            location = request.headers['x-amzn-sagemaker-inputlocation'][len('s3:/'):]
            self.submitted.append(location)
            await asyncio.sleep(self.accept)
            name = location.rsplit('/', 1)[1] + '.out'
            picture = json.loads(self.inputs[location])['image']
            self.outputs['/out/' + name] = (time.monotonic() + self.work, json.dumps({'generated_images': [picture]}).encode())
            self.accepted[location] = time.monotonic()
            return 202, {'X-Amzn-SageMaker-OutputLocation': 's3://out/' + name, 'X-Amzn-SageMaker-FailureLocation': 's3://failures/' + name}, b'{}'
        ready, body = self.outputs.get(request.path, (float('inf'), b''))
        return (200, {}, body) if ready <= time.monotonic() else (404, {}, b'')


def words_of(keys):
    """Everything that a key could look like in a file."""
    return [word for key in keys for word in (key.encode(), base64.b64encode(key.encode()), key.encode().hex().encode())]
