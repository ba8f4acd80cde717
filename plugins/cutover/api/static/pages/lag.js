// How far one database was behind the other, over time. A look that did not see its beat arrive is drawn as it is.
import { h, UI } from "../lib/react.js";
import { usePoll } from "../lib/http.js";
import { bytes, count, duration, moment } from "../lib/format.js";
import { Muted, Section } from "../lib/parts.js";

const { Badge, Box, HStack, Stack, Text } = UI;

const POLL_MS = 4000;
const QUIET_MS = 30000;
const [WIDTH, HEIGHT] = [600, 60];

/** Seconds behind on a scale of roots: a second and a minute are both to be seen. */
function line(samples) {
  const most = Math.max(0.1, ...samples.map((s) => s.seconds));
  const step = WIDTH / Math.max(1, samples.length - 1);
  const y = (s) => HEIGHT - (HEIGHT - 4) * Math.sqrt(s.seconds / most) - 2;
  return samples.map((s, i) => `${(i * step).toFixed(1)},${y(s).toFixed(1)}`).join(" ");
}

const Series = ({ name, samples }) => {
  const last = samples.at(-1);
  const worst = Math.max(...samples.map((s) => s.seconds));
  const conflicts = Object.values(last.conflicts ?? {}).reduce((sum, n) => sum + n, 0);
  return h(
    Box,
    { "data-testid": "cutover-lag" },
    h(
      HStack,
      { gap: 4, mb: 1, wrap: "wrap" },
      h(Text, { fontSize: "sm", fontWeight: "medium" }, name.replace(/^lag /, "")),
      h(Badge, { colorPalette: last.arrived ? "green" : "orange" }, `${duration(last.seconds)} behind`),
      h(Muted, null, `${bytes(last.bytes)} of WAL`),
      h(Muted, null, `${bytes(last.kept_bytes)} kept for it`),
      h(Muted, null, `worst ${duration(worst)}`),
      h(Muted, null, `at ${moment(last.at)}`),
      conflicts ? h(Badge, { colorPalette: "red" }, `${count(conflicts)} conflicts`) : null,
      last.broken?.length ? h(Badge, { colorPalette: "red", variant: "solid" }, last.broken.join("; ")) : null,
    ),
    h(
      "svg",
      {
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
        preserveAspectRatio: "none",
        width: "100%",
        height: HEIGHT,
        role: "img",
        "aria-label": `Lag of ${samples.length} looks, ${duration(worst)} at the most`,
      },
      h("polyline", {
        points: line(samples),
        fill: "none",
        stroke: "currentColor",
        strokeWidth: 1.5,
        vectorEffect: "non-scaling-stroke",
      }),
    ),
  );
};

export function Lag({ run }) {
  const { data } = usePoll(`cutover/runs/${encodeURIComponent(run.run_id)}/samples`, () =>
    run.over || run.state === "window" ? QUIET_MS : POLL_MS,
  );
  const series = Object.entries(data?.series ?? {}).filter(([, samples]) => samples.length);
  return series.length
    ? h(
        Section,
        { title: "Lag" },
        h(
          Stack,
          { gap: 4 },
          series.map(([name, samples]) => h(Series, { key: name, name, samples })),
        ),
      )
    : null;
}
