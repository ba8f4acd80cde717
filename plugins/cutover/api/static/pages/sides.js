// Which side of each table is live, and how many keys wait for the other: asked of the database itself.
import { h, UI } from "../lib/react.js";
import { usePoll } from "../lib/http.js";
import { count, moment, words } from "../lib/format.js";
import { Nothing, Section } from "../lib/parts.js";

const { Badge, Box, Table, Text } = UI;

const LOOK_MS = 5000;

const Row = ({ table }) =>
  h(
    Table.Row,
    { "data-testid": "cutover-side" },
    h(Table.Cell, null, table.table),
    h(
      Table.Cell,
      null,
      h(
        Badge,
        { colorPalette: table.live === "shadow" ? "green" : "blue", variant: "subtle" },
        table.live === "shadow" ? "new" : "old",
      ),
    ),
    h(Table.Cell, null, words(table.phase)),
    h(Table.Cell, { textAlign: "end", fontVariantNumeric: "tabular-nums" }, count(table.pending)),
    h(
      Table.Cell,
      { textAlign: "end", fontVariantNumeric: "tabular-nums" },
      table.stuck ? h(Badge, { colorPalette: "red", variant: "solid" }, count(table.stuck)) : count(table.stuck),
    ),
  );

export function Sides({ run }) {
  const { data, fault } = usePoll(
    run.over ? null : `cutover/runs/${encodeURIComponent(run.run_id)}/status`,
    () => LOOK_MS,
  );
  if (run.over || !(data?.problem || data?.tables?.length)) {
    return null;
  }
  const heads = [["Table"], ["Live side"], ["Phase"], ["Keys waiting", "end"], ["Rows refused", "end"]];
  return h(
    Section,
    { title: "Sides", aside: fault ? "no answer; this is the last one" : `looked at ${moment(data.looked_at)}` },
    data.problem ? h(Nothing, null, `Not known: ${data.problem}.`) : null,
    data.tables?.length
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
                heads.map(([name, align]) => h(Table.ColumnHeader, { key: name, textAlign: align }, name)),
              ),
            ),
            h(
              Table.Body,
              null,
              data.tables.map((table) => h(Row, { key: table.table, table })),
            ),
          ),
        )
      : null,
    data.tables?.some((table) => table.stuck)
      ? h(
          Text,
          { fontSize: "xs", color: "fg.error", mt: 2 },
          "Refused rows cannot go to the other side as they are; the task's log names their keys.",
        )
      : null,
  );
}
