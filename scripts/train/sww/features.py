"""The features of the wake-word model: 30 frames of 40 log-mel energies, nearly one second."""

from common.features import Features

FEATURES = Features(
    kind="log-mel",
    frames=30,
    window_samples=1024,
    hop_samples=512,
    fft_samples=1024,
    mel_bands=40,
    low_hz=20.0,
    high_hz=8000.0,
    log_floor=1e-5,
)
"""Frames of 64 ms every 32 ms."""
