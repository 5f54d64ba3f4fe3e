"""Speech from espeak-ng, as 16 kHz samples without the silence around it."""

import subprocess

import numpy as np

from common.features import SAMPLE_RATE

ESPEAK_RATE = 22_050
WAV_HEADER = 44


def version() -> str:
    """The version of espeak-ng, as it says it."""
    text = subprocess.run(["espeak-ng", "--version"], check=True, capture_output=True, text=True)
    return text.stdout.split("Data at")[0].strip().split(": ")[-1]


def speak(text: str, accent: str, variant: str, speed: int, pitch: int) -> np.ndarray:
    """Speaks `text` (speed in words per minute, pitch 0 to 99): float64 [n] at 22,050 Hz, the
    first and the last sample at -40 dB of the peak or above."""
    command = ["espeak-ng", "-v", f"{accent}+{variant}", "-s", str(speed), "-p", str(pitch)]
    wav = subprocess.run([*command, "--stdout", text], check=True, capture_output=True).stdout
    rate = int.from_bytes(wav[24:28], "little")
    if wav[:4] != b"RIFF" or rate != ESPEAK_RATE:
        raise ValueError(f"{command}: expected a WAV file at {ESPEAK_RATE} Hz, got {rate} Hz")
    samples = np.frombuffer(wav[WAV_HEADER:], "<i2").astype(np.float64)
    loud = np.flatnonzero(np.abs(samples) > 0.01 * np.abs(samples).max(initial=1.0))
    if len(loud) == 0:
        raise ValueError(f"{command} {text!r}: silence")
    return samples[loud[0] : loud[-1] + 1]


def resample(samples: np.ndarray, stretch: float) -> np.ndarray:
    """Resamples espeak-ng's output to 16 kHz by cutting its spectrum, and makes it `stretch`
    times as long (which moves pitch and formants down by the same factor)."""
    length = round(len(samples) * stretch * SAMPLE_RATE / ESPEAK_RATE)
    spectrum = np.fft.rfft(samples)[: length // 2 + 1]
    return np.fft.irfft(spectrum, length) * (length / len(samples))
