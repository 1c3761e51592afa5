// Recordings as they are. Browsers adjust the level of a voice, remove noise and cancel echo
// unless told not to: all three change what a classifier hears, and Gradio does not tell them.
(() => {
  const devices = navigator.mediaDevices;
  if (!devices) {
    // Browsers offer no microphone to a page that came over plain HTTP from another machine.
    document.documentElement.classList.add("no-microphone");
    return;
  }
  const open = devices.getUserMedia.bind(devices);
  devices.getUserMedia = (wanted) => {
    if (!wanted?.audio) return open(wanted);
    const unprocessed = { autoGainControl: false, noiseSuppression: false, echoCancellation: false };
    const audio = { ...(wanted.audio === true ? {} : wanted.audio), ...unprocessed };
    return open({ ...wanted, audio });
  };
})();
