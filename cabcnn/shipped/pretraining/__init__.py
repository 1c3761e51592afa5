"""Teaching the network to hear before it has to decide, for corpora of one text read by all."""
