"""The driver's package without a device: three windows of 0.2 s at 5.3 mA, which alternates, and rests of
0.1 s at 2 µA before each, at 3 V. STUB_FAULT says what goes wrong."""
import array
import os
import threading

RATE = 100_000
FULL = 1_000_000
FAULT = os.environ.get('STUB_FAULT', '')
BLOCK = 1_000
PERIOD, REST, PULSE = 30_000, 10_000, 30


class Driver:
    def __enter__(self):
        self.subscribed, self.streams = {}, set()
        return self

    def __exit__(self, *_):
        return False

    def device_paths(self):
        devices = {'none': [], 'two': ['u/js220/1', 'u/js220/2'], 'js110': ['u/js110/001122']}
        return devices.get(FAULT, ['u/js220/001122'])

    def open(self, device, mode=None):
        if FAULT == 'busy':
            raise RuntimeError('jsdrv_open failed: IN_USE')
        if FAULT == 'long':
            raise RuntimeError('jsdrv_open failed: ' + 10_000 * '\u2026')

    def close(self, device):
        pass

    def subscribe(self, topic, flags, fn):
        self.subscribed[topic.split('/', 3)[3]] = fn

    def publish(self, topic, value):
        name = topic.split('/', 3)[3]
        if name == 'h/fs':
            assert value == RATE
        if name.endswith('/ctrl') and value == 1:
            self.streams.add(name)
            if len(self.streams) == 3:
                threading.Thread(target=self.run, daemon=True).start()

    def send(self, name, first, data):
        # The input comes at the instrument's own rate, the others are reduced.
        every = 1 if name == 's/gpi/0' else FULL // RATE
        self.subscribed[name + '/!data']('', {
            'sample_id': first * (FULL // RATE), 'sample_rate': FULL, 'decimate_factor': every,
            'data': data,
        })

    def run(self):
        for block in range(96):
            first = 7_000 + block * BLOCK
            # A block lies in a rest or in a window as a whole.
            number, inside = divmod(block * BLOCK, PERIOD)
            is_window = inside >= REST and number < 3
            scale = {'calibration': 1.1, 'saturated': 1_000.0}.get(FAULT, 1.0)
            if FAULT == 'range':
                scale = (0.01, 1.0, 100.0)[min(number, 2)]
            pair = [0.005_5, 0.005_1] if is_window else [2e-6, 2e-6]
            current = array.array('f', [it * scale for it in pair]) * (BLOCK // 2)
            if FAULT == 'nan' and block == 45:
                current[:7] = array.array('f', [float('nan')] * 7)
            begins = inside == REST and is_window or inside == 0 and number in (1, 2, 3)
            low = PULSE if begins and FAULT != 'no marks' else 0
            if FAULT == 'lost' and block == 45:
                continue
            if FAULT == 'disconnect' and block == 45:
                os._exit(3)
            if FAULT == 'garbage' and block == 45:
                os.write(1, b'hello, this is no frame')
            volts = array.array('f', [2.8 if FAULT == 'voltage' else 3.0]) * BLOCK
            # Ten bits a sample.
            bits = (1 << 10 * BLOCK) - (1 << 10 * low)
            packed = array.array('B', bits.to_bytes(BLOCK * 10 // 8, 'little'))
            for name, data in (('s/v', volts), ('s/i', current), ('s/gpi/0', packed)):
                self.send(name, first, data)
