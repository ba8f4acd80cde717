// The states of a run: their colours, their names, and the order of the story that they tell.
const STATES = {
  preparing: ["blue", "Preparing"],
  building: ["blue", "Building"],
  filling: ["cyan", "Filling"],
  catching_up: ["cyan", "Catching up"],
  verifying: ["purple", "Verifying"],
  cutting_over: ["orange", "Cutting over"],
  watching: ["teal", "Watching"],
  window: ["green", "Live, way back open"],
  rolling_back: ["orange", "Rolling back"],
  rolled_back: ["amber", "Rolled back"],
  failed: ["red", "Failed"],
  finalizing: ["teal", "Finalizing"],
  finalized: ["green", "Finalized"],
  aborted: ["gray", "Aborted"],
};

export const colourOf = (state) => STATES[state]?.[0] ?? "gray";
export const nameOf = (state) => STATES[state]?.[1] ?? state;

export const STORY = [
  ["preparing", "Prepare"],
  ["building", "Build"],
  ["filling", "Fill"],
  ["catching_up", "Catch up"],
  ["verifying", "Verify"],
  ["cutting_over", "Cut over"],
  ["watching", "Watch"],
  ["window", "Window"],
  ["finalized", "Finalized"],
];

const PLACE = Object.fromEntries(STORY.map(([state], place) => [state, place]));
PLACE.finalizing = PLACE.finalized;

/** How far the story got: the place of the run's state, or of the last one before it was taken back or failed. */
export function reached(run, events) {
  if (run.state in PLACE) {
    return PLACE[run.state];
  }
  const places = events.filter((e) => e.kind === "state").map((e) => PLACE[e.text.split(":")[0].trim()] ?? -1);
  return Math.max(run.swapped_at ? PLACE.watching : 0, ...places);
}

export const isLive = (run) => !run.over && run.state !== "window";
