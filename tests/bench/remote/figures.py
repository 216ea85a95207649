#!/usr/bin/python3
"""What the remote endpoints must reach, measured with the real program against services on this machine (service.py).

Usage: figures.py [--program FILE] [--only a,b,c,d,e] [--minutes N]      Python's standard library alone; d takes 3 minutes
a: 200 pictures at a service of 500 ms, 8 at once   b: start to first request   c: kill -9 amid 100 asynchronous jobs
d: requests within any minute   e: keys in whatever is written, and in the list of processes
"""
import argparse, asyncio, glob, os, random, resource, shutil, signal, statistics, subprocess, sys, tempfile, time
from service import Remover, Server, SlowJobs, painted, png, words_of

here = os.path.dirname(os.path.abspath(__file__))
parser = argparse.ArgumentParser()
parser.add_argument('--program', default=os.path.join(here, '../../../build/release/inpaint'))
parser.add_argument('--only', default='a,b,c,d,e')
parser.add_argument('--minutes', type=int, default=3)
options = parser.parse_args()
program = os.path.abspath(options.program)
removebg_key, aws_id, aws_key = 'rb-Zq81kd02mXc7Lw', 'AKIAQ3EXAMPLE7TESTID', 'wJalrXUtnFEMI/K7MDENG+bPxRfiCY3TESTKEY'
keys = {'REMOVEBG_API_KEY': removebg_key, 'AWS_ACCESS_KEY_ID': aws_id, 'AWS_SECRET_ACCESS_KEY': aws_key}


def row(what, got, asked, good):
    print(f'{"ok  " if good else "MISS"}  {what:<58} {got:<34} asked: {asked}', flush=True)


class Run:
    """The program, watched through /proc while it runs."""
    def __init__(self, arguments, watched=True):
        self.watched = watched
        self.arguments, self.threads, self.peak, self.modules, self.out, self.err = arguments, 0, 0.0, set(), b'', b''

    async def start(self):
        self.begun = time.monotonic()
        self.process = await asyncio.create_subprocess_exec(program, *self.arguments, env={**os.environ, **keys},
                                                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.watcher = asyncio.create_task(self.watch() if self.watched else asyncio.sleep(0))
        return self

    async def watch(self):
        try:
            while True:
                with open(f'/proc/{self.process.pid}/status') as file:
                    facts = dict(line.split(':', 1) for line in file)
                self.threads = max(self.threads, int(facts['Threads']))
                self.peak = max(self.peak, int(facts.get('VmHWM', '0 kB').split()[0]) / 1024)
                with open(f'/proc/{self.process.pid}/maps') as file:
                    self.modules |= {os.path.basename(p[-1]) for line in file if len(p := line.split()) > 5 and '.so' in p[-1]}
                await asyncio.sleep(0.02)
        except (FileNotFoundError, ProcessLookupError, KeyError, ValueError):
            pass  # it has ended

    async def end(self):
        self.out, self.err = await self.process.communicate()
        self.seconds = time.monotonic() - self.begun
        await self.watcher
        return self


async def run(*arguments, watched=True):
    return await (await Run(arguments, watched).start()).end()


def paint(folder, count, width, height):
    os.makedirs(folder)
    for i in range(count):
        with open(f'{folder}/{i:03d}.png', 'wb') as file: file.write(painted(width, height, i))


def removing(server, tmp, *more):
    return ('remove-bg', f'{tmp}/in', '-o', f'{tmp}/out', '--endpoint', 'removebg', '--progress', 'never', '--set', f'endpoint.url={server.url}/v1.0/removebg',
            *(w for m in more for w in ('--set', f'endpoint.{m}')))


async def throughput(tmp):
    count, at_once, seconds = 200, 8, 0.5
    paint(f'{tmp}/png', count, 640, 480)
    with open(f'{tmp}/none.png', 'wb') as file: file.write(png(640, 480, 1, [bytes(640)] * 480))
    done = await run('inpaint', f'{tmp}/png', '--mask', f'{tmp}/none.png', '-o', f'{tmp}/in', '--format', 'jpeg', '-q')
    assert len(glob.glob(f'{tmp}/in/*.jpg')) == count, done.err
    async with Server(Remover(seconds, 640, 480)) as server:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        got = await run(*removing(server, tmp, f'limits.concurrency={at_once}'))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    work = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / count
    written = len(glob.glob(f'{tmp}/out/*.png'))
    assert got.process.returncode == 0 and written == count, got.err
    ideal, rate = at_once / seconds, count / got.seconds
    busy = count / (server.came[-1] + seconds - server.came[0])
    row(f'a  {count} JPEG of 640 x 480, {seconds:g} s each, {at_once} at once', f'{rate:.2f} pictures/s = {rate / ideal:.3f} of {ideal:g}', '>= 0.9', rate >= 0.9 * ideal)
    row('a  the same from first to last request alone', f'{busy:.2f} pictures/s, at once: {server.most_at_once}', f'at once: {at_once}', server.most_at_once == at_once)
    print(f'      {1000 * work:.0f} ms of processor time a picture; load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores')
    row('a  peak memory, pictures in flight included', f'{got.peak:.0f} MB', '<= 150 MB beyond the pictures', got.peak <= 150)
    async with Server(Remover(seconds, 640, 480)) as server:
        shutil.rmtree(f'{tmp}/out')
        many = await run(*removing(server, tmp, 'limits.concurrency=64'))
    row('a  most threads, 8 at once and 64 at once', f'{got.threads} and {many.threads} ({server.most_at_once} at once seen)', 'no thread per request', many.threads <= got.threads + 2)


async def first_request(tmp):
    paint(f'{tmp}/in', 1, 640, 480)
    waits, modules = [], set()
    for i in range(16):
        async with Server(Remover(0.2, 640, 480)) as server:
            got = await run(*removing(server, tmp), '--redo', watched=i == 0)  # to look at it costs time
        assert got.process.returncode == 0, got.err
        if i > 0: waits.append(server.came[0] - got.begun)
        modules |= got.modules
    row('b  start to first request, median of 15', f'{statistics.median(waits):.3f} s (best {min(waits):.3f}, worst {max(waits):.3f})', '<= 0.15 s', statistics.median(waits) <= 0.15)
    torch = sorted(m for m in modules if 'torch' in m or 'c10' in m)
    assert any('curl' in m for m in modules), 'the libraries were not seen'
    row('b  libraries of torch among those loaded', f'{len(torch)} of {len(modules)} {" ".join(torch)}', '0', not torch)


def painting(server, tmp, *more):
    values = (f'url={server.url}/endpoints/e/async-invocations', f'options.s3-url={server.url}', 'options.input-bucket=in', 'options.poll-seconds=1', 'limits.concurrency=8')
    return ('inpaint', f'{tmp}/in', '--mask', f'{tmp}/mask.png', '-o', f'{tmp}/out', '--endpoint', 'sagemaker-async', '--prompt', 'x', '--progress', 'never',
            *(w for v in values for w in ('--set', f'endpoint.{v}')), *more)


async def kill_amid_jobs(tmp):
    count, rounds = 100, 8
    paint(f'{tmp}/in', count, 64, 64)
    with open(f'{tmp}/mask.png', 'wb') as file: file.write(png(64, 64, 1, [b'\xff' * 64] * 64))
    accepted_before, ages, told, wrong = [], [], 0, 0
    for number in range(rounds):
        service = SlowJobs(accept=0.1, work=1)
        async with Server(service) as server:
            got = await Run(painting(server, tmp)).start()
            wanted = random.Random(number).randint(20, 80)
            while len(service.accepted) < wanted: await asyncio.sleep(0.002)
            await asyncio.sleep(random.Random(number).random() * 0.1)
            got.process.send_signal(signal.SIGKILL)
            killed, started, before = time.monotonic(), set(service.submitted), dict(service.accepted)
            await got.end()
            await asyncio.sleep(0.3)
            service.submitted.clear()
            rerun = await run(*painting(server, tmp))
            again, doubtful = list(service.submitted), rerun.err.count(b'an earlier run ended while it was submitted')
            last = await run(*painting(server, tmp))
        accepted_before.append(len(before))
        ages += [killed - before[job] for job in again if job in before]  # since their answer was handed to the system
        told += doubtful
        wrong += doubtful > 8 or rerun.process.returncode != (1 if doubtful else 0) or len(set(again)) != len(again)
        wrong += bool((started - before.keys()) & set(again))
        wrong += last.process.returncode != 0 or len(glob.glob(f'{tmp}/out/*.png')) != count or len(service.submitted) - len(again) != doubtful
        shutil.rmtree(f'{tmp}/out')
    row(f'c  {rounds} kills amid {count} jobs; accepted before, each', ' '.join(map(str, accepted_before)), 'in the middle', all(0 < n < count for n in accepted_before))
    row('c  accepted before the kill and submitted again', f'{len(ages)} of {sum(accepted_before)}' + (f', answered <= {1000 * max(ages):.0f} ms before' if ages else ''), '0', not ages)
    row('c  on their way at the kill: told, submitted by a third run', f'{told} (8 a kill can be)', '', told <= 8 * rounds)
    row('c  reruns that were not complete, or asked twice', str(wrong), '0', wrong == 0)


async def within_a_minute(tmp):
    count = 60 * options.minutes + 10
    paint(f'{tmp}/in', count, 64, 64)
    async with Server(Remover(0, 64, 64)) as server:
        got = await run(*removing(server, tmp, 'limits.per-minute=60', 'limits.concurrency=8'))
    assert got.process.returncode == 0 and len(server.came) == count, got.err
    came = server.came
    most = max(sum(1 for t in came[i:] if t < came[i] + 60) for i in range(len(came)))
    gap = min(b - a for a, b in zip(came, came[60:]))
    row(f'd  {count} requests, 60 a minute, in {got.seconds:.0f} s: most in any 60 s', f'{most}; a request and the 60th after it: >= {gap:.3f} s', '<= 60', most <= 60)


async def secrets(tmp):
    paint(f'{tmp}/in', 40, 64, 64)
    with open(f'{tmp}/mask.png', 'wb') as file: file.write(png(64, 64, 1, [b'\xff' * 64] * 64))
    good = Remover(0.1, 64, 64)

    async def repeats_keys(request):  # every fifth picture fails, in words that hold the key
        repeats_keys.n += 1
        key = request.headers['x-api-key']
        assert key == removebg_key
        if repeats_keys.n % 5: return await good(request)
        return 400, {'X-Key': key}, ('{"errors":[{"title":"not for %s"}]}' % key).encode()
    repeats_keys.n = 0
    words, looks, listed = words_of(keys.values()), 0, set()

    async def look_at_processes(got):
        nonlocal looks
        while got.process.returncode is None:
            texts = [subprocess.run(['ps', '-eww', '-o', 'args'], capture_output=True).stdout] if shutil.which('ps') else []
            for path in glob.glob('/proc/[0-9]*/cmdline'):
                try: texts.append(open(path, 'rb').read())
                except OSError: pass
            looks += any(program.encode() in text for text in texts)  # it may have ended by now
            listed.update(word for word in words for text in texts if word in text)
            await asyncio.sleep(0.05)

    async def watched(arguments, name):
        got = await Run((*arguments, '-v', '--json', '--sidecar', '--record', f'{tmp}/tape-{name}', '--events', f'file:{tmp}/events-{name}')).start()
        looker = asyncio.create_task(look_at_processes(got))
        await got.end()
        await looker
        for kind, text in (('stdout', got.out), ('stderr', got.err)):
            with open(f'{tmp}/{kind}-{name}', 'wb') as file: file.write(text)
        return got

    async with Server(repeats_keys) as server:
        first = await watched(removing(server, tmp), 'removebg')
    os.rename(f'{tmp}/out', f'{tmp}/out-removebg')
    async with Server(SlowJobs(accept=0.02, work=0.2)) as server:
        second = await watched(painting(server, tmp), 'async')
    assert b'[removed]' in first.err and first.process.returncode == 1 and second.process.returncode == 0, first.err + second.err
    files = [f for f in glob.glob(f'{tmp}/**', recursive=True, include_hidden=True) if os.path.isfile(f)]
    kinds = {name: sum(name in f for f in files) for name in ('stdout', 'stderr', 'ledger', 'tape', '.remote.json', 'jobs', 'events')}
    found = [f'{os.path.relpath(f, tmp)}' for f in files if any(word in open(f, 'rb').read() for word in words)]
    assert all(kinds[name] for name in kinds), kinds
    row(f'e  files that hold a key, of {len(files)}', f'{len(found)} {" ".join(found[:3])}', '0', not found)
    print('      ' + ', '.join(f'{name}: {n}' for name, n in kinds.items()))
    row(f'e  keys in the list of processes, {looks} looks at the program', str(len(listed)), '0', not listed and looks > 5)


async def main():
    for name, measure in (('a', throughput), ('b', first_request), ('c', kill_amid_jobs), ('d', within_a_minute), ('e', secrets)):
        if name not in options.only.split(','): continue
        tmp = tempfile.mkdtemp(prefix='inpaint-figures-')
        try: await measure(tmp)
        finally: shutil.rmtree(tmp)

asyncio.run(main())
