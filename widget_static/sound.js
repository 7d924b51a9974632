// Two soft tones for a line that comes while nobody looks.

const TONES = [[587, 0], [880, 0.13]]; // hertz, and seconds after the first
const LOUDNESS = 0.06;

export function start({ stored }) {
  let audio;
  return {
    async play() {
      // Before the visitor's first gesture a browser would keep the tones back, and play them at some later time.
      if ("silent" in stored || !navigator.userActivation?.hasBeenActive) return;
      audio ??= new AudioContext();
      await audio.resume();
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
