import { describe, expect, it } from 'vitest'
import type { LabEvent } from '../../src/model/events.ts'
import { type RunToReport, summarise } from '../../src/report/summarise.ts'
import { healthyRun, leaderKill, lossyAudit, lossyAutopsy, wholeLedger } from './fixture.ts'
import { htmlOf, markdownOf } from './printed.ts'

function reportOf(run: Partial<RunToReport> = {}) {
  return summarise({
    name: 'leader kill',
    events: leaderKill(),
    ledger: wholeLedger,
    audit: lossyAudit,
    autopsy: lossyAutopsy,
    ...run,
  })
}

const HOSTILE = `"><script>alert(1)</script><img src=x onerror='alert(2)'>&\u0000\u001b[31m|\`_*`

const CONTROLS = /(?!\n)\p{Cc}/u

/** The same run with every name and every text from outside replaced. */
function hostile(events: readonly LabEvent[]): LabEvent[] {
  const text = JSON.stringify(events)
    .replaceAll('patroni1', JSON.stringify(`patroni1${HOSTILE}`).slice(1, -1))
    .replaceAll('ECONNREFUSED', JSON.stringify(HOSTILE).slice(1, -1))
    .replaceAll('docker kill pg-one', JSON.stringify(HOSTILE).slice(1, -1))
    .replaceAll('4.0.7', JSON.stringify(HOSTILE).slice(1, -1))
    .replaceAll('2026-01-01T00:00:00.000Z', JSON.stringify(HOSTILE).slice(1, -1))
  return JSON.parse(text) as LabEvent[]
}

describe('the page', () => {
  it('has every plot, each with a title, a reading for screen readers, and a drawing for a phone', async () => {
    const html = htmlOf(await reportOf())
    const plots = [...html.matchAll(/data-plot="([^"]+)"/g)].map(([, name]) => name)
    expect(plots).toEqual([
      'timeline-plot',
      'write-rate-plot',
      'write-latency-plot',
      'rows-plot',
      'read-rate-plot',
      'read-latency-plot',
      'waterfall-1-plot',
    ])
    for (const size of ['wide', 'narrow']) {
      const drawings = html.match(new RegExp(`<svg class="${size}"[^>]* role="img" aria-label="[^"]{20,}"`, 'g'))
      expect(drawings).toHaveLength(plots.length)
    }
    expect(html).not.toMatch(/NaN|undefined|Infinity|\[object/)
  })

  it('tells the verdict before anything else', async () => {
    const html = htmlOf(await reportOf())
    expect(html.indexOf('FAIL')).toBeLessThan(html.indexOf('<h1>'))
    expect(html).toContain('<h1>375 acknowledged writes were lost.')
    expect(html.indexOf('<h1>')).toBeLessThan(html.indexOf('<svg class="wide"'))
  })

  it('says of an outage that nobody explains how long it was, and not that there was none', async () => {
    const report = await reportOf()
    const outages = report.summary.outages.map((outage) => ({ ...outage, sentence: null }))
    const html = htmlOf({ ...report, summary: { ...report.summary, outages, failovers: [] } })
    expect(html).not.toContain('could write all the time')
    expect(html).toMatch(/patroni1 [^<]* at 00:05\.0\. Clients could not write for/)
  })

  it('explains every class of writes, and why writes were lost', async () => {
    const html = htmlOf(await reportOf())
    for (const name of [
      'acknowledged and lost',
      'unknown and present',
      'phantom',
      'present more than once',
      'never attempted',
    ]) {
      expect(html).toContain(`<th scope="row">${name}</th>`)
    }
    expect(html).toContain('patroni1 went on acknowledging for 7.6 s after it had lost etcd.')
    expect(html).toContain('470 has no position')
  })

  it('needs nothing from anywhere: no script, no address that is fetched', async () => {
    const html = htmlOf(await reportOf())
    expect(html).not.toMatch(/<script|<link rel="stylesheet"|@import|src=|url\((?!#)/)
    expect(html).toContain(`default-src 'none'`)
  })

  it('escapes whatever comes from outside', async () => {
    const report = await reportOf({
      name: HOSTILE,
      events: hostile(leaderKill()),
      audit: JSON.parse(JSON.stringify(lossyAudit).replaceAll('patroni1', JSON.stringify(HOSTILE).slice(1, -1))),
      autopsy: { ...lossyAutopsy, sentences: [HOSTILE] },
    })
    const html = htmlOf(report, { folder: HOSTILE })
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
    expect(html).not.toMatch(/<script|<img/)
    expect(html).not.toMatch(CONTROLS)
    const withoutValues = html.replaceAll(/"[^"]*"/g, '""')
    expect(withoutValues).not.toMatch(/<[^>]*\son\w+=/)
  })

  it('draws a run in which nothing happened, and one of which nothing was recorded', async () => {
    const healthy = htmlOf(await reportOf({ events: healthyRun(), audit: null }))
    expect(healthy).toContain('Nothing was done to the lab')
    expect(healthy).not.toContain('data-plot="waterfall')
    const empty = htmlOf(await reportOf({ events: [], ledger: null, audit: null }))
    expect(empty).toContain('This report is incomplete')
    expect(empty).not.toMatch(/NaN|undefined|Infinity/)
  })

  it('says that it is incomplete, and why', async () => {
    const html = htmlOf(await reportOf({ events: leaderKill().slice(0, 60) }))
    expect(html).toContain('This report is incomplete</span>: the run was recorded without its end.')
  })
})

describe('the Markdown', () => {
  it('begins with the verdict and has the outcomes, the outages and the phases as tables', async () => {
    const text = markdownOf(await reportOf())
    expect(text).toMatch(/^# ✗ FAIL: 375 acknowledged writes were lost\./)
    expect(text).toContain('| acknowledged and lost | 375 |')
    expect(text).toMatch(/\| write \| 00:04\.9 \| 20\.0\u00a0s \| ECONNREFUSED \|/)
    expect(text).toContain('## Failover patroni1 → patroni2')
    expect(text).toMatch(
      /\| 1\. the leader key expires \| 00:04\.9 \| [\d.]+\u00a0s(?: ± [^|]+)? \| not known \([^|]*\); likely ttl 20 s \|/,
    )
    expect(text).toContain('- patroni1 went on acknowledging')
  })

  it('cannot be broken by a hostile name', async () => {
    const whole = markdownOf(await reportOf({ name: HOSTILE, events: hostile(leaderKill()) }))
    const text = whole.replaceAll(/^(`{3,})\n[\s\S]*?\n\1$/gm, '')
    expect(text).not.toMatch(/(?<!\\)</)
    expect(whole).not.toMatch(CONTROLS)
    for (const line of text.split('\n').filter((each) => each.startsWith('| write |'))) {
      expect(line.match(/(?<!\\)\|/g)).toHaveLength(6)
    }
  })
})
