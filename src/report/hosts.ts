import type { LabEvent } from '../model/events.ts'
import type { Summary } from './summary-schema.ts'

type Host = NonNullable<Summary['hosts']>[number]

/** What the hosts of a run told of their clocks, and how far away they are; takes in its events one by one. */
export function createHosts() {
  const readings = new Map<string, Reading[]>()
  let siteOf: Readonly<Record<string, string>> = {}
  let runUnixMs: number | null = null
  return {
    add(event: LabEvent) {
      if (event.type === 'run.started') {
        siteOf = event.lab.siteOf ?? {}
        runUnixMs = Date.parse(event.startedAt) - event.atMs
      }
      if (event.type !== 'host.clock' || runUnixMs === null) return
      const { host, unixMs, askedMs, answeredMs, roundTripMs } = event
      // It was the host's time at some moment between the question and the answer, in whole milliseconds as the run's start.
      const ahead = {
        least: unixMs - runUnixMs - answeredMs - ROUNDED_MS,
        most: unixMs - runUnixMs - askedMs + ROUNDED_MS,
      }
      readings.set(host, [...(readings.get(host) ?? []), { ahead, roundTripMs }])
    },
    hosts: (): Host[] => [...readings].sort().map(([name, all]) => hostOf(name, siteOf[name] ?? null, all)),
  }
}

const ROUNDED_MS = 1

interface Reading {
  /** What its clock is ahead of the lab's: between these. */
  readonly ahead: { readonly least: number; readonly most: number }
  readonly roundTripMs: number
}

function hostOf(name: string, site: string | null, all: readonly Reading[]): Host {
  const trips = all.map(({ roundTripMs }) => roundTripMs).sort((a, b) => a - b)
  const [first = 0] = trips
  const roundTripMs = {
    least: first,
    median: trips[Math.floor(trips.length / 2)] ?? first,
    most: trips.at(-1) ?? first,
  }
  return { name, site, readings: all.length, roundTripMs, clock: clockOf(all) }
}

/** What all readings allow; where they have nothing in common, the clock was set meanwhile or drifts, and what any allows. */
function clockOf(all: readonly Reading[]): Host['clock'] {
  const [leasts, mosts] = [all.map(({ ahead }) => ahead.least), all.map(({ ahead }) => ahead.most)]
  const isSteady = Math.max(...leasts) <= Math.min(...mosts)
  const from = isSteady ? Math.max(...leasts) : Math.min(...leasts)
  const to = isSteady ? Math.min(...mosts) : Math.max(...mosts)
  return { aheadMs: (from + to) / 2, errorMs: (to - from) / 2, isSteady }
}
