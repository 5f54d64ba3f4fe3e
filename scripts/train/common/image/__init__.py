"""What trainers of pictures share: drawing, changing, publishing."""
