// Which side is live and what waits for the other: table by table in one database, or two databases and a router.
import { h, UI } from "../lib/react.js";
import { usePoll } from "../lib/http.js";
import { count, moment, words } from "../lib/format.js";
import { Muted, Nothing, Section } from "../lib/parts.js";

const { Badge, Box, HStack, Stack, Table, Text } = UI;

const LOOK_MS = 5000;

const isNew = (table) => table.live === "shadow" || table.live === "new";

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
        { colorPalette: isNew(table) ? "green" : "blue", variant: "subtle" },
        isNew(table) ? "new" : "old",
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

const Fact = ({ name, children }) => h(HStack, { gap: 2 }, h(Muted, null, name), children);

/** One of two databases: live or not, and whether it takes writes. */
const Database = ({ name, side, live }) =>
  h(
    Box,
    { borderWidth: "1px", borderRadius: "md", p: 3, flex: 1, "data-testid": `cutover-side-${name}` },
    h(
      HStack,
      { gap: 2, mb: 1 },
      h(Text, { fontWeight: "semibold" }, words(name)),
      live ? h(Badge, { colorPalette: "green", variant: "solid" }, "live") : null,
    ),
    side.problem
      ? h(Nothing, null, `It ${side.problem}.`)
      : h(
          Stack,
          { gap: 0.5, fontSize: "sm" },
          h(Fact, { name: "Writes" }, h(Text, null, side.fence ? "refused by the fence" : "taken")),
          h(Fact, { name: "Sessions" }, h(Text, null, count(side.sessions))),
        ),
  );

const Router = ({ router }) =>
  h(
    Text,
    { fontSize: "sm", mt: 3, "data-testid": "cutover-router" },
    router.problem
      ? `The router ${router.problem}.`
      : `The router leads ${count(router.clients)} clients to ${router.leads_to ?? "nowhere"}.`,
    router.paused ? h(Badge, { ml: 2, colorPalette: "red", variant: "solid" }, "clients are held") : null,
  );

const Databases = ({ sides, routed }) =>
  h(
    Box,
    null,
    h(
      HStack,
      { gap: 3, align: "stretch" },
      ["blue", "green"].filter((name) => sides[name]).map((name) => h(Database, { key: name, name, side: sides[name], live: sides.live === name })),
    ),
    sides.phase && sides.green ? h(Muted, { mt: 2 }, `Green: ${words(sides.phase).toLowerCase()}`) : null,
    routed ? h(Router, { router: sides.router }) : null,
  );

/** What applications are told to write and read, and how many of them work by it. */
const Flag = ({ flag }) => {
  if (flag.problem) {
    return h(Text, { fontSize: "sm", mb: 2 }, `The flag's store ${flag.problem}.`);
  }
  const reads = flag.mode === "dual_write_read_new" ? `, ${flag.read_new} % of reads from the new side` : "";
  const shadow = flag.shadow ? `, ${flag.shadow} % asked of both` : "";
  return h(
    HStack,
    { gap: 2, mb: 2, fontSize: "sm", "data-testid": "cutover-flag" },
    h(Text, null, `The flag is ${flag.mode}${reads}${shadow} (version ${flag.version}); ${count(flag.instances)} instances follow it.`),
    flag.waiting.length
      ? h(Badge, { colorPalette: "red", variant: "solid" }, `behind: ${flag.waiting.slice(0, 3).join(", ")}`)
      : null,
    flag.held_for > 0 ? h(Badge, { colorPalette: "red", variant: "solid" }, "writes are held") : null,
  );
};

export function Sides({ run }) {
  const { data, fault } = usePoll(
    run.over ? null : `cutover/runs/${encodeURIComponent(run.run_id)}/status`,
    () => LOOK_MS,
  );
  if (run.over || !(data?.problem || data?.tables?.length || data?.sides || data?.flag)) {
    return null;
  }
  const heads = [["Table"], ["Live side"], ["Phase"], ["Keys waiting", "end"], ["Rows refused", "end"]];
  return h(
    Section,
    { title: "Sides", aside: fault ? "no answer; this is the last one" : `looked at ${moment(data.looked_at)}` },
    data.problem ? h(Nothing, null, `Not known: ${data.problem}.`) : null,
    data.sides ? h(Databases, { sides: data.sides, routed: !data.flag }) : null,
    data.flag ? h(Flag, { flag: data.flag }) : null,
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
