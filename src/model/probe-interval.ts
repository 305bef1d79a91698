/** How far apart the probes of a lab of one system are, where nobody says otherwise. */
export const PROBE_INTERVAL_MS = 20
