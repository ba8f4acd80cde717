// One migration run, live.
import { h, UI } from "../lib/react.js";
import { usePoll } from "../lib/http.js";
import { isLive } from "../lib/states.js";
import { Documents } from "../lib/documents.js";
import { FaultBox, Section } from "../lib/parts.js";
import { Checks } from "./checks.js";
import { Controls } from "./controls.js";
import { Events } from "./events.js";
import { Head } from "./head.js";
import { Lag } from "./lag.js";
import { Progress } from "./progress.js";
import { Questions } from "./questions.js";
import { Sides } from "./sides.js";
import { Signatures } from "./signatures.js";
import { Steps } from "./steps.js";

const { Box, Center, Grid, GridItem, Spinner, Stack } = UI;

const LIVE_MS = 2000;
const QUIET_MS = 15000;

export function RunPage({ runId }) {
  const { data, fault, at, refresh } = usePoll(`cutover/runs/${encodeURIComponent(runId)}/overview`, (answer) =>
    answer && !isLive(answer.run) ? QUIET_MS : LIVE_MS,
  );
  if (!data) {
    return h(Box, { p: 4 }, fault ? h(FaultBox, { fault }) : h(Center, { py: 10 }, h(Spinner)));
  }
  const { run } = data;
  const progress = h(Progress, { key: "progress", progress: data.progress, run, paused: data.control.paused });
  const sides = h(Sides, { key: "sides", run });
  const lag = run.connections.length > 1 ? h(Lag, { key: "lag", run }) : null;
  const checks = h(Checks, { key: "checks", checks: data.checks });
  return h(
    Box,
    { p: 4, overflowY: "auto", height: "100%", "data-testid": "cutover-run" },
    h(FaultBox, { fault, stale: true }),
    h(Head, { data, at }),
    run.over ? null : h(Questions, { questions: data.questions }),
    h(
      Grid,
      { templateColumns: { base: "1fr", xl: "2fr 1fr" }, gap: 4, mt: 4, alignItems: "start" },
      h(
        GridItem,
        { minW: 0 },
        h(
          Stack,
          { gap: 4 },
          run.swapped_at || run.over ? [sides, lag, checks, progress] : [progress, sides, lag, checks],
          h(Events, { events: data.events, total: data.total }),
        ),
      ),
      h(
        GridItem,
        { minW: 0 },
        h(
          Stack,
          { gap: 4 },
          h(Controls, { run, control: data.control, allowed: data.may_control, onChange: refresh }),
          h(Signatures, { signatures: data.signatures }),
          h(Steps, { steps: data.steps }),
          h(Section, { title: "Documents" }, h(Documents, { runId: run.run_id, documents: data.documents })),
        ),
      ),
    ),
  );
}
