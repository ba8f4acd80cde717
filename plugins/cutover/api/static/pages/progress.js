// How far each step's items are. A rate or a time left that nobody measured is a dash.
import { h, UI } from "../lib/react.js";
import { count, duration, moment, percent, rate, secondsSince, UNKNOWN, words } from "../lib/format.js";
import { isLive } from "../lib/states.js";
import { Muted, Nothing, Section } from "../lib/parts.js";

const { Badge, Box, HStack, Progress: Bar, Stack, Text } = UI;

const SILENT_AFTER_SECONDS = 30;

/** What follows is not filled but waited for: milliseconds behind, against what is allowed. */
const WAITED_FOR = new Set(["standby_lag", "lag"]);

const Follower = ({ p }) =>
  h(
    HStack,
    { gap: 3 },
    h(Text, { fontSize: "sm", fontWeight: "medium" }, p.item),
    h(Badge, { size: "sm", colorPalette: p.done <= p.total ? "green" : "orange" }, `${duration(p.done / 1000)} behind`),
    h(Muted, null, `limit ${duration(p.total / 1000)}`),
    p.note ? h(Muted, null, p.note) : null,
  );

const finished = (p) => p.total !== null && p.done >= p.total;

export const Item = ({ p, moving, paused }) => {
  if (WAITED_FOR.has(p.step)) {
    return h(Follower, { p });
  }
  const share = percent(p.done, p.total);
  const silent = secondsSince(p.updated_at);
  const late = moving && !paused && !finished(p) && silent > SILENT_AFTER_SECONDS;
  const amount =
    p.total === null ? count(p.done) : `${count(p.done)} of ${finished(p) ? "" : "about "}${count(p.total)}`;
  return h(
    Box,
    { "data-testid": "cutover-progress" },
    h(
      HStack,
      { justify: "space-between", gap: 4, mb: 1 },
      h(Text, { fontSize: "sm", fontWeight: "medium", truncate: true }, p.item),
      h(
        Text,
        { fontSize: "xs", color: "fg.muted", fontVariantNumeric: "tabular-nums", flexShrink: 0 },
        [amount, share === undefined ? null : `${share} %`].filter(Boolean).join(" · "),
      ),
    ),
    h(
      Bar.Root,
      {
        value: share ?? (finished(p) ? 100 : null),
        size: "sm",
        colorPalette: finished(p) ? "green" : paused ? "gray" : "cyan",
        "aria-label": p.item,
      },
      h(Bar.Track, null, h(Bar.Range)),
    ),
    h(
      HStack,
      { gap: 5, mt: 1 },
      h(Muted, { fontVariantNumeric: "tabular-nums" }, `Rate ${rate(p.rate || undefined)}`),
      h(
        Muted,
        { fontVariantNumeric: "tabular-nums" },
        finished(p) ? `Done at ${moment(p.updated_at)}` : `Left ${paused || late ? UNKNOWN : duration(p.eta_seconds)}`,
      ),
      p.note ? h(Muted, null, p.note) : null,
      late ? h(Badge, { size: "xs", colorPalette: "orange" }, `silent for ${duration(silent)}`) : null,
    ),
  );
};

export const Progress = ({ progress, run, paused }) => {
  const steps = [...new Set(progress.map((p) => p.step))].reverse();
  const moving = isLive(run);
  return h(
    Section,
    { title: "Progress", aside: paused && moving ? h(Badge, { colorPalette: "orange" }, "Paused") : null },
    steps.length
      ? h(
          Stack,
          { gap: 5 },
          steps.map((step) =>
            h(
              Box,
              { key: step },
              h(Text, { fontSize: "xs", fontWeight: "semibold", color: "fg.muted", mb: 2 }, words(step)),
              h(
                Stack,
                { gap: 3 },
                progress.filter((p) => p.step === step).map((p) => h(Item, { key: p.item, p, moving, paused })),
              ),
            ),
          ),
        )
      : h(Nothing, null, "Nothing has been copied yet."),
  );
};
