import { expect, test } from 'vitest'
import type { ScopedContainers } from '../../src/docker/lab-containers.ts'
import { pool } from '../../src/docker/pool.ts'

const hostOf = new Map([
  ['pg1', 'one'],
  ['pg2', 'two'],
])

/** A host that notes what it was asked; one that is away answers nothing. */
function host(name: string, { services = [] as string[], isAway = false } = {}) {
  const asked: string[] = []
  const note = (what: string) => {
    asked.push(what)
    if (isAway) throw new Error(`${name} does not answer`)
  }
  const containers = {
    async list() {
      note('list')
      return services.map((service) => ({ service, container: { id: `${name}-${service}` } }))
    },
    async act(verb: string, service: string) {
      note(`${verb} ${service}`)
    },
    commandFor: (verb: string, service: string) => `docker ${verb} ${service}`,
    async runAlone() {
      note('alone')
      return { code: name === 'two' ? 1 : 0, stdout: '', stderr: '' }
    },
    async startBeside(service: string) {
      note(`beside ${service}`)
      return `side-${name}`
    },
    sides: {
      async list() {
        note('sides')
        return [{ id: `found-${name}`, name: '', labels: {}, isRunning: true }]
      },
      async end(id: string) {
        note(`end ${id}`)
      },
    },
  } as unknown as ScopedContainers
  return { host: name, cli: `docker -H ssh://${name}`, containers, asked }
}

test('a call goes to the host that has the container, and to no other', async () => {
  const [one, two] = [host('one'), host('two')]
  const containers = pool([one, two], hostOf)
  await containers.act('kill', 'pg2')
  expect([one.asked, two.asked]).toEqual([[], ['kill pg2']])
  expect(containers.commandFor('start', 'pg2')).toBe('docker -H ssh://two start pg2')
})

test('a container that no definition places is looked for', async () => {
  const [one, two] = [host('one'), host('two', { services: ['prometheus'] })]
  await pool([one, two], hostOf).act('stop', 'prometheus')
  expect(two.asked).toEqual(['list', 'stop prometheus'])
})

test('a service that is nowhere is left alone', async () => {
  const [one, two] = [host('one'), host('two')]
  await expect(pool([one, two], hostOf).act('kill', 'stranger')).rejects.toMatchObject({ code: 'outside-scope' })
  expect([...one.asked, ...two.asked]).toEqual(['list', 'list'])
})

test('a host that does not answer takes nothing from what the others tell', async () => {
  const [one, two] = [host('one', { isAway: true }), host('two', { services: ['pg2'] })]
  const containers = pool([one, two], hostOf)
  expect((await containers.list()).map(({ service }) => service)).toEqual(['pg2'])
  await expect(containers.act('kill', 'pg1')).rejects.toThrow('one does not answer')
})

test('when no host answers, the list is not empty but unknown', async () => {
  const [one, two] = [host('one', { isAway: true }), host('two', { isAway: true })]
  await expect(pool([one, two], hostOf).list()).rejects.toThrow(
    'no host answers (one: one does not answer; two: two does not answer)',
  )
})

test('a side container is ended where it was started, or found', async () => {
  const [one, two] = [host('one'), host('two')]
  const containers = pool([one, two], hostOf)
  const id = await containers.startBeside('pg2', { image: 'tools', name: 'side', labels: {}, command: [] })
  await containers.sides.end(id)
  expect(two.asked).toEqual(['beside pg2', 'end side-two'])
  const fresh = pool([one, two], hostOf)
  await expect(fresh.sides.end('found-one')).rejects.toThrow('nobody knows')
  await fresh.sides.list([])
  await fresh.sides.end('found-one')
  expect(one.asked).toEqual(['sides', 'end found-one'])
})

test('of side containers beside some services only their hosts are asked', async () => {
  const [one, two] = [host('one', { isAway: true }), host('two')]
  const containers = pool([one, two], hostOf)
  expect(await containers.sides.list([], undefined, ['pg2'])).toHaveLength(1)
  await expect(containers.sides.list([])).rejects.toThrow('one does not answer')
})

test('what one kernel cannot do, the lab cannot; a host that is away has no say', async () => {
  const [one, two] = [host('one'), host('two')]
  const options = { image: 'tools', labels: {}, command: [] }
  expect(await pool([one, two], hostOf).runAlone(options)).toMatchObject({ code: 1 })
  expect(await pool([one, host('two', { isAway: true })], hostOf).runAlone(options)).toMatchObject({ code: 0 })
})
