"""The custom operators of TensorFlow Lite Micro's signal library."""

from .models import case, kind_number

FLOAT = 2e-6
# Twice a product of 2, 3 and 5.
LENGTHS = (4, 6, 8, 10, 12, 16, 18, 20, 24, 30, 32, 36, 40, 48, 50, 60, 64, 72, 80, 90, 96, 100,
           120, 128, 150, 160, 240, 256, 320, 400, 480, 512, 600, 640, 1024)


@case("SignalRfft SignalIrfft", "int16 int32 float32")
def transforms(net, name, kind):
    length, rows = net.draw.pick(*LENGTHS), [net.draw.integer(1, 2)] * net.draw.integer(0, 2)
    limits = None if kind == "float32" else net.draw.pick(None, (-1000, 1000), (-30, 30))
    inverse = name == "SignalIrfft"
    samples = length if inverse or net.draw.chance(0.5) else net.draw.integer(1, length)
    ends = [[*rows, samples], [*rows, length + 2]]
    if inverse:
        ends.reverse()
    output = net.tensor(kind, ends[1])
    net.tolerance = FLOAT
    net.custom(name, [net.input(kind, ends[0], limits=limits)], [output], T=int(kind_number(kind)),
               fft_length=length)
    net.finish(output)


@case("SignalFilterBankSpectralSubtraction", "uint32")
def gains(net, name, kind):
    """What a front end does with the energies of its channels."""
    draw, length = net.draw, net.draw.integer(1, 30)
    source = net.input(kind, [length], limits=(0, draw.pick(3, 1000, 100_000, 2**31, 2**32 - 1)))
    outputs = [net.tensor(kind, [length]) for _ in range(2)]
    net.custom(name, [source], outputs, alternate_one_minus_smoothing=draw.integer(0, 16384),
               alternate_smoothing=draw.integer(0, 16384), clamping=draw.chance(0.5),
               min_signal_remaining=draw.integer(0, 16384), num_channels=length,
               one_minus_smoothing=draw.integer(0, 16384), smoothing=draw.integer(0, 16384),
               smoothing_bits=draw.integer(0, 12), spectral_subtraction_bits=draw.integer(10, 16))
    table = net.constant("int16", net.random.integers(-32768, 32768, 125))
    gained, logarithm = net.tensor(kind, [length]), net.tensor("int16", [length])
    net.custom("SignalPCAN", [*outputs, table], [gained], snr_shift=draw.integer(0, 12))
    net.custom("SignalFilterBankLog", [gained], [logarithm],
               input_correction_bits=draw.integer(0, 8), output_scale=draw.integer(1, 5000))
    net.steps = 6
    net.finish(*outputs, gained, logarithm)


@case("SignalFilterBank", "int16")
def spectra(net, name, kind):
    """What a front end does with a spectrum."""
    draw, length = net.draw, net.draw.integer(2, 40)
    limits = draw.pick(None, (-10, 10), (-32768, -32768), (-500, 0))
    source = net.input(kind, [2 * length], limits=limits)
    scaled, shift = net.tensor(kind, [2 * length]), net.tensor("int32", [])
    net.custom("SignalFftAutoScale", [source], [scaled, shift])
    window = net.constant(kind, net.random.integers(-32768, 32768, length))
    windowed = net.tensor(kind, [2 * length])
    net.custom("SignalWindow", [scaled, window], [windowed], shift=draw.integer(0, 16))
    energy = net.tensor("uint32", [length])
    net.custom("SignalEnergy", [windowed], [energy], end_index=length, start_index=0)
    channels = draw.integer(1, 8)
    places = [draw.integer(0, length // 2) for _ in range(channels + 1)]
    firsts = [draw.integer(0, length - place) for place in places]
    widths = [draw.integer(0, 20) for _ in places]
    most = max(a + b for a, b in zip(places, widths)) + 1
    tables = (net.random.integers(0, 4096, most), net.random.integers(-4096, 4096, most), firsts,
              widths, places)
    bank, roots = net.tensor("uint64", [channels]), net.tensor("uint32", [channels])
    net.custom(name, [energy, *(net.constant(kind, data) for data in tables)], [bank],
               num_channels=channels)
    net.custom("SignalFilterBankSquareRoot", [bank, shift], [roots])
    net.steps = 5
    net.finish(scaled, shift, windowed, energy, bank, roots)


@case("SignalFramer", "int16")
def framer(net, name, kind):
    draw = net.draw
    step, size, frames = draw.integer(1, 6), draw.integer(1, 14), draw.integer(1, 4)
    rows = [draw.integer(1, 2)] * draw.integer(0, 2)
    outputs = [net.tensor(kind, [*rows, frames, size]), net.tensor("bool", [])]
    net.custom(name, [net.input(kind, [*rows, frames * step])], outputs, frame_size=size,
               frame_step=step, prefill=draw.chance(0.5) and step <= size)
    net.steps, net.counted = 8, True
    net.finish(*outputs)


@case("SignalStacker", "int16")
def stacker(net, name, kind):
    left, right, channels = (net.draw.integer(0, 4), net.draw.integer(0, 4), net.draw.integer(1, 5))
    outputs = [net.tensor(kind, [channels * (left + right + 1)]), net.tensor("bool", [])]
    net.custom(name, [net.input(kind, [channels])], outputs, num_channels=channels,
               stacker_left_context=left, stacker_right_context=right,
               stacker_step=net.draw.integer(1, left + right + 1))
    net.steps, net.counted = 14, True
    net.finish(*outputs)


@case("SignalOverlapAdd", "int16 float32")
def overlap_add(net, name, kind):
    draw, size = net.draw, net.draw.integer(1, 8)
    step, frames = draw.integer(1, size), draw.integer(1, 3)
    rows = [draw.integer(1, 2)] * draw.integer(0, 2)
    shape = [*rows, frames * step]
    added = net.tensor(kind, shape)
    net.custom(name, [net.input(kind, [*rows, frames, size])], [added],
               T=int(kind_number(kind)), frame_step=step)
    outputs = [added]
    if kind == "int16":
        outputs.append(net.tensor(kind, shape))
        net.custom("SignalDelay", [added], outputs[1:], delay_length=draw.integer(0, 12))
    net.steps, net.tolerance = 6, FLOAT
    net.finish(*outputs)
