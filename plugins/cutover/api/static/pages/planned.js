// The planned migrations with their latest run, and the specs that cannot be read.
import { Fragment, h, runPath, UI, useState } from "../lib/react.js";
import { moment, UNKNOWN, words } from "../lib/format.js";
import { Muted, Nothing, Section, StateBadge, To } from "../lib/parts.js";
import { TriggerDialog } from "../lib/trigger.js";
import { Rehearsed } from "./rehearsed.js";

const { Alert, Badge, Box, Button, Stack, Table, Text } = UI;

/** Descriptions are Markdown; in a line of a table the marks of code are in the way. */
const plain = (text) => text.replaceAll("`", "");

const Latest = ({ run }) =>
  run
    ? h(
        Stack,
        { gap: 1, align: "start" },
        h(StateBadge, { run }),
        h(To, { to: runPath(run), fontSize: "xs" }, moment(run.started_at)),
      )
    : h(Muted, null, "never run");

const Row = ({ spec, onStart }) =>
  h(
    Table.Row,
    { "data-testid": "cutover-spec" },
    h(
      Table.Cell,
      { maxW: "26rem" },
      h(Text, { fontWeight: "medium" }, spec.title),
      h(Muted, { display: "block" }, spec.name),
      spec.description ? h(Muted, { display: "block", lineClamp: 2 }, plain(spec.description)) : null,
    ),
    h(Table.Cell, null, h(Badge, { variant: "outline" }, spec.strategy.replaceAll("_", " "))),
    h(Table.Cell, null, spec.owner || UNKNOWN),
    h(
      Table.Cell,
      { maxW: "16rem" },
      h(Text, { fontSize: "xs", truncate: true, title: spec.tables.join("\n") }, spec.tables.join(", ") || UNKNOWN),
    ),
    h(Table.Cell, null, h(Rehearsed, { rehearsal: spec.rehearsal })),
    h(Table.Cell, null, h(Latest, { run: spec.latest })),
    h(
      Table.Cell,
      { textAlign: "end" },
      h(
        Button,
        {
          size: "xs",
          variant: "surface",
          colorPalette: "brand",
          disabled: !spec.start.allowed,
          title: spec.start.allowed ? undefined : `You may not trigger the DAG ${spec.start.dag_id}.`,
          onClick: () => onStart(spec),
        },
        "Start…",
      ),
    ),
  );

export function Planned({ specs }) {
  const [chosen, setChosen] = useState();
  const heads = ["Migration", "Strategy", "Owner", "Tables", "Last rehearsal", "Latest run", ""];
  return h(
    Fragment,
    null,
    h(
      Section,
      { title: "Planned", aside: `${specs.length} ${specs.length === 1 ? "spec" : "specs"}` },
      specs.length
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
                specs.map((spec) => h(Row, { key: spec.name, spec, onStart: setChosen })),
              ),
            ),
          )
        : h(Nothing, null, "No spec yet: put one into include/migrations/<name>/migration.yaml."),
    ),
    chosen
      ? h(TriggerDialog, {
          action: chosen.start,
          title: `Start ${chosen.title}?`,
          text: "The run checks everything first and changes nothing until its plan is approved.",
          verb: "Start",
          onClose: () => setChosen(undefined),
        })
      : null,
  );
}

export const Problems = ({ problems }) =>
  problems.length
    ? h(
        Alert.Root,
        { status: "warning", "data-testid": "cutover-problems" },
        h(Alert.Indicator),
        h(
          Alert.Content,
          null,
          h(
            Alert.Title,
            null,
            problems.length === 1 ? "One spec cannot be used" : `${problems.length} specs cannot be used`,
          ),
          h(
            Alert.Description,
            null,
            problems.map((p) =>
              h(
                Box,
                { key: p.name, mt: 2 },
                h(Text, { fontWeight: "medium" }, p.name, h(Muted, { ml: 2 }, p.code)),
                h(Text, { fontSize: "sm", whiteSpace: "pre-wrap" }, p.what),
                p.fix ? h(Text, { fontSize: "sm" }, h("b", null, "To mend it: "), p.fix) : null,
              ),
            ),
          ),
        ),
      )
    : null;
