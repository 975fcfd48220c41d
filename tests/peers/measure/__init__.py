"""What measures: the same hotels on both sides, the same requests, in turns."""
