// A run's documents: shown in a frame in which nothing can run, or in a tab of their own.
import { Fragment, h, UI, urlOf, useState } from "./react.js";
import { bytes } from "./format.js";

const { Button, CloseButton, Dialog, HStack, Link, Portal, Stack, Text } = UI;

// The last two are made when they are opened; what is kept of them is for programs and for later.
export const NAMES = {
  "plan.md": "Plan",
  "report.md": "Report of the night",
  "report.html": "Report",
  "report.json": "Report as JSON",
  runbook: "Runbook",
  "post-mortem": "Post-mortem draft",
};
const LIVE = ["runbook", "post-mortem"];
const isKeptCopy = (name) => /^(runbook|post-mortem)\./.test(name);

const theme = () => (document.documentElement.classList.contains("dark") ? "dark" : "light");

export const documentUrl = (runId, name) =>
  LIVE.includes(name)
    ? urlOf(`cutover/runs/${encodeURIComponent(runId)}/${name}`)
    : urlOf(`cutover/runs/${encodeURIComponent(runId)}/documents/${encodeURIComponent(name)}?theme=${theme()}`);

export function DocumentButton({ runId, name, label, size = "xs", variant = "surface" }) {
  const [open, setOpen] = useState(false);
  const url = documentUrl(runId, name);
  const title = NAMES[name] ?? name;
  return h(
    Fragment,
    null,
    h(
      Button,
      {
        size,
        variant,
        px: variant === "plain" ? 0 : undefined, // in line with what is around it
        onClick: () => setOpen(true),
        "aria-label": `Open ${title}`,
      },
      label ?? title,
    ),
    open
      ? h(
          Dialog.Root,
          { open, onOpenChange: (event) => setOpen(event.open), size: "cover" },
          h(
            Portal,
            null,
            h(Dialog.Backdrop),
            h(
              Dialog.Positioner,
              null,
              h(
                Dialog.Content,
                null,
                h(
                  Dialog.Header,
                  null,
                  h(Dialog.Title, { mr: 4 }, title),
                  h(
                    Link,
                    { href: url, target: "_blank", rel: "noopener", fontSize: "sm", mr: 8 },
                    "Open in a tab of its own",
                  ),
                ),
                h(
                  Dialog.Body,
                  { p: 0, display: "flex" },
                  h("iframe", {
                    src: url,
                    title,
                    sandbox: "",
                    style: { border: 0, flex: 1, width: "100%", background: "transparent" },
                  }),
                ),
                h(Dialog.CloseTrigger, { asChild: true }, h(CloseButton, { size: "sm" })),
              ),
            ),
          ),
        )
      : null,
  );
}

/** What there is to read: what the run keeps, and what can be made of its journal at any time. */
const listed = (documents) => [
  { name: "runbook" },
  ...(documents.some((d) => d.name === "post-mortem.html") ? [{ name: "post-mortem" }] : []),
  ...documents.filter((d) => !isKeptCopy(d.name)),
];

export const Documents = ({ runId, documents }) =>
  h(
    Stack,
    { gap: 2 },
    listed(documents).map((d) =>
      h(
        HStack,
        { key: d.name, justify: "space-between" },
        h(
          Text,
          { fontSize: "sm" },
          NAMES[d.name] ?? d.name,
          d.size === undefined
            ? null
            : h(Text, { as: "span", fontSize: "xs", color: "fg.muted", ml: 2 }, bytes(d.size)),
        ),
        h(DocumentButton, { runId, name: d.name, label: "Open" }),
      ),
    ),
  );
