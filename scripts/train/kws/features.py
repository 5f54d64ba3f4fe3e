"""The features of the keyword-spotting model: 49 frames of 10 MFCCs from one second of audio."""

from common.features import Features

FEATURES = Features(
    kind="mfcc",
    frames=49,
    window_samples=480,
    hop_samples=320,
    fft_samples=512,
    mel_bands=40,
    low_hz=20.0,
    high_hz=4000.0,
    log_floor=1e-5,
    coefficients=10,
)
"""Frames of 30 ms every 20 ms; only bins 1 to 127 have weights; samples 15,840 and up are not
used."""

SAMPLES = 16_000
"""Length of an utterance."""
