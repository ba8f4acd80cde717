// What happened, newest first.
import { h, UI, useState } from "../lib/react.js";
import { moment } from "../lib/format.js";
import { Muted, Nothing, Section } from "../lib/parts.js";

const { Badge, Box, Button, Stack, Text } = UI;

const FEW = 15;
// What is said to others anyway, and the address of this very page.
const ASIDE = new Set(["message", "link"]);
const COLOURS = {
  control: "blue",
  state: "gray",
  error: "red",
  blocked: "orange",
  warning: "orange",
  swapped: "green",
  approval_asked: "orange",
  approval: "green",
  approval_refused: "orange",
  finalize_held: "orange",
  signed_off: "green",
  unsigned: "orange",
};

const Line = ({ event }) =>
  h(
    Box,
    {
      display: "grid",
      gridTemplateColumns: "9rem 6rem 1fr",
      gap: 3,
      py: 1,
      borderTopWidth: "1px",
      alignItems: "baseline",
      "data-testid": "cutover-event",
    },
    h(Muted, { fontVariantNumeric: "tabular-nums" }, moment(event.at)),
    h(
      Box,
      null,
      h(Badge, { size: "xs", colorPalette: COLOURS[event.kind] ?? "gray" }, event.kind.replaceAll("_", " ")),
    ),
    h(
      Text,
      { fontSize: "sm", whiteSpace: "pre-wrap", wordBreak: "break-word" },
      event.text,
      event.actor ? h(Muted, { ml: 2 }, `by ${event.actor}`) : null,
    ),
  );

export const Events = ({ events, total }) => {
  const [all, setAll] = useState(false);
  const told = events.filter((event) => !ASIDE.has(event.kind));
  const shown = all ? events : told.slice(0, FEW);
  return h(
    Section,
    { title: "Events", aside: total > events.length ? `the latest ${events.length} of ${total}` : null },
    events.length
      ? h(
          Stack,
          { gap: 0 },
          shown.map((event, i) => h(Line, { key: `${event.at}/${i}`, event })),
        )
      : h(Nothing, null, "Nothing has happened yet."),
    events.length > Math.min(FEW, told.length)
      ? h(
          Button,
          { size: "xs", variant: "ghost", mt: 2, onClick: () => setAll(!all) },
          all ? "Show fewer" : `Show all ${events.length}, with what was told in Slack`,
        )
      : null,
  );
};
