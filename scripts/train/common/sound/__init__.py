"""What trainers of sounds share: speakers, rooms, microphones, noise."""
