// The steps that the run has taken, each attempt with its time and what went wrong.
import { h, UI } from "../lib/react.js";
import { duration, moment, words } from "../lib/format.js";
import { Muted, Nothing, Section } from "../lib/parts.js";

const { Box, HStack, Spinner, Stack, Status, Text } = UI;

const COLOURS = { done: "green", failed: "red", cancelled: "orange", lost: "red", running: "cyan" };

const took = (step) =>
  step.ended_at
    ? duration((new Date(step.ended_at) - new Date(step.started_at)) / 1000)
    : `since ${moment(step.started_at)}`;

const Step = ({ step }) =>
  h(
    Box,
    { "data-testid": "cutover-step" },
    h(
      HStack,
      { justify: "space-between", gap: 3 },
      h(
        HStack,
        { gap: 2 },
        step.state === "running"
          ? h(Spinner, { size: "xs", color: "cyan.solid" })
          : h(Status.Root, { colorPalette: COLOURS[step.state] ?? "gray", size: "sm" }, h(Status.Indicator)),
        h(Text, { fontSize: "sm" }, words(step.name)),
        step.attempt > 1 ? h(Muted, null, `attempt ${step.attempt}`) : null,
        ["done", "running"].includes(step.state)
          ? null
          : h(Muted, null, step.state === "lost" ? "lost: its worker died" : step.state),
      ),
      h(Muted, { fontVariantNumeric: "tabular-nums", flexShrink: 0 }, took(step)),
    ),
    step.error
      ? h(
          Text,
          {
            fontSize: "xs",
            color: "fg.error",
            whiteSpace: "pre-wrap",
            wordBreak: "break-word",
            lineClamp: 6,
            title: step.error,
          },
          step.error,
        )
      : null,
  );

export const Steps = ({ steps }) =>
  h(
    Section,
    { title: "Steps" },
    steps.length
      ? h(
          Stack,
          { gap: 2 },
          steps.map((step) => h(Step, { key: `${step.name}/${step.attempt}`, step })),
        )
      : h(Nothing, null, "None yet."),
  );
