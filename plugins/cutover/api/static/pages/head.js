// The top of a run's page: what it is, how far the story got, how long the way back stays open.
import { dagRunPath, h, UI, useEffect, useState } from "../lib/react.js";
import { RunActions } from "../lib/actions.js";
import { duration, moment, UNKNOWN } from "../lib/format.js";
import { Fact, Muted, StateBadge, To } from "../lib/parts.js";
import { colourOf, isLive, reached, STORY } from "../lib/states.js";

const { Alert, Badge, Box, Flex, Heading, HStack, Progress, Text, Wrap } = UI;

/** Seconds since this answer came, so that clocks go on between two answers. */
function useAge(at) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return Math.max(0, (now - at) / 1000);
}

const Story = ({ run, events }) => {
  const place = reached(run, events);
  const broken = ["failed", "rolled_back", "rolling_back", "aborted"].includes(run.state);
  return h(
    Flex,
    { gap: 1, mt: 3, as: "ol", listStyleType: "none", "aria-label": "Phases" },
    STORY.map(([state, name], i) => {
      const done = i < place || (i === place && run.state === "finalized");
      const here = i === place && !done;
      const colour = here ? (broken ? colourOf(run.state) : colourOf(state)) : "green";
      const fill = done || here ? `${colour}.solid` : "bg.emphasized";
      return h(
        Box,
        { key: state, as: "li", flex: 1, minW: 0, "aria-current": here ? "step" : undefined },
        h(Box, { h: "6px", borderRadius: "full", bg: fill, opacity: done ? 0.65 : 1 }),
        h(
          Text,
          {
            fontSize: "xs",
            mt: 1,
            truncate: true,
            fontWeight: here ? "bold" : "normal",
            color: here ? "fg" : "fg.muted",
          },
          name,
        ),
      );
    }),
  );
};

const Countdown = ({ run, age }) => {
  if (run.window_seconds_left === null) {
    return null;
  }
  const left = Math.max(0, run.window_seconds_left - age);
  const length = (new Date(run.window_ends_at) - new Date(run.swapped_at)) / 1000;
  const share = length > 0 ? Math.min(100, (100 * left) / length) : null;
  return h(
    Box,
    { mt: 4, p: 3, borderWidth: "1px", borderRadius: "md" },
    h(
      HStack,
      { justify: "space-between", mb: 2 },
      h(
        Text,
        { fontSize: "sm", fontWeight: "medium" },
        left > 0 ? `Rollback window: ${duration(left)} left` : "The rollback window is over: finalize is due",
      ),
      h(Muted, null, `until ${moment(run.window_ends_at, { withDay: true })}`),
    ),
    h(
      Progress.Root,
      { value: share, size: "sm", colorPalette: left > 0 ? "green" : "orange" },
      h(Progress.Track, null, h(Progress.Range)),
    ),
  );
};

/** How long the exchange held writers up, as the step measured it. */
const pauseOf = (steps) => {
  const swap = steps.findLast((step) => step.name === "swap" && step.state === "done");
  return swap?.figures.pause_ms === undefined ? UNKNOWN : `${Math.round(swap.figures.pause_ms)} ms`;
};

export const Head = ({ data, at }) => {
  const { run } = data;
  const age = useAge(at);
  const working = isLive(run);
  const elapsed = run.elapsed_seconds + (working ? age : 0);
  return h(
    Box,
    null,
    h(
      Wrap,
      { justify: "space-between", align: "center", gap: 3 },
      h(
        HStack,
        { gap: 3, minW: 0 },
        h(Heading, { size: "lg", as: "h1", lineClamp: 2 }, run.title),
        h(StateBadge, { run, size: "md" }),
        run.dry_run ? h(Badge, { variant: "outline" }, "Rehearsal") : null,
      ),
      h(HStack, null, h(RunActions, { run, actions: data.actions, size: "sm" })),
    ),
    run.reason
      ? h(
          Alert.Root,
          { status: run.state === "failed" ? "error" : "info", size: "sm", mt: 3 },
          h(Alert.Indicator),
          h(Alert.Content, null, h(Alert.Description, { whiteSpace: "pre-wrap" }, run.reason)),
        )
      : null,
    h(Story, { run, events: data.events }),
    h(Countdown, { run, age }),
    h(
      Wrap,
      { gap: 6, mt: 4 },
      h(Fact, { label: "Run" }, run.run_id),
      h(Fact, { label: "Strategy" }, run.strategy.replaceAll("_", " ")),
      h(Fact, { label: "Database" }, run.connections.join(" → ") || UNKNOWN),
      h(Fact, { label: "Started" }, moment(run.started_at)),
      h(Fact, { label: working ? "Running for" : "Took" }, duration(elapsed)),
      h(Fact, { label: "By" }, run.triggered_by ?? UNKNOWN),
      run.swapped_at ? h(Fact, { label: "Cut over at" }, moment(run.swapped_at)) : null,
      run.swapped_at ? h(Fact, { label: "Pause for writers" }, pauseOf(data.steps)) : null,
      run.dag_id && run.dag_run_id
        ? h(Fact, { label: "DAG run" }, h(To, { to: dagRunPath(run.dag_id, run.dag_run_id) }, run.dag_id))
        : null,
    ),
  );
};
