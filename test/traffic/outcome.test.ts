import { describe, expect, it } from 'vitest'
import {
  CODES,
  classifyAnswer,
  classifyError,
  isReusableAfter,
  readNotice,
  type Warning,
} from '../../src/traffic/outcome.ts'

const unguarded: Warning = { meaning: 'unguarded', code: '01000' }
const terminating: Warning = { meaning: 'terminating', code: '57P01' }
const crashing: Warning = { meaning: 'terminating', code: '57P02' }

describe('before anything was sent, nothing can have been done', () => {
  it.each([
    'ECONNREFUSED',
    'ECONNRESET',
    'EPIPE',
    'ETIMEDOUT',
    '57P03',
    '53300',
    '28P01',
    '28000',
    '08006',
    '57P01',
    '57P02',
    CODES.closed,
    CODES.timeout,
    CODES.connectTimeout,
    CODES.aborted,
    CODES.protocol,
  ])('%s is failed', (code) => {
    expect(classifyError({ code, isSent: false, warning: null })).toEqual({ outcome: 'failed', code })
  })
})

describe('once a statement was sent', () => {
  it.each([
    // PostgreSQL undid it
    ['25006', null, 'failed'],
    ['40001', null, 'failed'],
    ['40P01', null, 'failed'],
    ['23505', null, 'failed'],
    ['23503', null, 'failed'],
    ['57014', null, 'failed'],
    ['57P01', null, 'failed'],
    ['42P01', null, 'failed'],
    ['42601', null, 'failed'],
    ['22001', null, 'failed'],
    ['53100', null, 'failed'],
    ['55P03', null, 'failed'],
    ['0A000', null, 'failed'],
    ['P0001', null, 'failed'],
    ['3F000', null, 'failed'],
    ['2F005', null, 'failed'],
    // a warning of the wait for the standby came first: it may be committed
    ['57P01', unguarded, 'unknown'],
    ['57P01', terminating, 'unknown'],
    // nobody knows
    ['57P02', null, 'unknown'],
    ['57P03', null, 'unknown'],
    ['ECONNRESET', null, 'unknown'],
    ['EPIPE', null, 'unknown'],
    ['ETIMEDOUT', null, 'unknown'],
    ['08000', null, 'unknown'],
    ['08003', null, 'unknown'],
    ['08006', null, 'unknown'],
    ['08P01', null, 'unknown'],
    ['40003', null, 'unknown'],
    ['58030', null, 'unknown'],
    ['XX000', null, 'unknown'],
    [CODES.closed, null, 'unknown'],
    [CODES.timeout, null, 'unknown'],
    [CODES.aborted, null, 'unknown'],
    [CODES.protocol, null, 'unknown'],
    ['', null, 'unknown'],
    ['something new', null, 'unknown'],
  ] as const)('%s (warning: %o) is %s', (code, warning, outcome) => {
    expect(classifyError({ code, isSent: true, warning })).toEqual({ outcome, code })
  })

  it.each([terminating, crashing])('a close after the warning $code is unknown, and told by the warning', (warning) => {
    expect(classifyError({ code: CODES.closed, isSent: true, warning })).toEqual({
      outcome: 'unknown',
      code: warning.code,
    })
  })
})

describe('an answer without an error', () => {
  it.each(['INSERT 0 1', 'INSERT', 'SELECT', 'COMMIT', 'DELETE', ''])('tagged "%s" is an acknowledgement', (tag) => {
    expect(classifyAnswer(tag)).toBeNull()
  })

  it('to a COMMIT is certainly not done when it is tagged ROLLBACK', () => {
    expect(classifyAnswer('ROLLBACK')).toEqual({ outcome: 'failed', code: 'ROLLED_BACK' })
  })
})

describe('a notice', () => {
  it.each([
    [{ code: '01000', routine: 'SyncRepWaitForLSN' }, unguarded],
    [{ code: '01000' }, unguarded],
    [{ code: '01000', routine: 'pg_collation_actual_version' }, null],
    [{ code: '57P01', routine: 'SyncRepWaitForLSN' }, terminating],
    [{ code: '57P01', routine: 'quickdie' }, terminating],
    [{ code: '57P02', routine: 'quickdie' }, crashing],
    [{ code: '42P07', routine: 'transformCreateStmt' }, null],
    [{ code: '00000' }, null],
    [{}, null],
  ])('%o means %o', (notice, meaning) => {
    expect(readNotice(notice)).toEqual(meaning)
  })
})

describe('a session', () => {
  it.each(['23505', '22001', '40001', '40P01', '42P01', '53100', '55P03', '57014'])('goes on after %s', (code) => {
    expect(isReusableAfter(code)).toBe(true)
  })

  it.each(['25006', '57P01', '57P02', '57P03', '08006', '40003', 'XX000', '0A000', '26000', 'EPIPE', CODES.timeout])(
    'is given up after %s',
    (code) => {
      expect(isReusableAfter(code)).toBe(false)
    },
  )
})
