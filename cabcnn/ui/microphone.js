// Unprocessed recordings. Browsers adjust the level of a voice, remove noise and cancel echo unless
// asked not to: all three change what a classifier gets, and Gradio does not ask.
(() => {
  const devices = navigator.mediaDevices;
  if (!devices) {
    // Browsers offer no microphone to a page that came over plain HTTP from another machine.
    document.documentElement.classList.add("no-microphone");
    return;
  }
  const open = devices.getUserMedia.bind(devices);
  devices.getUserMedia = (constraints) => {
    if (!constraints?.audio) return open(constraints);
    const unprocessed = {
      autoGainControl: false,
      noiseSuppression: false,
      echoCancellation: false,
    };
    const given = constraints.audio === true ? {} : constraints.audio;
    return open({ ...constraints, audio: { ...given, ...unprocessed } });
  };
})();
