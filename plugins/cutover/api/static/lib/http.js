// Requests in the user's own session, and polling that neither overlaps nor runs in a hidden tab.
import { useCallback, useEffect, useRef, useState, urlOf } from "./react.js";

const TIMEOUT_MS = 20000;

/** What went wrong, as the server says it: `code`, `what`, `fix`. */
export class Fault extends Error {
  constructor(status, body) {
    const detail = typeof body?.detail === "string" ? body.detail : body?.detail && JSON.stringify(body.detail);
    super(body?.what ?? detail ?? `The server answered ${status}.`);
    this.status = status;
    this.code = body?.code ?? `HTTP${status}`;
    this.fix = body?.fix ?? (status === 401 ? "Sign in to Airflow again: the session has ended." : undefined);
  }
}

async function request(path, options = {}) {
  let response;
  try {
    response = await fetch(urlOf(path), {
      credentials: "same-origin",
      headers: { Accept: "application/json", ...(options.body ? { "Content-Type": "application/json" } : {}) },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...options,
    });
  } catch {
    throw new Fault(0, { code: "NETWORK", what: "Airflow's API server does not answer.", fix: "Trying again." });
  }
  const body = await response.json().catch(() => undefined);
  if (!response.ok) {
    throw new Fault(response.status, body);
  }
  return body;
}

export const get = (path) => request(path);
export const send = (method, path, body) => request(path, { method, body: JSON.stringify(body) });
export const post = (path, body) => send("POST", path, body);

/**
 * Ask `path` again and again; `pace(data, fault)` gives the milliseconds until the next time.
 * The last answer stays on show while a later request fails. A null path asks nothing.
 */
export function usePoll(path, pace) {
  const [state, setState] = useState({ data: undefined, fault: undefined, at: undefined });
  const wake = useRef(() => {});
  const paceRef = useRef(pace);
  paceRef.current = pace;

  useEffect(() => {
    setState({ data: undefined, fault: undefined, at: undefined });
    if (path === null) {
      return undefined;
    }
    let alive = true;
    let timer;
    let busy = false;
    let last = {};
    const ask = async () => {
      clearTimeout(timer);
      if (busy || !alive) {
        return;
      }
      if (!document.hidden) {
        busy = true;
        try {
          last = { data: await get(path), fault: undefined, at: Date.now() };
        } catch (fault) {
          last = { ...last, fault };
        }
        busy = false;
        if (alive) {
          setState(last);
        }
      }
      if (alive) {
        timer = setTimeout(ask, paceRef.current(last.data, last.fault));
      }
    };
    wake.current = ask;
    document.addEventListener("visibilitychange", ask);
    ask();
    return () => {
      alive = false;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", ask);
    };
  }, [path]);

  return { ...state, refresh: useCallback(() => wake.current(), []) };
}
