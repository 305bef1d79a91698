import type { LabEvent } from '../../model/events.ts'
import { nothing, onReach, type Remarks } from '../../model/remark.ts'
import { fresh } from '../../model/seen.ts'
import type { State } from '../../model/state.ts'
import { registrationsOf } from './known.ts'

/** What an event changed of the registrations, for people. */
export function describeRegistrations(before: State, event: LabEvent, after: State): Remarks {
  const [was, is] = [registrationsOf(before), registrationsOf(after)]
  const converged = onConverged(was.convergence, is.convergence)
  switch (event.type) {
    case 'registrations.app': {
      const about = { atMs: event.atMs, source: event.app, who: 'the application' }
      return [
        ...onReach(was.apps[event.app], is.apps[event.app], about),
        ...onTroubles(before, event.app, after),
        ...converged,
      ]
    }
    case 'registrations.master':
      return [...onAbsent(before, after), ...converged]
    default:
      return converged
  }
}

type Convergence = ReturnType<typeof registrationsOf>['convergence']

function onConverged(was: Convergence, is: Convergence): Remarks {
  if (was.phase.type !== 'converging' || is.phase.type !== 'calm') return nothing
  return [{ level: 'good', source: 'master', text: 'it has what every shard has again' }]
}

function onTroubles(before: State, app: string, after: State): Remarks {
  const [was, is] = [before, after].map((state) => fresh(registrationsOf(state).apps[app])?.troubles ?? {})
  const news = Object.entries(is ?? {}).filter(([server, trouble]) => was?.[server] !== trouble)
  return news.map(([server, trouble]) => ({ level: 'warn', source: app, text: `finds ${server} ${trouble}` }))
}

function onAbsent(before: State, after: State): Remarks {
  return Object.entries(registrationsOf(after).shards).flatMap(([name, { absent }]): Remarks => {
    const had = registrationsOf(before).shards[name]?.absent ?? 0
    if (absent <= had) return []
    return [{ level: 'bad', source: name, text: `${absent} registrations are marked, and are not at the master` }]
  })
}
