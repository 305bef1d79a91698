import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { dashboards, toJson } from '../../grafana_dashboards/build.ts'
import type { Dashboard } from '../../grafana_dashboards/grafana.ts'
import { createMetrics } from '../../src/metrics/metrics.ts'
import { play, started } from '../model/events.ts'
import { dashboardFaults } from './dashboard-faults.ts'

const FOLDER = 'grafana_dashboards'
const names = Object.keys(dashboards)
const read = (name: string): Dashboard => JSON.parse(readFileSync(`${FOLDER}/${name}`, 'utf8'))

async function served(): Promise<ReadonlySet<string>> {
  const metrics = createMetrics({ getState: () => play([[0, started]]) })
  const families = await metrics.families()
  await metrics.sink.close()
  return new Set(families.map(({ name }) => name))
}

test('the files are what their script writes: node grafana_dashboards/build.ts', () => {
  expect(readdirSync(FOLDER).filter((name) => name.endsWith('.json'))).toEqual(names.toSorted())
  for (const [name, dashboard] of Object.entries(dashboards)) {
    expect(readFileSync(`${FOLDER}/${name}`, 'utf8'), name).toBe(toJson(dashboard))
  }
})

test.each(names)('%s is laid out, labelled and bound to the variables', async (name) => {
  expect(dashboardFaults(read(name), await served())).toEqual([])
})

test('each dashboard has a uid of its own, and they link to each other by their tag', () => {
  const all = names.map(read)
  expect(new Set(all.map(({ uid }) => uid)).size).toBe(all.length)
  for (const { tags, links } of all) expect(tags).toContain(links?.[0]?.tags[0])
})

test('the datasource that is provisioned has a fixed uid and is the default', () => {
  const { datasources } = parse(readFileSync('hw3/grafana/datasources/prometheus.yml', 'utf8'))
  expect(datasources).toMatchObject([{ uid: 'chaoslab-prometheus', type: 'prometheus', isDefault: true }])
})

const planted: readonly (readonly [string, (dashboard: Dashboard) => void, RegExp])[] = [
  ['an id twice', ({ panels: [a, b] }) => Object.assign(b as object, { id: a?.id }), /an id of their own/],
  ['panels upon each other', ({ panels: [a, b] }) => Object.assign(b as object, { gridPos: a?.gridPos }), /lies upon/],
  ['a panel beyond the last column', ({ panels: [a] }) => Object.assign(a?.gridPos as object, { x: 22 }), /24 columns/],
  ['no unit', ({ panels: [a] }) => Object.assign(a?.fieldConfig?.defaults as object, { unit: '' }), /no unit/],
  ['no legend', ({ panels }) => Object.assign(panels.at(-1)?.options as object, { legend: {} }), /no legend/],
  [
    'no name for a series',
    ({ panels: [a] }) => Object.assign(a?.targets?.[0] as object, { legendFormat: '' }),
    /legend/,
  ],
  ['a fixed datasource', ({ panels: [a] }) => Object.assign(a as object, { datasource: { uid: 'x' } }), /datasource/],
  ['a fixed datasource of a query', (d) => Object.assign(first(d), { datasource: { uid: 'x' } }), /datasource/],
  [
    'a metric that nobody serves',
    (d) => Object.assign(first(d), { expr: 'chaoslab_leaders{run=~"$run"}' }),
    /serves no/,
  ],
  ['a query of every run', (d) => Object.assign(first(d), { expr: 'chaoslab_leader{member="a"} == 1' }), /chosen run/],
  ['no annotation of faults', ({ annotations }) => annotations.list.shift(), /Faults is missing/],
  ['no variable', ({ templating }) => templating?.list?.pop(), /run is missing/],
]

test.each(planted)('the check sees %s', async (_what, plant, fault) => {
  const dashboard = read('cluster-and-failover.json')
  plant(dashboard)
  expect(dashboardFaults(dashboard, await served()).join('\n')).toMatch(fault)
})

function first({ panels }: Dashboard): object {
  return panels[0]?.targets?.[0] as object
}
