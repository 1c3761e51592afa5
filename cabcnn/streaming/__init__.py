"""The network on a sound that is still arriving: interval by interval, with state carried over.

    stream = cabcnn.load("accents").stream(rate=48_000)
    for samples in microphone:
        output = stream.push(samples)
        output.interval_probabilities, stream.probabilities

A file a step: samples at the model's rate (resampler.py), standardised maxima (front_end.py), the
trunk (trunk.py), and all of them together (stream.py).
"""

from cabcnn.streaming.stream import Stream, StreamOutput, push_batch

__all__ = ["Stream", "StreamOutput", "push_batch"]
