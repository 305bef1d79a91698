import type { Percentiles } from '../../model/events.ts'
import { sectionRow as row, type Section } from '../../model/section.ts'
import { fresh } from '../../model/seen.ts'
import type { State } from '../../model/state.ts'
import { formatDuration } from '../../model/units.ts'
import type { Curve, OwnFigure } from '../reported.ts'
import { registrationsOf, shapeOf } from './known.ts'

/** What scenarios can expect, beside what they expect of any system. */
export const registrationsFigures: readonly OwnFigure[] = [
  lagFigure('p50', 'half of the registrations were marked as being at the master within this, of the slower shard'),
  lagFigure('p99', 'all but one in a hundred were'),
  lagFigure('max', 'all of them were; one that is not marked counts with its age'),
  {
    name: 'time_to_converge',
    unit: 'duration',
    about:
      'from when no fault was in force and everybody answered until nothing waited for the master for more than a second, at worst',
    read(state) {
      const { phase, longestMs } = registrationsOf(state).convergence
      if (phase.type === 'calm') return longestMs
      if (phase.type !== 'converging') return null
      return { atLeast: Math.max(longestMs ?? 0, state.atMs - phase.sinceMs) }
    },
  },
]

function lagFigure(which: keyof Percentiles, about: string): OwnFigure {
  return { name: `sync_lag_${which}`, unit: 'duration', about, read: (state) => lagOf(state, which) }
}

/** Of the slower shard; null while one of them does not tell. */
function lagOf(state: State, which: keyof Percentiles): number | null {
  const { shards } = shapeOf(state.lab)
  const lags = shards.map((name) => fresh(registrationsOf(state).shards[name]?.seen)?.lagMs?.[which] ?? null)
  return lags.includes(null) ? null : Math.max(...(lags as number[]))
}

/** How late the master was, over the time of the run. */
export const lagCurve: Curve = {
  id: 'sync-lag',
  title: 'How late the master was',
  reading:
    'For each shard, how long its oldest registration had waited to be marked as being at the master. A line breaks while its shard does not answer.',
  unit: 'duration',
  at(event) {
    if (event.type !== 'registrations.shard') return []
    return [{ line: event.shard, value: event.reading.ok ? (event.reading.value.oldestMs ?? 0) : null }]
  },
}

/** How it all stood when the run ended. */
export function tellRun(state: State): readonly Section[] {
  const { shards, master, convergence } = registrationsOf(state)
  const names = shapeOf(state.lab).shards
  if (names.every((name) => shards[name]?.seen.value == null)) return []
  return [
    {
      title: 'The shards and the master',
      lead: `Brought over by ${wayOf(state) ?? 'a way that is not known'}; as last seen.`,
      rows: names.flatMap((name): Section['rows'] => {
        const { seen, absent } = shards[name] ?? { seen: null, absent: 0 }
        const reading = seen?.value
        if (reading == null) return [row(name, 'not seen', 'it never answered', true)]
        const { total, unsynced } = reading
        return [
          row(`${name}: rows`, total, `the master has ${master.value?.rows[name] ?? 0} of it`),
          row(`${name}: not marked`, unsynced, 'waits for the master', unsynced > 0),
          row(`${name}: marked, and absent`, absent, 'the shard believes that the master has it', absent > 0),
        ]
      }),
      lines:
        convergence.longestMs === null
          ? []
          : [
              `The longest that the master took to have everything again, once everybody answered: ${formatDuration(convergence.longestMs)}.`,
            ],
    },
  ]
}

function wayOf(state: State): string | null {
  return Object.values(registrationsOf(state).apps).find(({ value }) => value !== null)?.value?.way ?? null
}
