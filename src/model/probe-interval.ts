/** How far apart the probes are, where nobody says otherwise. */
export const PROBE_INTERVAL_MS = 20
