// Airflow's UI lends its own React, Chakra and router to plugins, so that these pages need no build step,
// look like the rest of Airflow in light and dark, and load nothing from elsewhere.
const { React, ChakraUI, ReactRouterDOM } = globalThis;

export const h = React.createElement;
export const { Fragment, useCallback, useEffect, useRef, useState } = React;
export const UI = ChakraUI;
export const { Link: RouterLink, useNavigate, useSearchParams } = ReactRouterDOM;

/** A URL below Airflow's base URL, which may be a sub-path. */
export const urlOf = (path) => new URL(path, document.baseURI).href;

/** The page of a DAG run, for the router (which adds the base path itself). */
export const dagRunPath = (dagId, dagRunId, tail = "") =>
  `/dags/${encodeURIComponent(dagId)}/runs/${encodeURIComponent(dagRunId)}${tail}`;

/** The page of a migration run: its tab in the DAG run, or our own page for a run without one. */
export const runPath = (run) =>
  run.dag_id && run.dag_run_id
    ? dagRunPath(run.dag_id, run.dag_run_id, "/plugin/migration")
    : `/plugin/migrations?run=${encodeURIComponent(run.run_id)}`;
