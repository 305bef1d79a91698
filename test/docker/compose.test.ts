import { expect, test } from 'vitest'
import { portsInFile, readPorts, requireSameMaker } from '../../src/docker/compose.ts'
import type { Engine } from '../../src/docker/engine.ts'
import { SetupError } from '../../src/docker/progress.ts'

test.each([
  ['version 1', '    ports: ["127.0.0.1:5001:5001/tcp", "127.0.0.1:7001:7001/tcp"]'],
  [
    'version 2',
    `    ports:
      - {mode: ingress, host_ip: 127.0.0.1, target: 5001, published: "5001", protocol: tcp}
      - {mode: ingress, host_ip: 127.0.0.1, target: 7001, published: "7001", protocol: tcp}`,
  ],
])('published ports are read as %s prints them', (_version, ports) => {
  expect(readPorts(`services:\n  haproxy:\n${ports}\n  etcd1: {image: patroni}\n`)).toEqual([
    { service: 'haproxy', host: '127.0.0.1', port: 5001 },
    { service: 'haproxy', host: '127.0.0.1', port: 7001 },
  ])
})

test('the ports of services under a profile do not count', () => {
  expect(readPorts('services:\n  grafana: {profiles: [grafana], ports: ["127.0.0.1:3000:3000"]}\n')).toEqual([])
})

test('the ports of services under a profile that is switched on do count', () => {
  const config = `services:
  haproxy2: {profiles: [second-proxy], ports: ["127.0.0.1:5011:5001/tcp"]}
  grafana: {profiles: [grafana], ports: ["127.0.0.1:3000:3000"]}\n`
  expect(readPorts(config, ['second-proxy'])).toEqual([{ service: 'haproxy2', host: '127.0.0.1', port: 5011 }])
})

test('the ports in the file itself are read with its variables filled in, or what stands for them', () => {
  const text = `services:
  proxy: {image: "\${IMAGE}", command: "echo $$HOME", ports: ["127.0.0.1:\${PROXY:-5430}:5430", "127.0.0.1:$PLAIN:5431"]}
  standby: {ports: ["127.0.0.1:\${STANDBY-5434}:5432"]}\n`
  const ports = portsInFile(text, { PROXY: '6430', PLAIN: '5431', STANDBY: undefined })
  expect(ports.map(({ service, port }) => [service, port])).toEqual([
    ['proxy', 6430],
    ['proxy', 5431],
    ['standby', 5434],
  ])
})

/** An engine whose project was made by compose of this version. */
function engineWith(version: string): Engine {
  const listContainers = async () => [{ Labels: { 'com.docker.compose.version': version } }]
  return { call: async (request: (docker: object) => unknown) => request({ listContainers }) } as unknown as Engine
}

test('a project that the other compose has made is left alone, and the error says what to do', async () => {
  const tool = { command: ['docker-compose'], version: '1.29.2' }
  await expect(requireSameMaker(engineWith('1.29.2'), tool, 'hw3', 'chaoslab down')).resolves.toBeUndefined()
  const refused = requireSameMaker(engineWith('2.26.1'), tool, 'hw3', 'chaoslab down')
  await expect(refused).rejects.toThrow(SetupError)
  await expect(refused).rejects.toThrow(/made by compose 2\.26\.1, and this is 1\.29\.2.*chaoslab down/)
})

test('what another version after 1 has made is gone on with', async () => {
  const tool = { command: ['docker', 'compose'], version: '5.0.1' }
  await expect(requireSameMaker(engineWith('2.26.1-4'), tool, 'hw3', 'chaoslab down')).resolves.toBeUndefined()
  await expect(requireSameMaker(engineWith('1.29.2'), tool, 'hw3', 'chaoslab down')).rejects.toThrow(SetupError)
})
