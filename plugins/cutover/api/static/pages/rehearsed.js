// How the last rehearsal of a migration came out, with the report of its night.
import { h, UI } from "../lib/react.js";
import { DocumentButton } from "../lib/documents.js";
import { moment } from "../lib/format.js";
import { Muted } from "../lib/parts.js";

const { Badge, Stack } = UI;

const VERDICTS = { go: ["green", "Go"], no_go: ["red", "No-go"], not_rehearsed: ["gray", "Not rehearsed"] };

export const Rehearsed = ({ rehearsal }) => {
  if (!rehearsal) {
    return h(Muted, null, "never");
  }
  const [colour, word] = VERDICTS[rehearsal.verdict] ?? ["gray", rehearsal.verdict];
  return h(
    Stack,
    { gap: 1, align: "start", "data-testid": "cutover-rehearsal" },
    h(Badge, { colorPalette: colour, title: rehearsal.why ?? undefined }, word),
    rehearsal.night
      ? h(DocumentButton, {
          runId: rehearsal.night,
          name: "report.md",
          label: moment(rehearsal.at),
          size: "2xs",
          variant: "plain",
        })
      : h(Muted, null, moment(rehearsal.at)),
  );
};
