// Two soft tones for a line that comes while nobody looks.

const TONES = [[587, 0], [880, 0.13]]; // hertz, and seconds after the first
const LOUDNESS = 0.06;
const LATEST_MS = 1000;
const HANDS = ["click", "keydown"];

export function start({ stored }) {
  let audio;

  async function wake() {
    audio ??= new AudioContext();
    await audio.resume();
    for (const type of HANDS) document.removeEventListener(type, unlock);
  }

  // WebKit resumes at the visitor's own hand alone; what has been so once, it resumes at any time.
  async function unlock() {
    await wake();
    await audio.suspend();
  }
  for (const type of HANDS) document.addEventListener(type, unlock);

  return {
    async play() {
      // Before the visitor's first gesture a browser would keep the tones back, and play them at some later time.
      if ("silent" in stored || !navigator.userActivation?.hasBeenActive) return;
      const asked = Date.now();
      await wake();
      if (Date.now() - asked > LATEST_MS) return;
      for (const [hertz, after] of TONES) tone(audio, hertz, audio.currentTime + after);
    },
  };
}

function tone(audio, hertz, at) {
  const wave = new OscillatorNode(audio, { frequency: hertz });
  const volume = new GainNode(audio, { gain: 0 });
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(LOUDNESS, at + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.35);
  wave.connect(volume).connect(audio.destination);
  wave.start(at);
  wave.stop(at + 0.4);
}
