import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, it } from 'vitest'
import type { Audited } from '../../src/model/events.ts'
import { readStoredAudit, storeAudit } from '../../src/report/stored-audit.ts'
import { newFolder } from '../new-folder.ts'
import { lossyAudit, lossyAutopsy } from './fixture.ts'

const lossy: Audited = { type: 'audited', audit: lossyAudit, autopsy: lossyAutopsy }
const why = { verdict: 'unknown', why: 'Nobody leads.', evidence: [] } as const
const nothing: Audited = { ...lossy, audit: { ...lossyAudit, findings: null, leader: null, verdict: why } }
const pass: Audited = { ...lossy, audit: { ...lossyAudit, verdict: { ...why, verdict: 'pass' } } }

it('an audit that found nothing takes nothing away from one that had', async () => {
  const folder = newFolder()
  await storeAudit(folder, lossy)
  expect(await storeAudit(folder, nothing)).toEqual(lossy)
  expect(await readStoredAudit(folder)).toEqual(lossy)
  expect(await storeAudit(folder, pass)).toEqual(pass)
})

it('nor from what the run itself had found, in the recording', async () => {
  const folder = newFolder()
  expect(await storeAudit(folder, nothing, lossy)).toEqual(lossy)
  expect(await storeAudit(folder, nothing, null)).toEqual(lossy)
})

it('is kept where the earlier one is of another run, or knew no more', async () => {
  const other = { ...lossy, audit: { ...lossyAudit, runId: 'another' } }
  expect(await storeAudit(newFolder(), nothing, other)).toEqual(nothing)
  expect(await storeAudit(newFolder(), nothing, nothing)).toEqual(nothing)
})

it('is kept where the one before cannot be read', async () => {
  const folder = newFolder()
  await writeFile(path.join(folder, 'audit.json'), '{"type":')
  expect(await storeAudit(folder, nothing)).toEqual(nothing)
})

it('clients at a site are looked at by themselves', async () => {
  const site = (each: Audited) => ({ from: 'east', audit: each.audit, autopsy: each.autopsy })
  const folder = newFolder()
  await storeAudit(folder, { ...nothing, sites: [site(lossy)] })
  const kept = await storeAudit(folder, { ...lossy, sites: [site(nothing)] })
  expect([kept.audit, kept.sites]).toEqual([lossyAudit, [site(lossy)]])
})
