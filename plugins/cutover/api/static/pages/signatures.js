// The sign-off by role: who has signed, who objects, who is still to answer.
import { h, UI } from "../lib/react.js";
import { moment } from "../lib/format.js";
import { Muted, Section } from "../lib/parts.js";

const { HStack, Stack, Status, Text } = UI;

const STATES = {
  signed: { color: "green", text: "signed off" },
  objects: { color: "red", text: "objects" },
  open: { color: "orange", text: "asked" },
  missing: { color: "gray", text: "has not signed" },
};

const Signature = ({ signature }) => {
  const { color, text } = STATES[signature.state];
  return h(
    HStack,
    { gap: 2, align: "baseline", "data-testid": "cutover-signature" },
    h(Status.Root, { colorPalette: color, size: "sm" }, h(Status.Indicator)),
    h(
      Text,
      { fontSize: "sm", wordBreak: "break-word" },
      `${signature.role}: ${text}${signature.words ? `: ${signature.words}` : ""}`,
      signature.who ? h(Muted, { ml: 2 }, `${signature.who}, ${moment(signature.at)}`) : null,
    ),
  );
};

export const Signatures = ({ signatures }) =>
  signatures.length
    ? h(
        Section,
        { title: "Sign-off" },
        h(
          Stack,
          { gap: 1 },
          signatures.map((signature) => h(Signature, { key: signature.role, signature })),
        ),
      )
    : null;
