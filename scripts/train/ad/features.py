"""The features of the anomaly detector: 5 frames of 128 log-mel energies, 0.19 s of sound."""

from common.features import Features

FEATURES = Features(
    kind="log-mel",
    frames=5,
    window_samples=1024,
    hop_samples=512,
    fft_samples=1024,
    mel_bands=128,
    low_hz=20.0,
    high_hz=8000.0,
    log_floor=1e-5,
)
"""Frames of 64 ms every 32 ms."""
