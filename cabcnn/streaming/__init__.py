"""The network on a sound that is still going on: interval by interval, with carried context.

    stream = cabcnn.load("accents").stream(rate=48_000)
    for samples in microphone:
        heard = stream.push(samples)
        heard.interval_probabilities, stream.probabilities

One file a step: samples at the model's rate (resampler.py), standardised maxima (front_end.py),
the trunk (trunk.py), and all of them together (stream.py).
"""

from cabcnn.streaming.stream import Stream, StreamOutput, push_together

__all__ = ["Stream", "StreamOutput", "push_together"]
