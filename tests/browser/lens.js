// Stands for a telephone, which the fake cameras are not: its rear camera has a lamp and a zoom from 1 to 8, the front
// one neither. What the page does to them is noted in window.acts.
(() => {
  window.acts = [];
  const facts = new WeakMap();
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (asked) => {
    const facingMode = asked.video?.facingMode?.ideal;
    const stream = await open(asked);
    for (const track of stream.getVideoTracks()) {
      window.acts.push(`open ${facingMode}`);
      facts.set(track, facingMode === "environment" ? { facingMode, torch: false, zoom: 1 } : { facingMode });
      const stop = track.stop.bind(track);
      track.stop = () => {
        window.acts.push(`stop ${facingMode}`);
        stop();
      };
    }
    return stream;
  };
  const track = MediaStreamTrack.prototype;
  const { getSettings, getCapabilities, applyConstraints } = track;
  track.getSettings = function () {
    return { ...getSettings.call(this), ...facts.get(this) };
  };
  track.getCapabilities = function () {
    const { zoom, torch, ...own } = getCapabilities.call(this);
    if (facts.get(this)?.facingMode !== "environment") return own;
    return { ...own, torch: true, zoom: { min: 1, max: 8, step: 0.1 } };
  };
  track.applyConstraints = async function (asked) {
    if (!facts.has(this)) return applyConstraints.call(this, asked);
    for (const wish of asked.advanced) Object.assign(facts.get(this), wish);
    const { torch, zoom } = facts.get(this);
    window.acts.push(`lamp ${torch ? "on" : "off"}, zoom ${zoom}`);
  };
  const list = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices);
  navigator.mediaDevices.enumerateDevices = async () => [
    ...(await list()), { kind: "videoinput", deviceId: "front", label: "Caméra avant", groupId: "" },
  ];
})();
