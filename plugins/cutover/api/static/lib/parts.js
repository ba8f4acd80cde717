// Small pieces that several pages share.
import { h, RouterLink, UI } from "./react.js";
import { UNKNOWN } from "./format.js";
import { colourOf, isLive, nameOf } from "./states.js";

const { Alert, Badge, Box, Card, Heading, HStack, Link, Spinner, Text } = UI;

export const StateBadge = ({ run, size = "sm" }) =>
  h(
    Badge,
    { colorPalette: colourOf(run.state), size, variant: run.over ? "subtle" : "solid", flexShrink: 0 },
    isLive(run) ? h(Spinner, { size: "xs", borderWidth: "1.5px", mr: 1 }) : null,
    nameOf(run.state),
  );

/** What went wrong and what mends it. */
export const FaultBox = ({ fault, stale }) =>
  fault
    ? h(
        Alert.Root,
        { status: fault.status === 404 ? "info" : "error", mb: 4, role: "alert" },
        h(Alert.Indicator),
        h(
          Alert.Content,
          null,
          h(Alert.Title, null, fault.message),
          h(
            Alert.Description,
            null,
            fault.fix ? h(Text, null, h("b", null, "To mend it: "), fault.fix) : null,
            h(
              Text,
              { fontSize: "xs", opacity: 0.75 },
              fault.code,
              stale ? " · what is shown below is the last answer" : "",
            ),
          ),
        ),
      )
    : null;

export const Section = ({ title, aside, children, ...rest }) =>
  h(
    Card.Root,
    { size: "sm", bg: "transparent", ...rest },
    h(
      Card.Header,
      { pb: 0 },
      h(
        HStack,
        { justify: "space-between", align: "baseline" },
        h(Heading, { size: "sm", as: "h2" }, title),
        aside ? h(Box, { fontSize: "xs", color: "fg.muted" }, aside) : null,
      ),
    ),
    h(Card.Body, null, children),
  );

/** One figure with its name; a figure that is not known is a dash. */
export const Fact = ({ label, children, title }) =>
  h(
    Box,
    { title },
    h(Text, { fontSize: "xs", color: "fg.muted" }, label),
    h(Box, { fontSize: "sm", fontWeight: "medium", fontVariantNumeric: "tabular-nums" }, children ?? UNKNOWN),
  );

/** A link within Airflow's own router: no page reload. */
export const To = ({ to, children, ...rest }) =>
  h(Link, { asChild: true, colorPalette: "brand", color: "colorPalette.fg", ...rest }, h(RouterLink, { to }, children));

export const Muted = ({ children, ...rest }) =>
  h(Text, { as: "span", fontSize: "xs", color: "fg.muted", ...rest }, children);

export const Nothing = ({ children }) => h(Text, { fontSize: "sm", color: "fg.muted", py: 1 }, children);
