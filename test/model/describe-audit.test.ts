import { describe, expect, test } from 'vitest'
import { describeAudit } from '../../src/model/describe-audit.ts'
import { audited, healthy, stateOf } from '../tui/fixture.ts'

const told = (...of: Parameters<typeof audited> extends [number, ...infer Rest] ? Rest : never) => {
  const [, body] = audited(30_000, ...of)
  return body.type === 'audited' ? describeAudit(body)[0] : undefined
}

describe('an audit in a line', () => {
  test('that passes: the counts alone', () => {
    expect(told()).toEqual({
      level: 'good',
      source: 'audit',
      text: 'pass: 590 acknowledged, 0 lost; 3 unknown, 1 present; 7 failed',
    })
  })

  test('that fails: what is wrong, and why', () => {
    const line = told(
      { lost: 375, phantom: 1, duplicated: 2, neverAttempted: 4, unguarded: 5, unguardedLost: 3 },
      'fail',
    )
    expect(line?.level).toBe('bad')
    for (const part of [
      'fail: 590 acknowledged, 375 lost',
      '5 without a guarantee, 3 lost',
      '1 failed or dropped and present all the same',
      '2 present more than once',
      '4 rows that nobody wrote',
      '. Because.',
    ]) {
      expect(line?.text).toContain(part)
    }
  })

  test('that could not find out: never as good as a pass', () => {
    expect(told(null, 'unknown')).toEqual({ level: 'warn', source: 'audit', text: 'unknown: Because.' })
    expect(told({}, 'unknown')?.level).toBe('warn')
  })

  test('is a line of the event list', () => {
    const state = stateOf([...healthy(), audited(30_000)])
    expect(state.lines.at(-1)).toMatchObject({ level: 'good', source: 'audit' })
  })
})
