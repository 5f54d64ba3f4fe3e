"""Streams a Joulescope: python3 -c ... [DEVICE]

Frames on stdout: a byte that says the kind, u64, u32 n, content, little-endian.
O  0, bytes:  the device is open; its path
S  index of the first sample, samples: n f32 currents in A, n f32 voltages in V, n bytes, 0 where input 0
   was low at any time of the sample; what the instrument lost is a jump of the index
E  0, bytes:  what is wrong; nothing comes behind it
It begins to stream at a line on stdin and ends with it.

A JS110 is refused: of what it loses its driver tells neither by a jump of the index nor by NaN.
"""
import sys

# The folder where this was started isn't one to import from.
sys.path = [it for it in sys.path if it]

import signal
import struct
import threading

# Bytes of a text at most.
MOST_TEXT = 4_000
RATE = 100_000
# Bytes of a sample; 0 for bits.
SIGNALS = {'s/i': 4, 's/v': 4, 's/gpi/0': 0}


def send(kind, first, count, content):
    sys.stdout.buffer.write(struct.pack('<cQI', kind, first, count) + content)
    sys.stdout.buffer.flush()


class Aligned:
    """Signals that come one by one, by the counter of their samples."""

    def __init__(self):
        self.lock = threading.Lock()
        self.held = {name: (None, b'') for name in SIGNALS}
        # Levels at the instrument's own rate that don't make a whole sample yet.
        self.levels = (None, b'')

    def add(self, name, value):
        with self.lock:
            data = bytes(memoryview(value['data']))
            # Counters run at the instrument's own rate, whatever the rate of the signal.
            every = max(1, value['sample_rate'] // RATE)
            first = value['sample_id']
            size = SIGNALS[name]
            if size == 0:
                repeat = value['decimate_factor']
                first, data = self.whole(first, unpacked(data, repeat), every)
                size = 1
            first = -(-first // every)
            begin, before = self.held[name]
            if begin is not None and begin + len(before) // size != first:
                # What came before the gap goes out as far as the others have it.
                self.flush()
                begin, before = None, b''
            self.held[name] = (first if begin is None else begin, before + data)
            self.flush()

    def whole(self, first, levels, every):
        """Whole samples of levels, low where one of them is, and the counter of the first."""
        begin, before = self.levels
        if begin is None or begin + len(before) != first:
            skipped = -first % every
            begin, before = first + skipped, b''
            levels = levels[skipped:]
        levels = before + levels
        count = len(levels) // every
        taken = levels[:count * every]
        self.levels = (begin + count * every, levels[count * every:])
        if 0 not in taken:
            return begin, b'\1' * count
        samples = (0 not in taken[at:at + every] for at in range(0, len(taken), every))
        return begin, bytes(samples)

    def flush(self):
        if any(begin is None for begin, _ in self.held.values()):
            return
        first = max(begin for begin, _ in self.held.values())
        end = min(begin + len(data) // (SIGNALS[name] or 1)
                  for name, (begin, data) in self.held.items())
        if end <= first:
            return
        parts = []
        for name, (begin, data) in self.held.items():
            size = SIGNALS[name] or 1
            parts.append(data[(first - begin) * size:(end - begin) * size])
            self.held[name] = (end, data[(end - begin) * size:])
        send(b'S', first, end - first, b''.join(parts))


def unpacked(packed, repeat):
    """A byte for each bit, `repeat` times."""
    if packed.count(0xff) == len(packed):
        return b'\1' * (len(packed) * 8 * repeat)
    bits = (byte >> bit & 1 for byte in packed for bit in range(8))
    return b''.join(b'\1' * repeat if bit else b'\0' * repeat for bit in bits)


def main(arguments):
    try:
        from pyjoulescope_driver import Driver
    except ImportError:
        raise RuntimeError('the Python package pyjoulescope_driver is missing: '
                           'pip install pyjoulescope_driver')
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Driver() as driver:
        devices = driver.device_paths()
        if arguments:
            devices = [it for it in devices if it.endswith(arguments[0])]
        if not devices:
            raise RuntimeError('no Joulescope is attached')
        if len(devices) > 1:
            raise RuntimeError('several are attached: ' + ', '.join(devices))
        device = devices[0]
        if 'js110' in device:
            raise RuntimeError('its driver does not tell which samples a JS110 has lost, so that an '
                               'energy could be wrong unseen: use a JS220')
        driver.open(device, mode='defaults')
        driver.publish(device + '/h/fs', RATE)
        driver.publish(device + '/s/i/range/mode', 'auto')
        driver.publish(device + '/s/v/range/mode', 'auto')
        path = device.encode()
        send(b'O', 0, len(path), path)
        if not sys.stdin.readline():
            return
        aligned = Aligned()
        for name in SIGNALS:
            driver.subscribe(f'{device}/{name}/!data', ['pub'],
                             lambda _, value, name=name: aligned.add(name, value))
        for name in SIGNALS:
            driver.publish(f'{device}/{name}/ctrl', 1)
        sys.stdin.readline()
        for name in SIGNALS:
            driver.publish(f'{device}/{name}/ctrl', 0)
        driver.close(device)


try:
    main(sys.argv[1:])
except BrokenPipeError:
    pass
except Exception as problem:
    text = str(problem).encode(errors='replace')[:MOST_TEXT]
    send(b'E', 0, len(text), text)
