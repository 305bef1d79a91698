import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Audited } from '../model/events.ts'
import { ifThere } from '../model/if-there.ts'
import { replaceFile } from './replace-file.ts'

/** An audit that was made after the run, in the folder of the run. */
const AUDIT_FILE = 'audit.json'

export async function storeAudit(folder: string, audited: Audited): Promise<void> {
  await replaceFile(path.join(folder, AUDIT_FILE), `${JSON.stringify(audited)}\n`)
}

/** Null where none was made after the run. @throws when there is one that cannot be read */
export async function readStoredAudit(folder: string): Promise<Audited | null> {
  const text = await ifThere(readFile(path.join(folder, AUDIT_FILE), 'utf8'))
  return text === null ? null : (JSON.parse(text) as Audited)
}
