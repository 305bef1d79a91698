import type { ContainerStart, Undo } from './fault.ts'
import { forget, type HeldFault, type InjectorOptions, settleOne } from './held.ts'
import type { JournalEntry } from './journal.ts'
import { partsAndOthers } from './part.ts'
import type { World } from './world.ts'

/**
 * A container has been started, or let go on: faults that this puts back are over for it, which is told, and that it was
 * `outside`, where the lab has not done it.
 */
export async function settleStarted(
  held: HeldFault[],
  { service, by, isOutside }: { readonly service: string; readonly by: ContainerStart; readonly isOutside: boolean },
  options: InjectorOptions,
): Promise<void> {
  const { world, log } = options
  const all = partsAndOthers(world.parts, world.state())
  const names = all.filter((part) => part.service === service).map(({ name }) => name)
  for (const fault of held.toReversed()) {
    if (fault.injection !== null || !isOfStart(fault, service, by, world)) continue
    for (const entry of fault.entries.filter(({ undo }) => isOf(undo, service))) await settleOne(fault, entry, options)
    const over = fault.parts.filter((part) => names.includes(part))
    fault.parts = fault.parts.filter((part) => !names.includes(part))
    if (fault.parts.length === 0) await forget(held, fault, options)
    const about = { id: fault.id, fault: fault.fault, parts: over }
    log.append({ type: 'fault.healed', ...about, ...(isOutside && { by: { outside: by } }) })
  }
}

/** Whether all that a fault has changed of this container is put back when that starts. */
export function isOfStart(
  { entries }: HeldFault,
  service: string,
  by: ContainerStart,
  { undoKinds }: Pick<World, 'undoKinds'>,
): boolean {
  const own = entries.filter(({ undo }) => isOf(undo, service))
  const isDone = ({ undo }: JournalEntry) => undoKinds.find(({ type }) => type === undo.type)?.isDoneBy?.includes(by)
  return own.length > 0 && own.every(isDone)
}

/** The containers that healing it may start. */
export function servicesOf({ entries }: HeldFault): readonly string[] {
  return entries.flatMap(({ undo }) => serviceOf(undo) ?? [])
}

function isOf(undo: Undo, service: string): boolean {
  return serviceOf(undo) === service
}

function serviceOf({ params }: Undo): string | null {
  const service = (params as { readonly service?: unknown } | null)?.service
  return typeof service === 'string' ? service : null
}
