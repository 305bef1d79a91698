import { grouped } from '../../model/words.ts'
import { systems } from '../../systems/systems.ts'
import type { Measured, Summary } from '../summary-schema.ts'

type Told = readonly (readonly [name: string, value: string])[]

/** The settings and versions, name and value. */
export function circumstances({ settings, versions, lab, hosts = [] }: Summary): Told {
  const rate = (value: number | null) => (value === null ? 'none' : `${grouped(value)}/s`)
  return [
    ...ownSettings(settings).map(([name, value]) => [name, value ?? 'not known'] as const),
    ['writes wanted', rate(settings.writesPerSecond)],
    ['reads wanted', rate(settings.readsPerSecond)],
    ...tellPipeline(settings),
    ['probe', settings.probeIntervalMs === null ? 'none' : `every ${settings.probeIntervalMs} ms`],
    ['lab', lab ?? 'not known'],
    ['chaoslab', versions.lab ?? 'not known'],
    ...tellVersions(versions),
    ['Docker', versions.docker ?? 'not used'],
    ...hosts.map(tellHost),
  ]
}

/** How the cluster was configured, as far as it is known, and how clients sent: name and value. */
export function tellSettings(settings: Measured['settings']): Told {
  const known = ownSettings(settings).flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]))
  return [...known, ...tellPipeline(settings)]
}

function tellPipeline({ pipeline }: Measured['settings']): Told {
  return pipeline === undefined ? [] : [['pipeline', `${pipeline} deep`]]
}

/** Each system tells those that are its own. */
function ownSettings(settings: Measured['settings']) {
  return systems.flatMap((system) => system.settings?.tell(settings) ?? [])
}

function tellVersions(versions: Summary['versions']): Told {
  const known = new Map<string, string | null>(Object.entries(versions))
  const names = new Map(systems.flatMap((system) => Object.entries(system.versions?.names ?? {})))
  return [...names].flatMap(([name, written]) => {
    const version = known.get(name)
    if (version === undefined) return []
    return [[written, version === null ? (name === 'postgresql' ? 'not recorded' : 'not known') : version]]
  })
}

function tellHost({ name, site, roundTripMs, clock }: NonNullable<Summary['hosts']>[number]): Told[number] {
  const { least, median, most } = roundTripMs
  const { aheadMs, errorMs, isSteady } = clock
  const away = `round trip ${fine(median)} ms (${fine(least)} to ${fine(most)})`
  const way = aheadMs < 0 ? 'behind' : 'ahead of'
  const time = `its clock is ${fine(Math.abs(aheadMs))} ms ${way} the lab’s, ± ${fine(errorMs)} ms`
  const doubt = isSteady ? '' : ', and was set or drifted during the run'
  return [`host ${name}${site === null ? '' : ` (${site})`}`, `${away}; ${time}${doubt}`]
}

/** Milliseconds: with a digit behind the point where that says anything. */
function fine(ms: number): string {
  return ms < 10 ? ms.toFixed(1) : grouped(ms)
}
