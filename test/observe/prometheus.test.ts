import { afterEach, expect, test } from 'vitest'
import { observePrometheus, parseAlerts } from '../../src/observe/prometheus.ts'
import { httpServer, type Listening, patientClock, recorder } from './fakes.ts'

const alert = (alertname: string, state: string, instance = 'a') => ({ labels: { alertname, instance }, state })
const answer = (...alerts: object[]) => JSON.stringify({ status: 'success', data: { alerts } })

test('names what fires, each once, and not what is only pending', () => {
  const body = answer(
    alert('PatroniNoLeader', 'firing'),
    alert('EtcdMemberDown', 'firing', 'a'),
    alert('EtcdMemberDown', 'firing', 'b'),
    alert('HaproxyDown', 'pending'),
  )
  expect(parseAlerts(body)).toEqual(['EtcdMemberDown', 'PatroniNoLeader'])
  expect(parseAlerts(answer())).toEqual([])
})

test.each(['', '<html>', '{"status":"error"}', answer({ labels: {}, state: 'firing' })])(
  'refuses what is no answer of Prometheus: %s',
  (body) => {
    expect(() => parseAlerts(body)).toThrow('not the answer of Prometheus')
  },
)

let server: Listening | undefined
afterEach(() => server?.close())

test('appends what fires, and that Prometheus does not answer', async () => {
  let status = 200
  server = await httpServer((_request, response) => {
    response.writeHead(status)
    response.end(answer(alert('HaproxyDown', 'firing')))
  })
  const stop = new AbortController()
  const log = recorder()
  const running = observePrometheus({ log, clock: patientClock(), url: server.url }, stop.signal)
  await expect
    .poll(() => log.events.at(-1))
    .toEqual({
      type: 'prometheus.alerts',
      reading: { ok: true, value: { firing: ['HaproxyDown'] } },
    })
  status = 503
  await expect.poll(() => log.events.at(-1)).toMatchObject({ reading: { ok: false, error: 'HTTP 503' } })
  stop.abort()
  await running
})
