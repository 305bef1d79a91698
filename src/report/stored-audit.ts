import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Audited } from '../model/events.ts'
import { ifThere } from '../model/if-there.ts'
import { replaceFile } from './replace-file.ts'

/** An audit that was made after the run, in the folder of the run. */
const AUDIT_FILE = 'audit.json'

/**
 * Keeps it, but where an earlier one of the run knows more: that one stays, stored or in the recording.
 * @returns what is kept
 */
export async function storeAudit(folder: string, audited: Audited, recorded: Audited | null = null): Promise<Audited> {
  // One that cannot be read says nothing, and is replaced.
  const before = (await readStoredAudit(folder).catch(() => null)) ?? recorded
  const sites = audited.sites?.map((site) =>
    betterFounded(
      before?.sites?.find(({ from }) => from === site.from),
      site,
    ),
  )
  const kept = { ...betterFounded(before, audited), ...(sites && { sites }) }
  await replaceFile(path.join(folder, AUDIT_FILE), `${JSON.stringify(kept)}\n`)
  return kept
}

type Found = Pick<Audited, 'audit'>

/** What cannot be read now takes nothing away from what was. */
function betterFounded<A extends Found>(before: A | null | undefined, now: A): A {
  return before != null && before.audit.runId === now.audit.runId && known(before) > known(now) ? before : now
}

function known({ audit: { findings, verdict } }: Found): number {
  if (findings === null) return 0
  return verdict.verdict === 'unknown' ? 1 : 2
}

/** Null where none was made after the run. @throws when there is one that cannot be read */
export async function readStoredAudit(folder: string): Promise<Audited | null> {
  const text = await ifThere(readFile(path.join(folder, AUDIT_FILE), 'utf8'))
  return text === null ? null : (JSON.parse(text) as Audited)
}
