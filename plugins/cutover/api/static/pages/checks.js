// The verdicts, the bad ones first, each with its figures.
import { h, UI, useState } from "../lib/react.js";
import { count } from "../lib/format.js";
import { Muted, Nothing, Section } from "../lib/parts.js";

const { Badge, Box, Button, Code, DataList, Stack, Table, Text } = UI;

const verdict = (check) =>
  check.ok
    ? ["green", "Passed"]
    : ({ error: ["red", "Failed"], warning: ["orange", "Warning"] }[check.severity] ?? ["blue", "Note"]);

const RANK = { Failed: 0, Warning: 1, Note: 2, Passed: 3 };

const figure = (value) =>
  typeof value === "number" && Number.isInteger(value)
    ? count(value)
    : typeof value === "string"
      ? value
      : JSON.stringify(value, null, 1);

const Figures = ({ figures }) =>
  h(
    DataList.Root,
    { orientation: "horizontal", size: "sm", gap: 1, mt: 2 },
    Object.entries(figures).map(([name, value]) =>
      h(
        DataList.Item,
        { key: name },
        h(DataList.ItemLabel, { minW: "10rem" }, name),
        h(
          DataList.ItemValue,
          null,
          h(
            Code,
            { whiteSpace: "pre-wrap", wordBreak: "break-word", maxH: "16rem", overflow: "auto", size: "sm" },
            figure(value),
          ),
        ),
      ),
    ),
  );

const Row = ({ check }) => {
  const [open, setOpen] = useState(false);
  const [colour, word] = verdict(check);
  const has = Object.keys(check.figures).length > 0;
  return h(
    Table.Row,
    { "data-testid": "cutover-check" },
    h(
      Table.Cell,
      { verticalAlign: "top", w: "6rem" },
      h(Badge, { colorPalette: colour, variant: check.ok ? "subtle" : "solid" }, word),
    ),
    h(
      Table.Cell,
      { verticalAlign: "top" },
      h(Text, { fontWeight: "medium" }, check.name, check.object ? h(Muted, { ml: 2 }, check.object) : null),
      h(Text, { fontSize: "sm", color: "fg.muted", whiteSpace: "pre-wrap" }, check.summary),
      open ? h(Figures, { figures: check.figures }) : null,
    ),
    h(
      Table.Cell,
      { verticalAlign: "top", textAlign: "end", w: "8rem" },
      h(Muted, { display: "block" }, check.code),
      has
        ? h(
            Button,
            { size: "2xs", variant: "ghost", onClick: () => setOpen(!open), "aria-expanded": open },
            open ? "Hide figures" : "Figures",
          )
        : null,
    ),
  );
};

export const Checks = ({ checks }) => {
  const passed = checks.filter((check) => check.ok).length;
  const sorted = checks
    .map((check, i) => [RANK[verdict(check)[1]], i, check])
    .sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  return h(
    Section,
    { title: "Checks", aside: checks.length ? `${passed} of ${checks.length} passed` : null },
    checks.length
      ? h(
          Box,
          { overflowX: "auto" },
          h(
            Table.Root,
            { size: "sm" },
            h(
              Table.Body,
              null,
              sorted.map(([, i, check]) => h(Row, { key: i, check })),
            ),
          ),
        )
      : h(Nothing, null, "No check has been made yet."),
  );
};
