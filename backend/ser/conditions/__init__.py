"""What recording does to a voice: filters, rooms, noises, codecs. Used by training and by evaluation."""
