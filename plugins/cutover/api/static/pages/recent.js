// What goes on now, and the recent runs.
import { h, runPath, UI } from "../lib/react.js";
import { RunActions } from "../lib/actions.js";
import { DocumentButton } from "../lib/documents.js";
import { duration, moment, UNKNOWN } from "../lib/format.js";
import { Fact, Muted, Nothing, Section, StateBadge, To } from "../lib/parts.js";
import { Item } from "./progress.js";

const { Badge, Box, Card, Heading, HStack, SimpleGrid, Table, Text, Wrap } = UI;

const NowCard = ({ run }) =>
  h(
    Card.Root,
    { size: "sm", bg: "transparent", "data-testid": "cutover-now" },
    h(
      Card.Body,
      { gap: 3 },
      h(
        HStack,
        { justify: "space-between", align: "start" },
        h(Heading, { size: "sm", as: "h3" }, h(To, { to: runPath(run) }, run.title)),
        h(StateBadge, { run }),
      ),
      h(
        Wrap,
        { gap: 5 },
        h(Fact, { label: "Database" }, run.connections.join(" → ") || UNKNOWN),
        h(Fact, { label: run.state === "window" ? "Took" : "Running for" }, duration(run.elapsed_seconds)),
        run.window_seconds_left === null
          ? null
          : h(
              Fact,
              { label: "Way back open for" },
              run.window_seconds_left > 0 ? duration(run.window_seconds_left) : "over: finalize",
            ),
        h(Fact, { label: "By" }, run.triggered_by ?? UNKNOWN),
      ),
      run.progress ? h(Item, { p: run.progress, moving: true }) : null,
      h(HStack, null, h(RunActions, { run, actions: run.actions })),
    ),
  );

export const Now = ({ runs }) => {
  const going = runs.filter((run) => !run.over);
  return going.length
    ? h(
        Section,
        { title: "Now" },
        h(
          SimpleGrid,
          { columns: { base: 1, lg: 2 }, gap: 3 },
          going.map((run) => h(NowCard, { key: run.run_id, run })),
        ),
      )
    : null;
};

const Row = ({ run }) =>
  h(
    Table.Row,
    { "data-testid": "cutover-run-row" },
    h(
      Table.Cell,
      null,
      h(To, { to: runPath(run), fontSize: "sm" }, run.title),
      h(Muted, { display: "block" }, run.run_id),
    ),
    h(
      Table.Cell,
      null,
      h(HStack, null, h(StateBadge, { run }), run.dry_run ? h(Badge, { variant: "outline" }, "rehearsal") : null),
    ),
    h(Table.Cell, { maxW: "24rem" }, h(Text, { fontSize: "xs", lineClamp: 2, title: run.reason }, run.reason ?? "")),
    h(Table.Cell, null, run.triggered_by ?? UNKNOWN),
    h(Table.Cell, { whiteSpace: "nowrap" }, moment(run.started_at)),
    h(Table.Cell, { whiteSpace: "nowrap", fontVariantNumeric: "tabular-nums" }, duration(run.elapsed_seconds)),
    h(
      Table.Cell,
      { textAlign: "end" },
      h(
        HStack,
        { justify: "end" },
        run.documents.includes("runbook.html") ? h(DocumentButton, { runId: run.run_id, name: "runbook" }) : null,
        run.documents.includes("report.html") ? h(DocumentButton, { runId: run.run_id, name: "report.html" }) : null,
        run.over ? h(RunActions, { run, actions: run.actions }) : null,
      ),
    ),
  );

export const Recent = ({ runs }) => {
  const heads = ["Run", "State", "Reason", "By", "Started", "Took", ""];
  return h(
    Section,
    { title: "Recent runs" },
    runs.length
      ? h(
          Box,
          { overflowX: "auto" },
          h(
            Table.Root,
            { size: "sm" },
            h(
              Table.Header,
              null,
              h(
                Table.Row,
                null,
                heads.map((head) => h(Table.ColumnHeader, { key: head }, head)),
              ),
            ),
            h(
              Table.Body,
              null,
              runs.map((run) => h(Row, { key: run.run_id, run })),
            ),
          ),
        )
      : h(Nothing, null, "No run yet: start one above."),
  );
};
